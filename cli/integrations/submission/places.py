"""Where a submission goes, looked up at Encord: the folder by its exact path, the integration by id or title."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integrations.encord_client.connection import connect, domain_of
from integrations.encord_client.folders import (
    MissingFolderError,
    create_folder,
    find_folder,
    open_folder,
    split_path,
)
from integrations.encord_client.integrations import KnownIntegration, find_integration, list_integrations
from integrations.submission.door import EncordDoor
from integrations.submission.records import Target

if TYPE_CHECKING:
    from integrations.environment.model import Environment, Integration


OWN_STORAGE = "Encord's own storage"


def look_up(environment: Environment, integration: Integration | None, folder: str, *, may_be_missing: bool) -> Target:
    """The target. Its folder has no id if it is not there and may be missing. Without an integration: for uploads.

    Raises NothingMatchedError if folder or integration are not there, or there are several.
    """
    domain = domain_of(environment.settings.encord.domain)
    client = connect(domain)
    known = (
        find_integration(list_integrations(client, domain), integration)
        if integration
        else KnownIntegration("", OWN_STORAGE)
    )
    try:
        found = find_folder(client, domain, folder)
    except MissingFolderError:
        if not may_be_missing:
            raise
        return Target(domain, "", "/".join(split_path(folder)), known.id, known.title)
    return Target(domain, found.id, found.path, known.id, known.title)


def make_folder(target: Target) -> Target:
    """The target with its folder, made if it is missing."""
    if target.folder:
        return target
    made = create_folder(connect(target.domain), target.domain, target.path)
    return Target(target.domain, made.folder.id, made.folder.path, target.integration, target.title)


def door_to(target: Target) -> EncordDoor:
    """The way to the target's folder."""
    return EncordDoor(
        open_folder(connect(target.domain), target.domain, target.folder), target.domain, target.integration
    )
