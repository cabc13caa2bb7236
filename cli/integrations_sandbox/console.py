"""How a person's browser gets to the console: at the origin of Encord's own web application, through the edge.

The buckets let that origin in and no other (docs/adr/0007-console-at-encords-origin.md). A browser
that is started with the sandbox's proxy, and told to trust the sandbox's certificates, stands where
an annotator's does: the page at Encord's origin, the media at the clouds' real host names.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct

from integrations.errors import ConfigurationError
from integrations_sandbox import web_app
from integrations_sandbox.platform.routes.console import PREFIX
from integrations_sandbox.sandbox import Sandbox

# Chromium and what is made of it: others have no option to trust a few certificates for one run.
BROWSERS = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium",
)  # fmt: skip


class Visit(Struct, frozen=True):
    """A session of the console. Both addresses end in its token.

    address: at Encord's origin, for a browser started with `options`. plain: on loopback, for any browser.
    """

    address: str
    plain: str
    options: tuple[str, ...]


def visit(sandbox: Sandbox) -> Visit:
    """Begin a session at the running platform. Raises UnreachableError, and ConfigurationError without an https origin."""
    known = web_app.hosts(sandbox.environment)
    if not known:
        raise ConfigurationError(
            f"{sandbox.environment.path}: the console needs an https origin in corsOrigins, to be opened at"
        )
    token = sandbox.admin().begin_session()
    return Visit(f"https://{known[0]}{PREFIX}#{token}", f"{sandbox.domain}{PREFIX}#{token}", browser_options(sandbox))


def browser_options(sandbox: Sandbox) -> tuple[str, ...]:
    """What leads a Chromium into the sandbox, and nowhere else: a profile, a proxy, and whose certificates to trust.

    https://chromium.googlesource.com/chromium/src/+/main/services/network/public/cpp/network_switches.cc;
    the list of keys counts only together with a profile of its own.
    """
    keys = ",".join(sorted(_key_digest(path) for path in sandbox.layout.tls.glob("*.pem") if path.stem != "ca"))
    return (
        f"--user-data-dir={sandbox.layout.folder / 'browser'}",
        f"--proxy-server=http://127.0.0.1:{sandbox.ports['edge']}",
        f"--ignore-certificate-errors-spki-list={keys}",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    )


def find_browser() -> str | None:
    """A browser that takes these options, if this machine has one."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def has_display(variables: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """Whether a window can be opened here."""
    return platform in ("darwin", "win32") or bool(variables.get("DISPLAY") or variables.get("WAYLAND_DISPLAY"))


def _key_digest(path: Path) -> str:
    """The digest of a certificate's public key, as Chromium takes it: base64 of SHA-256 of its SubjectPublicKeyInfo."""
    key = x509.load_pem_x509_certificate(path.read_bytes()).public_key()
    information = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(information).digest()).decode()
