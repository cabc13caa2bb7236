"""What `pulumi up` provisions on Azure, resource by resource."""

from __future__ import annotations

import pytest

from integrations.access import azure as access

TENANT, SUBSCRIPTION = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2))
ENCORD, CHECK, CHECKER = (f"00000000-0000-4000-8000-0000000000a{n}" for n in (1, 2, 3))
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-acme"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/acmeimages"
CHECKERS = {"azure": [{"tenant": TENANT, "objectId": CHECKER}]}
EXISTING = {
    "resourceGroup": {"name": "rg-acme", "ownership": "existing"},
    "account": {"name": "acmeimages", "location": "westeurope", "ownership": "existing"},
    "containers": [{"name": "images", "ownership": "existing"}],
}
HOLDS_DATA = {"ResourceGroup", "StorageAccount", "BlobContainer"}


@pytest.fixture
def azure(up):
    """Runs the program with integrations on Azure: `images`, and whatever else is named; `changes` are fields of it."""
    body = {
        "cloud": "azure",
        "tenant": TENANT,
        "subscription": SUBSCRIPTION,
        "resourceGroup": {"name": "rg-acme", "ownership": "create"},
        "account": {"name": "acmeimages", "location": "westeurope", "ownership": "create"},
        "containers": [{"name": "images", "ownership": "create"}],
        "encord": {"objectId": ENCORD},
    }

    def go(changes=None, others=None, **settings):
        named = {"images": {**body, **(changes or {})}}
        named |= {name: {**body, **EXISTING, **fields} for name, fields in (others or {}).items()}
        return up(**{"integrations": named, **settings})

    return go


def grants(stack):
    return {
        (one.inputs["scope"], one.inputs["principalId"], one.inputs["roleDefinitionId"].rpartition("/")[2])
        for one in stack.of("RoleAssignment").values()
    }


def test_an_account_is_private_over_tls_hot_and_shown_to_encord(azure):
    stack = azure()
    assert {one.type for one in stack.made} == {
        "azure-native:resources:ResourceGroup",
        "azure-native:storage:StorageAccount",
        "azure-native:storage:BlobServiceProperties",
        "azure-native:storage:BlobContainer",
        "azure-native:authorization:RoleAssignment",
    }
    account = stack.one("StorageAccount").inputs
    assert (account["accountName"], account["location"], account["kind"]) == ("acmeimages", "westeurope", "StorageV2")
    assert account["sku"] == {"name": "Standard_LRS"}
    assert (account["allowBlobPublicAccess"], account["enableHttpsTrafficOnly"]) == (False, True)
    assert (account["minimumTlsVersion"], account["accessTier"]) == ("TLS1_2", "Hot")
    container = stack.one("BlobContainer").inputs
    assert (container["containerName"], container["accountName"], container["publicAccess"]) == (
        "images", "acmeimages", "None",
    )  # fmt: skip
    assert stack.one("ResourceGroup").inputs["resourceGroupName"] == "rg-acme"


def test_cors_is_that_of_access_and_what_is_deleted_can_be_had_back(azure):
    service = azure().one("BlobServiceProperties").inputs
    assert service["blobServicesName"] == "default"
    assert service["cors"]["corsRules"] == [access.cors_rule(["https://app.encord.com"])]
    assert {key: service[key] for key in access.service_properties()} == access.service_properties()


def test_the_grants_are_those_of_access_with_names_that_stay(azure):
    stack = azure({"imageSequences": True, "checkPrincipal": CHECK}, checkers=CHECKERS)
    container = f"{ACCOUNT}/blobServices/default/containers/images"
    work = {(container, access.READS.id), (container, access.WRITES.id), (ACCOUNT, access.SIGNS.id)}
    wanted = {(scope, who, role) for scope, role in work for who in (ENCORD, CHECK)}
    assert grants(stack) == wanted | {(ACCOUNT, CHECKER, access.SEES_SETTINGS.id)}
    again = azure({"imageSequences": True, "checkPrincipal": CHECK}, checkers=CHECKERS)
    names = {one.inputs["roleAssignmentName"] for one in stack.of("RoleAssignment").values()}
    assert names == {one.inputs["roleAssignmentName"] for one in again.of("RoleAssignment").values()}
    assert {one.inputs["principalType"] for one in stack.of("RoleAssignment").values()} == {"ServicePrincipal"}


def test_image_sequences_off_is_exactly_the_writing_grants_less(azure):
    on, off = grants(azure({"imageSequences": True})), grants(azure())
    assert {role for _, _, role in on - off} == {access.WRITES.id}
    assert off < on


def test_before_the_consent_everything_but_the_grants_is_made(azure):
    stack = azure({"encord": {"title": "images"}, "imageSequences": True, "checkPrincipal": CHECK}, checkers=CHECKERS)
    assert grants(stack) == {(ACCOUNT, CHECKER, access.SEES_SETTINGS.id)}
    assert stack.of("StorageAccount")
    assert stack.outputs["images"]["granted"] == [CHECKER]


def test_with_an_account_sas_nobody_is_granted_anything_and_no_signature_is_made(azure):
    stack = azure({"encord": {"access": "account-sas", "sasExpiry": "2031-12-31"}, "imageSequences": True})
    assert grants(stack) == set()
    assert "sig=" not in str(stack.outputs)


def test_grants_wait_for_what_they_are_on(azure):
    stack = azure()
    (name,) = [name for name in stack.of("RoleAssignment") if "reads" in name]
    waits = stack.waits_for(f"RoleAssignment {name}")
    assert {"StorageAccount images-account", "BlobContainer images-images"} <= waits
    assert "StorageAccount images-account" in stack.waits_for("BlobContainer images-images")


def test_the_provider_is_the_subscriptions(azure):
    (provider,) = azure().providers.values()
    assert (provider["subscriptionId"], provider["tenantId"]) == (SUBSCRIPTION, TENANT)


def test_what_others_own_is_granted_on_and_not_touched(azure):
    stack = azure(EXISTING)
    assert {one.type.rpartition(":")[2] for one in stack.made} == {"RoleAssignment"}
    assert stack.outputs["images"]["accountId"] == ACCOUNT


def test_a_container_is_made_in_an_owners_account_and_the_account_is_left_alone(azure):
    stack = azure({**EXISTING, "containers": [{"name": "images", "ownership": "create"}]})
    assert {one.type.rpartition(":")[2] for one in stack.made} == {"RoleAssignment", "BlobContainer"}


def test_two_integrations_of_one_account_share_what_both_need(azure):
    second = {"containers": [{"name": "scans", "ownership": "create"}]}
    alone, both = azure(checkers=CHECKERS), azure(others={"scans": second}, checkers=CHECKERS)
    more = {one.name for one in both.made} - {one.name for one in alone.made}
    assert more == {"scans-scans", f"acmeimages-scans-reads-{ENCORD}"}
    assert "StorageAccount images-account" in both.waits_for("BlobContainer scans-scans")


@pytest.mark.parametrize(("stack", "disposable"), [("prod", False), ("sandbox", True)])
def test_what_holds_data_is_kept_unless_the_environment_is_disposable(azure, stack, disposable):
    made = azure(stack=stack, disposable=disposable).made
    holding = [one for one in made if one.type.rpartition(":")[2] in HOLDS_DATA]
    assert len(holding) == 3
    assert all((one.protect, one.retain) == (not disposable, not disposable) for one in holding)
    assert not any(one.protect for one in made if one not in holding)
