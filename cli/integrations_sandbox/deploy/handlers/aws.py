"""AWS as the handlers see it: clients of one provider, and what its errors mean."""

from __future__ import annotations

import json
import threading
import time
from abc import ABC
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from integrations_sandbox.deploy.handler import Handler, Target
from integrations_sandbox.deploy.plan import Seen
from integrations_sandbox.deploy.records import StepError
from integrations_sandbox.deploy.wire import Props

# What a provider may be configured with (https://www.pulumi.com/registry/packages/aws/api-docs/provider/).
# The skips only spare pulumi-aws some questions at its start.
SETTINGS = {"region", "assumeRoles", "allowedAccountIds"}
SKIPS = {
    "skipCredentialsValidation", "skipMetadataApiCheck", "skipRegionValidation", "skipRequestingAccountId",
}  # fmt: skip
PAUSE_SECONDS = (0.1, 5.0)  # between two looks at something slow: at first, and at most


class Cloud:
    """The clients of one session, each made once: making one takes longer than most calls."""

    def __init__(self, session: boto3.Session, region: str) -> None:
        self.region = region
        self._session = session
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()  # boto3's clients may be shared by threads, its sessions may not

    def client(self, service: str, region: str | None = None) -> Any:
        key = (service, region or self.region)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._session.client(service, region_name=key[1])  # type: ignore[call-overload]
            return self._clients[key]

    @cached_property
    def account(self) -> str:
        """The account that the session's identity lives in."""
        return str(self.client("sts").get_caller_identity()["Account"])


def connect(session: boto3.Session, config: Props) -> Cloud:
    """The connection for a provider's inputs, which come as strings, structures as JSON.

    Assumes the roles of `assumeRoles`, one after the other. Raises StepError for settings
    that the sandbox does not know, and for an account that is not allowed.
    """
    unknown = set(config) - SETTINGS - SKIPS
    if unknown:
        raise StepError(f"the sandbox does not know the setting {', '.join(sorted(unknown))} of an AWS provider")
    region = config.get("region") or session.region_name
    if not region:
        raise StepError("an AWS provider has no region: set `aws:region`")
    cloud = Cloud(session, region)
    try:
        for role in _list(config.get("assumeRoles")):
            cloud = Cloud(_assume(cloud, role), region)
        allowed = _list(config.get("allowedAccountIds"))
        if allowed and cloud.account not in allowed:
            raise StepError(
                f"the credentials are for account {cloud.account}, and only {', '.join(allowed)} is allowed"
            )
    except (ClientError, BotoCoreError) as error:
        raise StepError(f"its provider could not be set up: {explain(error)}") from error
    return cloud


def _list(value: Any) -> list[Any]:
    return list(json.loads(value) if isinstance(value, str) else value or [])


def _assume(cloud: Cloud, role: Props) -> boto3.Session:
    names = {"roleArn": "RoleArn", "externalId": "ExternalId", "sessionName": "RoleSessionName"}
    if unknown := set(role) - set(names):
        raise StepError(f"the sandbox does not know the setting assumeRoles[].{', '.join(sorted(unknown))}")
    asked = {"RoleSessionName": "pulumi", **{names[key]: value for key, value in role.items() if value}}
    got = cloud.client("sts").assume_role(**asked)["Credentials"]
    return boto3.Session(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"], region_name=cloud.region)


def explain(error: Exception) -> str | None:
    """AWS's own words for an error; None if it is not from AWS or the way to it."""
    if isinstance(error, ClientError):
        said = error.response["Error"]
        return f"{error.operation_name}: {said.get('Message', 'no reason given')} ({said.get('Code', 'no code')})"
    return " ".join(str(error).split()) if isinstance(error, BotoCoreError) else None


def code_of(error: ClientError) -> str:
    return str(error.response["Error"].get("Code", ""))


@contextmanager
def unless(*codes: str) -> Iterator[None]:
    """Let these errors of AWS pass as if nothing had happened."""
    try:
        yield
    except ClientError as error:
        if code_of(error) not in codes:
            raise


def wait_until(done: Callable[[], bool], limit: float, what: str) -> None:
    """Ask until `done`, with growing pauses. Raises StepError after `limit` seconds."""
    pause, longest = PAUSE_SECONDS
    end = time.monotonic() + limit
    while not done():
        if time.monotonic() + pause > end:
            raise StepError(f"{what} took longer than {limit:g} seconds; it may still be going on")
        time.sleep(pause)
        pause = min(2 * pause, longest)


class AwsHandler(Handler, ABC):
    """A type whose id can be told from its inputs, and whose outputs are what AWS shows once it is in force."""

    def explain(self, error: Exception) -> str | None:
        return explain(error)

    def seen(self, target: Target) -> Seen:
        """What AWS shows of it. Raises StepError if it is not there."""
        found = self.read(target)
        if found is None:
            raise StepError(f"AWS accepted {target.id or self.identify(target)} and does not show it")
        return found
