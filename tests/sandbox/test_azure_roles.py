"""Role assignments: who may make them, for whom, and what they then allow on blobs."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from azure.core.exceptions import HttpResponseError
from azure.mgmt.authorization import AuthorizationManagementClient
from azure_stage import CONTAINER, CONTENT, CONTRIBUTOR, DELEGATOR, OBJECT, READER, code_of

from integrations_sandbox.clouds import azure as local_azure
from integrations_sandbox.clouds.azure_roles import BUILT_IN

pytest_plugins = ("azure_fixtures",)

MISMATCH = (403, "AuthorizationPermissionMismatch")
ENCORD, CHECKER = local_azure.ENCORD, local_azure.CHECKER
ASSIGNMENTS = "/providers/Microsoft.Authorization/roleAssignments"
IDS = {role.name: role.id for role in BUILT_IN}

ONE, ANOTHER = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"


def error_of(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def assignment(principal: str, role: str = READER, **more: Any) -> dict[str, Any]:
    definition = f"/providers/Microsoft.Authorization/roleDefinitions/{IDS[role]}"
    return {"properties": {"roleDefinitionId": definition, "principalId": principal, **more}}


def test_the_real_library_assigns_lists_and_removes_a_role(account):
    with AuthorizationManagementClient(account.azure.credential(), local_azure.SUBSCRIPTION) as client:
        found = list(client.role_definitions.list(account.id, filter=f"roleName eq '{READER}'"))
        assert [role.name for role in found] == [IDS[READER]]
        assert found[0].permissions[0].data_actions == [
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
        ]
        principal = account.azure.people[ENCORD].object_id
        name = str(uuid.uuid4())
        wanted: Any = {"role_definition_id": found[0].id, "principal_id": principal}
        made = client.role_assignments.create(account.id, name, wanted)
        assert (made.scope, made.principal_type) == (account.id, "ServicePrincipal")
        listed = client.role_assignments.list_for_scope(account.id, filter=f"principalId eq '{principal}'")
        assert [a.name for a in listed] == [name]
        assert client.role_assignments.get(account.id, name).role_definition_id == found[0].id
        client.role_assignments.delete(account.id, name)
        with pytest.raises(HttpResponseError, match="RoleAssignmentNotFound"):
            client.role_assignments.get(account.id, name)


def test_a_role_is_read_by_its_id(azure):
    path = f"/providers/Microsoft.Authorization/roleDefinitions/{IDS[DELEGATOR]}"
    assert azure.arm("GET", path).json()["properties"]["roleName"] == DELEGATOR
    assert error_of(azure.arm("GET", path[:-4] + "0000")) == (404, "RoleDefinitionDoesNotExist")


def test_an_application_id_is_refused_with_the_look_up(account):
    encord = account.azure.people[ENCORD]
    path = f"{ASSIGNMENTS}/{uuid.uuid4()}"
    answer = account.arm("PUT", path, assignment(encord.client_id, principalType="ServicePrincipal"))
    assert error_of(answer) == (400, "PrincipalNotFound")
    assert f"az ad sp show --id {encord.client_id} --query id" in answer.json()["error"]["message"]
    unknown = account.arm("PUT", path, assignment(str(uuid.uuid4())))
    assert error_of(unknown) == (400, "PrincipalNotFound")
    assert "az ad sp show" not in unknown.json()["error"]["message"]
    assert account.arm("PUT", path, assignment(encord.object_id)).status_code == 201


def test_the_same_grant_is_made_once(account):
    principal = account.azure.people[ENCORD].object_id
    first = f"{ASSIGNMENTS}/{uuid.uuid4()}"
    assert account.arm("PUT", first, assignment(principal)).status_code == 201
    assert account.arm("PUT", first, assignment(principal)).status_code == 200
    again = account.arm("PUT", f"{ASSIGNMENTS}/{uuid.uuid4()}", assignment(principal))
    assert error_of(again) == (409, "RoleAssignmentExists")
    assert error_of(account.arm("PUT", first, assignment(principal, CONTRIBUTOR))) == (
        400,
        "RoleAssignmentUpdateNotPermitted",
    )
    other_scope = account.azure.arm("PUT", f"{account.container_id}{ASSIGNMENTS}/{uuid.uuid4()}", assignment(principal))
    assert other_scope.status_code == 201


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("not-a-guid", {}, "InvalidRoleAssignmentId"),
        (ONE, {"roleDefinitionId": f"/x/{ANOTHER}"}, "RoleDefinitionDoesNotExist"),
        (ONE, {"condition": "@Resource…"}, "InvalidRoleAssignment"),
        (ONE, {"principalId": None}, "InvalidRequestContent"),
    ],
)
def test_what_is_no_assignment_is_refused(account, name, change, code):
    body = assignment(account.azure.people[ENCORD].object_id, **change)
    assert error_of(account.arm("PUT", f"{ASSIGNMENTS}/{name}", body)) == (400, code)


def test_who_may_not_assign_roles_is_refused_and_can_know_it_before(account):
    """A Contributor deploys everything but the grants."""
    assert account.grant(CHECKER, "Contributor").status_code == 201
    body = assignment(account.azure.people[ENCORD].object_id)
    path = f"{ASSIGNMENTS}/{uuid.uuid4()}"
    answer = account.arm("PUT", path, body, who=CHECKER)
    assert error_of(answer) == (403, "AuthorizationFailed")
    assert "Microsoft.Authorization/roleAssignments/write" in answer.json()["error"]["message"]
    assert account.arm("PATCH", body={"tags": {"by": "checker"}}, who=CHECKER).status_code == 200
    mine = account.arm("GET", "/providers/Microsoft.Authorization/permissions", who=CHECKER).json()["value"]
    assert {action for found in mine for action in found["notActions"]} >= {"Microsoft.Authorization/*/Write"}
    assert account.grant(CHECKER, "User Access Administrator").status_code == 201
    assert account.arm("PUT", path, body, who=CHECKER).status_code == 201


def test_assignments_go_with_what_they_are_at(account):
    account.grant(ENCORD, READER, account.container_id)
    account.azure.arm("DELETE", account.container_id)
    account.azure.arm("PUT", account.container_id, {})
    listed = account.arm("GET", ASSIGNMENTS, **{"$filter": "atScope()"}).json()["value"]
    principals = {found["properties"]["principalId"] for found in listed}
    assert principals == {account.azure.people[name].object_id for name in (local_azure.DEPLOYER, CHECKER)}


def test_listing_shows_above_at_and_below_unless_told_otherwise(account):
    account.grant(ENCORD, READER, account.container_id)

    def scopes(wish: str = "") -> set[str]:
        found = account.arm("GET", ASSIGNMENTS, **({"$filter": wish} if wish else {})).json()["value"]
        return {a["properties"]["scope"] for a in found}

    above = f"/subscriptions/{local_azure.SUBSCRIPTION}"
    assert scopes() == {above, account.container_id}
    assert scopes("atScope()") == {above}
    assert scopes(f"assignedTo('{account.azure.people[ENCORD].object_id}')") == {account.container_id}


def test_without_a_role_nothing_is_read_and_the_owner_of_the_subscription_has_none_on_data(account):
    for name in (ENCORD, CHECKER, local_azure.DEPLOYER):
        assert code_of(account.as_person(name).download_blob) == MISMATCH


@pytest.mark.parametrize("scope", ["container", "account", "group", "subscription"])
def test_a_reader_reads_and_lists_at_every_scope_and_writes_nothing(account, scope):
    group = account.id.partition("/providers/")[0]
    at = {
        "container": account.container_id,
        "account": account.id,
        "group": group,
        "subscription": group.partition("/resourceGroups/")[0],
    }[scope]
    made = account.grant(ENCORD, READER, at)
    assert made.status_code == 201
    blob = account.as_person(ENCORD)
    container = account.service(account.azure.credential(ENCORD)).get_container_client(CONTAINER)
    try:
        assert blob.download_blob().readall() == CONTENT
        assert [b.name for b in container.list_blobs()] == [OBJECT]
        assert code_of(lambda: container.upload_blob("new", b"x")) == MISMATCH
        assert code_of(blob.delete_blob) == MISMATCH
        assert code_of(container.delete_container) == MISMATCH
    finally:
        account.azure.arm("DELETE", made.json()["id"])
    assert code_of(blob.download_blob) == MISMATCH


def test_a_grant_on_one_container_is_none_on_another(account):
    account.azure.arm("PUT", f"{account.id}/blobServices/default/containers/other", {})
    account.grant(ENCORD, READER, account.container_id)
    service = account.service(account.azure.credential(ENCORD))
    assert code_of(lambda: list(service.get_container_client("other").list_blobs())) == MISMATCH
    assert code_of(lambda: list(service.list_containers())) == MISMATCH
    assert [b.name for b in service.get_container_client(CONTAINER).list_blobs()] == [OBJECT]


def test_a_contributor_writes_and_deletes(account):
    account.grant(ENCORD, CONTRIBUTOR)
    container = account.service(account.azure.credential(ENCORD)).get_container_client(CONTAINER)
    blob = container.upload_blob("sequences/a.mp4", b"x" * 5_000_000, max_concurrency=1)
    assert blob.get_blob_properties().size == 5_000_000
    blob.delete_blob()
    assert not blob.exists()
    assert code_of(lambda: container.get_container_access_policy()) == MISMATCH


def test_an_owner_of_the_data_sees_who_may_enter_a_container(account):
    account.grant(ENCORD, "Storage Blob Data Owner")
    container = account.service(account.azure.credential(ENCORD)).get_container_client(CONTAINER)
    assert container.get_container_access_policy()["public_access"] is None
    container.set_container_access_policy({})


def test_missing_and_forbidden_are_told_apart_by_those_who_may_read(account):
    def missing() -> object:
        service = account.service(account.azure.credential(ENCORD))
        return service.get_blob_client(CONTAINER, "missing").download_blob()

    assert code_of(missing) == MISMATCH
    account.grant(ENCORD, READER)
    assert code_of(missing) == (404, "BlobNotFound")


def delegation_key(account: Any, name: str) -> Any:
    now = datetime.now(UTC)
    service = account.service(account.azure.credential(name))
    return service.get_user_delegation_key(now - timedelta(minutes=5), now + timedelta(hours=1))


def test_a_delegation_key_needs_its_action_at_the_account_or_above(account):
    assert code_of(lambda: delegation_key(account, ENCORD)) == MISMATCH
    account.grant(ENCORD, READER, account.container_id)
    assert code_of(lambda: delegation_key(account, ENCORD)) == MISMATCH
    account.grant(ENCORD, DELEGATOR)
    assert delegation_key(account, ENCORD).signed_oid == account.azure.people[ENCORD].object_id


def test_a_copy_needs_the_source_too(account):
    """Within one account, by the caller's own right."""
    account.azure.arm("PUT", f"{account.id}/blobServices/default/containers/sequences", {})
    account.grant(ENCORD, CONTRIBUTOR, f"{account.id}/blobServices/default/containers/sequences")
    service = account.service(account.azure.credential(ENCORD))
    target, source = service.get_blob_client("sequences", "copy"), account.as_person(ENCORD).url
    assert code_of(lambda: target.start_copy_from_url(source)) == MISMATCH
    account.grant(ENCORD, READER, account.container_id)
    target.start_copy_from_url(source)
    assert target.download_blob().readall() == CONTENT


def test_a_batch_needs_what_it_could_do(account):
    account.grant(ENCORD, READER)
    service = account.service(account.azure.credential(ENCORD))
    container = service.get_container_client(CONTAINER)
    assert code_of(lambda: list(container.delete_blobs(OBJECT))) == MISMATCH
    account.grant(ENCORD, CONTRIBUTOR)
    assert [answer.status_code for answer in container.delete_blobs(OBJECT)] == [202]


def raw(account: Any, token: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}", "x-ms-version": "2021-12-02"}
    return requests.get(f"{account.url}/{CONTAINER}?restype=container&comp=list", headers=headers, timeout=10)


def test_a_token_for_somebody_else_or_of_nobody_is_refused(account):
    account.grant(ENCORD, READER)
    credential = account.azure.credential(ENCORD)
    good = credential.get_token("https://storage.azure.com/.default").token
    assert raw(account, good).status_code == 200
    assert raw(account, credential.get_token(f"{account.url}/.default").token).status_code == 200
    for token, reason in (
        (credential.get_token("https://management.azure.com/.default").token, "Audience validation failed"),
        (credential.get_token("https://other.blob.core.windows.net/.default").token, "Audience validation failed"),
        (f"{good[:-8]}AAAAAAAA", "Signature validation failed"),
        ("rubbish", "not a JSON Web Token"),
    ):
        answer = raw(account, token)
        assert (answer.status_code, answer.headers["x-ms-error-code"]) == (401, "InvalidAuthenticationInfo")
        assert reason in answer.text
        assert answer.headers["WWW-Authenticate"].startswith("Bearer authorization_uri=")
