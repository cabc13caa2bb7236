"""Google Cloud: the questions about one integration, in the order a person would ask them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from integrations.checks import browser_media
from integrations.checks.catalogue import CheckId
from integrations.checks.gcp_bucket import BucketQuestions
from integrations.checks.gcp_grants import GrantQuestions
from integrations.checks.gcp_sessions import Clients, guarded
from integrations.checks.records import Answer
from integrations.checks.runner import Key, Question
from integrations.environment.model import Environment, GcpBucket, GcpIntegration


def questions(integration: GcpIntegration, environment: Environment, *, write_probe: bool = False) -> list[Question]:
    """Every question about the integration. Raises ConfigurationError if Google's libraries are not installed."""
    clients = Clients(integration)
    asked: list[Question] = []

    def add(subject: str, check: CheckId, ask: Callable[[], Answer], *needs: Key) -> Key:
        asked.append(Question(integration.name, integration.cloud, check, subject, guarded(ask, integration), needs))
        return asked[-1].key

    add("this machine", CheckId.CLOCK, partial(browser_media.ask_clock, lambda: "https://storage.googleapis.com/"))
    first = GrantQuestions(clients, integration, environment, integration.buckets[0])
    become = add(integration.check_principal or "no check principal", CheckId.ROLE_ASSUMED, first.impersonated)
    for bucket in integration.buckets:
        _add_questions(add, clients, integration, environment, bucket, become, write_probe=write_probe)
    return asked


def _add_questions(
    add: Callable[..., Key],
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
    found = add(bucket.name, CheckId.BUCKET_FOUND, about.found)
    add(bucket.name, CheckId.BUCKET_REGION, about.location, found)
    add(bucket.name, CheckId.BUCKET_PRIVATE, about.private, found)
    add(bucket.name, CheckId.BUCKET_ENCRYPTED, about.encrypted, found)
    rules = add(bucket.name, CheckId.CORS_RULES, about.cors_rules, found)
    add(bucket.name, CheckId.CORS_PREFLIGHT, about.preflight, found)
    add(bucket.name, CheckId.CORS_FOREIGN_REFUSED, about.foreign_refused, rules)
    named = add(bucket.name, CheckId.ROLE_FOUND, grants.named, found)
    add(bucket.name, CheckId.TRUST_DOCUMENT, grants.exactly_named, named)
    add(bucket.name, CheckId.READ_GRANTED, grants.read_granted, named)
    add(bucket.name, CheckId.WRITE_GRANTED_EXACTLY, grants.write_granted, named)
    read = add(bucket.name, CheckId.PROBE_OBJECT_READ, grants.probe_object_read, found, become)
    # Only an object that is read with the right key proves anything by being refused without it.
    add(bucket.name, CheckId.STRANGER_REFUSED, grants.stranger_refused, read)
    whole = add(bucket.name, CheckId.CORS_SIGNED_GET, about.signed_get, read)
    parts = add(bucket.name, CheckId.CORS_PARTS, about.parts, whole)
    add(bucket.name, CheckId.CORS_EXPOSED, about.exposed, parts)
    add(bucket.name, CheckId.CORS_KEPT_APART, about.kept_apart, whole)
    if write_probe:
        add(bucket.name, CheckId.WRITE_PROBE, grants.write_probe, found, become)
