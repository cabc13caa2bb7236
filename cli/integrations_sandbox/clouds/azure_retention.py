"""Time-based retention of a container: what is in it can be neither changed nor removed for some days.

https://learn.microsoft.com/en-us/azure/storage/blobs/immutable-container-level-worm-policies; set and taken away by
https://learn.microsoft.com/en-us/rest/api/storagerp/blob-containers/create-or-update-immutability-policy. Only policies
that are not locked are played, which can be taken away again, and none of the legal holds.
"""

from __future__ import annotations

import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from integrations_sandbox.clouds.azure_arm_call import ArmError, Call, Reply, keep
from integrations_sandbox.clouds.azure_azurite import Azurite, path_parts
from integrations_sandbox.clouds.azure_blob_rules import Refusal
from integrations_sandbox.clouds.azure_state import Account

MOST_DAYS = 146000
PROTECTED = "The container '{}' is protected from deletion due to its immutability policy."
# What changes a blob that is there; its tier, its tags and its lease may change.
CHANGES = frozenset(("", "appendblock", "blocklist", "metadata", "page", "properties", "snapshot"))


async def put(call: Call) -> Reply:
    account, name = call.account(), call.names["container"]
    await _require_container(call, account, name)
    days = call.properties.get("immutabilityPeriodSinceCreationInDays")
    if not isinstance(days, int) or not 1 <= days <= MOST_DAYS:
        text = f"immutabilityPeriodSinceCreationInDays is a whole number from 1 to {MOST_DAYS}."
        raise ArmError(400, "InvalidRequestPropertyValue", text)
    return Reply(200, _shown(keep(call, _retaining(account, name, days)), name))


async def get(call: Call) -> Reply:
    account, name = call.account(), call.names["container"]
    await _require_container(call, account, name)
    return Reply(200, _shown(account, name))


async def delete(call: Call) -> Reply:
    account, name = call.account(), call.names["container"]
    return Reply(200, _shown(keep(call, _retaining(account, name, 0)), name))


def properties(account: Account, container: str) -> dict[str, Any]:
    """What the container's own document says of it."""
    days = account.retention.get(container)
    if not days:
        return {"hasImmutabilityPolicy": False, "hasLegalHold": False}
    return {"hasImmutabilityPolicy": True, "hasLegalHold": False, "immutabilityPolicy": {"properties": _said(days)}}


async def require_removable(call: Call, account: Account, container: str) -> Account:
    """A container with a policy must be empty to be deleted; the policy goes with it. Raises ArmError."""
    if await _is_protected(call.azurite, account, container):
        raise ArmError(409, "ContainerProtectedFromDeletion", PROTECTED.format(container))
    return keep(call, _retaining(account, container, 0))


async def check(azurite: Azurite, account: Account, method: str, target: str, comp: str) -> None:
    """Refuse what would change or remove what is kept. A new blob may be made. Raises Refusal."""
    container, blob = path_parts(target)
    if method == "DELETE" and not blob and await _is_protected(azurite, account, container):
        raise Refusal(409, "ContainerProtectedFromDeletion", PROTECTED.format(container))
    days = account.retention.get(container)
    changes = method == "DELETE" or (method == "PUT" and comp in CHANGES)
    if not (days and blob and changes):
        return
    found = await azurite.ask(account, "HEAD", urlsplit(target).path)
    if found.status != 200:
        return
    age = datetime.datetime.now(datetime.UTC) - parsedate_to_datetime(found.headers["x-ms-creation-time"])
    if method == "PUT" or age < datetime.timedelta(days=days):
        text = "This operation is not permitted as the blob is immutable due to a policy."
        raise Refusal(409, "BlobImmutableDueToPolicy", text)


async def _is_protected(azurite: Azurite, account: Account, container: str) -> bool:
    if not account.retention.get(container):
        return False
    listed = await azurite.ask(account, "GET", f"/{container}?restype=container&comp=list&maxresults=1")
    return b"<Blob>" in listed.body


def _retaining(account: Account, container: str, days: int) -> Account:
    kept = {name: value for name, value in account.retention.items() if name != container}
    return msgspec.structs.replace(account, retention=kept | ({container: days} if days else {}))


async def _require_container(call: Call, account: Account, name: str) -> None:
    if (await call.azurite.ask(account, "HEAD", f"/{name}?restype=container")).status != 200:
        raise ArmError(404, "ContainerNotFound", "The specified container does not exist.")


def _said(days: int) -> dict[str, Any]:
    return {"immutabilityPeriodSinceCreationInDays": days, "state": "Unlocked" if days else "Deleted"}


def _shown(account: Account, name: str) -> dict[str, Any]:
    return {
        "id": f"{account.id}/blobServices/default/containers/{name}/immutabilityPolicies/default",
        "name": "default",
        "type": "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies",
        "properties": _said(account.retention.get(name, 0)),
    }
