"""Who works in the sandbox, and the standard settings by which a command becomes one of them."""

from __future__ import annotations

import configparser
import io
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

from integrations.access import aws as access
from integrations.environment.model import Environment
from integrations_sandbox.clouds import aws as local_aws
from integrations_sandbox.clouds import network
from integrations_sandbox.layout import Layout

OPERATOR = "operator@customer.example"
CHECKER = "checker"


def encord_key(layout: Layout) -> str:
    """The operator's Encord key, made on first use. Returns its public half as the platform registers it, in hex."""
    if not layout.key.exists():
        key = Ed25519PrivateKey.generate()
        text = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
        layout.write_private(layout.key, text)
    private = load_ssh_private_key(layout.key.read_bytes(), None)
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def write_aws_profiles(layout: Layout, keys: Iterable[local_aws.Key], environment: Environment) -> None:
    """A profile for each person with a key, and one for the checker, which CI becomes."""
    credentials, config = configparser.RawConfigParser(), configparser.RawConfigParser()
    for key in keys:
        credentials[key.user] = {"aws_access_key_id": key.access_key, "aws_secret_access_key": key.secret_key}
        config[f"profile {key.user}"] = {"region": "eu-west-2"}
    for checker in environment.settings.checkers.aws:
        config[f"profile {CHECKER}"] = {
            "role_arn": access.checker_arn(checker), "source_profile": local_aws.CI_USER, "region": "eu-west-2",
        }  # fmt: skip
    layout.write_private(layout.aws_credentials, _ini(credentials))
    layout.write_private(layout.aws_config, _ini(config))


def _ini(parser: configparser.RawConfigParser) -> str:
    text = io.StringIO()
    parser.write(text)
    return text.getvalue()


def settings(layout: Layout, edge_port: int, domain: str, profile: str) -> dict[str, str]:
    """Everything that makes a command work in the sandbox as the person `profile`: standard variables, no hook."""
    return {
        **network.settings(edge_port, layout.tls / "ca.pem"),
        "AWS_CONFIG_FILE": str(layout.aws_config),
        "AWS_SHARED_CREDENTIALS_FILE": str(layout.aws_credentials),
        "AWS_PROFILE": profile,
        "ENCORD_DOMAIN": domain,
        "ENCORD_SSH_KEY_FILE": str(layout.key),
        "INTEGRATIONS_ENV": "sandbox",
        "INTEGRATIONS_STACK_OUTPUTS": str(layout.outputs),
    }


# What would lead past the sandbox, or be taken before its settings.
UNSET = (*network.UNSET, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "ENCORD_SSH_KEY")


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
