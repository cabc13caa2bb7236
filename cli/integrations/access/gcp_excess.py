"""Google Cloud: what a bucket's policy grants Encord's service account beyond what it needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from integrations.access.gcp import WRITE_ROLE, Grant
from integrations.access.gcp_roles import BUCKET_ROLES, changing, plain

Binding = Mapping[str, Any]
WRITING = frozenset(BUCKET_ROLES[WRITE_ROLE])


class Excess(Struct, frozen=True):
    """What a role gives that is not needed, under a condition or not.

    grave: it can change, delete, or read what is none of Encord's business.
    """

    role: str
    conditional: bool
    what: str
    grave: bool


def excess(bindings: Iterable[Binding], member: str, needed: Sequence[Grant], *, sequences: bool) -> list[Excess]:
    """What the bindings give `member` beyond the grants that it needs, each once.

    Writing where image sequences are off is left out: that is a question of its own. Roles that
    are not in the table are left out too: what they give is not in the policy.
    """
    wanted = _wanted(needed)
    mine = [one for one in bindings if member in one.get("members", ()) and one["role"] in BUCKET_ROLES]
    return list(dict.fromkeys(found for one in mine for found in _of(one, wanted, sequences=sequences)))


def _wanted(needed: Sequence[Grant]) -> dict[str, set[str]]:
    """Each permission that is needed, with the conditions under which it is; empty stands for none."""
    wanted: dict[str, set[str]] = {}
    for grant in needed:
        for permission in BUCKET_ROLES[grant.role]:
            wanted.setdefault(permission, set()).add(plain(grant.condition.expression) if grant.condition else "")
    return wanted


def _of(binding: Binding, wanted: Mapping[str, set[str]], *, sequences: bool) -> list[Excess]:
    role, given = str(binding["role"]), set(BUCKET_ROLES[binding["role"]])
    if not sequences:
        given -= WRITING
    found = []
    condition = plain((binding.get("condition") or {}).get("expression", ""))
    if beyond := sorted(given - set(wanted)):
        found.append(Excess(role, bool(condition), f"{', '.join(beyond)} by {role}", grave=bool(changing(beyond))))
    wide = sorted(one for one in given & set(wanted) if not {"", condition} & wanted[one])
    if wide and not condition:
        found.append(Excess(role, False, f"{', '.join(wide)} in the whole bucket by {role}", grave=True))
    elif wide:
        found.append(Excess(role, True, f"{', '.join(wide)} under another condition by {role}", grave=False))
    return found
