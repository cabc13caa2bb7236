"""Findings that the environment file suppresses do not count, and suppressions that should go are findings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from msgspec import structs

from integrations.checks.catalogue import CATALOGUE, CheckId
from integrations.checks.records import Excuse, Result, Status
from integrations.environment.model import Environment, Suppression


def excuse_suppressed(results: Sequence[Result], environment: Environment, today: date) -> list[Result]:
    """The results with suppressed findings excused."""
    in_force = [one for one in environment.settings.suppressions if one.last_day >= today]
    return [_excused(result, in_force) for result in results]


def stale(
    results: Sequence[Result], environment: Environment, today: date, asked: Callable[[Suppression], bool]
) -> list[Result]:
    """A finding for each suppression that should go.

    asked: whether this run asks what the suppression is about; nothing is said of one that it does not ask.
    """
    known = environment.settings.suppressions
    over = [_finding(CheckId.SUPPRESSION_EXPIRED, one, environment) for one in known if one.last_day < today]
    idle = [one for one in known if one.last_day >= today and asked(one) and _idle(one, results)]
    return [*over, *(_finding(CheckId.SUPPRESSION_UNUSED, one, environment) for one in idle)]


def _fits(one: Suppression, result: Result) -> bool:
    return (
        one.id == result.id and one.integration in (None, result.integration) and one.subject in (None, result.subject)
    )


def _excused(result: Result, suppressions: Sequence[Suppression]) -> Result:
    fitting = next((one for one in suppressions if _fits(one, result)), None)
    if fitting is None or not result.is_finding:
        return result
    return structs.replace(result, excuse=Excuse.SUPPRESSED, excused=f"{fitting.reason} (until {fitting.expires})")


def _idle(one: Suppression, results: Sequence[Result]) -> bool:
    """Whether it holds for nothing: what was skipped or stayed unknown may fail again, so it does not count."""
    return all(result.status is Status.PASS for result in results if _fits(one, result))


def _why_unused(one: Suppression, environment: Environment) -> str:
    if one.id not in set(CheckId):
        return "there is no check with this id"
    if one.integration not in (None, *environment.settings.integrations):
        return f"there is no integration {one.integration!r}"
    return f"nothing of it fails: {one.reason}"


def _finding(check: CheckId, one: Suppression, environment: Environment) -> Result:
    integration = environment.settings.integrations.get(one.integration or "")
    seen = {
        CheckId.SUPPRESSION_EXPIRED: f"it expired on {one.expires}: {one.reason}",
        CheckId.SUPPRESSION_UNUSED: _why_unused(one, environment),
    }[check]
    where = " of ".join(part for part in (one.id, one.subject) if part)
    entry = CATALOGUE[check]
    return Result(
        id=check.value,
        status=Status.WARNING,
        severity=entry.severity,
        environment=environment.name,
        integration=integration.name if integration else "",
        cloud=integration.cloud if integration else "",
        subject=where,
        title=entry.title,
        seen=seen,
        fix=f"remove the suppression of {where} from {environment.path}, or mend what it was for",
        page=entry.page,
        evidence=entry.evidence,
    )
