"""Resource groups, storage accounts and containers, from the real azure-mgmt libraries and by plain HTTP."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from azure.core.exceptions import HttpResponseError
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.storage import StorageManagementClient
from azure_stage import CONTAINER, OBJECT, code_of

from integrations_sandbox.clouds import azure as local_azure

pytest_plugins = ("azure_fixtures",)

RULE = {
    "allowedOrigins": ["https://app.encord.com"],
    "allowedMethods": ["GET", "HEAD"],
    "allowedHeaders": ["*"],
    "exposedHeaders": ["ETag"],
    "maxAgeInSeconds": 3600,
}


def error_of(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


@pytest.fixture
def storage(azure):
    with StorageManagementClient(azure.credential(), local_azure.SUBSCRIPTION) as client:
        yield client


def test_the_real_libraries_make_and_remove_everything(azure, storage):
    with ResourceManagementClient(azure.credential(), local_azure.SUBSCRIPTION) as resources:
        resources.resource_groups.create_or_update("rg-real", {"location": "westeurope", "tags": {"for": "test"}})
        assert resources.resource_groups.check_existence("RG-Real")
        parameters: Any = {"location": "West Europe", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"}
        made = storage.storage_accounts.begin_create("rg-real", "acmereal", parameters).result()
        assert (made.provisioning_state, made.location) == ("Succeeded", "westeurope")
        assert made.primary_endpoints.blob == "https://acmereal.blob.core.windows.net/"
        storage.blob_containers.create("rg-real", "acmereal", "media", {})
        assert [c.name for c in storage.blob_containers.list("rg-real", "acmereal")] == ["media"]
        assert not storage.storage_accounts.check_name_availability({"name": "acmereal"}).name_available
        resources.resource_groups.begin_delete("rg-real").result()
        assert not resources.resource_groups.check_existence("rg-real")
    assert storage.storage_accounts.check_name_availability({"name": "acmereal"}).name_available
    assert "acmereal" not in [a.name for a in storage.storage_accounts.list()]


def test_creating_an_account_takes_two_steps(account):
    name = account.name[:-2] + "zz"
    path = f"resourceGroups/{account.group}/providers/Microsoft.Storage/storageAccounts/{name}"
    body = {"location": "westeurope", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"}
    first = account.azure.arm("PUT", path, body)
    assert (first.status_code, first.content) == (202, b"")
    token = {"Authorization": first.request.headers["Authorization"]}
    second = requests.get(first.headers["Location"], headers=token, timeout=10)
    assert (second.status_code, second.json()["name"]) == (200, name)


def test_an_existing_account_is_changed_at_once_and_keeps_what_is_not_named(account):
    assert account.put(minimumTlsVersion="TLS1_2").json()["properties"]["minimumTlsVersion"] == "TLS1_2"
    changed = account.arm("PATCH", body={"properties": {"allowSharedKeyAccess": True}}).json()["properties"]
    assert (changed["minimumTlsVersion"], changed["allowSharedKeyAccess"]) == ("TLS1_2", True)


def test_an_account_cannot_move(account):
    assert error_of(account.put("northeurope")) == (409, "InvalidResourceLocation")


def test_the_name_of_an_account_is_taken_for_everybody(account):
    azure, other = account.azure, f"{account.group}-other"
    azure.arm("PUT", f"resourceGroups/{other}", {"location": "westeurope"})
    path = f"resourceGroups/{other}/providers/Microsoft.Storage/storageAccounts/{account.name}"
    body = {"location": "westeurope", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"}
    assert error_of(azure.arm("PUT", path, body)) == (409, "StorageAccountAlreadyTaken")
    assert azure.arm("DELETE", f"resourceGroups/{other}").status_code == 202


@pytest.mark.parametrize("name", ["ab", "Acme", "acme-media", "a" * 25])
def test_a_name_that_is_none_is_refused(account, name):
    path = f"resourceGroups/{account.group}/providers/Microsoft.Storage/storageAccounts/{name}"
    body = {"location": "westeurope", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"}
    assert error_of(account.azure.arm("PUT", path, body)) == (400, "AccountNameInvalid")
    check = account.azure.arm("POST", "providers/Microsoft.Storage/checkNameAvailability", {"name": name}).json()
    assert check["reason"] == "AccountNameInvalid"


def test_a_group_that_is_missing_is_said_so(azure):
    answer = azure.arm("GET", "resourceGroups/rg-none/providers/Microsoft.Storage/storageAccounts/acmenone")
    assert error_of(answer) == (404, "ResourceGroupNotFound")
    assert azure.arm("HEAD", "resourceGroups/rg-none").status_code == 404


def test_a_group_cannot_move(account):
    answer = account.azure.arm("PUT", f"resourceGroups/{account.group}", {"location": "northeurope"})
    assert error_of(answer) == (409, "InvalidResourceGroupLocation")


def test_a_deleted_account_has_no_host_any_more_and_its_successor_is_empty(account):
    service = account.service(account.key())
    account.arm("PUT", "/blobServices/default", {"properties": {"cors": {"corsRules": [RULE]}}})
    assert account.arm("DELETE").status_code == 200
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(account.url, timeout=10)
    assert account.arm("DELETE").status_code == 204
    assert account.put().status_code == 202
    assert list(account.service(account.key()).list_containers()) == []
    assert account.arm("GET", "/blobServices/default").json()["properties"]["cors"]["corsRules"] == []
    assert code_of(lambda: list(service.list_containers())) == (403, "AuthenticationFailed")  # another key


def test_an_account_that_never_was_has_no_host(azure):
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get("https://nobody.blob.core.windows.net/media/a", timeout=10)


def test_keys_are_renewed_one_at_a_time(account):
    first, second = (key["value"] for key in account.arm("POST", "/listKeys").json()["keys"])
    account.arm("POST", "/regenerateKey", {"keyName": "key1"})
    assert code_of(lambda: list(account.service(first).list_containers())) == (403, "AuthenticationFailed")
    assert [c.name for c in account.service(second).list_containers()] == [CONTAINER]
    assert error_of(account.arm("POST", "/regenerateKey", {"keyName": "key3"}))[0] == 400


def test_a_container_that_keeps_its_blobs_takes_new_ones_and_lets_none_be_changed_or_removed(account):
    policy = f"{account.container_id}/immutabilityPolicies/default"
    days = {"properties": {"immutabilityPeriodSinceCreationInDays": 1}}
    kept, new = (account.service(account.key()).get_blob_client(CONTAINER, name) for name in (OBJECT, "new"))
    assert (
        account.azure.arm("PUT", policy, {"properties": {"immutabilityPeriodSinceCreationInDays": 0}}).status_code
        == 400
    )
    assert account.azure.arm("PUT", policy, days).json()["properties"]["state"] == "Unlocked"
    assert account.azure.arm("GET", account.container_id).json()["properties"]["hasImmutabilityPolicy"] is True
    new.upload_blob(b"may be made")
    for change in (
        kept.delete_blob,
        lambda: new.upload_blob(b"again", overwrite=True),
        lambda: new.set_blob_metadata({"a": "b"}),
    ):
        assert code_of(change) == (409, "BlobImmutableDueToPolicy")
    new.set_standard_blob_tier("Cool")
    container = account.service(account.key()).get_container_client(CONTAINER)
    assert code_of(container.delete_container) == (409, "ContainerProtectedFromDeletion")
    assert error_of(account.azure.arm("DELETE", account.container_id)) == (409, "ContainerProtectedFromDeletion")
    assert account.azure.arm("DELETE", policy).json()["properties"]["state"] == "Deleted"
    kept.delete_blob()
    assert account.azure.arm("GET", account.container_id).json()["properties"]["hasImmutabilityPolicy"] is False
    assert error_of(account.azure.arm("PUT", f"{account.container_id}no/immutabilityPolicies/default", days))[0] == 404


def test_a_lifecycle_policy_is_kept_as_it_is_said_and_has_a_rule(account):
    policy = {"rules": [{"name": "aging", "type": "Lifecycle", "definition": {"actions": {}}}]}
    assert error_of(account.arm("GET", "/managementPolicies/default")) == (404, "ManagementPolicyNotFound")
    assert error_of(account.arm("PUT", "/managementPolicies/default", {"properties": {"policy": {}}}))[0] == 400
    account.arm("PUT", "/managementPolicies/default", {"properties": {"policy": policy}})
    assert account.arm("GET", "/managementPolicies/default").json()["properties"]["policy"] == policy
    assert account.arm("DELETE", "/managementPolicies/default").status_code == 200
    assert account.arm("DELETE", "/managementPolicies/default").status_code == 204


def test_containers_are_made_shown_changed_and_removed(account):
    path = "/blobServices/default/containers/more-media"
    assert account.arm("PUT", path, {"properties": {"metadata": {"for": "test"}}}).status_code == 201
    assert account.arm("PUT", path, {}).status_code == 200
    shown = account.arm("GET", path).json()["properties"]
    assert (shown["publicAccess"], shown["metadata"]) == ("None", {"for": "test"})
    assert account.arm("DELETE", path).status_code == 200
    assert account.arm("DELETE", path).status_code == 204
    assert error_of(account.arm("GET", path)) == (404, "ContainerNotFound")
    assert error_of(account.arm("PUT", "/blobServices/default/containers/Bad_Name", {}))[0] == 400


def test_all_containers_are_listed(account):
    service = account.service(account.key())
    for number in range(3):
        service.create_container(f"part-{number}")
    names = [c["name"] for c in account.arm("GET", "/blobServices/default/containers").json()["value"]]
    assert names == [CONTAINER, "part-0", "part-1", "part-2"]


def test_a_container_becomes_public_only_where_the_account_allows_it(account):
    path = f"/blobServices/default/containers/{CONTAINER}"
    public = {"properties": {"publicAccess": "Blob"}}
    assert error_of(account.arm("PUT", path, public)) == (409, "PublicAccessNotPermitted")
    account.put(allowBlobPublicAccess=True)
    assert account.arm("PUT", path, public).json()["properties"]["publicAccess"] == "Blob"
    back = account.arm("PATCH", path, {"properties": {"publicAccess": "None"}})
    assert back.json()["properties"]["publicAccess"] == "None"


def test_cors_rules_are_those_of_the_service_itself(account):
    wanted = {"properties": {"cors": {"corsRules": [RULE]}, "isVersioningEnabled": True}}
    assert account.arm("PUT", "/blobServices/default", wanted).status_code == 200
    seen = account.service(account.key()).get_service_properties()["cors"]
    assert [(rule.allowed_origins, rule.allowed_methods) for rule in seen] == [("https://app.encord.com", "GET,HEAD")]
    account.service(account.key()).set_service_properties(cors=[])
    shown = account.arm("GET", "/blobServices/default").json()["properties"]
    assert (shown["cors"]["corsRules"], shown["isVersioningEnabled"]) == ([], True)


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ([RULE] * 6, "at most 5"),
        ([{**RULE, "allowedMethods": ["FOO"]}], "unknown method FOO"),
        ([{**RULE, "allowedOrigins": []}], "no origin"),
        ([{key: RULE[key] for key in RULE if key != "exposedHeaders"}], "lacks exposedHeaders"),
        ([{**RULE, "allowedHeaders": ["x" * 2100]}], "larger than 2048"),
    ],
)
def test_cors_rules_that_azure_does_not_take_are_refused(account, rules, reason):
    answer = account.arm("PUT", "/blobServices/default", {"properties": {"cors": {"corsRules": rules}}})
    assert answer.status_code == 400
    assert reason in answer.json()["error"]["message"]
    assert account.arm("GET", "/blobServices/default").json()["properties"]["cors"]["corsRules"] == []


def test_five_cors_rules_are_taken_and_six_refused_by_the_service_too(account):
    from azure.storage.blob import CorsRule

    service = account.service(account.key())
    rule = CorsRule(["https://app.encord.com"], ["GET"], allowed_headers=["*"], exposed_headers=["*"])
    service.set_service_properties(cors=[rule] * 5)
    assert code_of(lambda: service.set_service_properties(cors=[rule] * 6)) == (400, "InvalidXmlDocument")
    assert len(service.get_service_properties()["cors"]) == 5


def test_nobody_without_a_token_or_with_a_foreign_one(azure):
    url = f"https://management.azure.com/subscriptions/{local_azure.SUBSCRIPTION}?api-version=2022-12-01"
    assert error_of(requests.get(url, timeout=10)) == (401, "AuthenticationFailed")
    wrong = {"Authorization": f"Bearer {azure.credential().get_token('https://storage.azure.com/.default').token}"}
    assert error_of(requests.get(url, headers=wrong, timeout=10)) == (401, "InvalidAuthenticationToken")
    token = azure.credential().get_token("https://management.azure.com/.default").token
    altered = {"Authorization": f"Bearer {token[:-8]}AAAAAAAA"}
    assert error_of(requests.get(url, headers=altered, timeout=10)) == (401, "InvalidAuthenticationToken")
    right = {"Authorization": f"Bearer {token}"}
    assert requests.get(url, headers=right, timeout=10).json()["subscriptionId"] == local_azure.SUBSCRIPTION


def test_refusals_of_the_path_itself(azure):
    assert error_of(azure.arm("GET", "/subscriptions/none/resourceGroups/rg")) == (404, "SubscriptionNotFound")
    unknown = azure.arm("GET", "resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm")
    assert error_of(unknown) == (404, "InvalidResourceType")
    assert error_of(azure.arm("POST", "resourceGroups/rg", {})) == (405, "MethodNotAllowed")
    assert error_of(azure.arm("GET", "resourceGroups", **{"api-version": ""})) == (400, "MissingApiVersionParameter")
    assert azure.arm("GET", "resourceGroups", **{"api-version": "2099-01-01"}).status_code == 200


def test_a_reader_sees_everything_and_changes_nothing(account):
    assert account.arm("GET", who=local_azure.CHECKER).status_code == 200
    assert account.arm("GET", "/blobServices/default", who=local_azure.CHECKER).status_code == 200
    for method, path in (("PATCH", ""), ("PUT", "/blobServices/default"), ("DELETE", ""), ("POST", "/listKeys")):
        answer = account.arm(method, path, {}, who=local_azure.CHECKER)
        assert error_of(answer) == (403, "AuthorizationFailed")
        assert account.azure.people[local_azure.CHECKER].object_id in answer.json()["error"]["message"]


def test_who_has_no_role_sees_nothing(account):
    assert error_of(account.arm("GET", who=local_azure.ENCORD)) == (403, "AuthorizationFailed")


def test_the_data_is_gone_with_the_container(account):
    blob = account.service(account.key()).get_blob_client(CONTAINER, OBJECT)
    assert blob.exists()
    storage_path = f"/blobServices/default/containers/{CONTAINER}"
    assert account.arm("DELETE", storage_path).status_code == 200
    assert not blob.exists()


def test_an_sdk_error_carries_azures_code(storage):
    with pytest.raises(HttpResponseError) as caught:
        storage.storage_accounts.get_properties("rg-none", "acmenone")
    assert caught.value.error is not None
    assert caught.value.error.code == "ResourceGroupNotFound"
