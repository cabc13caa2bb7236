"""Which questions an environment has, and asking them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Container, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from integrations.checks import aws, azure, encord, gcp, s3_compatible
from integrations.checks.aws_sessions import Operator
from integrations.checks.catalogue import CheckId
from integrations.checks.records import Evidence, Result, Status
from integrations.checks.runner import Key, Question, run
from integrations.checks.suppressions import excuse_suppressed, stale
from integrations.checks.waiting import NOT_RIGHT, until_right
from integrations.encord_client.connection import domain_of
from integrations.environment.model import (
    AwsIntegration,
    AzureIntegration,
    Environment,
    GcpIntegration,
    Integration,
    OtcIntegration,
    S3Integration,
    Suppression,
)
from integrations.errors import NothingMatchedError

# Asked only when a run is told to.
ON_DEMAND = (CheckId.WRITE_PROBE, CheckId.ENCORD_READS_OBJECT)


def check_environment(
    environment: Environment,
    *,
    integrations: Sequence[str] | None = None,
    select: Callable[[str], bool] = lambda _: True,
    write_probe: bool = False,
    register_probe: bool = False,
    wait: float = 0,
    wait_for: Container[Status] = NOT_RIGHT,
    report: Callable[[Result], None] = lambda _: None,
    say: Callable[[str], None] = lambda _: None,
) -> list[Result]:
    """Ask everything about the named integrations, or all. Raises NothingMatchedError for a name that is not there.

    wait: seconds in which what is not right yet, of these statuses, is asked again. say: told of the waiting.
    """
    domain = domain_of(environment.settings.encord.domain)
    chosen = _chosen(environment, integrations)

    def ask(only: Container[Key] | None) -> list[Result]:
        connection = encord.Connection(domain)
        operator = functools.cache(Operator)  # one for all integrations on AWS, if there are any
        questions = []
        for integration in chosen:
            questions += _of_its_cloud(integration, environment, operator, write_probe=write_probe)
            questions += encord.questions(integration, environment, connection, register_probe=register_probe)
        return run(questions, environment.name, evidence=evidence(domain), select=select, only=only, report=report)

    others = environment.settings.integrations.keys() - {integration.name for integration in chosen}
    results = until_right(ask, wait, say, wait_for=wait_for)
    asked = {result.id for result in results}

    def is_asked(one: Suppression) -> bool:
        return select(one.id) and one.integration not in others and (one.id in asked or one.id not in ON_DEMAND)

    today = datetime.now(UTC).date()
    over = [one for one in stale(results, environment, today, is_asked) if select(one.id)]
    return [*excuse_suppressed(results, environment, today), *over]


def _of_its_cloud(
    integration: Integration, environment: Environment, operator: Callable[[], Operator], *, write_probe: bool
) -> list[Question]:
    match integration:
        case AwsIntegration():
            return aws.questions(integration, environment, operator(), write_probe=write_probe)
        case AzureIntegration():
            return azure.questions(integration, environment, write_probe=write_probe)
        case GcpIntegration():
            return gcp.questions(integration, environment, write_probe=write_probe)
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
