"""Encord: whether it answers, knows the integration, and reads through it."""

from __future__ import annotations

import secrets
import threading
from functools import partial
from typing import TYPE_CHECKING

from integrations.checks import patience
from integrations.checks.catalogue import CheckId
from integrations.checks.records import Answer, Obstacle, failed, passed, skipped, unknown
from integrations.checks.runner import Question
from integrations.environment.model import Environment, Integration
from integrations.errors import ConfigurationError, IntegrationsError, NotAuthorisedError, UnreachableError

if TYPE_CHECKING:
    from encord.user_client import EncordUserClient

    from integrations.encord_client.integrations import KnownIntegration

PROBE_FOLDER = "integrations check"
PROBE_SECONDS = 120


# The two workspaces, which know different keys, and the web application of each:
# https://docs.encord.com/sdk-documentation/getting-started-sdk/authentication-sdk
DOMAINS = {"https://api.encord.com": "https://api.us.encord.com", "https://api.us.encord.com": "https://api.encord.com"}
APPLICATIONS = {
    "https://api.encord.com": "https://app.encord.com",
    "https://api.us.encord.com": "https://app.us.encord.com",
}


class Connection:
    """One connection for all questions; what they share is asked for once, and a refusal is remembered too."""

    def __init__(self, domain: str) -> None:
        self.domain = domain
        self._lock = threading.Lock()
        self._known: list[KnownIntegration] | IntegrationsError | None = None

    def client(self, domain: str | None = None) -> EncordUserClient:
        """A client that does not wait for minutes."""
        from integrations.encord_client.connection import connect

        return connect(domain or self.domain, seconds=patience.seconds())

    def known(self) -> list[KnownIntegration]:
        """Every integration that the key may see. Raises an IntegrationsError."""
        from integrations.encord_client.integrations import list_integrations

        with self._lock:
            if self._known is None:
                try:
                    self._known = list_integrations(self.client(), self.domain)
                except IntegrationsError as error:
                    self._known = error
        if isinstance(self._known, IntegrationsError):
            raise self._known
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
    asked = [
        connected,
        known,
        make(CheckId.ENCORD_WORKSPACE, connection.domain, partial(_workspace, connection, environment)),
        make(CheckId.ENCORD_ORIGIN, environment.settings.encord.domain, partial(_origin, environment)),
        make(CheckId.ENCORD_FOLDERS, connection.domain, partial(_folders, connection), (connected.key,)),
    ]
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


def _workspace(connection: Connection, environment: Environment) -> Answer:
    """Only a key that is refused here can turn out to be the other workspace's."""
    from integrations.encord_client.integrations import list_integrations

    domain = connection.domain
    try:
        connection.known()
    except NotAuthorisedError:
        other = DOMAINS.get(domain)
        if other is None:
            return skipped(f"{domain} is not one of Encord's own domains")
        try:
            list_integrations(connection.client(other), other)
        except IntegrationsError as error:
            return skipped(f"the key is not known at {other} either: {error}")
        return failed(
            f"{other} knows this key, {domain} does not",
            f'set `encord-integrations:encord: {{domain: "{other}"}}` in {environment.path}, or use a key of {domain}',
        )
    except IntegrationsError as error:
        return unknown(str(error), Obstacle.NETWORK)
    return passed(f"{domain} knows the key")


def _origin(environment: Environment) -> Answer:
    settings = environment.settings
    origin = APPLICATIONS.get(settings.encord.domain)
    if origin is None:
        return skipped(f"which web application belongs to {settings.encord.domain} is not known")
    listed = ", ".join(settings.cors_origins)
    if origin in settings.cors_origins:
        return passed(listed)
    fix = (
        f"add {origin} to `encord-integrations:corsOrigins` in {environment.path}; pulumi up --stack {environment.name}"
    )
    return failed(f"the origins are {listed}, and the workspace of {settings.encord.domain} works at {origin}", fix)


def _folders(connection: Connection) -> Answer:
    from integrations.encord_client.connection import translated

    try:
        with translated(connection.domain):
            first = next(iter(connection.client().list_storage_folders(page_size=1)), None)
    except NotAuthorisedError as error:
        return unknown(str(error), Obstacle.RIGHTS, "give the key's user a role that may see folders")
    except IntegrationsError as error:
        return unknown(str(error), Obstacle.NETWORK)
    return passed("folders can be listed" if first else "there are no folders yet, and they can be listed")


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
