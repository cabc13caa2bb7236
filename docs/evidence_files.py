"""When each check was last proved on a real account, from the dated files that tests/live writes into docs/evidence."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import msgspec
from msgspec import Struct

from integrations.checks.records import Evidence, Status

FOLDER = Path(__file__).parent / "evidence"
CLOUDS = {"aws": "AWS", "gcp": "Google Cloud", "azure": "Azure", "otc": "Open Telekom Cloud", "s3": "S3-compatible"}
NEVER = "never"


class Result(Struct, frozen=True):
    """What one check came to, for one of its subjects or more."""

    id: str
    status: Status
    evidence: Evidence


class File(Struct, frozen=True):
    """One file, as `_write_evidence` in tests/live/test_live.py writes it."""

    date: date
    cloud: str
    versions: dict[str, str]
    results: tuple[Result, ...]

    def proved(self) -> set[str]:
        """The ids that passed on a real account, and nowhere did not; what was skipped is no matter.

        What a sandbox says proves nothing here.
        """
        real = [one for one in self.results if one.evidence is not Evidence.SANDBOX]
        passed = {one.id for one in real if one.status is Status.PASS}
        return passed - {one.id for one in real if one.status not in (Status.PASS, Status.SKIP)}


class Proof(Struct, frozen=True, order=True):
    """The last day on which a check passed on a cloud, and with which versions."""

    day: date
    cloud: str
    versions: str


def read_proofs(folder: Path) -> dict[str, tuple[Proof, ...]]:
    """The last proof of each id on each cloud, the newest first; without a file none.

    Raises ValueError, with the file's name, for one that is not what tests/live writes.
    """
    found: dict[str, dict[str, Proof]] = {}
    for file in sorted((_read(path) for path in folder.glob("*.json")), key=lambda file: file.date):
        versions = ", ".join(f"{name} {number}" for name, number in file.versions.items())
        proof = Proof(file.date, CLOUDS.get(file.cloud, file.cloud), versions)
        for id_ in file.proved():
            found.setdefault(id_, {})[file.cloud] = proof
    return {id_: tuple(sorted(of_clouds.values(), reverse=True)) for id_, of_clouds in found.items()}


def _read(path: Path) -> File:
    try:
        return msgspec.json.decode(path.read_bytes(), type=File)
    except msgspec.DecodeError as error:
        raise ValueError(f"{path.name} is no evidence file: {error}") from None


def in_words(proofs: Iterable[Proof]) -> str:
    """All of a check's proofs, for its own page."""
    return "; ".join(f"{proof.day} on {proof.cloud} ({proof.versions})" for proof in proofs) or NEVER


def in_brief(proofs: Iterable[Proof]) -> str:
    """The same for the list of all checks."""
    return ", ".join(f"{proof.day} {proof.cloud}" for proof in proofs) or NEVER
