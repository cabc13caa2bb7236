"""The stage of the platform's tests: a customer's buckets with the sample media, roles, and a running platform."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import time
import uuid
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from integrations_sandbox.clouds import aws as local_aws
from integrations_sandbox.clouds import processes
from integrations_sandbox.platform import control
from integrations_sandbox.platform.clouds.aws import AwsIntegration

with warnings.catch_warnings():
    # encord 0.1.211 uses what pydantic 2.12 deprecates, while it is imported. So the tests take the SDK from here.
    warnings.simplefilter("ignore", DeprecationWarning)
    from encord import EncordUserClient
    from encord.exceptions import AuthenticationError, AuthorisationError, InvalidArgumentsError
    from encord.http.bundle import Bundle
    from encord.http.constants import RequestsSettings
    from encord.orm import storage as orm
    from encord.orm.dataset import LongPollingStatus
    from encord.storage import StorageFolder

__all__ = [
    "AuthenticationError", "AuthorisationError", "Bundle", "EncordUserClient", "InvalidArgumentsError", "LongPollingStatus",
    "orm",
]  # fmt: skip

EU, US = "platform-eu", "platform-us"
REGIONS = {EU: "eu-west-2", US: "us-east-1"}
EXTERNAL_ID = "acme-1234"
PREFIX = "encord-image-sequences/"
NO_RETRIES = RequestsSettings(
    max_retries=0, connection_retries=0, backoff_factor=0, connect_timeout=5, read_timeout=60, write_timeout=60
)


@dataclass(frozen=True)
class Person:
    """A user with a key of their own."""

    email: str
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def pem(self) -> str:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()

    @property
    def public(self) -> str:
        return self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


@dataclass
class Platform:
    """A running platform with its data folder."""

    data: Path
    browser: str
    port: int = field(default_factory=processes.free_port)
    process: processes.Process | None = None

    def start(self) -> None:
        self.process = control.start(self.data, self.port, {}, {"aws": self.browser})

    def stop(self) -> None:
        if self.process:
            processes.stop(self.process)

    def kill(self) -> None:
        """As a crash would: nothing is written down, nothing is said goodbye to."""
        assert self.process
        os.kill(self.process.pid, signal.SIGKILL)
        # `stop` leaves a child that has ended already without waiting for it.
        processes._children[self.process.pid].wait()
        processes.stop(self.process)

    @property
    def admin(self) -> control.AdminDoor:
        return control.AdminDoor(self.data, self.port)

    def client(self, person: Person) -> EncordUserClient:
        return EncordUserClient.create_with_ssh_private_key(
            person.pem, domain=control.base_url(self.port), requests_settings=NO_RETRIES
        )


@dataclass(frozen=True)
class Stage:
    """Everything together. `user` is known to the platform."""

    aws: Any
    platform: Platform
    user: Person
    access_point: str

    @property
    def client(self) -> EncordUserClient:
        return self.platform.client(self.user)

    def s3(self, bucket: str = EU) -> Any:
        return self.aws.session(region=REGIONS[bucket]).client("s3")

    def role(self, statements: list[dict[str, Any]], external_id: str = EXTERNAL_ID) -> str:
        """A role of the customer's that trusts the platform; returns its ARN."""
        iam = self.aws.session().client("iam")
        name = f"role-{uuid.uuid4().hex[:8]}"
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": local_aws.ENCORD_PRINCIPAL},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
        }
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="access", PolicyDocument=document(*statements))
        return arn

    def integrate(self, role: str, title: str | None = None, **fields: Any) -> str:
        """An integration with this role; returns its uuid."""
        key = self.aws.keys[local_aws.ENCORD_USER]
        known = {
            "uuid": str(uuid.uuid4()), "external_id": EXTERNAL_ID, "access_key": key.access_key,
            "secret_key": key.secret_key, "region": "eu-west-2", "write_prefix": PREFIX,
        }  # fmt: skip
        integration = AwsIntegration(
            role_arn=role, title=title or f"integration {known['uuid'][:8]}", **{**known, **fields}
        )
        self.platform.admin.put_integration(integration)
        return integration.uuid

    def folder(self) -> StorageFolder:
        return self.client.create_storage_folder(f"folder {uuid.uuid4().hex[:8]}")

    def register(self, integration: str, document: Any, folder: StorageFolder | None = None, **options: Any) -> Any:
        """Register, wait, and give the result."""
        folder = folder or self.folder()
        job = folder.add_private_data_to_folder_start(integration, document, **options)
        return folder.add_private_data_to_folder_get_result(job, timeout_seconds=60)


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def url(key: str, bucket: str = EU) -> str:
    """The URL of a key that is percent-encoded already."""
    return f"https://{bucket}.s3.{REGIONS[bucket]}.amazonaws.com/{key}"


def may_read(*buckets: str) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": [f"arn:aws:s3:::{b}/*" for b in buckets or (EU, US)],
    }


def may_list(*buckets: str) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Action": "s3:ListBucket",
        "Resource": [f"arn:aws:s3:::{b}" for b in buckets or (EU, US)],
    }


def may_write(*buckets: str) -> dict[str, Any]:
    resources = [f"arn:aws:s3:::{bucket}/{PREFIX}*" for bucket in buckets or (EU, US)]
    return {"Effect": "Allow", "Action": "s3:PutObject", "Resource": resources}


def signed_get(
    stage: Stage,
    path: str,
    *,
    send: str | None = None,
    created: int | None = None,
    sign_with: Ed25519PrivateKey | None = None,
) -> requests.Response:
    """A GET signed by hand, in the name of the stage's user: so that something can be wrong with it.

    send: what is asked for instead of what was signed. sign_with: another key than the user's.
    """
    digest = f"sha-256=:{base64.b64encode(hashlib.sha256(b'').digest()).decode()}:"
    described = (
        '("@method" "@request-target" "content-digest")'
        f';created={created or int(time.time())};keyid="{stage.user.public}";alg="ed25519"'
    )
    lines = (
        '"@method": GET', f'"@request-target": {path}', f'"content-digest": {digest}', f'"@signature-params": {described}'
    )  # fmt: skip
    signature = (sign_with or stage.user.key).sign("\n".join(lines).encode())
    headers = {
        "Content-Digest": digest,
        "Signature-Input": f"encord-sig={described}",
        "Signature": f"encord-sig=:{base64.b64encode(signature).decode()}:",
    }
    return requests.get(control.base_url(stage.platform.port) + (send or path), headers=headers, timeout=10)
