"""Findings that were there before: a file of them lets a team begin with checks and count only what is new."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from integrations.checks.records import Excuse, Result
from integrations.errors import ConfigurationError

VERSION = 1


class Known(Struct, frozen=True, order=True, forbid_unknown_fields=True):
    """One known finding, by what makes it the same in the next run."""

    environment: str
    integration: str
    id: str
    subject: str


class Baseline(Struct, frozen=True, forbid_unknown_fields=True):
    """The file."""

    schema_version: int
    findings: tuple[Known, ...]


def known(result: Result) -> Known:
    """What makes the result's finding the same in the next run."""
    return Known(result.environment, result.integration, result.id, result.subject)


def read_baseline(path: Path) -> frozenset[Known]:
    """The findings in the file. Raises ConfigurationError if it cannot be read or is none."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Baseline)
    except OSError as error:
        raise ConfigurationError(f"the baseline {path} cannot be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise ConfigurationError(f"{path} is no baseline: {error}; --write-baseline writes one") from error
    if found.schema_version != VERSION:
        raise ConfigurationError(f"the baseline {path} has version {found.schema_version}: write it anew")
    return frozenset(found.findings)


def known_now(results: Iterable[Result]) -> frozenset[Known]:
    """Every finding of the results, but for suppressed ones, which the environment file answers for."""
    return frozenset(known(result) for result in results if result.is_finding or result.excuse is Excuse.BASELINE)


def baseline_text(findings: Iterable[Known]) -> str:
    """The file with these findings."""
    return (
        msgspec.json.format(msgspec.json.encode(Baseline(VERSION, tuple(sorted(findings)))), indent=2).decode() + "\n"
    )


def excuse_known(results: Sequence[Result], baseline: frozenset[Known], source: str) -> list[Result]:
    """The results with the findings of the baseline excused. source: where the baseline is, for whoever reads it."""
    return [
        structs.replace(result, excuse=Excuse.BASELINE, excused=f"it is in {source}")
        if result.is_finding and known(result) in baseline
        else result
        for result in results
    ]


def mended(results: Iterable[Result], baseline: frozenset[Known]) -> list[Known]:
    """Those of the baseline that were asked about and are no finding any more."""
    well = {known(result) for result in results if result.status == "pass"}
    return sorted(well & baseline)
