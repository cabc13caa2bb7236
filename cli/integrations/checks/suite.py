"""Which questions an environment has, and asking them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from integrations.checks import aws, encord, s3_compatible
from integrations.checks.records import Evidence, Result
from integrations.checks.runner import Question, run
from integrations.encord_client.connection import domain_of
from integrations.environment.model import AwsIntegration, Environment, Integration, OtcIntegration, S3Integration
from integrations.errors import NothingMatchedError


def check_environment(
    environment: Environment,
    *,
    integrations: Sequence[str] | None = None,
    select: Callable[[str], bool] = lambda _: True,
    write_probe: bool = False,
    register_probe: bool = False,
    report: Callable[[Result], None] = lambda _: None,
) -> list[Result]:
    """Ask everything about the named integrations, or all. Raises NothingMatchedError for a name that is not there."""
    domain = domain_of(environment.settings.encord.domain)
    connection = encord.Connection(domain)
    questions = []
    for integration in _chosen(environment, integrations):
        questions += _of_its_cloud(integration, environment, write_probe=write_probe)
        questions += encord.questions(integration, environment, connection, register_probe=register_probe)
    return run(questions, environment.name, evidence=evidence(domain), select=select, report=report)


def _of_its_cloud(integration: Integration, environment: Environment, *, write_probe: bool) -> list[Question]:
    match integration:
        case AwsIntegration():
            return aws.questions(integration, environment, write_probe=write_probe)
        case OtcIntegration() | S3Integration():
            return s3_compatible.questions(integration, environment, write_probe=write_probe)


def evidence(domain: str) -> Evidence:
    """What live answers rest on: with an Encord on this very machine, whatever is asked is asked of emulators."""
    return Evidence.SANDBOX if urlsplit(domain).hostname in ("127.0.0.1", "localhost") else Evidence.LIVE


def _chosen(environment: Environment, names: Sequence[str] | None) -> list[Integration]:
    known = environment.settings.integrations
    for name in names or ():
        if name not in known:
            raise NothingMatchedError(
                f"there is no integration {name!r} in {environment.path} (there is: {', '.join(known) or 'none'})"
            )
    return [integration for name, integration in known.items() if not names or name in names]
