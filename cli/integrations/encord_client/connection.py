"""Connecting to Encord: the key is looked at here, because the SDK would print it whole if it is of the wrong kind."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from integrations.errors import ConfigurationError, NotAuthorisedError

if TYPE_CHECKING:
    from encord.user_client import EncordUserClient

KEY_FILE, KEY, DOMAIN = "ENCORD_SSH_KEY_FILE", "ENCORD_SSH_KEY", "ENCORD_DOMAIN"


def domain_of(configured: str) -> str:
    """The domain to talk to: ENCORD_DOMAIN before what the environment file says."""
    return os.environ.get(DOMAIN) or configured


def connect(configured_domain: str, *, seconds: float | None = None) -> EncordUserClient:
    """A client of the real SDK. Nothing is sent yet. seconds: for a request with its repetition, instead of minutes.

    Raises NotAuthorisedError if there is no key, ConfigurationError if it cannot be used. Neither shows the key.
    """
    key = _private_key()
    from encord.http.constants import RequestsSettings
    from encord.user_client import EncordUserClient

    from integrations import __version__

    settings = RequestsSettings(max_retries=3, connection_retries=1, connect_timeout=10, read_timeout=60)
    if seconds is not None:
        each = max(1, int(seconds / 2))
        settings = RequestsSettings(max_retries=1, connection_retries=1, connect_timeout=each, read_timeout=each)
    return EncordUserClient.create_with_ssh_private_key(
        key,
        domain=domain_of(configured_domain),
        requests_settings=settings,
        user_agent_suffix=f"encord-integrations/{__version__}",
    )


def _private_key() -> str:
    """The text of an Ed25519 private key, from a file or from the process environment."""
    if path := os.environ.get(KEY_FILE):
        source = f"the file that {KEY_FILE} names ({path})"
        try:
            text = Path(path).expanduser().read_text(encoding="ascii")
        except FileNotFoundError:
            raise ConfigurationError(f"{source} does not exist") from None
        except (OSError, UnicodeDecodeError):
            raise ConfigurationError(f"{source} cannot be read, or is no key") from None
    elif text := os.environ.get(KEY, ""):
        source = f"the variable {KEY}"
    else:
        raise NotAuthorisedError(f"there is no Encord key: set {KEY_FILE} to the path of the private key")
    _require_ed25519(text, source)
    return text


def _require_ed25519(text: str, source: str) -> None:
    """Raises ConfigurationError unless `text` is an Ed25519 private key; `from None`, because causes quote the key."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_ssh_private_key

    try:
        key = load_ssh_private_key(text.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ConfigurationError(
            f"{source} is not a usable private key: Encord takes an Ed25519 key in OpenSSH format without a passphrase"
            " (ssh-keygen -t ed25519)"
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigurationError(f"{source} is not an Ed25519 key: Encord takes no other (ssh-keygen -t ed25519)")


class translated:  # noqa: N801 - reads as a word of the language: `with translated(domain):`
    """A block whose SDK errors become ours, in one sentence."""

    def __init__(self, domain: str) -> None:
        self.domain = domain_of(domain)

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            return
        from integrations.encord_client.failures import translate

        ours = translate(error, self.domain)
        if ours is not None:
            raise ours from error
