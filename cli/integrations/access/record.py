"""A document that an integration needs, and for whom it is."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

STACK = "made by `pulumi up`"
OWNER = "for the bucket's owner: the stack does not touch it"


class Document(Struct, frozen=True):
    """One document. subject: the role or bucket it belongs to. reader: who applies it. apply: how, or a caution."""

    id: str
    subject: str
    reader: str
    apply: str
    body: Any
