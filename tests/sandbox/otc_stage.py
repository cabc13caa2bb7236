"""The local OBS as the tests about it use it: clients of its people, and the documents of the sandbox's one bucket."""

from __future__ import annotations

import json
from typing import Any

from integrations.environment.s3_compatible import OtcIntegration, Store
from integrations.s3_compatible.client import client, session
from integrations_sandbox import people
from integrations_sandbox.clouds.s3_store import OTC_DOMAIN

BUCKET = "acme-telekom"
PIXEL = "probe/pixel.png"
DENY_HTTP = "EncordIntegrationsDenyPlainHttp"
ENCORD = f"arn:aws:iam::{OTC_DOMAIN}:user/encord"
CHECK = f"arn:aws:iam::{OTC_DOMAIN}:user/check"
OTC = Store("https://obs.eu-de.otc.t-systems.com", "eu-de", "virtual", "obs")


def obs(stage: Any, profile: str = "otc", store: Store = OTC) -> Any:
    """A client that goes on working outside of the sandbox's settings: the deployer's, or the check principal's."""
    with people.working_as(stage.sandbox.variables("deployer")):
        return client(store, session(profile, store.region))


def integration(stage: Any) -> OtcIntegration:
    (found,) = stage.sandbox.environment.integrations
    assert isinstance(found, OtcIntegration)
    return found


def policy(stage: Any) -> dict[str, Any]:
    """The bucket's policy as it stands."""
    return dict(json.loads(obs(stage).get_bucket_policy(Bucket=BUCKET)["Policy"]))


def put_policy(stage: Any, document: dict[str, Any]) -> None:
    obs(stage).put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(document))


def without(document: dict[str, Any], sid: str) -> dict[str, Any]:
    """The policy without one of its statements, which must be there."""
    kept = [statement for statement in document["Statement"] if statement["Sid"] != sid]
    assert len(kept) == len(document["Statement"]) - 1
    return {**document, "Statement": kept}


def empty(stage: Any, bucket: str = BUCKET) -> None:
    """Remove every object of the bucket."""
    s3 = obs(stage)
    for version in s3.list_object_versions(Bucket=bucket).get("Versions", []):
        s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
