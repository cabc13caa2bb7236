"""Who works in the sandbox, and the standard settings by which a command becomes one of them."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_private_key,
)

from integrations_sandbox.clouds import network
from integrations_sandbox.files import write_private
from integrations_sandbox.layout import Layout
from integrations_sandbox.stages import Stage

OPERATOR = "operator@customer.example"


def encord_key(layout: Layout) -> str:
    """The operator's Encord key, made on first use. Returns its public half as the platform registers it, in hex."""
    if not layout.key.exists():
        key = Ed25519PrivateKey.generate()
        text = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
        write_private(layout.key, text)
    private = load_ssh_private_key(layout.key.read_bytes(), None)
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def settings(layout: Layout, edge_port: int, domain: str, stages: Iterable[Stage], person: str) -> dict[str, str]:
    """Everything that makes a command work in the sandbox as `person`: standard variables, no hook."""
    variables = {
        **network.settings(edge_port, layout.tls / "ca.pem"),
        "ENCORD_DOMAIN": domain,
        "ENCORD_SSH_KEY_FILE": str(layout.key),
        "INTEGRATIONS_ENV": "sandbox",
        "INTEGRATIONS_STACK_OUTPUTS": str(layout.outputs),
    }
    for stage in stages:
        variables |= stage.variables(layout.folder, person)
    return variables


# What would lead past the sandbox, or be taken before its settings.
UNSET = (
    *network.UNSET,
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "ENCORD_SSH_KEY"),
    *("AZURE_AUTHORITY_HOST", "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_TOKEN_CREDENTIALS"),
    *("STORAGE_EMULATOR_HOST", "GOOGLE_CLOUD_QUOTA_PROJECT"),
)


def shell_lines(variables: Mapping[str, str]) -> str:
    """The same as lines for `source`."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    return "\n".join([f"unset {' '.join(UNSET)}", *lines, ""])


@contextmanager
def working_as(variables: Mapping[str, str]) -> Iterator[None]:
    """This process with these variables, and as it was afterwards."""
    before = dict(os.environ)
    for name in UNSET:
        os.environ.pop(name, None)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
