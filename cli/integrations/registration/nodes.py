"""The values of a registration file with their places, and the defects between them."""

from __future__ import annotations

from typing import Any, NamedTuple

from integrations.registration.findings import Defect, Edit, FindingId


class Member(NamedTuple):
    """One key and its value in an object; offsets in the file, quotes included."""

    key: str
    start: int
    end: int
    value: Node


class Node:
    """One value. kind: object, array, numbers (an array of nothing else), string, number, boolean, null or
    bad (something that is no JSON).

    start, end: offsets in the file. value: a list of Members, a list of Nodes, or the plain value.
    """

    __slots__ = ("end", "kind", "start", "value")

    def __init__(self, kind: str, start: int, end: int, value: Any) -> None:
        self.kind, self.start, self.end, self.value = kind, start, end, value

    def member(self, key: str) -> Member | None:
        """The last member of that name, which is the one that decoders keep."""
        return next((member for member in reversed(self.value) if member.key == key), None)

    def plain(self) -> Any:
        """The value as json.loads gives it."""
        if self.kind == "object":
            return {member.key: member.value.plain() for member in self.value}
        if self.kind == "array":
            return [node.plain() for node in self.value]
        return self.value


def trailing_comma(offset: int, path: str) -> Defect:
    """The defect of a comma behind the last entry of a list or object."""
    edits = (Edit(start=offset, end=offset + 1),)
    text = "there is a comma behind the last entry"
    return Defect(FindingId.TRAILING_COMMA, offset, path, ",", text, "remove the comma", edits)


def missing_comma(offset: int, path: str) -> Defect:
    """The defect of two entries without a comma between; `offset` is the end of the first."""
    edits = (Edit(start=offset, end=offset, text=b","),)
    return Defect(
        FindingId.MISSING_COMMA, offset, path, "", "there is no comma between two entries", "put a comma", edits
    )


def repeated_key(member: Member, path: str, removal: Edit | None) -> Defect:
    """The defect of a key that stands in an object again; `removal` takes it out where nothing is lost by that."""
    text = f"the key {member.key!r} stands here for the second time, and only one of the values is kept"
    fix = "remove the second, which says the same" if removal else "keep one of the two"
    return Defect(FindingId.REPEATED_KEY, member.start, path, member.key, text, fix, (removal,) if removal else ())
