"""What `pulumi up` does on Azure over time: in place where it can be, nothing of an owner's, nothing with data lost."""

from __future__ import annotations

import pytest
from azure_rig import (
    ACCOUNT,
    CHECKER,
    CONTAINER,
    ENCORD,
    PIXEL,
    arm,
    assignments,
    blobs,
    cors,
    deployer,
    roles,
    set_cors,
    signature,
)

from integrations.access import azure as access
from integrations.errors import ExitCode
from integrations_sandbox import people, sandbox
from integrations_sandbox.clouds import azure as local_azure
from integrations_sandbox.stages import DEPLOYER

pytest_plugins = ["stage"]
pytestmark = pytest.mark.skipif(local_azure.available() is not None, reason=str(local_azure.available()))
CLOUD = "azure"
MEDIA = {"COR205", "COR206", "COR207"}  # what is asked of a signed URL once it shows a picture
GROUP = f"/subscriptions/{local_azure.SUBSCRIPTION}/resourceGroups/rg-acme-clinic"
ACCOUNT_ID = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/{ACCOUNT}"
OWN = "account: {name: acmeclinic, location: westeurope, ownership: create}"
SAS = "access: account-sas\n        sasExpiry: '2099-12-31'"


def provision(stage, verb="up"):
    return sandbox.provision(sandbox.open_sandbox(stage.root), verb)


def did(outcome):
    assert outcome.errors == ()
    return sorted(f"{step.op} {step.name}" for step in outcome.steps if step.op != "same")


# The stack's own


def test_a_second_up_has_nothing_to_do_and_says_which_right_it_needs(stage):
    outcome = provision(stage)
    assert did(outcome) == []
    assert any("Microsoft.Authorization/roleAssignments/write" in text for _, text in outcome.messages)


def test_other_origins_are_set_in_place(stage):
    stage.rewrite("- https://app.encord.com", "- https://app.encord.com\n    - https://app.us.encord.com")
    assert did(provision(stage)) == ["update clinic-blobs"]
    assert cors(stage) == [access.cors_rule(["https://app.encord.com", "https://app.us.encord.com"])]


def test_what_others_changed_is_set_back(stage):
    set_cors(stage, ("https://other.example",))
    arm(stage, "PATCH", "", {"properties": {"allowBlobPublicAccess": True}})
    assert did(provision(stage)) == ["update clinic-account", "update clinic-blobs"]
    assert stage.check()[0] == ExitCode.CLEAN


def test_two_integrations_share_an_account_and_what_is_granted_twice_is_one_assignment(stage):
    text = (stage.root / "Pulumi.sandbox.yaml").read_text()
    first = text[text.index("    clinic:") :]
    second = first.replace("    clinic:", "    wards:").replace("ownership: create", "ownership: existing")
    second = second.replace("{name: clinic, ownership: existing}", "{name: wards, ownership: create}")
    (stage.root / "Pulumi.sandbox.yaml").write_text(text + second.replace("title: acme-clinic", "title: acme-wards"))
    made = did(provision(stage))
    assert "create wards-wards" in made
    assert not [one for one in made if "signs" in one or "sees-settings" in one]
    assert stage.check("--write-probe") == (ExitCode.CLEAN, {})
    (stage.root / "Pulumi.sandbox.yaml").write_text(text)
    assert not [one for one in did(provision(stage)) if "signs" in one or "clinic-reads" in one]
    assert stage.check("--write-probe") == (ExitCode.CLEAN, {})


def test_a_disposable_environment_renames_its_container_and_another_refuses_to(stage):
    stage.rewrite("{name: clinic, ownership", "{name: renamed, ownership")
    stage.up()
    assert stage.check()[0] == ExitCode.CLEAN
    stage.rewrite("{name: renamed, ownership", "{name: clinic, ownership")
    stage.up()
    stage.rewrite("disposable: true", "disposable: false")
    stage.up()
    stage.rewrite("{name: clinic, ownership", "{name: renamed, ownership")
    outcome = provision(stage)
    assert not outcome.ok
    assert any("clinic" in error and "protected" in error for error in outcome.errors), outcome.errors
    assert not provision(stage, "destroy").ok
    with blobs(stage) as service:
        assert [one.name for one in service.list_containers()] == [CONTAINER]


def test_destroy_leaves_nothing_and_up_brings_it_back(stage):
    outcome = provision(stage, "destroy")
    assert outcome.ok, outcome.errors
    with deployer(stage) as cloud:
        base = f"/subscriptions/{local_azure.SUBSCRIPTION}"
        assert cloud.call("GET", f"{base}/resourceGroups", access.API_VERSION).json()["value"] == []
        left = cloud.call("GET", f"{base}{access.ASSIGNMENTS}", access.API_VERSION).json()["value"]
    assert {one["properties"]["scope"] for one in left} == {base}  # what was there before the stack
    stage.up()
    assert stage.check()[0] == ExitCode.CLEAN


def test_an_application_id_stops_at_the_grants_with_the_look_up_and_the_next_up_goes_on(stage):
    application = local_azure.PEOPLE[local_azure.ENCORD][0]
    stage.rewrite(f"applicationId: {application}\n", "\n")
    stage.rewrite(f"objectId: {ENCORD}\n", f"objectId: {application}\n")
    outcome = provision(stage)
    assert not outcome.ok
    assert f"az ad sp show --id {application} --query id" in outcome.errors[0]
    stage.rewrite(f"objectId: {application}\n", f"objectId: {ENCORD}\n")
    stage.up()
    assert stage.check()[0] == ExitCode.CLEAN


# An owner's


@pytest.fixture
def owned(stage):
    """Their account with their CORS rules, and the container in it, named in the environment as existing."""
    assert provision(stage, "destroy").ok
    put = {"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_GRS"}, "tags": {"by": "them"}}
    with deployer(stage) as cloud:
        cloud.call("PUT", GROUP, access.API_VERSION, {"location": "westeurope"})
        answer = cloud.call(
            "PUT", ACCOUNT_ID, access.API_VERSION, {**put, "properties": {"allowBlobPublicAccess": False}}
        )
        cloud.finish(answer, 60, "their account")
        cloud.call("PUT", f"{ACCOUNT_ID}/blobServices/default/containers/{CONTAINER}", access.API_VERSION, {})
    set_cors(stage, ("https://shop.example",))
    with blobs(stage) as service:
        service.get_blob_client(CONTAINER, PIXEL).upload_blob(b"theirs")
    stage.rewrite(OWN, OWN.replace("create", "existing"))
    stage.rewrite("{name: rg-acme-clinic, ownership: create}", "{name: rg-acme-clinic, ownership: existing}")
    stage.rewrite("{name: clinic, ownership: create}", "{name: clinic, ownership: existing}")
    yield
    assert provision(stage, "destroy").ok
    with deployer(stage) as cloud:
        cloud.finish(cloud.call("DELETE", GROUP, access.API_VERSION), 60, "their group")


def what_is_there(stage):
    with blobs(stage) as service:
        names = [blob.name for blob in service.get_container_client(CONTAINER).list_blobs()]
    shown = arm(stage, "GET", "")
    return shown["tags"], shown["sku"], shown["properties"], cors(stage), names


def test_an_owners_account_is_granted_on_and_otherwise_left_as_it_was(stage, owned):
    before = what_is_there(stage)
    assert {op.split()[0] for op in did(provision(stage))} == {"create"}
    assert what_is_there(stage) == before
    assert (roles(stage, ENCORD), "sees-settings" in roles(stage, CHECKER)) == ({"reads", "writes", "signs"}, True)
    code, found = stage.check()
    assert code == ExitCode.FINDINGS
    # Encord reads; what only the owner may set is found missing, and nothing else.
    assert found == {
        "fail": {"COR201", "COR202", "COR203"}, "warning": {"BKT105"}, "skip": {"COR204", *MEDIA}
    }  # fmt: skip


def test_what_the_owner_must_add_is_printed_merged_with_what_is_theirs(stage, owned):
    stage.up()
    ran = stage.run("access", "show", "clinic", "-d", "cors", profile="deployer")
    assert ran.code == ExitCode.CLEAN
    theirs, ours = ran.json["properties"]["cors"]["corsRules"]
    assert theirs["allowedOrigins"] == ["https://shop.example"]
    assert ours == access.cors_rule(["https://app.encord.com"])
    arm(stage, "PUT", "/blobServices/default", ran.json)
    assert stage.check("--select", "COR") == (ExitCode.CLEAN, {})
    again = stage.run("access", "show", "clinic", "-d", "cors", profile="deployer")
    assert again.json == ran.json


def test_rules_that_may_not_be_read_are_said_to_be_unmerged(stage, owned):
    ran = stage.run("access", "show", "clinic")  # the checker has no role there before the first up
    assert ran.code == ExitCode.CLEAN
    assert "not merged, because the account's rules could not be read (AuthorizationFailed)" in ran.out


def test_destroy_takes_the_grants_away_and_leaves_what_is_theirs(stage, owned):
    stage.up()
    before = what_is_there(stage)
    assert provision(stage, "destroy").ok
    assert what_is_there(stage) == before
    assert assignments(stage) == {}


# The account SAS


@pytest.fixture
def signed(stage):
    """The integration with an account SAS. Returns the variables with which a check has it."""
    stage.rewrite(f"objectId: {ENCORD}", SAS)
    stage.rewrite("checkPrincipal:", "#")
    stage.up()
    return {"INTEGRATIONS_AZURE_SAS_CLINIC": signature(stage)}


def test_an_account_sas_grants_nobody_anything_and_is_checked_by_itself(stage, signed):
    assert roles(stage, ENCORD) == set()
    code, found = stage.check("--write-probe", "--register-probe", **signed)
    assert (code, found) == (ExitCode.CLEAN, {})
    code, found = stage.check()
    skipped = {"TRU303", "ACC401", "ACC402", "ACC403", "ACC408", "TRU306", "COR203", *MEDIA}
    assert (code, found) == (ExitCode.CLEAN, {"skip": skipped})


def test_an_account_sas_that_writes_without_image_sequences_is_too_much(stage, signed):
    stage.rewrite("imageSequences: true", "imageSequences: false")
    code, found = stage.check("--write-probe", **signed)
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"ACC402", "ACC404"}})
    fresh = {"INTEGRATIONS_AZURE_SAS_CLINIC": signature(stage)}
    assert stage.check("--write-probe", **fresh) == (ExitCode.CLEAN, {})
    stage.rewrite("imageSequences: false", "imageSequences: true")
    code, found = stage.check("--write-probe", **fresh)
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"ACC402", "ACC404"}})


def test_an_account_sas_is_pinned_to_its_day_and_does_not_outlive_it(stage, signed, tmp_path):
    stage.rewrite("2099-12-31", "2099-11-30")
    ran = stage.run("check", "--select", "TRU307", **signed)
    assert ran.code == ExitCode.FINDINGS
    assert "the signature ends on 2099-12-31, the file says 2099-11-30" in ran.out
    stage.rewrite("2099-11-30", "2020-01-31")
    (tmp_path / "sas").write_text(signature(stage))
    code, found = stage.check(INTEGRATIONS_AZURE_SAS_CLINIC_FILE=str(tmp_path / "sas"))
    assert code == ExitCode.FINDINGS
    assert found == {"fail": {"TRU307", "ACC403"}, "skip": {"TRU306", "COR203", *MEDIA}}
    shown = stage.run("access", "show", "clinic", "-d", "account-sas").json
    assert shown["expiry"] == "2020-01-31T23:59:59Z"


def test_an_altered_account_sas_is_refused_where_it_is_used(stage, signed):
    altered = {name: value.replace("sig=", "sig=A") for name, value in signed.items()}
    code, found = stage.check(**altered)
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"ACC403"}, "skip": {"TRU306", "COR203", *MEDIA}})


# Without Node


def test_a_machine_without_node_says_so_and_leaves_azure_out(stage, monkeypatch):
    local_azure.available.cache_clear()
    monkeypatch.setenv("PATH", "/nowhere")
    here = sandbox.open_sandbox(stage.root)
    local_azure.available.cache_clear()
    assert (here.stages, here.environment.integrations) == ((), ())
    assert here.left_out == ("Azure is left out of the sandbox: Node.js 20 or newer is not installed",)
    with people.working_as(here.variables(DEPLOYER)):
        planned = sandbox.provision(here, "preview")
    assert planned.ok, planned.errors


# Before it fails


def test_the_doctor_says_whether_roles_can_be_assigned_before_up_is_refused(stage):
    able = stage.run("doctor", profile="deployer")
    assert "roles can be assigned" in able.out
    unable = stage.run("doctor")
    assert f"signed in as {CHECKER}" in unable.out
    assert "needs Microsoft.Authorization/roleAssignments/write on /subscriptions/" in unable.out
    assert "AADSTS7000215" in stage.run("doctor", AZURE_CLIENT_SECRET="wrong").out
