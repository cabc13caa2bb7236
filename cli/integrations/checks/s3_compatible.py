"""OBS and other S3-compatible stores: the questions about one integration, in the order a person would ask them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from integrations.checks import browser_media, drift
from integrations.checks.catalogue import CheckId
from integrations.checks.records import Answer
from integrations.checks.runner import Add, Key, Question
from integrations.checks.s3_compatible_bucket import BucketQuestions
from integrations.checks.s3_compatible_grants import GrantQuestions
from integrations.checks.s3_compatible_sessions import Clients, guarded
from integrations.environment.model import Environment
from integrations.environment.s3_compatible import S3Compatible, S3CompatibleBucket


def questions(integration: S3Compatible, environment: Environment, *, write_probe: bool = False) -> list[Question]:
    """Every question about the integration."""
    clients = Clients(integration)
    asked: list[Question] = []

    def add(check: CheckId, subject: str, ask: Callable[[], Answer], *needs: Key) -> Key:
        asked.append(Question(integration.name, integration.cloud, check, subject, guarded(ask, integration), needs))
        return asked[-1].key

    drift.add_question(add, integration, environment)
    add(CheckId.CLOCK, "this machine", partial(browser_media.ask_clock, lambda: f"{integration.store.endpoint}/"))
    for bucket in integration.buckets:
        _add_questions(add, clients, integration, environment, bucket, write_probe=write_probe)
    return asked


def _add_questions(
    add: Add,
    clients: Clients,
    integration: S3Compatible,
    environment: Environment,
    bucket: S3CompatibleBucket,
    *,
    write_probe: bool,
) -> None:
    about = BucketQuestions(clients, integration, environment, bucket)
    grants = GrantQuestions(clients, integration, environment, bucket)
    found = add(CheckId.BUCKET_FOUND, bucket.name, about.found)
    add(CheckId.BUCKET_REGION, bucket.name, about.region, found)
    add(CheckId.BUCKET_PRIVATE, bucket.name, about.private, found)
    if bucket.kms_key or integration.store.dialect == "s3":  # OBS encrypts by key only: without one nothing is claimed
        add(CheckId.BUCKET_ENCRYPTED, bucket.name, about.encrypted, found)
    add(CheckId.BUCKET_TLS_ONLY, bucket.name, about.tls_only, found)
    rules = add(CheckId.CORS_RULES, bucket.name, about.cors_rules, found)
    preflight = add(CheckId.CORS_PREFLIGHT, bucket.name, about.preflight, found)
    # Where the store has one setting for all buckets, there are no rules to read, and the preflight must do.
    add(
        CheckId.CORS_FOREIGN_REFUSED,
        bucket.name,
        about.foreign_refused,
        rules if integration.store.cors == "bucket" else preflight,
    )
    named = add(CheckId.TRUST_DOCUMENT, bucket.name, grants.named, found)
    add(CheckId.READ_GRANTED, bucket.name, grants.read_granted, named)
    add(CheckId.WRITE_GRANTED_EXACTLY, bucket.name, grants.write_granted, named)
    read = add(CheckId.PROBE_OBJECT_READ, bucket.name, grants.probe_object_read, found)
    # Only an object that is read with the right key proves anything by being refused without it.
    add(CheckId.STRANGER_REFUSED, bucket.name, grants.stranger_refused, read)
    add(CheckId.CORS_SIGNED_GET, bucket.name, about.signed_get, read if integration.check_principal else found)
    if write_probe:
        add(CheckId.WRITE_PROBE, bucket.name, grants.write_probe, found)
