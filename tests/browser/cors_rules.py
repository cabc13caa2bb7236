"""A bucket's CORS rules, as its owner can set them in each cloud: to break them for real."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import boto3

from integrations import google_cloud
from integrations.access import azure as azure_access
from integrations.environment.model import AwsIntegration, AzureIntegration, GcpIntegration, Integration
from integrations.s3_compatible.client import client, session
from integrations_sandbox import people
from integrations_sandbox.deploy.handlers.azure import Cloud
from integrations_sandbox.stages import DEPLOYER, stage_of


@dataclass(frozen=True)
class Rule:
    """One rule: these origins may use these methods."""

    origins: tuple[str, ...]
    methods: tuple[str, ...] = ("GET", "HEAD")


class Place(Protocol):
    """Where rules stand: a bucket, or a storage account. Rules are in the cloud's own words."""

    def read(self) -> list[Any]: ...

    def write(self, rules: list[Any]) -> None: ...

    def words(self, rule: Rule) -> Any: ...


@contextmanager
def in_force(stage: Any, integration: Integration, *rules: Rule) -> Iterator[None]:
    """These rules wherever the integration has some, and no others; those of before afterwards."""
    with people.working_as(stage.sandbox.variables(DEPLOYER)):
        places = _places(integration)
        before = [place.read() for place in places]
        _write(places, [[place.words(rule) for rule in rules] for place in places])
    try:
        yield
    finally:
        with people.working_as(stage.sandbox.variables(DEPLOYER)):
            _write(places, before)


def _write(places: Sequence[Place], rules: Sequence[list[Any]]) -> None:
    for place, wanted in zip(places, rules, strict=True):
        place.write(wanted)


def _places(integration: Integration) -> list[Place]:
    match integration:
        case AwsIntegration():
            clients = [boto3.Session().client("s3", region_name=bucket.region) for bucket in integration.buckets]
            return [S3(one, bucket.name) for one, bucket in zip(clients, integration.buckets, strict=True)]
        case AzureIntegration():
            return [Azure(integration)]
        case GcpIntegration():
            google = google_cloud.client(stage_of(integration).deployer(), integration.project)
            return [Gcs(google.get_bucket(bucket.name)) for bucket in integration.buckets]
        case _:
            obs = client(integration.store, session(integration.profile, integration.region))
            return [S3(obs, bucket.name) for bucket in integration.buckets]


@dataclass(frozen=True)
class S3:
    """A bucket on AWS, or in an S3-compatible store."""

    client: Any
    name: str

    def read(self) -> list[Any]:
        rules: list[Any] = self.client.get_bucket_cors(Bucket=self.name)["CORSRules"]
        return rules

    def write(self, rules: list[Any]) -> None:
        if rules:
            self.client.put_bucket_cors(Bucket=self.name, CORSConfiguration={"CORSRules": rules})
        else:
            self.client.delete_bucket_cors(Bucket=self.name)

    def words(self, rule: Rule) -> Any:
        return {"AllowedOrigins": list(rule.origins), "AllowedMethods": list(rule.methods), "AllowedHeaders": ["*"]}


@dataclass(frozen=True)
class Gcs:
    """A bucket on Google Cloud."""

    bucket: Any

    def read(self) -> list[Any]:
        return list(self.bucket.cors)

    def write(self, rules: list[Any]) -> None:
        self.bucket.cors = rules
        self.bucket.patch()

    def words(self, rule: Rule) -> Any:
        return {"origin": list(rule.origins), "method": list(rule.methods), "maxAgeSeconds": 60}


@dataclass(frozen=True)
class Azure:
    """A storage account: it has one set of rules for all its containers."""

    integration: AzureIntegration

    def read(self) -> list[Any]:
        rules: list[Any] = self._call("GET").json()["properties"]["cors"]["corsRules"]
        return rules

    def write(self, rules: list[Any]) -> None:
        properties = {**self._call("GET").json()["properties"], "cors": {"corsRules": rules}}
        self._call("PUT", {"properties": properties})

    def words(self, rule: Rule) -> Any:
        return {
            "allowedOrigins": list(rule.origins), "allowedMethods": list(rule.methods), "allowedHeaders": ["*"],
            "exposedHeaders": ["*"], "maxAgeInSeconds": 60,
        }  # fmt: skip

    def _call(self, method: str, body: Any = None) -> Any:
        one = self.integration
        cloud = Cloud(stage_of(one).deployer(), one.subscription, one.account.location)
        path = f"{azure_access.account_id(one)}/blobServices/default"
        return cloud.call(method, path, azure_access.API_VERSION, body)
