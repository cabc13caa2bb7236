"""The sandbox's Google Cloud as its tests change it: the bucket of the example environment, as the deployer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from integrations import google_cloud
from integrations.access import gcp as access
from integrations_sandbox import people
from integrations_sandbox.clouds import gcp as local_gcp
from integrations_sandbox.stages import DEPLOYER

BUCKET, PIXEL = "acme-studio", "probe/pixel.png"
ENCORD = f"serviceAccount:{local_gcp.ENCORD_ACCOUNT}"
CHECK_ACCOUNT = local_gcp.account("check", local_gcp.CUSTOMER_PROJECT)
CHECK = f"serviceAccount:{CHECK_ACCOUNT}"
OTHER = f"serviceAccount:{local_gcp.DEPLOYER_ACCOUNT}"
REMOVE = re.compile(
    r"gcloud storage buckets remove-iam-policy-binding gs://(\S+) --member=(\S+) --role=(\S+) (--all|--condition=None)"
)
READ, WRITE = "roles/storage.objectViewer", "roles/storage.objectCreator"


@contextmanager
def deployer(stage) -> Iterator[Any]:
    """The deployer's client."""
    with people.working_as(stage.sandbox.variables(DEPLOYER)):
        client = google_cloud.client(google_cloud.own_credentials(), local_gcp.CUSTOMER_PROJECT)
        try:
            yield client
        finally:
            client.close()


def folder(stage):
    """Where the local Google Cloud keeps what it has."""
    return stage.sandbox.layout.folder / "gcp"


def bindings(stage, bucket: str = BUCKET) -> list[dict[str, Any]]:
    """The bucket's policy."""
    with deployer(stage) as client:
        found = client.bucket(bucket).get_iam_policy(requested_policy_version=3).bindings
        return [{**one, "members": set(one["members"])} for one in found]


def roles(stage, member: str, bucket: str = BUCKET) -> set[str]:
    """What a member is granted on the bucket."""
    return {one["role"] for one in bindings(stage, bucket) if member in one["members"]}


def change_policy(stage, change: Callable[[list[dict[str, Any]]], None], bucket: str = BUCKET) -> None:
    """Change the bucket's policy, as its owner."""
    with deployer(stage) as client:
        policy = client.bucket(bucket).get_iam_policy(requested_policy_version=3)
        change(policy.bindings)
        policy.bindings = [one for one in policy.bindings if one["members"]]
        policy.version = 3  # conditions may stand in it
        client.bucket(bucket).set_iam_policy(policy)


def grant(stage, member: str, role: str) -> None:
    change_policy(stage, lambda found: found.append({"role": role, "members": {member}}))


def revoke(stage, role: str, *members: str) -> None:
    def change(found):
        for one in found:
            if one["role"] == role:
                one["members"] = set(one["members"]) - set(members)

    change_policy(stage, change)


def obey(stage) -> None:
    """Do what `check` prints to be done with gcloud, and then `pulumi up`."""
    results = stage.run_here("check", "--format", "json").json["results"]
    commands = {found for one in results for found in REMOVE.findall(one["fix"])}
    assert commands
    for bucket, member, role, which in commands:

        def change(found, member=member, role=role, which=which):
            for one in found:
                if one["role"] == role and (which == "--all" or not one.get("condition")):
                    one["members"] = set(one["members"]) - {member}

        change_policy(stage, change, bucket)
    stage.up()


def settings(stage, bucket: str = BUCKET, **changes: Any) -> None:
    """Change settings of the bucket; those of its access configuration by their own names."""
    with deployer(stage) as client:
        found = client.get_bucket(bucket)
        for name, value in changes.items():
            setattr(found.iam_configuration if hasattr(found.iam_configuration, name) else found, name, value)
        found.patch()


def allow_domains(stage, *domains: str) -> None:
    """Let the organisation of the project give roles to members of these domains only; to everybody if none is given."""
    project, domain, owners = local_gcp.PROJECTS[0]
    with deployer(stage):
        local_gcp.put_project(
            folder(stage), project, domain=domain, bindings=owners, allowed_domains=domains or None
        )  # fmt: skip


def let_impersonate(stage, *, allowed: bool) -> None:
    """Let the checker become the check principal, or not."""
    checker = {"role": access.IMPERSONATE_ROLE, "members": [access.member(local_gcp.CI_ACCOUNT)]}
    with deployer(stage):
        local_gcp.add_account(
            folder(stage), CHECK_ACCOUNT, local_gcp.CUSTOMER_PROJECT, bindings=[checker] if allowed else []
        )  # fmt: skip


def rule(*origins: str) -> dict[str, Any]:
    return access.cors_rule(origins)
