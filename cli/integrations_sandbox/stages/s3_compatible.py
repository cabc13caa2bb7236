"""The sandbox's Open Telekom Cloud, and its store that stands for every other one which speaks S3."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from integrations.environment.model import Environment
from integrations.environment.s3_compatible import S3Compatible
from integrations.s3_compatible.client import CHECK, client, session, variables
from integrations_sandbox.clouds import s3_store
from integrations_sandbox.clouds.edge import Door, Route
from integrations_sandbox.clouds.s3_store import LocalStore
from integrations_sandbox.files import write_private
from integrations_sandbox.platform.clouds.s3_compatible import S3CompatibleIntegration as AtPlatform
from integrations_sandbox.stages import CHECKER, DEPLOYER, Servers

PEOPLE = {DEPLOYER: s3_store.DEPLOYER_USER, CHECKER: s3_store.CHECKER_USER}


class S3CompatibleStage:
    """See Stage. Its integrations use the profile that is called like the cloud."""

    def __init__(self, store: LocalStore) -> None:
        self._store = store
        self.cloud = store.name
        self.ports: tuple[str, ...] = (store.name, f"{store.name}-browser")

    def available(self) -> str | None:
        return None

    def servers(self, folder: Path, ports: Mapping[str, int]) -> Servers:
        name = self._store.name
        return {name: lambda: self._store.start(folder / name, folder / "tls", ports[name])}

    def routes(self, ports: Mapping[str, int]) -> tuple[Route, ...]:
        return self._store.routes(ports[self._store.name])

    def doors(self, ports: Mapping[str, int]) -> tuple[Door, ...]:
        name = self._store.name
        return (Door(ports[f"{name}-browser"], ports[name], "localhost"),)

    def seed(self, folder: Path, environment: Environment, *, fresh: bool) -> None:  # noqa: ARG002 - nobody is configured
        """New keys whenever it was started: it forgets its people when it is killed."""
        path = self._keys_path(folder)
        if fresh or not path.exists():
            keys = {key.user: [key.access_key, key.secret_key] for key in self._store.seed()}
            write_private(path, json.dumps(keys))

    def variables(self, folder: Path, person: str) -> dict[str, str]:
        keys = self._keys(folder)
        who = {self._store.name: PEOPLE.get(person), f"{self._store.name}{CHECK}": s3_store.CHECK_USER}
        found = [zip(variables(profile), keys[user], strict=True) for profile, user in who.items() if user in keys]
        return {name: value for pairs in found for name, value in pairs}

    def deployer(self) -> None:
        """The provider looks the credentials up itself."""

    def put_objects(self, integration: S3Compatible, objects: Iterable[tuple[str, bytes]], *, everywhere: bool) -> int:
        s3, put = client(integration.store, session(integration.profile, integration.region)), list(objects)
        buckets = integration.buckets if everywhere else integration.buckets[:1]
        for bucket in buckets:
            for key, body in put:
                s3.put_object(Bucket=bucket.name, Key=key, Body=body)
        return len(put) * len(buckets)

    def at_platform(
        self, integration: S3Compatible, outputs: Mapping[str, Any], identity: str, folder: Path
    ) -> AtPlatform:
        access_key, secret_key = self._keys(folder)[s3_store.ENCORD_USER]
        return AtPlatform(
            uuid=identity,
            title=integration.encord.title or integration.name,
            browser=self._store.name,
            endpoint=outputs["endpoint"],
            region=outputs["region"],
            addressing=integration.store.addressing,
            access_key=access_key,
            secret_key=secret_key,
        )

    def _keys_path(self, folder: Path) -> Path:
        return folder / f"{self._store.name}-keys.json"

    def _keys(self, folder: Path) -> dict[str, tuple[str, str]]:
        """Everybody's access key and secret key; nobody's before the first start."""
        path = self._keys_path(folder)
        return json.loads(path.read_text()) if path.exists() else {}
