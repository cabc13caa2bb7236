"""The environment as Pulumi hands it over, checked by the same model that the command uses."""

from __future__ import annotations

import pulumi

from integrations.environment.model import Settings
from integrations.environment.stack import settings_of_stack
from integrations.errors import ConfigurationError


def load_settings() -> Settings:
    """Read and check the stack's configuration. Raises pulumi.RunError with one sentence if it is wrong."""
    try:
        return settings_of_stack()
    except ConfigurationError as error:
        raise pulumi.RunError(f"Pulumi.{pulumi.get_stack()}.yaml: {error}") from error
