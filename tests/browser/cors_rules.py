"""A bucket's CORS rules, as its owner can set them in each cloud: to break them for real."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from otc_stage import obs

from integrations import google_cloud
from integrations.environment.model import AwsIntegration, GcpIntegration, Integration, OtcIntegration
from integrations_sandbox import people
from integrations_sandbox.stages import DEPLOYER, stage_of


@dataclass(frozen=True)
class Rule:
    """One rule: these origins may use these methods."""

    origins: tuple[str, ...]
    methods: tuple[str, ...] = ("GET", "HEAD")


@contextmanager
def in_force(stage: Any, integration: Integration, *rules: Rule) -> Iterator[None]:
    """These rules on every bucket of the integration, and no others; those of before afterwards."""
    match integration:
        case AwsIntegration():
            clients = {bucket.name: stage.client("s3", region=bucket.region) for bucket in integration.buckets}
            with _s3(clients, rules):
                yield
        case OtcIntegration():
            with _s3({bucket.name: obs(stage) for bucket in integration.buckets}, rules):
                yield
        case GcpIntegration():
            with people.working_as(stage.sandbox.variables(DEPLOYER)):
                client = google_cloud.client(stage_of(integration).deployer(), integration.project)
                buckets = [client.get_bucket(bucket.name) for bucket in integration.buckets]
            with _gcs(buckets, rules):
                yield
        case _:
            raise NotImplementedError(f"how CORS is broken on {integration.cloud} is not written here yet")


@contextmanager
def _s3(clients: dict[str, Any], rules: tuple[Rule, ...]) -> Iterator[None]:
    before = {name: client.get_bucket_cors(Bucket=name)["CORSRules"] for name, client in clients.items()}
    wanted = [
        {"AllowedOrigins": list(rule.origins), "AllowedMethods": list(rule.methods), "AllowedHeaders": ["*"]}
        for rule in rules
    ]
    try:
        for name, client in clients.items():
            if wanted:
                client.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": wanted})
            else:
                client.delete_bucket_cors(Bucket=name)
        yield
    finally:
        for name, client in clients.items():
            client.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": before[name]})


@contextmanager
def _gcs(buckets: list[Any], rules: tuple[Rule, ...]) -> Iterator[None]:
    before = [bucket.cors for bucket in buckets]
    wanted = [{"origin": list(rule.origins), "method": list(rule.methods), "maxAgeSeconds": 60} for rule in rules]
    try:
        _set_gcs(buckets, [wanted] * len(buckets))
        yield
    finally:
        _set_gcs(buckets, before)


def _set_gcs(buckets: list[Any], rules: list[Any]) -> None:
    for bucket, wanted in zip(buckets, rules, strict=True):
        bucket.cors = wanted
        bucket.patch()
