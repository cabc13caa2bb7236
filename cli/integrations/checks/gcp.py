"""Google Cloud: the questions about one integration, in the order a person would ask them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from integrations.checks import browser_media, drift
from integrations.checks.catalogue import CheckId
from integrations.checks.gcp_bucket import BucketQuestions
from integrations.checks.gcp_grants import GrantQuestions
from integrations.checks.gcp_sessions import Clients, guarded
from integrations.checks.records import Answer
from integrations.checks.runner import Add, Key, Question
from integrations.environment.model import Environment, GcpBucket, GcpIntegration


def questions(integration: GcpIntegration, environment: Environment, *, write_probe: bool = False) -> list[Question]:
    """Every question about the integration. Raises ConfigurationError if Google's libraries are not installed."""
    clients = Clients(integration)
    asked: list[Question] = []

    def add(check: CheckId, subject: str, ask: Callable[[], Answer], *needs: Key) -> Key:
        asked.append(Question(integration.name, integration.cloud, check, subject, guarded(ask, integration), needs))
        return asked[-1].key

    drift.add_question(add, integration, environment)
    add(CheckId.CLOCK, "this machine", partial(browser_media.ask_clock, lambda: "https://storage.googleapis.com/"))
    first = GrantQuestions(clients, integration, environment, integration.buckets[0])
    become = add(CheckId.ROLE_ASSUMED, integration.check_principal or "no check principal", first.impersonated)
    for bucket in integration.buckets:
        _add_questions(add, clients, integration, environment, bucket, become, write_probe=write_probe)
    return asked


def _add_questions(
    add: Add,
    clients: Clients,
    integration: GcpIntegration,
    environment: Environment,
    bucket: GcpBucket,
    become: Key,
    *,
    write_probe: bool,
) -> None:
    """Adds the questions about one bucket. become: the key of the question that impersonates the check principal."""
    about = BucketQuestions(clients, integration, environment, bucket)
    grants = GrantQuestions(clients, integration, environment, bucket)
    found = add(CheckId.BUCKET_FOUND, bucket.name, about.found)
    # Where the requester pays, nobody is told more of the bucket who does not.
    paid = add(CheckId.OWNER_PAYS, bucket.name, about.owner_pays, found)
    add(CheckId.BUCKET_REGION, bucket.name, about.location, paid)
    add(CheckId.BUCKET_PRIVATE, bucket.name, about.private, paid)
    add(CheckId.BUCKET_ENCRYPTED, bucket.name, about.encrypted, paid)
    add(CheckId.OBJECTS_AT_HAND, bucket.name, about.objects_stay, paid)
    rules = add(CheckId.CORS_RULES, bucket.name, about.cors_rules, paid)
    add(CheckId.CORS_PREFLIGHT, bucket.name, about.preflight, paid)
    add(CheckId.CORS_FOREIGN_REFUSED, bucket.name, about.foreign_refused, rules)
    named = add(CheckId.ROLE_FOUND, bucket.name, grants.named, paid)
    add(CheckId.TRUST_DOCUMENT, bucket.name, grants.exactly_named, named)
    add(CheckId.READ_GRANTED, bucket.name, grants.read_granted, named)
    add(CheckId.WRITE_GRANTED_EXACTLY, bucket.name, grants.write_granted, named)
    add(CheckId.GRANTS_NARROW, bucket.name, grants.narrow, named)
    read = add(CheckId.PROBE_OBJECT_READ, bucket.name, grants.probe_object_read, paid, become)
    # Only an object that is read with the right key proves anything by being refused without it.
    add(CheckId.STRANGER_REFUSED, bucket.name, grants.stranger_refused, read)
    whole = add(CheckId.CORS_SIGNED_GET, bucket.name, about.signed_get, read)
    parts = add(CheckId.CORS_PARTS, bucket.name, about.parts, whole)
    add(CheckId.CORS_EXPOSED, bucket.name, about.exposed, parts)
    add(CheckId.CORS_KEPT_APART, bucket.name, about.kept_apart, whole)
    writes: tuple[Key, ...] = (paid, become)
    if integration.image_sequences:
        # What cannot be removed again is not written for a check.
        writes = (*writes, add(CheckId.WRITTEN_NOT_HELD, bucket.name, about.written_not_held, paid))
    if write_probe:
        add(CheckId.WRITE_PROBE, bucket.name, grants.write_probe, *writes)
