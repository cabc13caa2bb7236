"""A small Pulumi program against the local Google Cloud: preview, up, drift, refusal, destroy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pulumi
import pytest
from gcp_stage import CI, DEPLOYER, ENCORD, ORIGIN, Gcp, exceptions, grant
from pulumi_gcp import storage

from integrations_sandbox.clouds import gcp as local_gcp
from integrations_sandbox.deploy import Outcome, carry_out
from integrations_sandbox.deploy.engine import Plan
from integrations_sandbox.deploy.handlers import gcp as google
from integrations_sandbox.deploy.handlers import gcs
from integrations_sandbox.deploy.program import run_callable
from integrations_sandbox.deploy.project import Project

pytest_plugins = ["gcp_fixtures"]

NAME = "deploy-acme"
READ, WRITE = "roles/storage.objectViewer", "roles/storage.objectCreator"


@dataclass
class Stack:
    gcp: Gcp
    state: Path
    who: str = DEPLOYER

    def run(self, verb: Any, program: Callable[[], object] = lambda: None) -> Outcome:
        project = Project("demo", Path(__file__).parent, {"gcp:project": local_gcp.CUSTOMER_PROJECT})
        connection = partial(google.connect, self.gcp.credentials(self.who))
        plan = Plan(verb, project, "test", gcs.HANDLERS, {"gcp": connection})
        return carry_out(plan, self.state, lambda monitor: run_callable(program, monitor))

    def up(self, program: Callable[[], object]) -> Outcome:
        return self.run("up", program)

    @property
    def bucket(self):
        return self.gcp.client(DEPLOYER).get_bucket(NAME)

    def members(self, role: str) -> set[str]:
        return set(self.bucket.get_iam_policy().get(role, ()))


@pytest.fixture
def stack(gcp: Gcp, tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(gcp, tmp_path / "test.json")
    yield stack
    stack.who = DEPLOYER
    assert stack.run("destroy").errors == ()
    assert NAME not in [bucket.name for bucket in gcp.client(DEPLOYER).list_buckets()]


def did(outcome: Outcome) -> list[str]:
    assert outcome.errors == ()
    return sorted(f"{step.op} {step.name}" for step in outcome.steps if step.op != "same")


def everything(origins: tuple[str, ...] = (ORIGIN,), *, write: bool = True, **given: Any) -> None:
    """A bucket that Encord may read, and write with image sequences on."""
    settings: dict[str, Any] = {
        "location": "EU",
        "uniform_bucket_level_access": True,
        "public_access_prevention": "enforced",
        "cors": [{"origins": list(origins), "methods": ["GET"], "response_headers": ["ETag"], "max_age_seconds": 3600}],
        "soft_delete_policy": {"retention_duration_seconds": 1_209_600},
        "versioning": {"enabled": True},
        "labels": {"team": "media"},
        "force_destroy": True,
    }
    made = storage.Bucket("bucket", name=NAME, **(settings | given))
    storage.BucketIAMMember("read", bucket=made.name, role=READ, member=f"serviceAccount:{ENCORD}")
    if write:
        storage.BucketIAMMember("write", bucket=made.name, role=WRITE, member=f"serviceAccount:{ENCORD}")
    pulumi.export("url", made.url)


def test_a_program_is_previewed_brought_up_and_then_the_same(stack: Stack) -> None:
    assert did(stack.run("preview", everything)) == ["create bucket", "create read", "create write"]
    assert NAME not in [bucket.name for bucket in stack.gcp.client(DEPLOYER).list_buckets()]
    outcome = stack.up(everything)
    assert did(outcome) == ["create bucket", "create read", "create write"]
    assert outcome.outputs["url"].value == f"gs://{NAME}"
    bucket = stack.bucket
    assert (bucket.location, bucket.labels, bucket.versioning_enabled) == ("EU", {"team": "media"}, True)
    assert bucket.cors[0]["origin"] == [ORIGIN]
    assert bucket.iam_configuration.public_access_prevention == "enforced"
    assert bucket.iam_configuration.uniform_bucket_level_access_enabled
    assert bucket.soft_delete_policy.retention_duration_seconds == 1_209_600
    assert stack.members(READ) == stack.members(WRITE) == {f"serviceAccount:{ENCORD}"}
    assert did(stack.up(everything)) == []


def test_a_change_of_origins_updates_in_place_and_keeps_the_objects(stack: Stack) -> None:
    stack.up(everything)
    stack.bucket.blob("kept").upload_from_string(b"x")
    outcome = stack.up(partial(everything, (ORIGIN, "https://app.us.encord.com"), labels={"owner": "me"}))
    assert did(outcome) == ["update bucket"]
    assert stack.bucket.cors[0]["origin"] == [ORIGIN, "https://app.us.encord.com"]
    assert stack.bucket.labels == {"owner": "me"}
    assert stack.bucket.blob("kept").exists()


def test_without_image_sequences_exactly_the_write_grant_goes(stack: Stack) -> None:
    stack.up(everything)
    grant(stack.bucket, CI, WRITE)
    assert did(stack.up(partial(everything, write=False))) == ["delete write"]
    assert stack.members(READ) == {f"serviceAccount:{ENCORD}"}
    assert stack.members(WRITE) == {f"serviceAccount:{CI}"}


def test_a_grant_adds_to_what_others_granted(stack: Stack) -> None:
    stack.up(partial(everything, write=False))
    grant(stack.bucket, CI, WRITE)
    stack.up(everything)
    assert stack.members(WRITE) == {f"serviceAccount:{CI}", f"serviceAccount:{ENCORD}"}
    assert "projectOwner:acme-media" in stack.members("roles/storage.legacyBucketOwner")


def test_what_somebody_changed_is_set_back(stack: Stack) -> None:
    stack.up(everything)
    bucket = stack.bucket
    bucket.cors = []
    bucket.iam_configuration.public_access_prevention = "inherited"
    bucket.patch()
    policy = bucket.get_iam_policy()
    del policy[READ]
    bucket.set_iam_policy(policy)
    outcome = stack.up(everything)
    assert did(outcome) == ["create read", "update bucket"]
    assert stack.bucket.cors[0]["origin"] == [ORIGIN]
    assert stack.bucket.iam_configuration.public_access_prevention == "enforced"
    assert stack.members(READ) == {f"serviceAccount:{ENCORD}"}


def test_another_location_replaces_and_another_spelling_does_not(stack: Stack) -> None:
    stack.up(everything)
    spelt = stack.run("preview", partial(everything, location="eu"))
    assert "replace" not in {step.op for step in spelt.steps}
    moved = partial(everything, location="US")
    preview = did(stack.run("preview", moved))
    outcome = stack.up(moved)
    assert {"delete bucket", "replace bucket"} <= set(did(outcome))
    assert preview == did(outcome)
    assert stack.bucket.location == "US"
    assert stack.members(READ) == {f"serviceAccount:{ENCORD}"}


def test_a_bucket_of_somebody_else_is_not_taken(stack: Stack) -> None:
    client = stack.gcp.client(DEPLOYER)
    client.create_bucket(NAME)
    outcome = stack.up(everything)
    assert outcome.errors
    assert f"{NAME} exists already, and this stack did not make it" in outcome.errors[0]
    assert client.get_bucket(NAME).cors == []
    client.get_bucket(NAME).delete()


def test_a_bucket_with_objects_is_not_deleted_without_force(stack: Stack) -> None:
    stack.up(partial(everything, force_destroy=False))
    stack.bucket.blob("kept").upload_from_string(b"x")
    outcome = stack.run("destroy")
    assert any("The bucket you tried to delete is not empty" in error for error in outcome.errors)
    stack.bucket.blob("kept").delete()


def test_force_empties_the_bucket_first(stack: Stack) -> None:
    stack.up(everything)
    for name in ("a", "b/", "b/c d"):
        stack.bucket.blob(name).upload_from_string(b"x")
    assert stack.run("destroy").errors == ()
    with pytest.raises(exceptions.NotFound):
        stack.bucket.reload()


def test_an_organisation_that_lets_nobody_else_in_is_reported_with_whom_to_ask_and_up_goes_on_later(
    stack: Stack,
) -> None:
    name, domain, bindings = local_gcp.PROJECTS[0]
    folder = stack.gcp.folder
    local_gcp.put_project(folder, name, domain=domain, bindings=bindings, allowed_domains=[domain])
    try:
        refused = stack.up(everything)
    finally:
        local_gcp.put_project(folder, name, domain=domain, bindings=bindings)
    (error, *_) = refused.errors
    assert "One or more users named in the policy do not belong to a permitted customer" in error
    assert "organisation policy administrator" in error
    assert "constraint iam.allowedPolicyMemberDomains" in error
    assert "create bucket" in [f"{step.op} {step.name}" for step in refused.steps]
    assert did(stack.up(everything)) == ["create read", "create write"]


def test_whoever_may_not_deploy_is_told_what_is_missing(stack: Stack) -> None:
    stack.who = CI
    outcome = stack.up(everything)
    assert any(f"{CI} does not have storage.buckets.create access" in error for error in outcome.errors)


def test_a_grant_under_a_condition_stands_beside_the_plain_one(stack: Stack) -> None:
    place = f"projects/_/buckets/{NAME}/objects/sequences/"

    def program() -> None:
        everything(write=False)
        condition = {"title": "sequences", "expression": f'resource.name.startsWith("{place}")'}
        storage.BucketIAMMember(
            "write", bucket=NAME, role=WRITE, member=f"serviceAccount:{ENCORD}", condition=condition,
        )  # fmt: skip

    stack.up(partial(everything, write=False))
    assert did(stack.up(program)) == ["create write"]
    assert did(stack.up(program)) == []
    theirs = stack.gcp.client(ENCORD).bucket(NAME)
    theirs.blob("sequences/1.mp4").upload_from_string(b"x")
    with pytest.raises(exceptions.Forbidden):
        theirs.blob("1.mp4").upload_from_string(b"x")


def test_another_role_or_condition_takes_the_place_of_the_old_grant(stack: Stack) -> None:
    def program(role: str, prefix: str | None) -> None:
        everything(write=False)
        place = f'resource.name.startsWith("projects/_/buckets/{NAME}/objects/{prefix}")'
        condition = {"title": "where", "expression": place} if prefix else None
        member = f"serviceAccount:{CI}"
        storage.BucketIAMMember("theirs", bucket=NAME, role=role, member=member, condition=condition)

    def held() -> list[tuple[str, bool]]:
        found = stack.bucket.get_iam_policy(requested_policy_version=3).bindings
        mine = [one for one in found if f"serviceAccount:{CI}" in one["members"]]
        return [(one["role"], (one.get("condition") or {}).get("expression", "").endswith('b/")')) for one in mine]

    stack.up(partial(everything, write=False))
    assert did(stack.up(partial(program, READ, None))) == ["create theirs"]
    assert did(stack.up(partial(program, WRITE, None))) == ["delete theirs", "replace theirs"]
    assert held() == [(WRITE, False)]
    assert did(stack.up(partial(program, WRITE, "a/"))) == ["delete theirs", "replace theirs"]
    assert did(stack.up(partial(program, WRITE, "b/"))) == ["delete theirs", "replace theirs"]
    assert held() == [(WRITE, True)]
    assert did(stack.up(partial(program, WRITE, "b/"))) == []


def test_settings_that_the_sandbox_does_not_know_are_refused_by_name(stack: Stack) -> None:
    outcome = stack.up(partial(everything, enable_object_retention=True))
    assert any("enableObjectRetention" in error for error in outcome.errors)
