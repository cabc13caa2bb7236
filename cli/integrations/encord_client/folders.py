"""Folders at Encord, found by their exact path: its search finds parts of names, in any folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from integrations.encord_client.connection import translated
from integrations.errors import ConfigurationError, NothingMatchedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from encord.storage import StorageFolder
    from encord.user_client import EncordUserClient

SEPARATOR = "/"
PAGE_SIZE = 1000


class MissingFolderError(NothingMatchedError):
    """There is no folder at the path, which is not to say that it cannot be made."""


class Folder(Struct, frozen=True):
    """A folder: its id and its path from the top, `Vehicles/2026/Night`."""

    id: str
    path: str
    description: str


class Found(Struct, frozen=True):
    """A folder and whether it was made just now."""

    folder: Folder
    created: bool


def split_path(path: str) -> list[str]:
    """The names on the way to a folder. Raises ConfigurationError for an empty name, which nobody can mean."""
    names = [name.strip() for name in path.strip(SEPARATOR).split(SEPARATOR)]
    if not all(names):
        raise ConfigurationError(f"folder {path!r}: a path is names with `/` between them, such as Vehicles/2026/Night")
    return names


def list_folders(client: EncordUserClient, domain: str, search: str | None = None) -> list[Folder]:
    """Every folder, or those with `search` in their name, with whole paths, sorted."""
    with translated(domain):
        found = client.find_storage_folders(search=search, page_size=PAGE_SIZE)
        return sorted((_folder(one) for one in found), key=lambda folder: folder.path)


def find_folder(client: EncordUserClient, domain: str, path: str) -> Folder:
    """The one folder at `path`, or with that id. Raises NothingMatchedError if there is none, or several."""
    with translated(domain):
        return _folder(open_folder(client, domain, path))


def open_folder(client: EncordUserClient, domain: str, path: str) -> StorageFolder:
    """The SDK's own folder object at `path` (or with that id), for what only it can do."""
    from uuid import UUID

    try:
        identity = UUID(path)
    except ValueError:
        pass
    else:
        with translated(domain):
            return client.get_storage_folder(identity)
    with translated(domain):
        folder, _ = _walk(client, split_path(path), create=False)
        return folder


def create_folder(client: EncordUserClient, domain: str, path: str, description: str = "") -> Found:
    """The folder at `path`, made with everything above it where it is missing; never a second one."""
    with translated(domain):
        folder, created = _walk(client, split_path(path), create=True, description=description)
        return Found(_folder(folder), created)


def folder_counts(client: EncordUserClient, domain: str, folder: str) -> dict[str, int]:
    """How many files of which kind the folder holds, as Encord counts them."""
    with translated(domain):
        summary = open_folder(client, domain, folder).get_summary()
    return {name: int(count) for name, count in summary.to_dict(by_alias=False).items()}


def _walk(
    client: EncordUserClient, names: list[str], *, create: bool, description: str = ""
) -> tuple[StorageFolder, bool]:
    """Go down the path; make what is missing if `create`. Returns the last folder and whether it was made."""
    current: StorageFolder | None = None
    created = False
    for depth, name in enumerate(names):
        matches = [one for one in _children(client, current, name) if one.name == name]
        at = SEPARATOR.join(names[: depth + 1])
        if len(matches) > 1:
            ids = ", ".join(str(one.uuid) for one in matches)
            raise NothingMatchedError(f"there are {len(matches)} folders {at!r}: give the id of one of them: {ids}")
        if matches:
            current, created = matches[0], False
        elif not create:
            whole = SEPARATOR.join(names)  # what is made with everything above it
            raise MissingFolderError(f"there is no folder {at!r}: integrations folder create {whole!r}")
        else:
            text = description if depth == len(names) - 1 else ""
            current = current.create_subfolder(name, text) if current else client.create_storage_folder(name, text)
            created = True
    if current is None:
        raise ConfigurationError("a folder has a name")
    return current, created


def _children(client: EncordUserClient, parent: StorageFolder | None, name: str) -> Iterator[StorageFolder]:
    """Folders right under `parent`, or at the top, with `name` in their name."""
    if parent is None:
        yield from client.list_storage_folders(search=name, page_size=PAGE_SIZE)
    else:
        yield from parent.list_subfolders(search=name, page_size=PAGE_SIZE)


def _folder(folder: StorageFolder) -> Folder:
    names = [step.name for step in folder.path_to_root]
    return Folder(str(folder.uuid), SEPARATOR.join(reversed(names)), folder.description)
