"""What the images of one folder become when they are uploaded."""

from __future__ import annotations

from enum import StrEnum


class Batching(StrEnum):
    """An item each, or all of a folder one image group, or one image sequence."""

    ITEMS = "items"
    GROUP = "group"
    SEQUENCE = "sequence"
