"""The sandbox's Azure as its tests change it: the account of the example environment, as the deployer."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from azure.storage.blob import BlobServiceClient, generate_account_sas

from integrations.access import azure as access
from integrations_sandbox import people, sandbox
from integrations_sandbox.clouds import azure as local_azure
from integrations_sandbox.clouds.azure_front import Directory
from integrations_sandbox.deploy.handlers.azure import Cloud
from integrations_sandbox.stages import DEPLOYER
from integrations_sandbox.stages.azure import AzureStage

ACCOUNT, CONTAINER, PIXEL = "acmeclinic", "clinic", "probe/pixel.png"
ENCORD = local_azure.PEOPLE[local_azure.ENCORD][1]
APPLICATION = local_azure.PEOPLE[local_azure.ENCORD][0]
CHECKER = local_azure.PEOPLE[local_azure.CHECKER][1]
READS, WRITES, SIGNS = access.READS, access.WRITES, access.SIGNS


def integration(stage: Any) -> Any:
    """The integration as the file has it now."""
    return sandbox.open_sandbox(stage.root).environment.settings.integrations["clinic"]


@contextmanager
def deployer(stage: Any) -> Iterator[Cloud]:
    """Azure Resource Manager, as the deployer asks it."""
    with people.working_as(stage.sandbox.variables(DEPLOYER)):
        yield Cloud(AzureStage().deployer(), local_azure.SUBSCRIPTION, "westeurope")


def arm(stage: Any, method: str, path: str, body: Any = None) -> Any:
    """One call for a path below the account, or for a whole id. Returns the document, None if there is none."""
    whole = path if path.startswith("/subscriptions") else access.account_id(integration(stage)) + path
    with deployer(stage) as cloud:
        answer = cloud.call(method, whole, access.API_VERSION, body)
    return answer.json() if answer.content else None


def set_cors(stage: Any, *origins: tuple[str, ...]) -> None:
    """Other CORS rules than the stack's, one for each group of origins."""
    rules = [access.cors_rule(group) for group in origins]
    arm(stage, "PUT", "/blobServices/default", {"properties": {"cors": {"corsRules": rules}}})


def cors(stage: Any) -> list[dict[str, Any]]:
    """The account's CORS rules."""
    return list(arm(stage, "GET", "/blobServices/default")["properties"]["cors"]["corsRules"])


def assignments(stage: Any) -> dict[str, dict[str, Any]]:
    """What is granted on the account and below it, by id; what is inherited left out."""
    listed = arm(stage, "GET", access.ASSIGNMENTS)["value"]
    below = access.account_id(integration(stage))
    return {one["id"]: one["properties"] for one in listed if one["properties"]["scope"].startswith(below)}


def granted(stage: Any) -> list[dict[str, Any]]:
    """What the stack grants, as the file has it now."""
    mine, settings = integration(stage), sandbox.open_sandbox(stage.root).environment.settings
    return [grant.document for grant in access.grants(mine, settings.azure_checker(mine.tenant))]


def roles(stage: Any, principal: str) -> set[str]:
    """The roles of an identity there, by what they do."""
    named = {one.id: one.does for one in (READS, WRITES, SIGNS, access.SEES_SETTINGS)}
    mine = [one for one in assignments(stage).values() if one["principalId"] == principal]
    return {named[one["roleDefinitionId"].rpartition("/")[2]] for one in mine}


def grant(stage: Any, principal: str, role: access.Role, scope: str | None = None) -> None:
    """Give somebody a role, on the account if nothing else is said."""
    whole = f"{scope or access.account_id(integration(stage))}{access.ASSIGNMENTS}/{uuid.uuid4()}"
    definition = f"{access.DEFINITIONS}/{role.id}"
    arm(stage, "PUT", whole, {"properties": {"principalId": principal, "roleDefinitionId": definition}})


def revoke(stage: Any, role: access.Role, *principals: str) -> None:
    """Take a role away from somebody, wherever it was given."""
    for name, one in assignments(stage).items():
        if one["principalId"] in principals and one["roleDefinitionId"].endswith(role.id):
            arm(stage, "DELETE", name)


def obey(stage: Any) -> None:
    """Do what `check` prints to be done with az, and then `pulumi up`."""
    results = stage.run_here("check", "--format", "json").json["results"]
    printed = [found for one in results for found in re.findall(r"az ((?:[a-z][a-z-]* )+)(--[^,]+)", one["fix"])]
    assert printed
    for command, rest in printed:
        options = dict(re.findall(r"--(\S+) (\S.*?)(?= --|$)", rest))
        _OBEYED[command.strip()](stage, options)
    stage.up()


def _delete_roles(stage: Any, options: dict[str, str]) -> None:
    for name in options["ids"].split():
        arm(stage, "DELETE", name)


def _update_account(stage: Any, options: dict[str, str]) -> None:
    wanted = {
        "public-network-access": lambda value: {"publicNetworkAccess": value},
        "default-action": lambda value: {"networkAcls": {"defaultAction": value}},
        "allow-shared-key-access": lambda value: {"allowSharedKeyAccess": value == "true"},
    }
    assert (options.pop("name"), options.pop("resource-group")) == (ACCOUNT, integration(stage).resource_group.name)
    for option, value in options.items():
        arm(stage, "PATCH", "", {"properties": wanted[option](value)})


def _set_tier(stage: Any, options: dict[str, str]) -> None:
    with blobs(stage, options["account-name"]) as service:
        blob = service.get_blob_client(options["container-name"], options["name"])
        blob.set_standard_blob_tier(options["tier"])


_OBEYED = {
    "role assignment delete": _delete_roles,
    "storage account update": _update_account,
    "storage blob set-tier": _set_tier,
}


@contextmanager
def blobs(stage: Any, account: str = ACCOUNT) -> Iterator[BlobServiceClient]:
    """The blob service of the account, with its key."""
    key = arm(stage, "POST", "/listKeys")["keys"][0]["value"]
    with people.working_as(stage.sandbox.variables(DEPLOYER)):
        service = BlobServiceClient(f"https://{account}.blob.core.windows.net", credential=key)
        try:
            yield service
        finally:
            service.close()


def admit(stage: Any, **directory: Any) -> None:
    """Somebody new in the tenant."""
    with people.working_as(stage.sandbox.variables(DEPLOYER)):
        local_azure.admit(stage.sandbox.layout.folder / "azure", Directory(**directory))


def signature(stage: Any, **terms: str) -> str:
    """The account SAS that its holder would paste into Encord's dialog; with these terms instead of those wanted."""
    wanted = {**access.sas_terms(integration(stage)), **terms}
    key = arm(stage, "POST", "/listKeys")["keys"][0]["value"]
    expiry = datetime.fromisoformat(wanted["expiry"])
    return generate_account_sas(
        ACCOUNT, key, wanted["resourceTypes"], wanted["permissions"], expiry, protocol=wanted["protocol"]
    )
