"""Two ways to register a file: the command, and the loop that one writes with the SDK. Each runs in a fresh process."""

from __future__ import annotations

import contextlib
import io
import json
import os
from pathlib import Path
from typing import Any

CHUNK = 500  # what published loaders send at a time


def ours(project: str, file: str, folder: str) -> None:
    """`integrations registration submit`."""
    from integrations.commands.app import run

    os.chdir(project)
    words = ["registration", "submit", file, "--folder", folder, "--create-folder", "--yes", "--format", "json"]
    with contextlib.redirect_stdout(io.StringIO()):
        code = run(words)
    assert code == 0, code


def loop(domain: str, key: str, integration: str, file: str, folder: str, chunk: str = str(CHUNK)) -> None:
    """Read the file, send `chunk` items, wait, send the next."""
    from encord import EncordUserClient

    client = EncordUserClient.create_with_ssh_private_key(ssh_private_key_path=key, domain=domain)
    target = client.create_storage_folder(folder)
    document: dict[str, list[Any]] = json.loads(Path(file).read_text())
    size = int(chunk)
    for section, items in document.items():
        for start in range(0, len(items), size):
            part = {section: items[start : start + size], "skip_duplicate_urls": True}
            job = target.add_private_data_to_folder_start(integration, part, ignore_errors=True)
            result = target.add_private_data_to_folder_get_result(job)
            assert not result.unit_errors
