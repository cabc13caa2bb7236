"""The environment as Pulumi hands it to a program and to a policy pack: the same fields, from its own configuration."""

from __future__ import annotations

from typing import Any

from integrations.environment.load import settings_from
from integrations.environment.model import Settings

KEYS = {
    "integrations": dict, "corsOrigins": list, "encord": dict, "checkers": dict, "suppressions": list, "disposable": bool,
}  # fmt: skip


def settings_of_stack() -> Settings:
    """Read and check the stack's configuration. Raises ConfigurationError if it is wrong."""
    import pulumi

    config = pulumi.Config()
    values: dict[str, Any] = {}
    for key, kind in KEYS.items():
        value = config.get_bool(key) if kind is bool else config.get_object(key)
        if value is not None:
            values[key] = value
    return settings_from(pulumi.get_stack(), values)
