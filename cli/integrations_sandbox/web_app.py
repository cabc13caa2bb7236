"""The hosts of Encord's web application, which the buckets let in: here the platform's console answers there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from integrations.environment.model import Environment
from integrations_sandbox.clouds import certificates
from integrations_sandbox.clouds.edge import Front, Route

PORT = "console"  # the name of its port
CERTIFICATE = "console"


def hosts(environment: Environment) -> list[str]:
    """The hosts of the environment's CORS origins that a browser can reach through the edge: https, usual port."""
    origins = map(urlsplit, environment.settings.cors_origins)
    return list(dict.fromkeys(origin.netloc for origin in origins if origin.scheme == "https" and origin.port is None))


def routes(environment: Environment, ports: Mapping[str, int]) -> tuple[Route, ...]:
    """What the edge must lead to the console."""
    return tuple(Route(host, ports[PORT]) for host in hosts(environment))


def front(tls: Path, environment: Environment, ports: Mapping[str, int]) -> Front:
    """TLS for these hosts, with a new certificate, in front of the platform."""
    certificate, key = certificates.issue(tls, CERTIFICATE, hosts(environment))
    return Front(ports[PORT], ports["platform"], str(certificate), str(key))
