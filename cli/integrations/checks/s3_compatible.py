"""OBS and other S3-compatible stores: the questions about one integration, in the order a person would ask them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from integrations.checks import browser_media, drift
from integrations.checks.catalogue import CheckId
from integrations.checks.records import Answer
from integrations.checks.runner import Add, Key, Question
from integrations.checks.s3_compatible_browser import BrowserQuestions
from integrations.checks.s3_compatible_bucket import BucketQuestions
from integrations.checks.s3_compatible_grants import GrantQuestions
from integrations.checks.s3_compatible_objects import ObjectQuestions
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
    objects = ObjectQuestions(clients, integration, environment, bucket)
    found = add(CheckId.BUCKET_FOUND, bucket.name, about.found)
    add(CheckId.BUCKET_REGION, bucket.name, about.region, found)
    add(CheckId.BUCKET_PRIVATE, bucket.name, about.private, found)
    if bucket.kms_key or integration.store.dialect == "s3":  # OBS encrypts by key only: without one nothing is claimed
        add(CheckId.BUCKET_ENCRYPTED, bucket.name, about.encrypted, found)
    add(CheckId.BUCKET_TLS_ONLY, bucket.name, about.tls_only, found)
    add(CheckId.DOCUMENTS_WELL_FORMED, bucket.name, grants.well_formed, found)
    named = add(CheckId.TRUST_DOCUMENT, bucket.name, grants.named, found)
    let_in = add(CheckId.POLICY_LETS_IN, bucket.name, grants.lets_in, found)
    add(CheckId.READ_GRANTED, bucket.name, grants.read_granted, named, let_in)
    add(CheckId.WRITE_GRANTED_EXACTLY, bucket.name, grants.write_granted, named, let_in)
    add(CheckId.GRANTS_NARROW, bucket.name, grants.narrow, named)
    read = add(CheckId.PROBE_OBJECT_READ, bucket.name, objects.probe_object_read, found)
    # Only an object that is read with the right key proves anything by being refused without it.
    add(CheckId.STRANGER_REFUSED, bucket.name, objects.stranger_refused, read)
    if write_probe:
        add(CheckId.WRITE_PROBE, bucket.name, objects.write_probe, found)
    browser = BrowserQuestions(clients, integration, environment, bucket)
    _add_browser(add, browser, found, read if integration.check_principal else found)


def _add_browser(add: Add, asked: BrowserQuestions, found: Key, signs: Key) -> None:
    """What a browser meets. signs: the question that must have passed for a signed URL to be of use."""
    name = asked.bucket.name
    rules = add(CheckId.CORS_RULES, name, asked.cors_rules, found)
    preflight = add(CheckId.CORS_PREFLIGHT, name, asked.preflight, found)
    # Where the store has one setting for all buckets, there are no rules to read, and the preflight must do.
    one_setting = asked.integration.store.cors == "server"
    add(CheckId.CORS_FOREIGN_REFUSED, name, asked.foreign_refused, preflight if one_setting else rules)
    whole = add(CheckId.CORS_SIGNED_GET, name, asked.signed_get, signs)
    parts = add(CheckId.CORS_PARTS, name, asked.parts, whole)
    add(CheckId.CORS_EXPOSED, name, asked.exposed, parts)
    add(CheckId.CORS_KEPT_APART, name, asked.kept_apart, whole)
