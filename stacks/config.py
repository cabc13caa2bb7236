"""The environment as Pulumi hands it over, checked by the same model that the command uses."""

from __future__ import annotations

from typing import Any

import pulumi

from integrations.environment.load import settings_from
from integrations.environment.model import Settings
from integrations.errors import ConfigurationError

KEYS = {"integrations": dict, "corsOrigins": list, "encord": dict, "checkers": dict, "disposable": bool}


def load_settings() -> Settings:
    """Read and check the stack's configuration. Raises pulumi.RunError with one sentence if it is wrong."""
    config = pulumi.Config()
    values: dict[str, Any] = {}
    for key, kind in KEYS.items():
        value = config.get_bool(key) if kind is bool else config.get_object(key)
        if value is not None:
            values[key] = value
    try:
        return settings_from(pulumi.get_stack(), values)
    except ConfigurationError as error:
        raise pulumi.RunError(f"Pulumi.{pulumi.get_stack()}.yaml: {error}") from error
