"""Storage accounts and their keys.

https://learn.microsoft.com/en-us/rest/api/storagerp/storage-accounts
"""

from __future__ import annotations

import base64
import datetime
import re
import secrets
from typing import Any

import msgspec

from integrations_sandbox.clouds import azure_arm_access as access
from integrations_sandbox.clouds import azure_arm_blob as blob
from integrations_sandbox.clouds.azure_arm_call import (
    ARM,
    ArmError,
    Call,
    Reply,
    keep,
    location_of,
    one_of,
    part,
    required,
)
from integrations_sandbox.clouds.azure_state import Account

ACCOUNT_NAME = re.compile(r"[a-z0-9]{3,24}")
SKUS = frozenset(f"Standard_{kind}" for kind in ("LRS", "GRS", "RAGRS", "ZRS", "GZRS", "RAGZRS"))
KINDS = frozenset(("StorageV2", "Storage", "BlobStorage"))
# https://learn.microsoft.com/en-us/rest/api/storagerp/storage-accounts/create, what holds where nothing is said.
DEFAULTS: dict[str, Any] = {
    "accessTier": "Hot",
    "allowBlobPublicAccess": False,
    "supportsHttpsTrafficOnly": True,
    "minimumTlsVersion": "TLS1_0",
    "networkAcls": {"bypass": "AzureServices", "defaultAction": "Allow", "ipRules": [], "virtualNetworkRules": []},
    "encryption": {"keySource": "Microsoft.Storage", "services": {"blob": {"enabled": True, "keyType": "Account"}}},
}


def shown(account: Account) -> dict[str, Any]:
    """A storage account as Azure shows it."""
    return {
        "id": account.id,
        "name": account.name,
        "type": "Microsoft.Storage/storageAccounts",
        "location": account.location,
        "tags": account.tags,
        "sku": {"name": account.sku, "tier": "Standard"},
        "kind": account.kind,
        "properties": {
            **DEFAULTS,
            **account.properties,
            "provisioningState": "Succeeded",
            "creationTime": account.created,
            "primaryLocation": account.location,
            "statusOfPrimary": "available",
            "primaryEndpoints": {"blob": f"https://{account.host}/"},
        },
    }


async def check_name(call: Call) -> Reply:
    name = required(call.body, "name")
    if not ACCOUNT_NAME.fullmatch(name):
        return Reply(200, {"nameAvailable": False, "reason": "AccountNameInvalid", "message": _bad_name(name)})
    if name in call.state.accounts:
        message = f"The storage account named {name} is already taken."
        return Reply(200, {"nameAvailable": False, "reason": "AlreadyExists", "message": message})
    return Reply(200, {"nameAvailable": True})


async def put(call: Call) -> Reply:
    """Make the account, which takes a while (202 and a place to ask), or change it."""
    name, group = call.names["account"], call.group()
    old = call.state.accounts.get(name)
    if old is not None and (old.subscription, old.group) != (group.subscription, group.name):
        text = f"The storage account named {name} is already taken."
        raise ArmError(409, "StorageAccountAlreadyTaken", text)
    location = location_of(call.body)
    if old is not None and old.location != location:
        raise ArmError(
            409, "InvalidResourceLocation",
            f"The resource '{name}' already exists in location '{old.location}' in resource group '{group.name}'. "
            f"A resource with the same name cannot be created in location '{location}'. "
            "Please select a new resource name.",
        )  # fmt: skip
    if old is not None:
        return await patch(call)
    if not ACCOUNT_NAME.fullmatch(name):
        raise ArmError(400, "AccountNameInvalid", _bad_name(name))
    keep(
        call,
        Account(
            subscription=group.subscription,
            group=group.name,
            name=name,
            location=location,
            sku=one_of(required(part(call.body, "sku"), "name"), SKUS, "sku"),
            kind=one_of(required(call.body, "kind"), KINDS, "kind"),
            created=datetime.datetime.now(datetime.UTC).isoformat(),
            keys=(_new_key(), _new_key()),
            tags=part(call.body, "tags"),
            properties=call.properties,
        ),
    )
    place = f"{ARM}/subscriptions/{group.subscription}/providers/Microsoft.Storage/locations/{location}"
    where = f"{place}/asyncoperations/{name}?monitor=true&api-version=2023-05-01"
    return Reply(202, headers={"Location": where, "Retry-After": "1"})


async def creation(call: Call) -> Reply:
    """The result of a creation."""
    found = call.state.accounts.get(call.names["operation"])
    if found is None:
        raise ArmError(404, "ResourceNotFound", "The operation is not known, or its account is gone.")
    return Reply(200, shown(found))


async def patch(call: Call) -> Reply:
    """Change what the body names; the rest stays."""
    old = call.account()
    sku = part(call.body, "sku").get("name", old.sku)
    tags = part(call.body, "tags") if "tags" in call.body else old.tags
    merged = {**old.properties, **call.properties}
    changed = msgspec.structs.replace(old, sku=one_of(sku, SKUS, "sku"), tags=tags, properties=merged)
    return Reply(200, shown(keep(call, changed)))


async def get(call: Call) -> Reply:
    return Reply(200, shown(call.account()))


async def listed(call: Call) -> Reply:
    group = call.group().name if "group" in call.names else None
    accounts = call.state.accounts.values()
    mine = [a for a in accounts if a.subscription == call.names["subscription"] and group in (None, a.group)]
    return Reply(200, {"value": [shown(a) for a in mine]})


async def delete(call: Call) -> Reply:
    call.group()
    if call.names["account"] not in call.state.accounts:
        return Reply(204)
    await remove_account(call, call.account())
    call.store.save()
    return Reply(200)


async def list_keys(call: Call) -> Reply:
    account = call.account()
    return Reply(200, {"keys": [_shown_key(account, number) for number in range(2)]})


async def regenerate_key(call: Call) -> Reply:
    """A new key in place of an old one; what was signed with that ends."""
    account, name = call.account(), required(call.body, "keyName")
    kept = {"key1": (_new_key(), account.keys[1]), "key2": (account.keys[0], _new_key())}
    if name not in kept:
        raise ArmError(400, "InvalidRequestPropertyValue", f"There is no key '{name}'; there are key1 and key2.")
    keep(call, msgspec.structs.replace(account, keys=kept[name]))
    return await list_keys(call)


async def remove_account(call: Call, account: Account) -> None:
    """Everything of an account goes: what is in it, the rules of its service, and the grants on it."""
    await blob.empty(call, account)
    call.state.accounts.pop(account.name, None)  # two may delete it at once
    access.forget(call.state, account.id)


def _shown_key(account: Account, number: int) -> dict[str, str]:
    return {"keyName": f"key{number + 1}", "value": account.keys[number], "permissions": "FULL"}


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(64)).decode()


def _bad_name(name: str) -> str:
    return (
        f"{name} is not a valid storage account name. Storage account name must be between 3 and 24 characters in "
        "length and use numbers and lower-case letters only."
    )
