"""The local AWS: ministack with authorisation enforced, and the people who work in it.

Measured facts about ministack are in docs/sandbox.md. Two accounts, as in
production: the customer's, and the one that plays Encord's.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import requests
from msgspec import Struct

from integrations.errors import UnreachableError
from integrations_sandbox.clouds import certificates, processes
from integrations_sandbox.clouds.edge import Route

CUSTOMER_ACCOUNT = "222222222222"
PLATFORM_ACCOUNT = "111111111111"
ENCORD_USER = "encord"
DEPLOYER_USER = "deployer"
CI_USER = "ci"
ENCORD_PRINCIPAL = f"arn:aws:iam::{PLATFORM_ACCOUNT}:user/{ENCORD_USER}"
CI_PRINCIPAL = f"arn:aws:iam::{CUSTOMER_ACCOUNT}:user/{CI_USER}"
HOME_REGION = "us-east-1"
SUFFIX = "amazonaws.com"

# What each person may do. Encord's and CI's own rights end at assuming a role:
# everything else must come from what the stacks grant.
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ASSUME_ROLES = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
USERS = (
    (CUSTOMER_ACCOUNT, DEPLOYER_USER, EVERYTHING),
    (CUSTOMER_ACCOUNT, CI_USER, ASSUME_ROLES),
    (PLATFORM_ACCOUNT, ENCORD_USER, ASSUME_ROLES),
)


class Key(Struct, frozen=True):
    """An access key of one person."""

    user: str
    access_key: str
    secret_key: str


def hosts() -> list[str]:
    """Every host name that ministack plays, as its certificate must name them."""
    regions = botocore.session.get_session().get_available_regions("s3")
    regional = [f"{star}.{region}.{SUFFIX}" for region in regions for star in ("*", "*.s3")]
    return [
        "localhost",
        f"*.{SUFFIX}",
        f"*.s3.{SUFFIX}",
        *regional,
        f"*.s3-control.us-west-2.{SUFFIX}",
        f"*.mrap.accesspoint.s3-global.{SUFFIX}",
    ]


def routes(port: int) -> tuple[Route, ...]:
    """What the edge must lead to it."""
    return (Route(SUFFIX, port),)


def start(folder: Path, tls: Path, port: int) -> processes.Process:
    """Start ministack on `port`, with its data in `folder` and a certificate from the authority in `tls`.

    Raises UnreachableError if it does not start, or does not enforce authorisation.
    """
    certificate, key = certificates.issue(tls, "aws", hosts())
    environment = {
        "AUTH": "true",
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": HOME_REGION,
        "SERVICES": "s3,iam,sts,kms",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "1",
        "S3_PERSIST": "1",
        "STATE_DIR": str(folder / "state"),
        "S3_DATA_DIR": str(folder / "s3"),
        "LOG_LEVEL": "WARNING",
    }
    # Not by its own command, which also takes port 443 where it can.
    command = [
        *(
            sys.executable,
            "-m",
            "hypercorn",
            "integrations_sandbox.clouds.aws_server:app",
            "--bind",
            f"127.0.0.1:{port}",
        ),
        *("--certfile", str(certificate), "--keyfile", str(key), "--keep-alive", "75"),
        # In this very process: a worker of its own would outlive it when it is killed.
        *("--workers", "0", "--log-level", "WARNING"),
    ]
    process = processes.start("aws", command, folder / "log.txt", lambda: processes.listening(port), environment)
    # Its default answers yes to everybody, which would make every check worthless.
    health = requests.get(f"https://localhost:{port}/_ministack/health", verify=str(tls / "ca.pem"), timeout=10).json()
    if health.get("auth") != "enabled":
        processes.stop(process)
        raise UnreachableError(
            "the local AWS does not enforce authorisation (AUTH), so nothing could be proved with it"
        )
    return process


def root_session(account: str, region: str = HOME_REGION) -> boto3.Session:
    """The root user of an account, for seeding: ministack takes the account id as its key and does not judge it."""
    return boto3.Session(account, "root", region_name=region)


def seed() -> tuple[Key, ...]:
    """Make every person that is missing, with a fresh access key each. Needs the edge in the environment."""
    return tuple(_person(root_session(account).client("iam"), user, grant) for account, user, grant in USERS)


def _person(iam: Any, user: str, grant: dict[str, str]) -> Key:
    try:
        iam.create_user(UserName=user)
    except iam.exceptions.EntityAlreadyExistsException:
        for old in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=user, AccessKeyId=old["AccessKeyId"])
    document = json.dumps({"Version": "2012-10-17", "Statement": [grant]})
    iam.put_user_policy(UserName=user, PolicyName="work", PolicyDocument=document)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return Key(user, key["AccessKeyId"], key["SecretAccessKey"])
