"""One call to Azure Resource Manager: what its handlers get and give back, and how it refuses.

The shape of an error: https://learn.microsoft.com/en-us/azure/azure-resource-manager/troubleshooting/common-deployment-errors
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from msgspec import Struct

from integrations_sandbox.clouds.azure_azurite import Azurite
from integrations_sandbox.clouds.azure_state import Account, Group, State, Store
from integrations_sandbox.clouds.azure_tokens import Caller

ARM = "https://management.azure.com"


class ArmError(Exception):
    """A refusal of Azure Resource Manager."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Reply(Struct, frozen=True):
    """An answer: a JSON body or none, and headers."""

    status: int
    body: Any = None
    headers: dict[str, str] = {}


class Call(Struct, frozen=True):
    """A call that is authorised. path: as the caller wrote it; names: what stands in its variable parts."""

    store: Store
    azurite: Azurite
    caller: Caller
    path: str
    names: dict[str, str]
    query: dict[str, str]
    body: dict[str, Any]

    @property
    def state(self) -> State:
        return self.store.state

    @property
    def properties(self) -> dict[str, Any]:
        """The `properties` of the body."""
        return part(self.body, "properties")

    def group(self) -> Group:
        """The resource group that the path names. Raises ArmError 404."""
        name = self.names["group"]
        found = self.state.groups.get(group_key(self.names["subscription"], name))
        if found is None:
            raise ArmError(404, "ResourceGroupNotFound", f"Resource group '{name}' could not be found.")
        return found

    def account(self) -> Account:
        """The storage account that the path names. Raises ArmError 404."""
        group, name = self.group(), self.names["account"]
        found = self.state.accounts.get(name)
        if found is None or group_key(found.subscription, found.group) != group_key(group.subscription, group.name):
            raise ArmError(
                404, "ResourceNotFound",
                f"The Resource 'Microsoft.Storage/storageAccounts/{name}' under resource group '{group.name}' was not "
                "found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
            )  # fmt: skip
        return found


def group_key(subscription: str, name: str) -> str:
    """How a resource group is found: its names are compared without regard to case."""
    return f"{subscription}/{name}".lower()


def part(body: dict[str, Any], key: str) -> dict[str, Any]:
    """An object inside a body, empty if it is not there. Raises ArmError 400."""
    found = body.get(key) or {}
    if not isinstance(found, dict):
        raise ArmError(400, "InvalidRequestContent", f"The request content was invalid: '{key}' must be an object.")
    return found


def required(body: dict[str, Any], key: str) -> str:
    """A text that must be in a body. Raises ArmError 400."""
    found = body.get(key)
    if not isinstance(found, str) or not found:
        text = f"The request content was invalid: '{key}' is required and must be a text."
        raise ArmError(400, "InvalidRequestContent", text)
    return found


def location_of(body: dict[str, Any]) -> str:
    """The region a resource is to be in, in the form that Azure gives back. Raises ArmError 400."""
    if not body.get("location"):
        raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
    return required(body, "location").replace(" ", "").lower()


def one_of(value: Any, allowed: Collection[str], what: str) -> str:
    """The value, if it is one that is known here. Raises ArmError 400."""
    if value not in allowed:
        text = f"'{value}' is no value for '{what}' here; it is one of {', '.join(sorted(allowed))}."
        raise ArmError(400, "InvalidRequestPropertyValue", text)
    return str(value)


def keep(call: Call, account: Account) -> Account:
    """Write an account down as it is now."""
    call.state.accounts[account.name] = account
    call.store.save()
    return account
