"""The handler of Azure's resources, against answers made up here."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from integrations_sandbox.deploy import wire
from integrations_sandbox.deploy.handler import Target
from integrations_sandbox.deploy.handlers.azure import HANDLERS, AzureError, Cloud, connect
from integrations_sandbox.deploy.records import StepError

ACCOUNT = HANDLERS["azure-native:storage:StorageAccount"]
SERVICE = HANDLERS["azure-native:storage:BlobServiceProperties"]
GRANT = HANDLERS["azure-native:authorization:RoleAssignment"]
CONTAINER = HANDLERS["azure-native:storage:BlobContainer"]
WHERE = {"resourceGroupName": "rg", "accountName": "acme"}
ID = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/acme"


class Scripted(Cloud):
    """Answers each call with the next of a list, and remembers what was asked."""

    def __init__(self, *answers: tuple[int, dict[str, str], Any]) -> None:
        super().__init__(credential=None, subscription="s", location="westeurope")  # type: ignore[arg-type]
        self.answers, self.asked = list(answers), []

    def call(self, method: str, path: str, version: str, body: Any = None) -> requests.Response:
        self.asked.append((method, path, body))
        status, headers, document = self.answers.pop(0)
        if status >= 400:
            raise AzureError(f"{method} it", status, "Code", "no")
        answer = requests.Response()
        answer.status_code, answer._content = status, b""
        answer.headers.update(headers)
        answer.json = lambda **_: document  # type: ignore[method-assign]
        return answer


def document(**properties: Any) -> dict[str, Any]:
    sku = {"name": "Standard_LRS", "tier": "Standard"}
    return {"id": ID, "name": "acme", "location": "westeurope", "sku": sku, "kind": "StorageV2", "tags": {},
            "properties": properties}  # fmt: skip


WANTED = {**WHERE, "sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "enableHttpsTrafficOnly": True}
AT = {"Location": "https://management.azure.com/operation", "Retry-After": "0"}


def test_an_id_is_known_as_soon_as_its_names_are():
    assert ACCOUNT.identify(Target(Scripted(), WHERE)) == ID
    assert SERVICE.identify(Target(Scripted(), WHERE)) == f"{ID}/blobServices/default"
    unknown = {**WHERE, "resourceGroupName": wire.UNKNOWN}
    assert ACCOUNT.identify(Target(Scripted(), unknown)) == ""
    scope = {"scope": ID, "roleAssignmentName": "n"}
    assert GRANT.identify(Target(Scripted(), scope)) == f"{ID}/providers/Microsoft.Authorization/roleAssignments/n"


def test_what_takes_a_while_is_waited_for():
    cloud = Scripted(
        (202, AT, None), (202, AT, None), (200, {}, {}), (200, {}, document(supportsHttpsTrafficOnly=True))
    )
    made, outputs = ACCOUNT.create(Target(cloud, WANTED, ID))
    assert made == ID
    assert outputs["enableHttpsTrafficOnly"] is True
    assert [method for method, *_ in cloud.asked] == ["PUT", "GET", "GET", "GET"]
    body = cloud.asked[0][2]
    assert body["properties"] == {"supportsHttpsTrafficOnly": True}
    assert (body["location"], body["sku"], body["tags"]) == ("westeurope", {"name": "Standard_LRS"}, {})


def test_the_failure_of_what_takes_a_while_is_the_steps_failure():
    cloud = Scripted((202, AT, None), (409, {}, None))
    with pytest.raises(AzureError, match="no"):
        ACCOUNT.create(Target(cloud, WANTED, ID))


def test_what_takes_too_long_is_said_to_go_on():
    cloud = Scripted((202, AT, None), (202, AT, None))
    with pytest.raises(StepError, match="took longer than -1 seconds; it may still be going on"):
        ACCOUNT.create(Target(cloud, WANTED, ID, limit=-1))


def test_only_what_the_program_says_is_looked_after():
    live = document(supportsHttpsTrafficOnly=False, minimumTlsVersion="TLS1_0")
    seen = ACCOUNT.read(Target(Scripted((200, {}, live)), WANTED, ID))
    assert seen is not None
    assert seen.inputs["enableHttpsTrafficOnly"] is False
    assert seen.inputs["sku"] == {"name": "Standard_LRS"}
    assert "minimumTlsVersion" not in seen.inputs
    assert seen.outputs["minimumTlsVersion"] == "TLS1_0"
    assert ACCOUNT.read(Target(Scripted((404, {}, None)), WANTED, ID)) is None
    with pytest.raises(AzureError):
        ACCOUNT.read(Target(Scripted((403, {}, None)), WANTED, ID))


def test_tags_are_all_the_programs_own():
    live = {**document(), "tags": {"by": "hand"}}
    seen = ACCOUNT.read(Target(Scripted((200, {}, live)), WANTED, ID))
    assert seen is not None
    assert seen.inputs["tags"] == {"by": "hand"}


def test_a_role_is_the_same_with_and_without_its_subscription():
    short, long = "/providers/Microsoft.Authorization/roleDefinitions/ABC", "/subscriptions/s/x/roleDefinitions/abc"
    live = {"name": "n", "properties": {"roleDefinitionId": long, "principalId": "p"}}
    target = Target(Scripted((200, {}, live)), {"roleDefinitionId": short, "principalId": "p"}, "id")
    seen = GRANT.read(target)
    assert seen is not None
    assert seen.inputs == GRANT.desired(target)
    cloud = Scripted((201, {}, live), (200, {}, live))
    GRANT.update(Target(cloud, target.inputs, "id"))
    assert cloud.asked[0][2]["properties"]["roleDefinitionId"] == short


def test_what_is_gone_already_is_deleted_and_what_cannot_be_deleted_is_left():
    CONTAINER.delete(Target(Scripted((404, {}, None)), {}, ID))
    SERVICE.delete(Target(Scripted(), {}, ID))
    with pytest.raises(AzureError):
        CONTAINER.delete(Target(Scripted((409, {}, None)), {}, ID))


def test_a_provider_needs_a_subscription_and_takes_no_credentials():
    assert connect(None, {"subscriptionId": "s", "location": "westeurope"}).subscription == "s"  # type: ignore[arg-type]
    with pytest.raises(StepError, match="set `azure-native:subscriptionId`"):
        connect(None, {})  # type: ignore[arg-type]
    with pytest.raises(StepError, match="does not know the setting clientSecret"):
        connect(None, {"subscriptionId": "s", "clientSecret": "x"})  # type: ignore[arg-type]


def test_errors_become_sentences_and_bugs_do_not():
    assert ACCOUNT.explain(AzureError("PUT it", 403, "AuthorizationFailed", "no right")) == (
        "PUT it: no right (AuthorizationFailed)"
    )
    assert "could not be asked" in str(ACCOUNT.explain(requests.ConnectionError("refused")))
    assert ACCOUNT.explain(KeyError("bug")) is None


def test_only_the_public_cloud_is_played():
    config = {"subscriptionId": "s", "environment": "public"}
    assert connect(None, config).subscription == "s"  # type: ignore[arg-type]
    with pytest.raises(StepError, match="public cloud only, not usgovernment"):
        connect(None, {**config, "environment": "usgovernment"})  # type: ignore[arg-type]
