"""What Encord needs on Azure, and what it must not get."""

from __future__ import annotations

import uuid

import pytest
from msgspec.structs import replace

from integrations.access import azure, documents, handshake
from integrations.access.azure_documents import Existing
from integrations.access.azure_roles import CHANGES, READ, SIGN, WRITE, Action, Held, judge, named, what
from integrations.access.judge import Verdict
from integrations.access.record import OWNER, STACK
from integrations.environment.azure import (
    AzureAccount,
    AzureChecker,
    AzureContainer,
    AzureEncord,
    AzureIntegration,
    AzureResourceGroup,
)
from integrations.environment.model import Checkers, Settings

TENANT, SUBSCRIPTION = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2))
ENCORD, CHECK, CHECKER, APPLICATION = (f"00000000-0000-4000-8000-0000000000a{n}" for n in (1, 2, 3, 4))
MEDIA, SCANS = (AzureContainer(name=name, ownership="create") for name in ("media", "scans"))
INTEGRATION = AzureIntegration(
    name="images",
    tenant=TENANT,
    subscription=SUBSCRIPTION,
    resource_group=AzureResourceGroup(name="rg", ownership="create"),
    account=AzureAccount(name="acme", location="westeurope", ownership="create"),
    containers=(MEDIA,),
    encord=AzureEncord(object_id=ENCORD),
)
ACCOUNT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/acme"
RULE = azure.cors_rule(["https://app.encord.com"])


def settings(*integrations, checker=False):
    checkers = Checkers(azure=(AzureChecker(tenant=TENANT, object_id=CHECKER),) if checker else ())
    listed = {one.name: one for one in integrations or (INTEGRATION,)}
    return Settings(integrations=listed, cors_origins=("https://app.encord.com",), checkers=checkers)


def granted(integration, principal=ENCORD, checker=None):
    return {(one.scope, one.role.does) for one in azure.grants(integration, checker) if one.principal == principal}


# Grants


def test_encord_reads_in_the_container_and_signs_for_the_account_and_no_more():
    container = f"{ACCOUNT}/blobServices/default/containers/media"
    assert granted(INTEGRATION) == {(container, "reads"), (ACCOUNT, "signs")}


def test_image_sequences_add_writing_in_each_container_and_nothing_else():
    both = replace(INTEGRATION, containers=(MEDIA, SCANS))
    more = granted(replace(both, image_sequences=True)) - granted(both)
    assert more == {(f"{ACCOUNT}/blobServices/default/containers/{name}", "writes") for name in ("media", "scans")}


def test_the_check_principal_gets_what_encord_gets():
    both = replace(INTEGRATION, check_principal=CHECK, image_sequences=True)
    assert granted(both, CHECK) == granted(both) != set()


def test_before_the_consent_nobody_but_the_checker_is_granted_anything():
    waiting = replace(INTEGRATION, encord=AzureEncord(), check_principal=CHECK, image_sequences=True)
    checker = AzureChecker(tenant=TENANT, object_id=CHECKER)
    assert waiting.awaiting_encord
    assert [(one.principal, one.role.name) for one in azure.grants(waiting, checker)] == [(CHECKER, "Reader")]
    assert azure.grants(waiting, None) == []
    with pytest.raises(ValueError, match="no object id"):
        azure.encord_grants(waiting)


def test_an_assignment_keeps_its_name_and_no_two_have_the_same():
    both = replace(INTEGRATION, containers=(MEDIA, SCANS), check_principal=CHECK, image_sequences=True)
    names = [one.name for one in azure.grants(both, AzureChecker(tenant=TENANT, object_id=CHECKER))]
    assert len(set(names)) == len(names) == 11
    assert names == [one.name for one in azure.grants(both, AzureChecker(tenant=TENANT, object_id=CHECKER))]
    assert all(str(uuid.UUID(name)) == name for name in names)


def test_an_assignment_names_its_role_as_azure_shows_it():
    (signs,) = [one for one in azure.encord_grants(INTEGRATION) if one.role == azure.SIGNS]
    assert signs.document["id"] == f"{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments/{signs.name}"
    assert signs.document["properties"]["roleDefinitionId"].startswith(f"/subscriptions/{SUBSCRIPTION}/providers/")
    assert signs.document["properties"]["principalType"] == "ServicePrincipal"


# The account


def test_the_account_is_private_over_tls_and_hot():
    assert azure.account_properties() == {
        "accessTier": "Hot",
        "allowBlobPublicAccess": False,
        "minimumTlsVersion": "TLS1_2",
        "supportsHttpsTrafficOnly": True,
    }


def test_an_owners_cors_rules_come_first_and_ours_is_there_once():
    theirs = {**RULE, "allowedOrigins": ["https://shop.example"]}
    assert azure.merged_cors([theirs], RULE) == [theirs, RULE]
    assert azure.merged_cors([RULE, theirs], RULE) == [theirs, RULE]


def test_the_rules_of_an_owners_account_are_for_the_owner_and_for_all_its_containers():
    theirs = replace(INTEGRATION.account, ownership="existing")
    group = AzureResourceGroup(name="rg", ownership="existing")
    integration = replace(INTEGRATION, account=theirs, resource_group=group)
    found = {one.id: one for one in documents.documents(integration, settings(integration))}
    assert (found["cors"].reader, found["role-assignments"].reader) == (OWNER, STACK)
    assert "account" not in found
    assert "all containers of the account" in found["cors"].apply
    assert found["cors"].body == {"properties": {"cors": {"corsRules": [RULE]}}}


def test_a_sixth_rule_and_rules_that_could_not_be_read_are_cautioned():
    theirs = tuple({**RULE, "allowedOrigins": [f"https://{n}.example"]} for n in range(5))
    (cors,) = [one for one in _documents({"acme": Existing(theirs)}) if one.id == "cors"]
    assert "Azure takes 5 rules at most" in cors.apply
    (cors,) = [one for one in _documents({"acme": Existing(theirs[:4])}) if one.id == "cors"]
    assert "at most" not in cors.apply
    (cors,) = [one for one in _documents({"acme": Existing(unread="nobody may")}) if one.id == "cors"]
    assert "not merged, because nobody may" in cors.apply


def _documents(existing):
    return documents.documents(INTEGRATION, settings(), existing)


def test_before_the_consent_there_is_no_document_with_a_grant():
    waiting = replace(INTEGRATION, encord=AzureEncord())
    assert "role-assignments" not in {one.id for one in documents.documents(waiting, settings(waiting))}


# The account SAS


def sas(**changes):
    return replace(INTEGRATION, encord=AzureEncord(access="account-sas", sas_expiry="2031-12-31"), **changes)


@pytest.mark.parametrize(("sequences", "permissions"), [(False, "rl"), (True, "rlwac")])
def test_an_account_sas_reads_and_lists_and_writes_for_image_sequences_only(sequences, permissions):
    terms = azure.sas_terms(sas(image_sequences=sequences))
    assert terms["permissions"] == permissions
    assert (terms["services"], terms["resourceTypes"], terms["protocol"]) == ("b", "co", "https")
    assert terms["expiry"] == "2031-12-31T23:59:59Z"


def test_an_account_sas_grants_nobody_anything_and_its_maker_gets_the_command():
    found = {one.id: one for one in documents.documents(sas(), settings(sas()))}
    assert "role-assignments" not in found
    assert found["account-sas"].apply.startswith("az storage account generate-sas --account-name acme ")
    assert "--permissions rl --expiry 2031-12-31T23:59:59Z --https-only" in found["account-sas"].apply
    with pytest.raises(ValueError, match="sasExpiry"):
        azure.sas_terms(INTEGRATION)


# The handshake


def test_the_steps_name_the_look_up_and_the_right_before_they_are_needed():
    waiting = replace(INTEGRATION, encord=AzureEncord(application_id=APPLICATION))
    text = handshake.steps(waiting, "prod")
    assert text.startswith("images (azure) awaits Encord's values")
    assert f"az ad sp show --id {APPLICATION} --query id --output tsv" in text
    assert azure.MAY_ASSIGN in text
    assert text.index("objectId: <the object id>") < text.index("pulumi up --stack prod")
    done = handshake.steps(INTEGRATION, "prod")
    assert "has Encord's values" in done and "objectId: <" not in done
    assert f"the storage account acme and the tenant {TENANT}" in done


def test_with_an_account_sas_the_steps_make_it_and_say_when_it_ends():
    text = handshake.steps(sas(), "prod")
    assert azure.sas_command(sas()) in text
    assert "It ends on 2031-12-31" in text
    assert "consent" not in text


# What roles allow


def held(*permissions, role="r", conditional=False):
    return Held(role, ACCOUNT, permissions, conditional)


READER = held({"actions": [SIGN.name], "dataActions": [READ.name]}, role="Storage Blob Data Reader")
OWNER_ROLE = held({"actions": ["*"], "notActions": []}, role="Owner")


def test_no_role_allows_nothing():
    assert judge([], READ) is Verdict.NOT_ALLOWED
    assert named([]) == "no role"


def test_data_and_management_are_told_apart():
    assert judge([READER], READ) is Verdict.ALLOWED
    assert judge([READER], WRITE) is Verdict.NOT_ALLOWED
    assert judge([OWNER_ROLE], READ) is Verdict.NOT_ALLOWED
    assert judge([OWNER_ROLE], SIGN) is Verdict.ALLOWED
    assert any(OWNER_ROLE.allows(action) for action in CHANGES)  # by the account's key
    assert not any(READER.allows(action) for action in CHANGES)


def test_patterns_match_without_regard_to_case_and_what_is_taken_out_is_not_granted():
    blobs = READ.name.rpartition("/")[0]
    every = held({"dataActions": [f"{blobs.upper()}/*"], "notDataActions": [f"{blobs}/write"]})
    assert judge([every], READ) is Verdict.ALLOWED
    assert judge([every], WRITE) is Verdict.NOT_ALLOWED
    assert judge([every, held({"dataActions": [WRITE.name]})], WRITE) is Verdict.ALLOWED
    dotted = held({"actions": ["Microsoft.Storage.*"]})
    assert not dotted.allows(Action("Microsoft/Storage/x"))


def test_a_role_under_a_condition_alone_decides_nothing():
    conditional = held({"dataActions": [READ.name]}, conditional=True)
    assert judge([conditional], READ) is Verdict.DEPENDS
    assert judge([conditional, READER], READ) is Verdict.ALLOWED


def test_two_with_other_roles_may_do_the_same_or_not():
    alike = held({"actions": ["Microsoft.Storage/*/generateUserDelegationKey/action"], "dataActions": [READ.name]})
    assert what([alike]) == what([READER])
    assert what([READER, OWNER_ROLE]) != what([READER])
