"""The integrations that Encord knows. Its API lists them and nothing more: they are made in its web application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from integrations.encord_client.connection import translated
from integrations.errors import NothingMatchedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from encord.user_client import EncordUserClient

    from integrations.environment.model import Integration


class KnownIntegration(Struct, frozen=True):
    """An integration at Encord."""

    id: str
    title: str


def list_integrations(client: EncordUserClient, domain: str) -> list[KnownIntegration]:
    """Every integration that the key may see. Raises NotAuthorisedError or UnreachableError."""
    with translated(domain):
        return [KnownIntegration(one.id, one.title) for one in client.get_cloud_integrations()]


def matching(known: Sequence[KnownIntegration], integration: Integration) -> list[KnownIntegration]:
    """Those that the environment file means: by id if it has one, else by exact title, else by the integration's name."""
    wanted = integration.encord
    if wanted.id:
        return [one for one in known if one.id == wanted.id]
    return [one for one in known if one.title == (wanted.title or integration.name)]


def find_integration(known: Sequence[KnownIntegration], integration: Integration) -> KnownIntegration:
    """The one that is meant. Raises NothingMatchedError if there is none, or more than one: none is picked."""
    found = matching(known, integration)
    if len(found) == 1:
        return found[0]
    title = integration.encord.id or integration.encord.title or integration.name
    if found:
        ids = ", ".join(one.id for one in found)
        raise NothingMatchedError(
            f"Encord has {len(found)} integrations called {title!r}: set `encord.id` to one of {ids}"
        )
    titles = ", ".join(sorted(repr(one.title) for one in known)) or "none"
    raise NothingMatchedError(f"Encord knows no integration {title!r} (it knows: {titles})")
