"""Ways to register a file: the command, its sending alone, and the loop that one writes with the SDK.

Each runs in a fresh process; what it costs to import the SDK is part of each.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
from pathlib import Path
from typing import Any


def command(project: str, file: str, folder: str) -> None:
    """`integrations registration submit`: validation, journal and all."""
    from integrations.commands.app import run

    os.chdir(project)
    words = ["registration", "submit", file, "--folder", folder, "--create-folder", "--yes", "--format", "json"]
    with contextlib.redirect_stdout(io.StringIO()):
        code = run(words)
    assert code == 0, code


def sending(project: str, file: str, folder: str) -> None:
    """The same without validation, as the loop has none."""
    from integrations.environment.load import load_environment
    from integrations.submission import submit as work
    from integrations.submission.checked import Checked
    from integrations.submission.places import look_up
    from integrations.submission.records import Settings

    root = Path(project)
    os.chdir(root)
    environment = load_environment("dev", root)
    words = work.words_of(root, [file], "dev", "media", folder, Settings(), skip_invalid=False)
    target = look_up(environment, environment.settings.integrations["media"], folder, may_be_missing=True)
    report = work.submit(
        root, words, Checked(0, [], {}, []), target, work.Options(),
        watch=lambda _: None, on_wait=lambda: None, on_run=lambda _: lambda: None, listed=1,
    )  # fmt: skip
    assert report.result.tally.registered == report.result.total


def loop(domain: str, key: str, integration: str, file: str, folder: str, chunk: str) -> None:
    """Read the file, send `chunk` items, wait until they are registered, send the next."""
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
