"""The local AWS: ministack with authorisation enforced, and the people who work in it.

Measured facts about ministack are in docs/sandbox.md. Two accounts, as in
production: the customer's, and the one that plays Encord's.
"""

from __future__ import annotations

from pathlib import Path

import boto3
import botocore.session

from integrations_sandbox.clouds import ministack, processes
from integrations_sandbox.clouds.edge import Route
from integrations_sandbox.clouds.ministack import EVERYTHING, Key

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
ASSUME_ROLES = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
USERS = (
    (CUSTOMER_ACCOUNT, DEPLOYER_USER, EVERYTHING),
    (CUSTOMER_ACCOUNT, CI_USER, ASSUME_ROLES),
    (PLATFORM_ACCOUNT, ENCORD_USER, ASSUME_ROLES),
)


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
    """Start it on `port`, with its data in `folder`. Raises as ministack.start does."""
    return ministack.start("aws", "aws_server", folder, tls, port, hosts(), {"MINISTACK_REGION": HOME_REGION})


def root_session(account: str, region: str = HOME_REGION) -> boto3.Session:
    """The root user of an account, for seeding: ministack takes the account id as its key and does not judge it."""
    return boto3.Session(account, "root", region_name=region)


def seed() -> tuple[Key, ...]:
    """Make every person that is missing, with a fresh access key each. Needs the edge in the environment."""
    return tuple(ministack.person(root_session(account).client("iam"), user, grant) for account, user, grant in USERS)
