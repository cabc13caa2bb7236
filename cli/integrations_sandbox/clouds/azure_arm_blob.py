"""The blob service of a storage account and its containers, as Azure Resource Manager sees them.

https://learn.microsoft.com/en-us/rest/api/storagerp/blob-services, …/blob-containers. CORS and containers are the
blob service's own: they are read from it and written to it, so that what is shown here is what is enforced there.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import msgspec

from integrations_sandbox.clouds import azure_arm_access as access
from integrations_sandbox.clouds import azure_cors
from integrations_sandbox.clouds import azure_retention as retention
from integrations_sandbox.clouds.azure_arm_call import ArmError, Call, Reply, keep, one_of, part
from integrations_sandbox.clouds.azure_azurite import Answer
from integrations_sandbox.clouds.azure_state import Account

SERVICE_DEFAULTS: dict[str, Any] = {"deleteRetentionPolicy": {"enabled": False, "allowPermanentDelete": False}}
# https://learn.microsoft.com/en-us/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata
CONTAINER_NAME = re.compile(r"(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*")
# As Azure Resource Manager says it, and as the blob service does.
PUBLIC_ACCESS = {"None": "", "Blob": "blob", "Container": "container"}


async def get_service(call: Call) -> Reply:
    account = call.account()
    answer = await call.azurite.ask(account, "GET", "/?restype=service&comp=properties")
    _require(answer, 200)
    properties = {**SERVICE_DEFAULTS, **account.service, "cors": {"corsRules": azure_cors.from_xml(answer.body)}}
    return Reply(
        200,
        {
            "id": f"{account.id}/blobServices/default",
            "name": "default",
            "type": "Microsoft.Storage/storageAccounts/blobServices",
            "sku": {"name": account.sku, "tier": "Standard"},
            "properties": properties,
        },
    )


async def put_service(call: Call) -> Reply:
    """What the body leaves out stays, as with the blob service's own call
    (https://learn.microsoft.com/en-us/rest/api/storageservices/set-blob-service-properties)."""
    account, wanted = call.account(), dict(call.properties)
    cors = wanted.pop("cors", None)
    if cors is not None:
        rules = cors.get("corsRules") or []
        if fault := azure_cors.fault(rules):
            raise ArmError(400, "InvalidRequestPropertyValue", f"The property 'cors' is invalid: {fault}")
        body = azure_cors.to_xml(rules)
        headers = {"Content-Type": "application/xml"}
        _require(await call.azurite.ask(account, "PUT", "/?restype=service&comp=properties", headers, body), 202)
    keep(call, msgspec.structs.replace(account, service={**account.service, **wanted}))
    return await get_service(call)


async def get_container(call: Call) -> Reply:
    account, name = call.account(), call.names["container"]
    answer = await call.azurite.ask(account, "GET", f"/{name}?restype=container")
    if answer.status == 404:
        raise ArmError(404, "ContainerNotFound", "The specified container does not exist.")
    _require(answer, 200)
    return Reply(200, _shown_container(account, name, answer.headers))


async def put_container(call: Call) -> Reply:
    account, name = call.account(), call.names["container"]
    if not CONTAINER_NAME.fullmatch(name):
        text = f"The container name '{name}' is invalid: 3 to 63 lower-case letters, digits and single hyphens."
        raise ArmError(400, "ContainerOperationFailure", text)
    access_level = _public_access(account, call.properties.get("publicAccess") or "None")
    headers = {"x-ms-blob-public-access": access_level} if access_level else {}
    metadata = part(call.properties, "metadata")
    headers.update({f"x-ms-meta-{key}": str(value) for key, value in metadata.items()})
    answer = await call.azurite.ask(account, "PUT", f"/{name}?restype=container", headers)
    if answer.status == 409:
        return await patch_container(call)
    _require(answer, 201)
    return msgspec.structs.replace(await get_container(call), status=201)


async def patch_container(call: Call) -> Reply:
    account, name = call.account(), call.names["container"]
    await get_container(call)
    if "publicAccess" in call.properties:
        level = _public_access(account, call.properties["publicAccess"] or "None")
        headers = {"x-ms-blob-public-access": level} if level else {}
        _require(await call.azurite.ask(account, "PUT", f"/{name}?restype=container&comp=acl", headers), 200)
    if "metadata" in call.properties:
        headers = {f"x-ms-meta-{key}": str(value) for key, value in part(call.properties, "metadata").items()}
        _require(await call.azurite.ask(account, "PUT", f"/{name}?restype=container&comp=metadata", headers), 200)
    return await get_container(call)


async def delete_container(call: Call) -> Reply:
    account, name = call.account(), call.names["container"]
    account = await retention.require_removable(call, account, name)
    answer = await call.azurite.ask(account, "DELETE", f"/{name}?restype=container")
    if answer.status == 404:
        return Reply(204)
    _require(answer, 202)
    access.forget(call.state, f"{account.id}/blobServices/default/containers/{name}")
    call.store.save()
    return Reply(200)


async def list_containers(call: Call) -> Reply:
    account = call.account()
    found = []
    for name in await _container_names(call, account):
        answer = await call.azurite.ask(account, "GET", f"/{name}?restype=container")
        if answer.status == 200:
            found.append(_shown_container(account, name, answer.headers))
    return Reply(200, {"value": found})


async def empty(call: Call, account: Account) -> None:
    """Take everything out of an account that is about to go: its containers and its CORS rules."""
    for name in await _container_names(call, account):
        _require(await call.azurite.ask(account, "DELETE", f"/{name}?restype=container"), 202)
    body, headers = azure_cors.to_xml([]), {"Content-Type": "application/xml"}
    _require(await call.azurite.ask(account, "PUT", "/?restype=service&comp=properties", headers, body), 202)


async def _container_names(call: Call, account: Account) -> list[str]:
    names: list[str] = []
    marker: str | None = ""
    while marker is not None:
        answer = await call.azurite.ask(account, "GET", f"/?comp=list&marker={quote(marker)}")
        _require(answer, 200)
        root = ElementTree.fromstring(answer.body)  # noqa: S314 - Azurite's answer
        names += [found.text for found in root.iterfind("Containers/Container/Name") if found.text]
        marker = root.findtext("NextMarker") or None
    return names


def _shown_container(account: Account, name: str, headers: dict[str, str]) -> dict[str, Any]:
    level = headers.get("x-ms-blob-public-access", "")
    prefix = "x-ms-meta-"
    return {
        "id": f"{account.id}/blobServices/default/containers/{name}",
        "name": name,
        "type": "Microsoft.Storage/storageAccounts/blobServices/containers",
        "etag": headers.get("etag", ""),
        "properties": {
            "publicAccess": next(ours for ours, theirs in PUBLIC_ACCESS.items() if theirs == level),
            "metadata": {key.removeprefix(prefix): v for key, v in headers.items() if key.startswith(prefix)},
            "leaseStatus": headers.get("x-ms-lease-status", "unlocked").capitalize(),
            "leaseState": headers.get("x-ms-lease-state", "available").capitalize(),
            **retention.properties(account, name),
        },
    }


def _public_access(account: Account, wanted: str) -> str:
    level = PUBLIC_ACCESS[one_of(wanted, PUBLIC_ACCESS.keys(), "publicAccess")]
    if level and not account.properties.get("allowBlobPublicAccess"):
        raise ArmError(409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account.")
    return level


def _require(answer: Answer, status: int) -> None:
    """The emulator does as it is told; if not, that is an error of the service and not of the caller."""
    if answer.status != status:
        code = answer.headers.get("x-ms-error-code", "")
        raise ArmError(500, "InternalServerError", f"The blob service answered {answer.status} {code}.")
