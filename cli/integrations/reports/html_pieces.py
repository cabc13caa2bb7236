"""The pieces of an integration's path, from Encord to the browser, each with the results that concern it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

from integrations.checks.records import Result, Status
from integrations.reports.checks import SIGNS

# From what weighs most; `none` is for a piece that no question was asked about.
WEIGHT = (Status.FAIL, Status.UNKNOWN, Status.WARNING, Status.PASS, Status.SKIP)
WORDS = {
    Status.FAIL: "failed", Status.UNKNOWN: "unknown", Status.WARNING: "to improve", Status.SKIP: "skipped",
    Status.PASS: "passed",
}  # fmt: skip
# By the letters of an id.
OF_ENCORD, OF_ROLE, OF_POINT, OF_BUCKET = ("ENC",), ("TRU", "ACC"), ("MRP",), ("BKT",)
OF_BROWSER = ("COR", "URL")
IDENTITIES = {"aws": "Role", "gcp": "Service account", "azure": "Service principal"}


class Piece(Struct, frozen=True):
    """One piece. kind: what it is in a word. name: which one. results: what is known of it."""

    kind: str
    name: str
    results: tuple[Result, ...]

    @property
    def state(self) -> str:
        """The gravest of the results."""
        return state(self.results)

    @property
    def told(self) -> str:
        """The state in words: how many are as grave as the gravest."""
        return told(self.results)


class Path(Struct, frozen=True):
    """The path of one integration. point: the access point in front of the buckets, if there is one. rest: all else."""

    encord: Piece
    role: Piece
    point: Piece | None
    buckets: tuple[Piece, ...]
    browser: Piece
    rest: Piece

    @property
    def pieces(self) -> list[Piece]:
        """All that have results, in order."""
        every = [self.encord, self.role, *([self.point] if self.point else []), *self.buckets, self.browser, self.rest]
        return [piece for piece in every if piece.results]

    def reading(self, bucket: Piece) -> str:
        """The state of what the identity may do there."""
        return state(r for r in self.role.results if r.id.startswith("ACC") and r.subject == bucket.name)

    def showing(self, bucket: Piece) -> str:
        """The state of what a browser gets from there."""
        return state(r for r in self.browser.results if r.subject == bucket.name)

    @property
    def becoming(self) -> str:
        """The state of Encord's way into the identity."""
        return state(r for r in self.role.results if r.id.startswith("TRU"))


def path(results: Sequence[Result]) -> Path:
    """The path of one integration, from its results."""

    def of(letters: tuple[str, ...]) -> tuple[Result, ...]:
        return tuple(result for result in results if result.id.startswith(letters))

    about_buckets = of(OF_BUCKET)
    names = list(dict.fromkeys(result.subject for result in about_buckets))
    buckets = [Piece("Bucket", name, tuple(r for r in about_buckets if r.subject == name)) for name in names]
    points = of(OF_POINT)
    role = of(OF_ROLE)
    known = (*OF_ENCORD, *OF_ROLE, *OF_POINT, *OF_BUCKET, *OF_BROWSER)
    cloud = results[0].cloud
    return Path(
        encord=Piece("Encord", "", of(OF_ENCORD)),
        role=Piece(IDENTITIES.get(cloud, "Identity"), _identity(role), role),
        point=Piece("Access point", points[0].subject, points) if points else None,
        buckets=tuple(buckets),
        browser=Piece("Browser", "", of(OF_BROWSER)),
        rest=Piece("Environment", "", tuple(r for r in results if not r.id.startswith(known))),
    )


def _identity(results: Sequence[Result]) -> str:
    """The short name of who Encord works as: the end of an ARN or of a path."""
    whole = next((result.subject for result in results if result.id.startswith("TRU")), "")
    return re.split(r"[/:]", whole)[-1]


def state(results: Iterable[Result]) -> str:
    """The gravest status, as a word for a style; findings that do not count weigh nothing."""
    counts = _counts(results)
    return next((status.value for status in WEIGHT if status in counts), "none")


def told(results: Iterable[Result]) -> str:
    """The gravest status and how many there are of it."""
    counts = _counts(results)
    gravest = next((status for status in WEIGHT if status in counts), None)
    if gravest is None:
        return "not asked"
    if gravest is Status.PASS and counts[Status.SKIP]:
        return f"{SIGNS[gravest]} {counts[gravest]} of {counts.total()} passed"
    return f"{SIGNS[gravest]} {counts[gravest]} {WORDS[gravest]}"


def _counts(results: Iterable[Result]) -> Counter[Status]:
    return Counter(Status.PASS if result.excuse else result.status for result in results)
