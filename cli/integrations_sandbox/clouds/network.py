"""How anybody reaches the sandbox: the edge, and the standard settings that lead there."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from integrations_sandbox.clouds import processes
from integrations_sandbox.clouds.edge import DETOUR, Routes

# Everything that would lead past the edge, or to somebody's real credentials.
UNSET = (
    "HTTP_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "ALL_PROXY",
    "AWS_ENDPOINT_URL",
    "AWS_PROFILE",
    "AWS_CONFIG_FILE",
)


def start_edge(folder: Path, routes: Routes) -> processes.Process:
    """Start the edge; its routes are written to `folder`. It begins without a detour."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DETOUR).unlink(missing_ok=True)
    path = folder / "routes.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(routes), indent=2))
    command = [sys.executable, "-m", "integrations_sandbox.clouds.edge", str(path)]
    return processes.start("edge", command, folder / "log.txt", routes.port)


def settings(edge_port: int, bundle: Path) -> dict[str, str]:
    """The environment variables that lead a client to the sandbox: a proxy and a CA bundle, as behind a company's."""
    proxy = f"http://127.0.0.1:{edge_port}"
    return {
        "HTTPS_PROXY": proxy,
        "NO_PROXY": "127.0.0.1,localhost",
        "AWS_CA_BUNDLE": str(bundle),
        "REQUESTS_CA_BUNDLE": str(bundle),
        "SSL_CERT_FILE": str(bundle),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
