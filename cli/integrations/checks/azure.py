"""Azure: the questions about one integration, in the order a person would ask them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from integrations.checks import browser, browser_media, drift
from integrations.checks.azure_account import AboutAccount
from integrations.checks.azure_grants import APPLICATION, GrantQuestions
from integrations.checks.azure_objects import ObjectQuestions
from integrations.checks.azure_sessions import Sessions, guarded
from integrations.checks.azure_signature import SignatureQuestions
from integrations.checks.catalogue import CheckId
from integrations.checks.records import Answer, awaiting_encord
from integrations.checks.runner import Add, Key, Question
from integrations.environment.azure import AzureContainer, AzureIntegration
from integrations.environment.model import Environment


class Proofs(NamedTuple):
    """What the questions about blobs presuppose.

    lives: what happens to this run happens to Encord. signs: so does what happens to URLs that it signs.
    """

    lives: Key
    signs: Key


class Reach(NamedTuple):
    """What the questions about the blobs of one container presuppose: those that read, and those that write.

    What is written into a container that holds it could not be removed again.
    """

    reads: tuple[Key, ...]
    writes: tuple[Key, ...]


def questions(integration: AzureIntegration, environment: Environment, *, write_probe: bool = False) -> list[Question]:
    """Every question about the integration. Raises ConfigurationError if Azure's libraries are not installed."""
    sessions = Sessions(integration)
    asked: list[Question] = []

    def add(check: CheckId, subject: str, ask: Callable[[], Answer], *needs: Key) -> Key:
        asked.append(Question(integration.name, "azure", check, subject, guarded(ask, integration), needs))
        return asked[-1].key

    drift.add_question(add, integration, environment)
    account = AboutAccount(sessions, integration, environment)
    add(CheckId.CLOCK, "this machine", partial(browser_media.ask_clock, account.url))
    about = (sessions, integration, environment)
    found = add(CheckId.BUCKET_FOUND, integration.account.name, account.found)
    containers = {
        one.name: add(
            CheckId.BUCKET_FOUND,
            _subject(integration, one.name),
            partial(account.container_found, one),
            found,
        )
        for one in integration.containers
    }
    _account(add, account, found)
    network = add(CheckId.NETWORK_OPEN, integration.account.name, account.network_open, found)
    reach = {one.name: _container(add, account, one, containers[one.name], network) for one in integration.containers}
    if integration.encord.access == "account-sas":
        proofs = _signature(add, SignatureQuestions(*about), found, containers)
    elif integration.awaiting_encord:
        waits = add(CheckId.ROLE_FOUND, APPLICATION, lambda: awaiting_encord(environment.name))
        proofs = Proofs(waits, waits)
    else:
        add(CheckId.SIGNATURES_LIVE, integration.account.name, account.signatures_live, found)
        proofs = _grants(add, GrantQuestions(*about), found, containers)
    _objects(add, ObjectQuestions(*about), proofs, reach, write_probe=write_probe)
    return asked


def _subject(integration: AzureIntegration, container: str) -> str:
    return f"{integration.account.name}/{container}"


def _account(add: Add, about: AboutAccount, found: Key) -> None:
    """The account, whose CORS rules are those of all its containers."""
    name, origins = about.integration.account.name, about.environment.settings.cors_origins
    add(CheckId.BUCKET_REGION, name, about.region, found)
    add(CheckId.BUCKET_ENCRYPTED, name, about.encrypted, found)
    add(CheckId.BUCKET_TLS_ONLY, name, about.tls_only, found)
    add(CheckId.OBJECTS_AT_HAND, name, about.at_hand, found)
    rules = add(CheckId.CORS_RULES, name, about.cors_rules, found)
    fix = about.cors_fix()
    add(CheckId.CORS_PREFLIGHT, name, lambda: browser.ask_preflight(about.url, origins, fix), found)
    add(CheckId.CORS_FOREIGN_REFUSED, name, lambda: browser.ask_foreign(about.url, origins, fix), rules)


def _container(add: Add, about: AboutAccount, one: AzureContainer, found: Key, network: Key) -> Reach:
    """One container. Whom the network shuts out is refused whatever they ask for."""
    subject, reads = _subject(about.integration, one.name), (found, network)
    add(CheckId.BUCKET_PRIVATE, subject, partial(about.private, one), found)
    if not about.integration.image_sequences:
        return Reach(reads, reads)
    return Reach(reads, (*reads, add(CheckId.WRITTEN_NOT_HELD, subject, partial(about.written_not_held, one), found)))


def _grants(add: Add, about: GrantQuestions, found: Key, containers: dict[str, Key]) -> Proofs:
    """Encord's service principal."""
    add(CheckId.ROLE_FOUND, about.encord, about.principal_found)
    named = add(CheckId.TRUST_DOCUMENT, about.encord, about.named, found)
    add(CheckId.GRANTS_NARROW, about.encord, about.grants_are_narrow, named)
    for one in about.integration.containers:
        subject, needs = _subject(about.integration, one.name), (containers[one.name], named)
        add(CheckId.READ_GRANTED, subject, partial(about.read_granted, one), *needs)
        add(CheckId.WRITE_GRANTED_EXACTLY, subject, partial(about.write_granted, one), *needs)
    signs = add(CheckId.SIGNING_GRANTED, about.integration.account.name, about.signing_granted, named)
    principal = about.integration.check_principal or "no checkPrincipal"
    return Proofs(add(CheckId.ROLE_ASSUMED, principal, about.is_check_principal, found), signs)


def _signature(add: Add, about: SignatureQuestions, found: Key, containers: dict[str, Key]) -> Proofs:
    """The account SAS, which reads and signs if it is here."""
    name = about.integration.account.name
    add(CheckId.SIGNATURE_IN_TIME, name, about.in_time)
    add(CheckId.SIGNATURES_LIVE, name, about.signatures_live, found)
    accepted = add(CheckId.TRUST_DOCUMENT, name, about.accepted, found)
    here = add(CheckId.ROLE_ASSUMED, name, about.is_here, *containers.values(), accepted)
    add(CheckId.READ_GRANTED, name, about.read_granted, here)
    add(CheckId.GRANTS_NARROW, name, about.grants_are_narrow, here)
    add(CheckId.WRITE_GRANTED_EXACTLY, name, about.write_granted, here)
    return Proofs(here, here)


def _objects(add: Add, about: ObjectQuestions, proofs: Proofs, reach: dict[str, Reach], *, write_probe: bool) -> None:
    """The blobs. reach: by container."""
    alone = about.integration.check_principal is None and about.integration.encord.access == "service-principal"
    for one in about.integration.containers:
        subject, needs = _subject(about.integration, one.name), reach[one.name].reads
        read = add(CheckId.PROBE_OBJECT_READ, subject, partial(about.probe_object_read, one), *needs, proofs.lives)
        signed = (read, proofs.signs)
        add(CheckId.STRANGER_REFUSED, subject, partial(about.stranger_refused, one), *signed)
        whole = add(CheckId.CORS_SIGNED_GET, subject, partial(about.signed_get, one), *(needs if alone else signed))
        parts = add(CheckId.CORS_PARTS, subject, partial(about.parts, one), whole)
        add(CheckId.CORS_EXPOSED, subject, partial(about.exposed, one), parts)
        add(CheckId.CORS_KEPT_APART, subject, partial(about.kept_apart, one), whole)
        if write_probe:
            writes = (*reach[one.name].writes, proofs.lives)
            add(CheckId.WRITE_PROBE, subject, partial(about.write_probe, one), *writes)
