"""Starting ministack, which plays AWS and, a second time, a store that speaks S3; and making people in it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import requests
from msgspec import Struct

from integrations.errors import UnreachableError
from integrations_sandbox.clouds import certificates, processes

EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


class Key(Struct, frozen=True):
    """An access key of one person."""

    user: str
    access_key: str
    secret_key: str


def start(
    name: str, application: str, folder: Path, tls: Path, port: int, hosts: Iterable[str], settings: Mapping[str, str]
) -> processes.Process:
    """Start ministack on `port`, with its data in `folder` and a certificate from the authority in `tls`.

    application: the module beside this one that is served. hosts: those it plays. settings: more of ministack's
    own variables. Raises UnreachableError if it does not start, or does not enforce authorisation.
    """
    certificate, key = certificates.issue(tls, name, hosts)
    environment = {
        "AUTH": "true",
        "GATEWAY_PORT": str(port),
        "SERVICES": "s3,iam,sts,kms",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "1",
        "S3_PERSIST": "1",
        "STATE_DIR": str(folder / "state"),
        "S3_DATA_DIR": str(folder / "s3"),
        "LOG_LEVEL": "WARNING",
        **settings,
    }
    # Not by its own command, which also takes port 443 where it can.
    command = [
        *(sys.executable, "-m", "hypercorn", f"integrations_sandbox.clouds.{application}:app"),
        *("--bind", f"127.0.0.1:{port}"),
        *("--certfile", str(certificate), "--keyfile", str(key), "--keep-alive", "75"),
        # In this very process: a worker of its own would outlive it when it is killed.
        *("--workers", "0", "--log-level", "WARNING"),
    ]
    process = processes.start(name, command, folder / "log.txt", port, environment)
    # Its default answers yes to everybody, which would make every check worthless.
    health = requests.get(f"https://localhost:{port}/_ministack/health", verify=str(tls / "ca.pem"), timeout=10).json()
    if health.get("auth") != "enabled":
        processes.stop(process)
        raise UnreachableError(
            f"the local {name} does not enforce authorisation (AUTH), so nothing could be proved with it"
        )
    return process


def person(iam: Any, user: str, grant: Mapping[str, str] | None) -> Key:
    """Make a user if there is none, and a fresh access key. grant: the one statement of their own policy, if any."""
    try:
        iam.create_user(UserName=user)
    except iam.exceptions.EntityAlreadyExistsException:
        for old in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=user, AccessKeyId=old["AccessKeyId"])
    if grant is not None:
        document = json.dumps({"Version": "2012-10-17", "Statement": [grant]})
        iam.put_user_policy(UserName=user, PolicyName="work", PolicyDocument=document)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return Key(user, key["AccessKeyId"], key["SecretAccessKey"])
