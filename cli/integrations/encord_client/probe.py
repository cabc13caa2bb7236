"""The last word on an integration: Encord registers one object through it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from integrations.encord_client.connection import translated
from integrations.encord_client.folders import create_folder, open_folder
from integrations.encord_client.jobs import await_job, start_job
from integrations.errors import ConfigurationError, UnreachableError

if TYPE_CHECKING:
    from encord.user_client import EncordUserClient

    from integrations.encord_client.integrations import KnownIntegration

KINDS = {
    "images": (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".avif"),
    "videos": (".mp4", ".mov", ".webm", ".mkv", ".avi"),
    "audio": (".mp3", ".wav", ".flac", ".m4a"),
    "pdfs": (".pdf",),
    "text": (".txt", ".md", ".html", ".csv", ".xml", ".json"),
}


def register_probe(
    client: EncordUserClient, domain: str, folder_name: str, integration: KnownIntegration, url: str, seconds: float
) -> list[str]:
    """Register `url` in a folder of its own, then delete both. Returns what Encord said against it, empty if nothing."""
    kind = next((kind for kind, endings in KINDS.items() if url.lower().endswith(endings)), None)
    if kind is None:
        raise ConfigurationError(f"the probe object {url} has no extension that says which kind of file it is")
    made = create_folder(client, domain, folder_name)
    folder = open_folder(client, domain, made.folder.id)
    try:
        state = await_job(
            folder, domain, start_job(folder, domain, integration.id, {kind: [{"objectUrl": url}]}), seconds
        )
        if not state.finished:
            raise UnreachableError(f"Encord did not finish within {seconds:.0f} s (job {state.id})")
        return [*state.errors, *(one.error for one in state.unit_errors)]
    finally:
        with translated(domain):
            items = [UUID(str(item.uuid)) for item in folder.list_items()]
            if items:
                folder.delete_storage_items(items)
            folder.delete()
