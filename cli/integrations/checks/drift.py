"""Whether the environment file and the stack's outputs say the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from integrations.access import outputs as access
from integrations.checks.catalogue import CheckId
from integrations.checks.records import Answer, Obstacle, failed, passed, skipped, unknown
from integrations.checks.runner import Add, Key
from integrations.environment.model import Environment, Integration
from integrations.environment.outputs import VARIABLE, load_outputs
from integrations.errors import ConfigurationError, NothingMatchedError


def add_question(add: Add, integration: Integration, environment: Environment) -> Key:
    """Adds the question. Returns its key."""
    return add(CheckId.OUTPUTS_AGREE, subject(environment), lambda: _agree(integration, environment))


def subject(environment: Environment) -> str:
    return f"stack {environment.name}"


def fix(environment: Environment) -> str:
    """What brings file, outputs and clouds together again."""
    return f"pulumi up --stack {environment.name}, and save its outputs anew if they are kept in a file"


def exported(integration: Integration, environment: Environment) -> dict[str, Any] | None:
    """What the stack exported about the integration; None if nothing. Raises as load_outputs."""
    found = load_outputs(environment.name, Path(environment.path).parent).get(integration.name)
    return found if isinstance(found, dict) else None


def _agree(integration: Integration, environment: Environment) -> Answer:
    try:
        have = exported(integration, environment)
    except NothingMatchedError as error:
        return skipped(str(error))
    except ConfigurationError as error:
        save = f"pulumi stack output --json --stack {environment.name} > FILE"
        return unknown(str(error), Obstacle.CONFIGURATION, f"{save}, and set {VARIABLE} to FILE")
    if have is None:
        return failed("the stack's outputs do not have this integration", fix(environment))
    if differ := access.differences(have, integration, environment.settings):
        return failed("; ".join(differ), fix(environment))
    return passed("the outputs are those of the file")
