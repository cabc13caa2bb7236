"""The form of the matrix: ways to break an integration, and what `integrations check` must then say. No cloud in it.

A table of a cloud is a module `matrix_<cloud>.py` here with a TABLE; docs/matrix.md is written from all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Stage = Any  # tests/sandbox/stage.py; not imported, because the pages are written without a sandbox


@dataclass(frozen=True)
class Edit:
    """A mend by configuration: the fix that is printed has `new` in it, which takes the place of `old` in the file."""

    old: str
    new: str


@dataclass(frozen=True)
class Printed:
    """A mend by the commands that are printed: `obey` reads them, carries them out and says `pulumi up`."""

    obey: Callable[[Stage], object]

    def __call__(self, stage: Stage) -> None:
        self.obey(stage)


@dataclass(frozen=True)
class Case:
    """One way to break it.

    what: in words. breaks: does it for real. fails, warns, skips: exactly the checks that do. mend: what makes all
    green again: `up` for `pulumi up`, an Edit of the environment file before it, or what a person does by hand.
    integration: another than the table's.
    """

    what: str
    breaks: Callable[[Stage], object]
    fails: frozenset[str] = frozenset()
    warns: frozenset[str] = frozenset()
    skips: frozenset[str] = frozenset()
    mend: str | Edit | Callable[[Stage], object] = "up"
    integration: str = ""

    @property
    def mended_by(self) -> str:
        """The mend in words."""
        if isinstance(self.mend, Edit):
            return f"`{self.mend.new}` in the environment file, `pulumi up`"
        if isinstance(self.mend, Printed):
            return "the printed command, `pulumi up`"
        return "`pulumi up`" if self.mend == "up" else "by hand"


@dataclass(frozen=True)
class Elsewhere:
    """What is no case, and where it is tested instead: in the sandbox where the end is another than all green, else
    with recorded answers."""

    what: str
    checks: frozenset[str]
    tested: str

    @property
    def in_the_sandbox(self) -> bool:
        return self.tested.startswith("tests/sandbox/")


@dataclass(frozen=True)
class Table:
    """The matrix of one cloud. integration: the sandbox's, on which the cases work."""

    cloud: str
    integration: str
    cases: tuple[Case, ...]
    elsewhere: tuple[Elsewhere, ...] = ()


def hold(case: Case, table: Table, stage: Stage) -> None:
    """Break it, see exactly what the case says, apply the mend, see all green; leave it as it was at the beginning."""
    words = ("check", "--integration", case.integration or table.integration, "--write-probe", "--format", "json")
    before = _configuration(stage)
    try:
        case.breaks(stage)
        ran = stage.run_here(*words)
        results = ran.json["results"]
        assert found(results) == {"fail": case.fails, "warning": case.warns, "skip": case.skips, "unknown": frozenset()}
        grave = any(one["status"] == "fail" and one["severity"] == "error" for one in results)
        assert ran.code == (1 if grave else 0)
        _mend(case, results, stage)
        assert [one for one in stage.run_here(*words).json["results"] if one["status"] != "pass"] == []
    except BaseException:
        stage.restore()
        raise
    if _configuration(stage) != before:
        stage.restore()


def _configuration(stage: Stage) -> str:
    return str((stage.root / "Pulumi.sandbox.yaml").read_text())


def found(results: list[dict[str, Any]]) -> dict[str, frozenset[str]]:
    """The ids by status, those of passes left out."""
    every = ("fail", "warning", "skip", "unknown")
    return {status: frozenset(one["id"] for one in results if one["status"] == status) for status in every}


def _mend(case: Case, results: list[dict[str, Any]], stage: Stage) -> None:
    """Apply the fix that is printed; where a person has to do it, what the person does."""
    if callable(case.mend):
        case.mend(stage)
        return
    printed = "\n".join(one["fix"] for one in results if one["status"] in ("fail", "warning"))
    if isinstance(case.mend, Edit):
        assert case.mend.new.removeprefix("- ") in printed
        stage.rewrite(case.mend.old, case.mend.new)
    else:
        assert "pulumi up --stack sandbox" in printed
    stage.up()


def ids(text: str) -> frozenset[str]:
    """Ids from a text with spaces between."""
    return frozenset(text.split())
