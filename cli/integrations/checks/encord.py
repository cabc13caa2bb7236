"""Encord: whether it answers, knows the integration, and reads through it."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast

from integrations.checks import patience
from integrations.checks.catalogue import CheckId
from integrations.checks.records import NO_PROBE_OBJECT, Answer, Obstacle, failed, passed, skipped, unknown
from integrations.checks.runner import Question
from integrations.environment.model import Environment, Integration
from integrations.errors import ConfigurationError, IntegrationsError, NotAuthorisedError

if TYPE_CHECKING:
    from encord.user_client import EncordUserClient

    from integrations.encord_client.integrations import KnownIntegration

T = TypeVar("T")
PROBE_FOLDER = "integrations check"


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
        self._answers: dict[str, object] = {}

    def client(self, domain: str | None = None) -> EncordUserClient:
        """A client that does not wait for minutes."""
        from integrations.encord_client.connection import connect

        return connect(domain or self.domain, seconds=patience.seconds())

    def known(self) -> list[KnownIntegration]:
        """Every integration that the key may see. Raises an IntegrationsError."""
        from integrations.encord_client.integrations import list_integrations

        return self._once("integrations", lambda: list_integrations(self.client(), self.domain))

    def has_folders(self) -> bool:
        """Whether there is a folder. Raises an IntegrationsError if they cannot be listed."""
        from integrations.encord_client.connection import translated

        def look() -> bool:
            with translated(self.domain):
                return next(iter(self.client().list_storage_folders(page_size=1)), None) is not None

        return self._once("folders", look)

    def _once(self, what: str, ask: Callable[[], T]) -> T:
        """The answer, or the error, of the first time."""
        with self._lock:
            if what not in self._answers:
                try:
                    self._answers[what] = ask()
                except IntegrationsError as error:
                    self._answers[what] = error
            answer = self._answers[what]
        if isinstance(answer, IntegrationsError):
            raise answer
        return cast("T", answer)


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
    except IntegrationsError as error:
        return _unanswered(error)


def _unanswered(error: IntegrationsError) -> Answer:
    """A key that is no key is a wrong configuration, as it is to every other command; one that is refused is not."""
    match error:
        case ConfigurationError():
            return unknown(str(error), Obstacle.CONFIGURATION)
        case NotAuthorisedError():
            return unknown(str(error), Obstacle.AUTHENTICATION)
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
        return _unanswered(error)
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
    try:
        return passed("folders can be listed" if connection.has_folders() else "there are no folders yet")
    except NotAuthorisedError as error:
        return unknown(str(error), Obstacle.RIGHTS, "give the key's user a role that may see folders")
    except IntegrationsError as error:
        return _unanswered(error)


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
        return NO_PROBE_OBJECT
    url = first_url(integration, integration.probe_object)
    try:
        client = connect(connection.domain)
        which = find_integration(connection.known(), integration)
        errors = register_probe(
            client, connection.domain, f"{PROBE_FOLDER} {secrets.token_hex(4)}", which, url, patience.for_a_job()
        )
    except IntegrationsError as error:
        return _unanswered(error)
    if errors:
        return failed(f"Encord says: {errors[0]}", "see docs/runbooks/images-do-not-load.md")
    return passed(f"Encord registered {url}")
