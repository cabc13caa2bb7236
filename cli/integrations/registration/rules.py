"""What the rules are given, what they remember, and how they tell what they found."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct, field

from integrations.registration.findings import Defect, Edit, FindingId
from integrations.registration.nodes import Member, Node
from integrations.registration.url_rules import UrlOptions

_SHOWN = 120


class Rules(Struct):
    """The options of the rules, and what they remember from item to item.

    embeddings: how long an embedding was when it was first seen, by its name. told: how many
    defects were told of so far.
    """

    report: Callable[[Defect], None]
    urls: UrlOptions = UrlOptions()
    strict_client_only: bool = False
    embeddings: dict[str, int] = field(default_factory=dict)
    told: int = 0

    def take(self, defect: Defect) -> None:
        """Report a defect that has been made already."""
        self.told += 1
        self.report(defect)

    def tell(
        self,
        finding: FindingId,
        node: Node | Member,
        path: str,
        message: str,
        fix: str,
        text: str = "",
        mended: bytes | None = None,
    ) -> None:
        """Report a defect of a value or key; `mended` are the bytes that replace it."""
        edits = () if mended is None else (Edit(start=node.start, end=node.end, text=mended),)
        shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
        self.take(Defect(finding, node.start, path, shown, message, fix, edits))

    def wrong_type(self, node: Node, path: str, expected: str, mended: bytes | None = None) -> None:
        fix = f"write {mended.decode()}" if mended else f"put {expected}"
        text = str(node.value) if node.kind in ("string", "number") else ""
        if node.kind == "bad":  # said already, when it was read
            return
        self.tell(
            FindingId.WRONG_TYPE, node, path, f"this is {_A[node.kind]}; {expected} is expected", fix, text, mended
        )


_A = {
    "object": "an object",
    "array": "a list",
    "numbers": "a list",
    "string": "a text",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
