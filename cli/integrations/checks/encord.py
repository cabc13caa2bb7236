"""Encord: whether it answers, knows the integration, and reads through it."""

from __future__ import annotations

import secrets
import threading
from functools import partial
from typing import TYPE_CHECKING

from integrations.checks.catalogue import CheckId
from integrations.checks.records import Answer, Obstacle, failed, passed, skipped, unknown
from integrations.checks.runner import Question
from integrations.environment.model import Environment, Integration
from integrations.errors import ConfigurationError, IntegrationsError, NotAuthorisedError, UnreachableError

if TYPE_CHECKING:
    from integrations.encord_client.integrations import KnownIntegration

PROBE_FOLDER = "integrations check"
PROBE_SECONDS = 120


class Connection:
    """One connection for all questions; the list of integrations is asked for once."""

    def __init__(self, domain: str) -> None:
        self.domain = domain
        self._lock = threading.Lock()
        self._known: list[KnownIntegration] | None = None

    def known(self) -> list[KnownIntegration]:
        """Every integration that the key may see. Raises an IntegrationsError."""
        from integrations.encord_client.connection import connect
        from integrations.encord_client.integrations import list_integrations

        with self._lock:
            if self._known is None:
                self._known = list_integrations(connect(self.domain), self.domain)
            return self._known


def questions(
    integration: Integration, environment: Environment, connection: Connection, *, register_probe: bool = False
) -> list[Question]:
    """Every question to Encord about one integration."""
    name = integration.encord.id or integration.encord.title or integration.name
    make = partial(Question, integration.name, integration.cloud)
    connected = make(CheckId.ENCORD_CONNECTED, connection.domain, partial(_connected, connection))
    known = make(
        CheckId.ENCORD_KNOWS_INTEGRATION, name, partial(_known, connection, integration, environment), (connected.key,)
    )
    asked = [connected, known]
    if register_probe:
        ask = partial(_registered, connection, integration)
        asked.append(make(CheckId.ENCORD_READS_OBJECT, integration.probe_object or "no object", ask, (known.key,)))
    return asked


def _connected(connection: Connection) -> Answer:
    try:
        return passed(f"{connection.domain}, {len(connection.known())} integrations")
    except (NotAuthorisedError, ConfigurationError) as error:
        return unknown(str(error), Obstacle.AUTHENTICATION)
    except UnreachableError as error:
        return unknown(str(error), Obstacle.NETWORK)


def _known(connection: Connection, integration: Integration, environment: Environment) -> Answer:
    from integrations.encord_client.integrations import matching

    known = connection.known()
    found = matching(known, integration)
    if len(found) == 1:
        return passed(f"{found[0].title} ({found[0].id})")
    titles = ", ".join(sorted(repr(one.title) for one in known)) or "none"
    if found:
        ids = ", ".join(one.id for one in found)
        return failed(
            f"{len(found)} integrations have this title", f"set `encord.id` of {integration.name} to one of {ids}"
        )
    fix = (
        f"integrations handshake {environment.name}, or set `encord.title` of {integration.name} to the title at Encord"
    )
    return failed(f"Encord knows {titles}", fix)


def _registered(connection: Connection, integration: Integration) -> Answer:
    """Registers the probe object in a folder made for this, and deletes both."""
    from integrations.encord_client.connection import connect
    from integrations.encord_client.integrations import find_integration
    from integrations.encord_client.probe import register_probe
    from integrations.registration.locations import first_url

    if integration.probe_object is None:
        return skipped("no probeObject is configured", fix="set `probeObject` to the key of an object", unproven=True)
    url = first_url(integration, integration.probe_object)
    try:
        client = connect(connection.domain)
        which = find_integration(connection.known(), integration)
        errors = register_probe(
            client, connection.domain, f"{PROBE_FOLDER} {secrets.token_hex(4)}", which, url, PROBE_SECONDS
        )
    except IntegrationsError as error:
        return unknown(str(error), Obstacle.NETWORK)
    if errors:
        return failed(f"Encord says: {errors[0]}", "see docs/runbooks/images-do-not-load.md")
    return passed(f"Encord registered {url}")
