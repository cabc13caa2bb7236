"""The record of one answer, and what an answer can be."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, structs

SCHEMA_VERSION = 1


class Status(StrEnum):
    """What became of a question."""

    PASS = "pass"  # noqa: S105 - the claim holds, as far as its evidence goes
    FAIL = "fail"  # the claim does not hold
    WARNING = "warning"  # it holds, but not as it should
    SKIP = "skip"  # not asked, for the reason given
    UNKNOWN = "unknown"  # asked, and the answer could not be had


class Severity(StrEnum):
    """What a failure means. error: annotators are affected, or data is exposed. warning: neither, yet."""

    ERROR = "error"
    WARNING = "warning"

    @property
    def at_least(self) -> frozenset[Severity]:
        """This one and the graver ones."""
        return frozenset({Severity.ERROR, self})


class Evidence(StrEnum):
    """What an answer rests on. live: it was done. static: a document was judged. sandbox: it was done on emulators."""

    LIVE = "live"
    STATIC = "static"
    SANDBOX = "sandbox"


class Obstacle(StrEnum):
    """Why an answer could not be had."""

    CONFIGURATION = "configuration"  # a file or a variable here is wrong
    AUTHENTICATION = "authentication"
    RIGHTS = "rights"
    NETWORK = "network"


class Answer(Struct, frozen=True):
    """What a question came to, before it is put on record.

    seen: what there is. fix: the exact line, command or statement that mends it. reason:
    why a question was skipped or stayed unknown. unproven: skipped for want of a means to
    prove a live claim, so `--require live` counts it as unknown.
    """

    status: Status
    seen: str = ""
    fix: str = ""
    reason: str = ""
    obstacle: Obstacle | None = None
    unproven: bool = False


class Excuse(StrEnum):
    """Why a finding does not count."""

    SUPPRESSED = "suppressed"  # the environment file says so, with a reason and a date
    BASELINE = "baseline"  # it was there when the baseline was written


class Result(Struct, frozen=True):
    """One answer on record. subject: what was asked about, a bucket, a role, an origin. duration: seconds.

    because: the id of what this presupposes and did not pass, so that it was not asked. runbook: the page to work
    from when this fails, named by what people see. tries: how often it was asked, more than once only with `--wait`.
    excuse: why a finding does not count, with excused saying by whose word.
    """

    id: str
    status: Status
    severity: Severity
    environment: str
    integration: str
    cloud: str
    subject: str
    title: str
    seen: str
    fix: str
    page: str
    evidence: Evidence
    reason: str = ""
    because: str = ""
    obstacle: Obstacle | None = None
    unproven: bool = False
    duration: float = 0.0
    runbook: str = ""
    tries: int = 1
    excuse: Excuse | None = None
    excused: str = ""

    @property
    def is_finding(self) -> bool:
        """Whether this is something to mend, and nobody has said that it does not count."""
        return self.status in (Status.FAIL, Status.WARNING) and self.excuse is None


class Run(Struct, frozen=True):
    """A run as it is published in JSON."""

    schema_version: int
    results: tuple[Result, ...]


def passed(seen: str) -> Answer:
    return Answer(Status.PASS, seen)


def failed(seen: str, fix: str) -> Answer:
    return Answer(Status.FAIL, seen, fix)


def warned(seen: str, fix: str) -> Answer:
    return Answer(Status.WARNING, seen, fix)


def skipped(reason: str, *, fix: str = "", unproven: bool = False) -> Answer:
    return Answer(Status.SKIP, fix=fix, reason=reason, unproven=unproven)


def unknown(reason: str, obstacle: Obstacle, fix: str = "") -> Answer:
    return Answer(Status.UNKNOWN, fix=fix, reason=reason, obstacle=obstacle)


# Live claims for which the environment file names no means.
NO_PROBE_OBJECT = skipped(
    "no probeObject is configured", fix="set `probeObject` to the key of an object", unproven=True
)
NO_CHECK_PRINCIPAL = skipped("no checkPrincipal is granted what Encord is, so only Encord can do it", unproven=True)
AWAITING_ENCORD = "awaiting Encord"


def awaiting_encord(environment: str) -> Answer:
    """Encord's dialog has not been answered yet."""
    return skipped(AWAITING_ENCORD, fix=f"integrations handshake {environment}")


def require_live(results: list[Result]) -> list[Result]:
    """The same with every unproven live claim counted as unknown."""
    return [structs.replace(r, status=Status.UNKNOWN) if r.unproven and r.status is Status.SKIP else r for r in results]
