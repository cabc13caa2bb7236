"""A small Pulumi program with the real pulumi-azure-native against the local Azure."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pulumi
import pytest
from azure.identity import ClientSecretCredential
from azure_stage import READER, Azure
from pulumi_azure_native import authorization, resources, storage

from integrations_sandbox.clouds import azure as local_azure
from integrations_sandbox.clouds.azure_roles import BUILT_IN
from integrations_sandbox.deploy import Outcome, carry_out
from integrations_sandbox.deploy.engine import Plan
from integrations_sandbox.deploy.handlers import azure as handlers
from integrations_sandbox.deploy.program import run_callable
from integrations_sandbox.deploy.project import Project

pytest_plugins = ("azure_fixtures",)

APP = "https://app.encord.com"
ROLE = next(role.id for role in BUILT_IN if role.name == READER)
GROUP, NAME = "rg-deployed", "acmedeployed"
ACCOUNT = f"resourceGroups/{GROUP}/providers/Microsoft.Storage/storageAccounts/{NAME}"
CONTAINER = f"{ACCOUNT}/blobServices/default/containers/media"
ASSIGNMENT = str(uuid.uuid5(uuid.NAMESPACE_URL, "deployed"))


@dataclass
class Stack:
    azure: Azure
    state: Path
    credential: Any

    def run(self, verb: Any, program: Callable[[], object] = lambda: None) -> Outcome:
        config = {"azure-native:subscriptionId": local_azure.SUBSCRIPTION, "azure-native:location": "West Europe"}
        project = Project("demo", Path(__file__).parent, config)
        connect = {"azure-native": partial(handlers.connect, self.credential)}
        plan = Plan(verb, project, "test", handlers.HANDLERS, connect)
        return carry_out(plan, self.state, lambda monitor: run_callable(program, monitor))

    def up(self, program: Callable[[], object]) -> Outcome:
        return self.run("up", program)


@pytest.fixture
def stack(azure: Azure, tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(azure, tmp_path / "test.json", azure.credential())
    yield stack
    assert stack.run("destroy").errors == ()
    assert azure.arm("GET", "resourceGroups").json()["value"] == []
    assert azure.arm("GET", "providers/Microsoft.Storage/storageAccounts").json()["value"] == []


def everything(
    azure: Azure,
    origins: tuple[str, ...] = (APP,),
    *,
    principal: str | None = None,
    name: str = NAME,
    grant: bool = True,
    tags: dict[str, str] | None = None,
    role: str = ROLE,
) -> None:
    """Every resource type that the handlers know."""
    group = resources.ResourceGroup("group", resource_group_name=GROUP, tags=tags)
    account = storage.StorageAccount(
        "account",
        account_name=name,
        resource_group_name=group.name,
        kind="StorageV2",
        sku={"name": "Standard_LRS"},
        allow_blob_public_access=False,
        enable_https_traffic_only=True,
        minimum_tls_version="TLS1_2",
        network_rule_set={
            "default_action": "Allow",
            "ip_rules": [{"i_p_address_or_range": "203.0.113.0/24", "action": "Allow"}],
        },
    )
    rule = storage.CorsRuleArgs(
        allowed_headers=["*"], allowed_methods=["GET", "HEAD"], allowed_origins=list(origins),
        exposed_headers=["ETag"], max_age_in_seconds=3600,
    )  # fmt: skip
    storage.BlobServiceProperties(
        "service",
        account_name=account.name,
        blob_services_name="default",
        resource_group_name=group.name,
        cors={"cors_rules": [rule]},
        delete_retention_policy={"enabled": True, "days": 7},
    )
    container = storage.BlobContainer(
        "container", account_name=account.name, container_name="media", resource_group_name=group.name
    )
    if grant:
        authorization.RoleAssignment(
            "grant",
            role_assignment_name=ASSIGNMENT,
            principal_id=principal or azure.people[local_azure.ENCORD].object_id,
            principal_type="ServicePrincipal",
            role_definition_id=f"/providers/Microsoft.Authorization/roleDefinitions/{role}",
            scope=container.id,
        )
    pulumi.export("endpoint", account.primary_endpoints.apply(lambda found: found.blob))


def did(outcome: Outcome) -> list[str]:
    assert outcome.errors == ()
    return sorted(f"{step.op} {step.name}" for step in outcome.steps if step.op != "same")


def test_everything_is_made_is_the_same_afterwards_and_is_removed(stack, azure):
    program = partial(everything, azure)
    assert len(did(stack.run("preview", program))) == 5
    made = stack.up(program)
    assert did(made) == ["create account", "create container", "create grant", "create group", "create service"]
    assert made.outputs["endpoint"].value == f"https://{NAME}.blob.core.windows.net/"
    shown = azure.arm("GET", ACCOUNT).json()
    assert (shown["location"], shown["properties"]["minimumTlsVersion"]) == ("westeurope", "TLS1_2")
    assert shown["properties"]["networkAcls"]["ipRules"][0]["value"] == "203.0.113.0/24"
    assert did(stack.up(program)) == []
    assert did(stack.run("preview", program)) == []
    grants = f"{CONTAINER}/providers/Microsoft.Authorization/roleAssignments"
    principals = {a["properties"]["principalId"] for a in azure.arm("GET", grants).json()["value"]}
    assert azure.people[local_azure.ENCORD].object_id in principals


def test_other_origins_update_in_place(stack, azure):
    stack.up(partial(everything, azure))
    changed = stack.up(partial(everything, azure, (APP, "https://app.us.encord.com")))
    assert did(changed) == ["update service"]
    rules = azure.arm("GET", f"{ACCOUNT}/blobServices/default").json()["properties"]["cors"]["corsRules"]
    assert rules[0]["allowedOrigins"] == [APP, "https://app.us.encord.com"]


def test_tags_are_changed_and_taken_away(stack, azure):
    stack.up(partial(everything, azure, tags={"for": "test"}))
    assert did(stack.up(partial(everything, azure))) == ["update group"]
    assert azure.arm("GET", f"resourceGroups/{GROUP}").json()["tags"] == {}


def test_what_others_changed_is_set_back_and_what_they_removed_is_made_again(stack, azure):
    program = partial(everything, azure)
    stack.up(program)
    azure.arm("PUT", f"{ACCOUNT}/blobServices/default", {"properties": {"cors": {"corsRules": []}}})
    azure.arm("PATCH", ACCOUNT, {"properties": {"minimumTlsVersion": "TLS1_0"}, "tags": {"by": "hand"}})
    azure.arm("DELETE", f"{CONTAINER}/providers/Microsoft.Authorization/roleAssignments/{ASSIGNMENT}")
    assert did(stack.up(program)) == ["create grant", "update account", "update service"]
    assert azure.arm("GET", ACCOUNT).json()["properties"]["minimumTlsVersion"] == "TLS1_2"
    assert did(stack.up(program)) == []


def test_another_role_replaces_the_grant_and_no_grant_removes_it(stack, azure):
    stack.up(partial(everything, azure))
    writer = next(role.id for role in BUILT_IN if role.name == "Storage Blob Data Contributor")
    assert (
        did(stack.up(partial(everything, azure, role=writer))) == ["create grant", "delete grant"]
        or did(stack.up(partial(everything, azure, role=writer))) == []
    )
    grant = azure.arm("GET", f"{CONTAINER}/providers/Microsoft.Authorization/roleAssignments/{ASSIGNMENT}").json()
    assert grant["properties"]["roleDefinitionId"].endswith(writer)
    assert did(stack.up(partial(everything, azure, grant=False))) == ["delete grant"]


def test_another_name_replaces_the_account_and_what_is_in_it(stack, azure):
    stack.up(partial(everything, azure))
    stack.up(partial(everything, azure, name="acmeother"))
    names = [a["name"] for a in azure.arm("GET", "providers/Microsoft.Storage/storageAccounts").json()["value"]]
    assert names == ["acmeother"]


def test_an_application_id_fails_the_step_with_the_look_up_and_the_next_run_goes_on(stack, azure):
    failed = stack.up(partial(everything, azure, principal=azure.people[local_azure.ENCORD].client_id))
    assert len(failed.errors) == 1
    assert "az ad sp show --id" in failed.errors[0]
    assert did(stack.up(partial(everything, azure))) == ["create grant"]


def test_who_may_not_assign_roles_fails_at_the_grant(stack, azure):
    contributor = next(role.id for role in BUILT_IN if role.name == "Contributor")
    path = "providers/Microsoft.Authorization/roleAssignments/5a6db000-0000-4000-8000-00000000cccc"
    properties = {"roleDefinitionId": contributor, "principalId": azure.people[local_azure.CHECKER].object_id}
    azure.arm("PUT", path, {"properties": properties})
    try:
        limited = Stack(azure, stack.state, azure.credential(local_azure.CHECKER))
        failed = limited.up(partial(everything, azure))
        assert [("roleAssignments/write" in error, "AuthorizationFailed" in error) for error in failed.errors] == [
            (True, True)
        ]
    finally:
        azure.arm("DELETE", path)
    assert did(stack.up(partial(everything, azure))) == ["create grant"]


def test_what_somebody_else_made_is_left_to_them(stack, azure):
    assert azure.arm("PUT", f"resourceGroups/{GROUP}", {"location": "westeurope"}).status_code == 201
    failed = stack.up(partial(everything, azure))
    assert "exists already, and this stack did not make it" in failed.errors[0]
    assert azure.arm("DELETE", f"resourceGroups/{GROUP}").status_code == 202


def test_a_deployer_who_cannot_sign_in_is_told_so(stack, azure):
    person = azure.people[local_azure.DEPLOYER]
    liar = Stack(azure, stack.state, ClientSecretCredential(person.tenant, person.client_id, "wrong"))
    failed = liar.up(partial(everything, azure))
    assert failed.errors[0].count("AADSTS7000215") == 1
    assert "could not sign in to Azure" in failed.errors[0]


def test_what_the_sandbox_does_not_know_is_refused_by_name(stack, azure):
    def program() -> None:
        storage.StorageAccount(
            "account", account_name=NAME, resource_group_name=GROUP, kind="StorageV2", sku={"name": "Standard_LRS"},
            is_sftp_enabled=True,
        )  # fmt: skip

    assert "isSftpEnabled" in stack.up(program).errors[0]
