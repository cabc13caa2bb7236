"""How Azure's answers are judged, for what the sandbox does not stage."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ServiceRequestError
from azure.core.pipeline.transport import RequestsTransport
from msgspec.structs import replace

from integrations.access import azure as access
from integrations.access.azure_roles import READ, SIGN, WRITE
from integrations.azure_client import AzureError, Session, why
from integrations.checks import azure
from integrations.checks.azure_sessions import Sessions, guarded, sas_variable
from integrations.checks.catalogue import CheckId
from integrations.checks.records import Obstacle, Status
from integrations.environment.azure import (
    AzureAccount,
    AzureContainer,
    AzureEncord,
    AzureIntegration,
    AzureResourceGroup,
)
from integrations.environment.model import Environment, Settings
from integrations.errors import ConfigurationError

ENCORD, CHECK, OTHER = (f"00000000-0000-4000-8000-0000000000a{n}" for n in (1, 2, 3))
INTEGRATION = AzureIntegration(
    name="my-images",
    tenant="00000000-0000-4000-8000-000000000001",
    subscription="00000000-0000-4000-8000-000000000002",
    resource_group=AzureResourceGroup(name="rg", ownership="create"),
    account=AzureAccount(name="acme", location="westeurope", ownership="create"),
    containers=(AzureContainer(name="media", ownership="create"),),
    encord=AzureEncord(object_id=ENCORD),
)
ACCOUNT = access.account_id(INTEGRATION)
CONTAINER = access.container_id(INTEGRATION, INTEGRATION.containers[0])
SAS = "ss=b&srt=co&sp={sp}&se={se}&spr=https&sig=x"
SIGNED = replace(INTEGRATION, encord=AzureEncord(access="account-sas", sas_expiry="2099-12-31"))


class Stage:
    """Answers by path: documents, lists and the directory. `ask` puts one question."""

    def __init__(self) -> None:
        self.documents, self.lists, self.directory = {ACCOUNT: {"properties": {}}}, {}, {}

    def answer(self, table, path):
        found = table.get(path, AzureError(path, 404, "ResourceNotFound", "not there"))
        if isinstance(found, Exception):
            raise found
        return found

    def ask(self, check, integration=INTEGRATION):
        settings = Settings(integrations={"images": integration}, cors_origins=("https://app.encord.com",))
        environment = Environment("prod", settings, "Pulumi.prod.yaml")
        asked = azure.questions(integration, environment, write_probe=True)
        return next(question for question in asked if question.id is check).ask()

    def role(self, principal, scope, permissions, name="role", **more):
        """Assign a role that has these permissions."""
        entry = {"principalId": principal, "scope": scope, "roleDefinitionId": f"/x/{name}", **more}
        self.lists.setdefault(principal, []).append({"id": f"{scope}/assignments/{name}", "properties": entry})
        definition = {"roleName": name, "permissions": [permissions]}
        self.documents[f"{ACCOUNT}{access.DEFINITIONS}/{name}"] = {"properties": definition}


@pytest.fixture
def stage(monkeypatch):
    stage = Stage()

    def listed(_, path, **query):
        principal = query["$filter"].split("'")[1]
        return stage.lists.get(principal, [])

    monkeypatch.setattr(Session, "read", lambda _, path, *__: stage.answer(stage.documents, path))
    monkeypatch.setattr(Session, "find", lambda _, path, *__: stage.documents.get(path))
    monkeypatch.setattr(Session, "listed", listed)
    monkeypatch.setattr(
        Session, "directory", lambda _, path, **query: stage.answer(stage.directory, query.get("$filter", path))
    )
    monkeypatch.setattr(Session, "object_id", CHECK)
    return stage


def account(stage, **properties):
    stage.documents[ACCOUNT] = {"properties": properties}


# The account


@pytest.mark.parametrize("properties", [{}, {"allowBlobPublicAccess": None}, {"allowBlobPublicAccess": True}])
def test_only_an_account_that_says_no_to_public_containers_is_private(stage, properties):
    account(stage, **properties)
    stage.documents[CONTAINER] = {"properties": {"publicAccess": "None"}}
    assert stage.ask(CheckId.BUCKET_PRIVATE).status is Status.FAIL
    account(stage, allowBlobPublicAccess=False)
    assert stage.ask(CheckId.BUCKET_PRIVATE).status is Status.PASS


@pytest.mark.parametrize(
    ("properties", "status"),
    [
        ({"supportsHttpsTrafficOnly": True, "minimumTlsVersion": "TLS1_3"}, Status.PASS),
        ({"supportsHttpsTrafficOnly": True, "minimumTlsVersion": "TLS1_1"}, Status.WARNING),
        ({"supportsHttpsTrafficOnly": True}, Status.WARNING),
        ({"supportsHttpsTrafficOnly": False, "minimumTlsVersion": "TLS1_2"}, Status.WARNING),
    ],
)
def test_https_only_and_not_of_old(stage, properties, status):
    account(stage, **properties)
    assert stage.ask(CheckId.BUCKET_TLS_ONLY).status is status


def test_encryption_is_azures_own_or_the_owners_and_never_off(stage):
    account(stage, encryption={"keySource": "Microsoft.Keyvault"})
    assert stage.ask(CheckId.BUCKET_ENCRYPTED).seen == "with keys from Microsoft.Keyvault"
    account(stage, encryption={"services": {"blob": {"enabled": False}}})
    assert stage.ask(CheckId.BUCKET_ENCRYPTED).status is Status.FAIL


def test_an_owner_is_asked_and_not_the_stack(stage):
    theirs = replace(
        INTEGRATION,
        account=AzureAccount(name="acme", location="westeurope", ownership="existing"),
        resource_group=AzureResourceGroup(name="rg", ownership="existing"),
    )
    account(stage, accessTier="Cool")
    assert stage.ask(CheckId.OBJECTS_AT_HAND, theirs).fix.startswith("ask the account's owner")
    assert stage.ask(CheckId.OBJECTS_AT_HAND).fix.startswith("pulumi up --stack prod")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "moves blobs of media to Archive after 90 days"),
        ({"enabled": False}, ""),
        ({"filters": {"prefixMatch": ["other/", "media-old/a"]}}, ""),
        ({"filters": {"prefixMatch": ["other/", "media/2020"]}}, "the rule aging moves"),
        ({"filters": {"blobTypes": ["appendBlob"]}}, ""),
        ({"actions": {"baseBlob": {"delete": {"daysAfterModificationGreaterThan": 9}}}}, ""),
        ({"actions": {"version": {"tierToCool": {"daysAfterCreationGreaterThan": 9}}}}, ""),
    ],
)
def test_a_lifecycle_rule_that_takes_blobs_of_a_container_out_of_the_hot_tier_is_a_warning(stage, changes, said):
    account(stage, accessTier="Hot")
    assert stage.ask(CheckId.OBJECTS_AT_HAND).status is Status.PASS
    actions = {"baseBlob": {"tierToArchive": {"daysAfterModificationGreaterThan": 90}}}
    definition = {"filters": {}, "actions": actions, **{k: v for k, v in changes.items() if k != "enabled"}}
    rule = {"name": "aging", "definition": definition, "enabled": changes.get("enabled", True)}
    stage.documents[access.lifecycle_id(INTEGRATION)] = {"properties": {"policy": {"rules": [rule]}}}
    answer = stage.ask(CheckId.OBJECTS_AT_HAND)
    assert (answer.status, said in answer.seen) == (Status.WARNING if said else Status.PASS, True)


@pytest.mark.parametrize("code", ["KeyVaultEncryptionKeyNotFound", "KeyVaultVaultNotFound"])
def test_a_key_of_the_owners_that_cannot_be_used_is_no_want_of_rights(stage, monkeypatch, code):
    class Blob:
        def __enter__(self):
            error = HttpResponseError(response=SimpleNamespace(status_code=403, reason="no", headers={}))
            error.error_code = code
            raise error

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(Sessions, "blob", lambda *_: Blob())
    answer = stage.ask(CheckId.PROBE_OBJECT_READ, replace(INTEGRATION, probe_object="a.png"))
    assert (answer.status, code in answer.seen) == (Status.FAIL, True)


@pytest.mark.parametrize(
    ("properties", "status"),
    [
        ({}, Status.PASS),
        ({"networkAcls": {"defaultAction": "Allow", "bypass": "AzureServices"}}, Status.PASS),
        ({"publicNetworkAccess": "Enabled", "networkAcls": {"defaultAction": "Deny"}}, Status.FAIL),
        ({"networkAcls": {"defaultAction": "Deny", "ipRules": [{"value": "203.0.113.0/24"}]}}, Status.WARNING),
        ({"publicNetworkAccess": "Disabled"}, Status.FAIL),
        ({"publicNetworkAccess": "SecuredByPerimeter"}, Status.FAIL),
    ],
)
def test_a_firewall_that_shuts_browsers_out_fails_and_one_with_holes_is_a_warning(stage, properties, status):
    account(stage, **properties)
    answer = stage.ask(CheckId.NETWORK_OPEN)
    assert answer.status is status
    assert ("az storage account update --name acme --resource-group rg" in answer.fix) is (status is not Status.PASS)


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"hasLegalHold": True}, "the container has a legal hold"),
        (
            {
                "hasImmutabilityPolicy": True,
                "immutabilityPolicy": {"properties": {"immutabilityPeriodSinceCreationInDays": 30}},
            },
            "the container has an immutability policy of 30 days",
        ),
        ({"hasImmutabilityPolicy": False, "immutableStorageWithVersioning": {"enabled": True}}, ""),
    ],
)
def test_what_holds_blobs_is_named_and_what_keeps_versions_holds_none(stage, properties, said):
    stage.documents[CONTAINER] = {"properties": properties}
    answer = stage.ask(CheckId.WRITTEN_NOT_HELD, replace(INTEGRATION, image_sequences=True))
    assert (answer.status, said in answer.seen) == (Status.FAIL if said else Status.PASS, True)


def test_nobody_asks_what_is_held_where_nothing_is_written(stage):
    with pytest.raises(StopIteration):
        stage.ask(CheckId.WRITTEN_NOT_HELD)


@pytest.mark.parametrize(
    ("period", "action", "integration", "status"),
    [
        ("00.00:30:00", "Block", INTEGRATION, Status.FAIL),
        ("00.00:30:00", "Log", INTEGRATION, Status.PASS),
        ("00.01:00:00", "Block", INTEGRATION, Status.PASS),
        ("30.00:00:00", "Block", SIGNED, Status.FAIL),
        ("99999.00:00:00", "Block", SIGNED, Status.PASS),
    ],
)
def test_a_policy_for_signatures_lets_them_live_as_long_as_they_must(stage, period, action, integration, status):
    account(stage, sasPolicy={"sasExpirationPeriod": period, "expirationAction": action})
    assert stage.ask(CheckId.SIGNATURES_LIVE, integration).status is status


# Roles


@pytest.mark.parametrize(
    ("scope", "permissions", "status"),
    [
        (CONTAINER, {"dataActions": [READ.name, WRITE.name, WRITE.name.replace("write", "delete")]}, Status.PASS),
        (ACCOUNT, {"actions": [SIGN.name]}, Status.PASS),
        (ACCOUNT, {"dataActions": [READ.name]}, Status.WARNING),
        (ACCOUNT, {"dataActions": [WRITE.name]}, Status.FAIL),
        (CONTAINER, {"dataActions": ["*"]}, Status.FAIL),
        (ACCOUNT, {"actions": ["Microsoft.Storage/storageAccounts/listKeys/action"]}, Status.FAIL),
        (ACCOUNT, {"actions": ["Microsoft.Authorization/*"]}, Status.FAIL),
        (ACCOUNT, {"actions": ["*/read"]}, Status.WARNING),
        (f"/subscriptions/{INTEGRATION.subscription}", {"actions": ["*"], "notActions": ["*"]}, Status.WARNING),
    ],
)
def test_a_role_is_no_wider_than_needed(stage, scope, permissions, status):
    stage.role(ENCORD, scope, permissions, name="theirs")
    answer = stage.ask(CheckId.GRANTS_NARROW)
    assert (answer.status, f"theirs on {scope}" in answer.seen) == (status, status is not Status.PASS)
    assert answer.fix == (
        "" if status is Status.PASS else f"az role assignment delete --ids {scope}/assignments/theirs"
    )


def test_a_role_given_below_the_scope_does_not_count_and_one_above_does(stage):
    stage.role(ENCORD, f"{CONTAINER}/blobs/one", {"dataActions": [READ.name]})
    assert stage.ask(CheckId.READ_GRANTED).status is Status.FAIL
    stage.role(ENCORD, f"/SUBSCRIPTIONS/{INTEGRATION.subscription}", {"dataActions": ["*"]})
    assert stage.ask(CheckId.READ_GRANTED).status is Status.PASS


def test_a_scope_that_only_begins_alike_does_not_count(stage):
    stage.role(ENCORD, CONTAINER[:-1], {"dataActions": [READ.name]})
    assert stage.ask(CheckId.READ_GRANTED).status is Status.FAIL


def test_signing_in_the_container_is_not_signing_for_the_account(stage):
    stage.role(ENCORD, CONTAINER, {"actions": [SIGN.name]})
    assert stage.ask(CheckId.SIGNING_GRANTED).status is Status.FAIL
    stage.role(ENCORD, ACCOUNT, {"actions": [SIGN.name]})
    assert stage.ask(CheckId.SIGNING_GRANTED).status is Status.PASS


def test_a_condition_leaves_reading_undecided_and_writing_is_then_too_much(stage):
    stage.role(ENCORD, CONTAINER, {"dataActions": [READ.name, WRITE.name]}, condition="@Resource[…]")
    assert "depends on a condition" in stage.ask(CheckId.READ_GRANTED).seen
    assert stage.ask(CheckId.WRITE_GRANTED_EXACTLY).status is Status.FAIL


@pytest.mark.parametrize(
    "permissions",
    [
        {"dataActions": [WRITE.name]},
        {"dataActions": [WRITE.name.replace("write", "delete")]},
        {"actions": ["Microsoft.Storage/storageAccounts/listKeys/action"]},
        {"actions": ["*"]},
    ],
)
def test_each_way_to_change_data_is_too_much_without_image_sequences(stage, permissions):
    stage.role(ENCORD, ACCOUNT, permissions, name="theirs")
    answer = stage.ask(CheckId.WRITE_GRANTED_EXACTLY)
    assert (answer.status, f"theirs on {ACCOUNT}" in answer.seen) == (Status.FAIL, True)


def test_the_missing_grant_is_printed_exactly(stage):
    fix = stage.ask(CheckId.READ_GRANTED).fix
    (grant,) = [one for one in access.encord_grants(INTEGRATION) if one.role == access.READS]
    assert grant.name in fix and CONTAINER in fix


def test_a_check_principal_with_other_roles_proves_nothing_and_says_why(stage):
    mine = replace(INTEGRATION, check_principal=CHECK)
    stage.role(ENCORD, ACCOUNT, {"dataActions": [READ.name]}, name="reads")
    stage.role(CHECK, ACCOUNT, {"dataActions": [READ.name, WRITE.name]}, name="owns")
    answer = stage.ask(CheckId.ROLE_ASSUMED, mine)
    assert (answer.status, answer.unproven) == (Status.SKIP, True)
    assert "has owns there, and Encord reads" in answer.reason
    stage.lists[CHECK] = stage.lists[ENCORD]
    assert stage.ask(CheckId.ROLE_ASSUMED, mine).status is Status.PASS
    other = stage.ask(CheckId.ROLE_ASSUMED, replace(INTEGRATION, check_principal=OTHER))
    assert (other.status, other.reason) == (Status.SKIP, f"this runs as {CHECK}")


# The directory


def test_who_may_not_look_into_the_directory_is_told_the_look_up(stage):
    stage.directory[f"/v1.0/servicePrincipals/{ENCORD}"] = AzureError(
        "reading", 403, "Authorization_RequestDenied", "no"
    )
    answer = stage.ask(CheckId.ROLE_FOUND)
    assert (answer.status, answer.unproven, answer.fix.startswith("az ad sp show")) == (Status.SKIP, True, True)


# The account SAS


@pytest.mark.parametrize(
    ("sp", "sequences", "status"),
    [
        ("rl", False, Status.PASS),
        ("rlw", False, Status.FAIL),
        ("rlwac", True, Status.PASS),
        ("rlw", True, Status.FAIL),
        ("rlwacd", True, Status.FAIL),
    ],
)
def test_a_signature_writes_exactly_for_image_sequences(stage, monkeypatch, sp, sequences, status):
    monkeypatch.setenv(sas_variable(SIGNED), SAS.format(sp=sp, se="2099-12-31T23:59:59Z"))
    integration = replace(SIGNED, image_sequences=sequences)
    assert stage.ask(CheckId.WRITE_GRANTED_EXACTLY, integration).status is status


@pytest.mark.parametrize(
    ("signature", "status"),
    [
        ("?" + SAS.format(sp="rl", se="2099-12-31"), Status.PASS),
        (SAS.format(sp="r", se="2099-12-31"), Status.FAIL),
        (SAS.format(sp="rl", se="2099-12-31").replace("srt=co", "srt=o"), Status.FAIL),
        (SAS.format(sp="rl", se="2099-12-31").replace("ss=b", "ss=q"), Status.FAIL),
    ],
)
def test_a_signature_reads_and_lists_blobs_in_containers(stage, monkeypatch, signature, status):
    monkeypatch.setenv(sas_variable(SIGNED), signature)
    assert stage.ask(CheckId.READ_GRANTED, SIGNED).status is status


@pytest.mark.parametrize(
    ("signature", "status"),
    [
        (SAS.format(sp="rl", se="2099-12-31"), Status.PASS),
        (SAS.format(sp="rl", se="2099-12-31").replace("ss=b", "ss=bqft"), Status.FAIL),
        (SAS.format(sp="rl", se="2099-12-31").replace("srt=co", "srt=sco"), Status.FAIL),
        (SAS.format(sp="rl", se="2099-12-31").replace("&spr=https", ""), Status.WARNING),
        (SAS.format(sp="rl", se="2099-12-31").replace("spr=https", "spr=https,http"), Status.WARNING),
    ],
)
def test_a_signature_is_for_blobs_alone_and_over_https(stage, monkeypatch, signature, status):
    monkeypatch.setenv(sas_variable(SIGNED), signature)
    assert stage.ask(CheckId.GRANTS_NARROW, SIGNED).status is status


def test_a_signature_for_some_addresses_is_a_warning(stage, monkeypatch):
    monkeypatch.setenv(sas_variable(SIGNED), f"{SAS.format(sp='rl', se='2099-12-31')}&sip=203.0.113.0-203.0.113.255")
    answer = stage.ask(CheckId.READ_GRANTED, SIGNED)
    assert (answer.status, "203.0.113.0-203.0.113.255" in answer.seen) == (Status.WARNING, True)


@pytest.mark.parametrize(("allowed", "status"), [(None, Status.PASS), (True, Status.PASS), (False, Status.FAIL)])
def test_a_signature_is_of_use_where_the_account_takes_its_keys(stage, allowed, status):
    account(stage, allowSharedKeyAccess=allowed)
    assert stage.ask(CheckId.TRUST_DOCUMENT, SIGNED).status is status


def test_a_signature_that_ends_soon_is_a_warning_and_one_without_an_end_is_wrong(stage, monkeypatch):
    import datetime

    soon = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=9)).date().isoformat()
    ending = replace(SIGNED, encord=AzureEncord(access="account-sas", sas_expiry=soon))
    assert stage.ask(CheckId.SIGNATURE_IN_TIME, ending).status is Status.WARNING
    assert stage.ask(CheckId.SIGNATURE_IN_TIME, SIGNED).status is Status.PASS
    monkeypatch.setenv(sas_variable(SIGNED), "ss=b&srt=co&sp=rl&sig=x")
    assert stage.ask(CheckId.SIGNATURE_IN_TIME, SIGNED).status is Status.FAIL


def test_a_signature_that_is_not_here_is_asked_for_by_its_variable(stage, monkeypatch, tmp_path):
    assert sas_variable(SIGNED) == "INTEGRATIONS_AZURE_SAS_MY_IMAGES"
    assert "INTEGRATIONS_AZURE_SAS_MY_IMAGES_FILE" in stage.ask(CheckId.ROLE_ASSUMED, SIGNED).fix
    monkeypatch.setenv(f"{sas_variable(SIGNED)}_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(ConfigurationError, match="nowhere, which cannot be read"):
        stage.ask(CheckId.ROLE_ASSUMED, SIGNED)


# Refusals and silences


@pytest.mark.parametrize(
    ("error", "obstacle"),
    [
        (AzureError("reading x", 401, "InvalidAuthenticationToken", "no"), Obstacle.AUTHENTICATION),
        (AzureError("reading x", 403, "AuthorizationFailed", "no"), Obstacle.RIGHTS),
        (AzureError("reading x", 503, "ServerBusy", "later"), Obstacle.NETWORK),
        (ClientAuthenticationError(message="AADSTS700016: who?"), Obstacle.AUTHENTICATION),
        (ServiceRequestError("no way"), Obstacle.NETWORK),
        (requests.ConnectionError("no way"), Obstacle.NETWORK),
    ],
)
def test_what_azure_does_not_answer_stays_unknown_with_its_reason(error, obstacle):
    def ask():
        raise error

    answer = guarded(ask, INTEGRATION)()
    assert (answer.status, answer.obstacle) == (Status.UNKNOWN, obstacle)


def test_a_refusal_of_the_blob_service_is_a_matter_of_rights():
    error = HttpResponseError(response=SimpleNamespace(status_code=403, reason="no", headers={}))

    def ask():
        raise error

    assert guarded(ask, INTEGRATION)().obstacle is Obstacle.RIGHTS


def test_entras_own_reason_is_found_among_all_that_were_tried():
    tried = (
        "DefaultAzureCredential failed.\nAttempted:\n\tEnvironment: AADSTS7000215: Invalid client secret. See there.\n"
    )
    assert why(ClientAuthenticationError(message=tried)) == "AADSTS7000215: Invalid client secret"
    assert why(ClientAuthenticationError(message="first line\nsecond")) == "first line"


def test_an_entra_that_is_silent_is_no_refusal_and_nobody_waits_for_it_twice(monkeypatch):
    tried = []

    def send(self, request, **_):
        tried.append(request.url)
        raise ServiceRequestError("no answer")

    for name in ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.setenv(f"AZURE_{name}", INTEGRATION.tenant)
    monkeypatch.setattr(RequestsTransport, "send", send)
    session = Session(INTEGRATION.tenant, seconds=1)
    answer = guarded(lambda: session.read(ACCOUNT), INTEGRATION)()
    assert (answer.status, answer.obstacle) == (Status.UNKNOWN, Obstacle.NETWORK)
    assert all(url.startswith("https://login.microsoftonline.com/") for url in tried)
    before = len(tried)
    assert guarded(lambda: session.directory("/v1.0/me"), INTEGRATION)().obstacle is Obstacle.NETWORK
    assert len(tried) == before > 0


@pytest.mark.parametrize("value", ["0", "soon"])
def test_a_timeout_that_is_none_is_told_before_anybody_waits(stage, monkeypatch, value):
    monkeypatch.setenv("INTEGRATIONS_TIMEOUT", value)
    with pytest.raises(ConfigurationError, match="a number of seconds above 0"):
        stage.ask(CheckId.BUCKET_FOUND)


# A defect of our own is not swallowed


def test_a_bug_is_no_silence_of_azure():
    def ask():
        raise KeyError("bug")

    with pytest.raises(KeyError):
        guarded(ask, INTEGRATION)()
