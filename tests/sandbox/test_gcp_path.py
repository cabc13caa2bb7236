"""Google Cloud from the environment file to the registration: what is someone else's stays, what is ours changes in place."""

from __future__ import annotations

import json

import pytest
from gcp_rig import BUCKET, CHECK, ENCORD, OTHER, PIXEL, READ, WRITE, bindings, deployer, folder, roles, rule

from integrations.errors import ExitCode
from integrations_sandbox import quickstart, sandbox
from integrations_sandbox.clouds import gcp as local_gcp

pytest_plugins = ["stage"]
CLOUD = "gcp"
THEIRS = "acme-owned-by-others"


def provision(stage, verb="up"):
    return sandbox.provision(sandbox.open_sandbox(stage.root), verb)


def changed(outcome):
    assert outcome.ok, outcome.errors
    return sorted(f"{step.op} {step.name}" for step in outcome.steps if step.op != "same")


# The tour asks each item for its URL, groups too, which have none.
GROUPS_HAVE_NO_URL = pytest.mark.filterwarnings("ignore:get_signed_url:DeprecationWarning")


@GROUPS_HAVE_NO_URL
def test_the_mixed_example_is_registered_as_json_and_as_csv_and_every_item_is_shown(stage):
    tour = quickstart.tour(stage.sandbox, lambda _: None)
    assert tour.ok
    assert [one.file for one in tour.registered] == ["studio-mixed.json", "studio-mixed.csv"]
    assert all(one.state.failed == 0 and one.state.done > 0 for one in tour.registered)
    assert 0 < tour.items == tour.pictures
    with deployer(stage) as client:
        videos = [blob.name for blob in client.list_blobs(BUCKET, prefix="encord-image-sequences/")]
        assert videos
        client.bucket(BUCKET).delete_blobs(list(client.list_blobs(BUCKET)))


@GROUPS_HAVE_NO_URL
def test_without_leave_to_write_a_sequence_is_a_unit_error_that_says_so(stage):
    stage.rewrite("imageSequences: true", "imageSequences: false")
    tour = quickstart.tour(stage.sandbox, lambda _: None)
    assert not tour.ok
    first = tour.registered[0]
    assert first.state.failed > 0
    said = [error.error for error in first.state.unit_errors]
    assert any("it needs storage.objects.create there" in one for one in said), said


# A change


def test_changed_origins_update_the_bucket_in_place(stage):
    stage.rewrite("    - https://app.encord.com", "    - https://app.encord.com\n    - https://app.us.encord.com")
    assert changed(provision(stage)) == ["update studio-acme-studio"]
    with deployer(stage) as client:
        assert client.get_bucket(BUCKET).cors[0]["origin"] == ["https://app.encord.com", "https://app.us.encord.com"]
        assert client.bucket(BUCKET).blob(PIXEL).exists()
    assert stage.check("--select", "COR")[0] == ExitCode.CLEAN


def test_image_sequences_off_removes_exactly_what_writing_took(stage):
    before = {who: roles(stage, who) for who in (ENCORD, CHECK)}
    stage.rewrite("imageSequences: true", "imageSequences: false")
    assert changed(provision(stage)) == [
        "delete studio-acme-studio-check-write",
        "delete studio-acme-studio-checker-remove",
        "delete studio-acme-studio-encord-write",
    ]
    assert {who: roles(stage, who) for who in before} == {who: held - {WRITE} for who, held in before.items()}


@pytest.mark.parametrize(
    ("old", "new"), [(f"name: {BUCKET}", "name: acme-renamed"), ("location: europe-west2", "location: EU")]
)
def test_a_disposable_environment_replaces_its_bucket(stage, old, new):
    stage.rewrite(old, new)
    preview = changed(provision(stage, "preview"))
    assert "replace studio-acme-studio" in preview or "create studio-acme-renamed" in preview
    assert changed(provision(stage)) == preview


@pytest.mark.parametrize(
    ("old", "new"), [(f"name: {BUCKET}", "name: acme-renamed"), ("location: europe-west2", "location: EU")]
)
def test_anywhere_else_that_is_refused_and_the_bucket_stays(stage, old, new):
    stage.rewrite("disposable: true", "disposable: false")
    stage.up()
    stage.rewrite(old, new)
    outcome = provision(stage)
    assert not outcome.ok
    assert any(BUCKET in error and "protected" in error for error in outcome.errors), outcome.errors
    with deployer(stage) as client:
        assert client.get_bucket(BUCKET).location == "EUROPE-WEST2"
        assert client.bucket(BUCKET).blob(PIXEL).exists()


def test_destroy_leaves_nothing(stage):
    assert provision(stage, "destroy").ok
    with deployer(stage) as client:
        assert list(client.list_buckets()) == []


def test_an_organisation_that_lets_nobody_else_in_is_said_with_whom_to_ask_and_up_goes_on_afterwards(stage):
    name, domain, owners = local_gcp.PROJECTS[0]
    assert provision(stage, "destroy").ok
    with deployer(stage):
        local_gcp.put_project(folder(stage), name, domain=domain, bindings=owners, allowed_domains=[domain])
    try:
        refused = provision(stage)
    finally:
        with deployer(stage):
            local_gcp.put_project(folder(stage), name, domain=domain, bindings=owners)
    assert "do not belong to a permitted customer" in refused.errors[0]
    assert "ask its organisation policy administrator" in refused.errors[0]
    assert provision(stage).ok
    assert roles(stage, ENCORD) == {READ, WRITE}


# A bucket that somebody else owns


@pytest.fixture
def owned(stage):
    """Their bucket, with their data, CORS rules and grants, named in the environment as existing."""
    with deployer(stage) as client:
        made = client.bucket(THEIRS)
        made.cors = [rule("https://shop.example")]
        made.iam_configuration.uniform_bucket_level_access_enabled = True
        client.create_bucket(made, location="EU")
        made.blob(PIXEL).upload_from_string(b"theirs")
        policy = made.get_iam_policy(requested_policy_version=3)
        policy.bindings.append({"role": "roles/storage.admin", "members": {OTHER}})
        made.set_iam_policy(policy)
    stage.rewrite(f"name: {BUCKET}, location: europe-west2, ownership: create", f"name: {THEIRS}, location: EU, ownership: existing")  # fmt: skip # noqa: E501
    yield
    assert provision(stage, "destroy").ok
    with deployer(stage) as client:
        client.get_bucket(THEIRS).delete(force=True)


def _settings(stage):
    with deployer(stage) as client:
        bucket = client.get_bucket(THEIRS)
        return (
            bucket.cors, bucket.labels, bucket.location, bucket.iam_configuration.public_access_prevention,
            bucket.soft_delete_policy.retention_duration_seconds, bucket.metageneration,
            [(blob.name, blob.generation) for blob in client.list_blobs(THEIRS) if blob.name != PIXEL],
        )  # fmt: skip


def _members(stage):
    return {(one["role"], member) for one in bindings(stage, THEIRS) for member in one["members"]}


def test_of_an_owners_bucket_up_changes_nothing_and_adds_only_grants(stage, owned):
    settings, members = _settings(stage), _members(stage)
    stage.up()
    assert _settings(stage) == settings
    assert members < _members(stage)
    assert {member for _, member in _members(stage) - members} == {
        ENCORD, CHECK, f"serviceAccount:{local_gcp.CI_ACCOUNT}"
    }  # fmt: skip
    code, found = stage.check()
    assert code == ExitCode.FINDINGS
    # Encord reads; what only the owner may set is found missing, and nothing else.
    waiting = {"COR204", "COR205", "COR206", "COR207"}
    assert found == {"fail": {"BKT103", "COR201", "COR202", "COR203"}, "skip": waiting}


def test_what_the_owner_must_add_is_printed_merged_with_what_is_theirs(stage, owned):
    stage.up()
    ran = stage.run("access", "show", "studio", "-d", "cors")
    assert ran.code == ExitCode.CLEAN, ran.err
    assert [one["origin"] for one in ran.json] == [["https://shop.example"], ["https://app.encord.com"]]
    with deployer(stage) as client:
        bucket = client.get_bucket(THEIRS)
        bucket.cors = ran.json
        bucket.patch()
    assert stage.check("--select", "COR") == (ExitCode.CLEAN, {})


def test_rules_that_may_not_be_read_are_said_to_be_unmerged(stage, owned):
    ran = stage.run("access", "show", "studio")
    assert ran.code == ExitCode.CLEAN
    assert "not merged, because the bucket could not be asked" in ran.out
    assert "storage.buckets.get" in ran.out
    assert json.loads(stage.run("access", "show", "studio", "-d", "encord-grants").out)["bindings"]


def test_destroy_takes_back_our_grants_and_leaves_the_bucket_with_what_is_in_it(stage, owned):
    settings, members = _settings(stage), _members(stage)
    stage.up()
    assert provision(stage, "destroy").ok
    assert (_settings(stage), _members(stage)) == (settings, members)
    with deployer(stage) as client:
        assert client.bucket(THEIRS).blob(PIXEL).exists()
