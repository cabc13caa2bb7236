"""The cases of the policy pack: how one is written down, and the resources that several themes put before their rules."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from court import ACCOUNT, IMAGES, MEDIA, SEQUENCES, Thing, settings
from msgspec.structs import replace

import kinds
from integrations.access import aws
from integrations.access import s3_compatible as store
from integrations.environment.model import Checkers, Settings
from integrations.environment.s3_compatible import OtcChecker

OFF, ON = settings(IMAGES), settings(SEQUENCES)
ORIGIN = "https://app.encord.com"
CHECKER = f"domain/{'0' * 32}:user/checker"
OBS = "pulumi-python:dynamic/encord:ObsBucket"
BLOCK = dict.fromkeys(("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True)
BOUND = {"StringEquals": {"sts:ExternalId": "id-1"}}
DENIAL = aws.deny_plain_http(IMAGES.buckets[0])
SOMEBODY = "serviceAccount:encord@example.iam.gserviceaccount.com"
STORE_OFF = settings(MEDIA)
MEDIA_WRITES = replace(MEDIA, image_sequences=True, write_prefix="w/")
STORE_ON = settings(MEDIA_WRITES, checkers=Checkers(otc=OtcChecker(principal=CHECKER)))


@dataclass
class Case:
    rule: str
    cloud: str
    what: str
    said: str  # a piece of the message; empty if the rule is kept
    things: list[Thing]
    environment: Settings

    def __str__(self) -> str:
        return f"{self.rule}-{self.cloud}-{self.what}"


CASES: list[Case] = []


def about(rule: str, cloud: str, environment: Settings = OFF) -> tuple[Callable[..., None], Callable[..., None]]:
    """Two words for the table below: `breaks(what, said, things…)` and `keeps(what, things…)`."""

    def breaks(what: str, said: str, *things: Thing, under: Settings = environment) -> None:
        CASES.append(Case(rule, cloud, what, said, list(things), under))

    def keeps(what: str, *things: Thing, under: Settings = environment) -> None:
        CASES.append(Case(rule, cloud, what, "", list(things), under))

    return breaks, keeps


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def s3_cors(*origins: str) -> Thing:
    return Thing(kinds.BUCKET_CORS, {"bucket": "acme-eu", "corsRules": [{"allowedOrigins": list(origins)}]})


def trusting(*statements: dict[str, Any], **props: Any) -> Thing:
    tags = {"account": ACCOUNT}
    return Thing(
        kinds.ROLE, {"name": "encord-images", "tags": tags, "assumeRolePolicy": document(*statements), **props}
    )


def assume(principal: Any, **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    return {**statement, "Condition": condition} if condition else statement


def bucket(name: str = "acme-eu", **props: Any) -> Thing:
    return Thing(kinds.BUCKET, {"bucket": name, **props}, name=name)


def s3_policy(*statements: dict[str, Any]) -> Thing:
    return Thing(kinds.BUCKET_POLICY, {"bucket": "acme-eu", "policy": document(*statements)})


def point_policy(*statements: dict[str, Any]) -> Thing:
    return Thing(kinds.ACCESS_POINT_POLICY, {"details": {"name": "acme", "policy": document(*statements)}})


def obs(*statements: dict[str, Any], **props: Any) -> Thing:
    return Thing(OBS, {"bucket": "acme-media", "policy": document(*statements), **props})


def stated_for(integration: Any, environment: Settings) -> list[dict[str, Any]]:
    checker = store.checker_principal(integration, environment)
    found = store.bucket_policy(integration, integration.buckets[0], checker)
    assert found
    return found["Statement"]
