"""What is in a folder at Encord."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from integrations.encord_client.connection import translated

if TYPE_CHECKING:
    from encord.storage import StorageFolder

PAGE_SIZE = 1000
CLOCKS_APART = timedelta(hours=1)  # how far Encord's clock and this machine's may be from each other
GROUPS = ("image_group", "image_sequence")


class Listed(Struct, frozen=True):
    """An item in a folder. kind: as in encord.orm.storage.StorageItemType, in snake_case; url: as registered; size: bytes."""

    kind: str
    name: str
    url: str | None
    size: int | None = None

    @property
    def has_frames(self) -> bool:
        """Whether its pictures are in the folder as items of their own."""
        return self.kind in GROUPS


def items_since(folder: StorageFolder, domain: str, time: str) -> Iterator[Listed]:
    """Items that were made after `time` (ISO 8601), the newest first, and some that are a little older."""
    from encord.orm.storage import FoldersSortBy

    oldest = datetime.fromisoformat(time) - CLOCKS_APART
    with translated(domain):
        listing = folder.list_items(
            order=FoldersSortBy.CREATED_AT, desc=True, include_client_metadata=False, page_size=PAGE_SIZE
        )
        for item in listing:
            if item.created_at < oldest:
                return
            yield Listed(item.item_type.name.lower(), item.name, item.url, item.file_size)
