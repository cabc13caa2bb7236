"""The sandbox's AWS: one account for the customer, one for Encord, and profiles for those who work there."""

from __future__ import annotations

import configparser
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import boto3

from integrations.access import aws as access
from integrations.environment.model import AwsIntegration, Environment
from integrations_sandbox.clouds import aws as local_aws
from integrations_sandbox.clouds.edge import Door, Route
from integrations_sandbox.clouds.ministack import Key
from integrations_sandbox.files import write_private
from integrations_sandbox.platform.clouds.aws import AwsIntegration as AtPlatform
from integrations_sandbox.stages import CHECKER, Servers

REGION = "eu-west-2"


class AwsStage:
    """See Stage."""

    cloud = "aws"
    ports: tuple[str, ...] = ("aws", "aws-browser")

    def available(self) -> str | None:
        return None

    def servers(self, folder: Path, ports: Mapping[str, int]) -> Servers:
        return {"aws": lambda: local_aws.start(folder / "aws", folder / "tls", ports["aws"])}

    def routes(self, ports: Mapping[str, int]) -> tuple[Route, ...]:
        return local_aws.routes(ports["aws"])

    def doors(self, ports: Mapping[str, int]) -> tuple[Door, ...]:
        return (Door(ports["aws-browser"], ports["aws"], f"s3.{local_aws.SUFFIX}"),)

    def seed(self, folder: Path, environment: Environment, *, fresh: bool) -> None:
        """New keys whenever it was started: it forgets its people when it is killed."""
        if fresh or not (folder / "aws-credentials").exists():
            self._write_profiles(folder, local_aws.seed(), environment)

    def _write_profiles(self, folder: Path, keys: Iterable[Key], environment: Environment) -> None:
        """A profile for each person with a key, and one for the checker, which CI becomes."""
        credentials, config = configparser.RawConfigParser(), configparser.RawConfigParser()
        for key in keys:
            credentials[key.user] = {"aws_access_key_id": key.access_key, "aws_secret_access_key": key.secret_key}
            config[f"profile {key.user}"] = {"region": REGION}
        for checker in environment.settings.checkers.aws:
            config[f"profile {CHECKER}"] = {
                "role_arn": access.checker_arn(checker), "source_profile": local_aws.CI_USER, "region": REGION,
            }  # fmt: skip
        for name, parser in (("aws-credentials", credentials), ("aws-config", config)):
            text = io.StringIO()
            parser.write(text)
            write_private(folder / name, text.getvalue())

    def variables(self, folder: Path, person: str) -> dict[str, str]:
        return {
            "AWS_CONFIG_FILE": str(folder / "aws-config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(folder / "aws-credentials"),
            "AWS_PROFILE": person,
        }

    def deployer(self) -> boto3.Session:
        return boto3.Session()

    def put_objects(
        self, integration: AwsIntegration, objects: Iterable[tuple[str, bytes]], *, everywhere: bool
    ) -> int:
        # A session of its own: boto3's default one would remember whose it was first.
        session, put = boto3.Session(), list(objects)
        # What is in another account's bucket is put there by its own people.
        mine = [bucket for bucket in integration.buckets if not access.is_foreign(integration, bucket)]
        buckets = mine if everywhere else mine[:1]
        for bucket in buckets:
            s3 = session.client("s3", region_name=bucket.region)
            for key, body in put:
                s3.put_object(Bucket=bucket.name, Key=key, Body=body)
        return len(put) * len(buckets)

    def at_platform(
        self, integration: AwsIntegration, outputs: Mapping[str, Any], identity: str, folder: Path
    ) -> AtPlatform:
        keys = configparser.RawConfigParser()
        keys.read(folder / "aws-credentials")
        encord = keys[local_aws.ENCORD_USER]
        return AtPlatform(
            uuid=identity,
            title=integration.encord.title or integration.name,
            role_arn=outputs["roleArn"],
            external_id=str(integration.encord.external_id),
            access_key=encord["aws_access_key_id"],
            secret_key=encord["aws_secret_access_key"],
            region=integration.buckets[0].region,
        )
