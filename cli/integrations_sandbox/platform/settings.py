"""The platform's data folder: its settings file and its database, for the owner's eyes only."""

from __future__ import annotations

import secrets
from pathlib import Path

import msgspec
from msgspec import Struct

from integrations.errors import ConfigurationError


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """What the platform is told at start.

    admin_token: opens the admin door (`/_sandbox/…`).
    browser_base: a plain loopback URL, per cloud, that leads to the same objects path style
    (`http://127.0.0.1:<port>/<bucket>/<key>`); signed URLs are made for it, because a person's
    browser does not know the sandbox's host names. Without it they name the real host.
    """

    admin_token: str
    browser_base: dict[str, str] = {}


def database_path(data: Path) -> Path:
    """Where the database of a data folder is."""
    return data / "platform.sqlite3"


def settings_path(data: Path) -> Path:
    """Where the settings of a data folder are."""
    return data / "settings.json"


def read_settings(data: Path) -> Settings:
    """The settings of a data folder.

    Raises ConfigurationError if they are missing, unreadable, or open to other users.
    """
    path = settings_path(data)
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigurationError(f"{path} holds the admin token and is open to other users: chmod 600 it")
        return msgspec.json.decode(path.read_bytes(), type=Settings)
    except FileNotFoundError:
        raise ConfigurationError(f"{path} does not exist: the platform makes it at its first start") from None
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error


def prepare(data: Path) -> Settings:
    """The settings of a data folder, made with a fresh admin token if there are none."""
    path = settings_path(data)
    if not path.exists():
        write_settings(data, Settings(secrets.token_urlsafe(32)))
    return read_settings(data)


def write_settings(data: Path, settings: Settings) -> None:
    """Write the settings, mode 0600, in a folder of mode 0700."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = settings_path(data)
    path.touch(mode=0o600)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(settings), indent=2))
