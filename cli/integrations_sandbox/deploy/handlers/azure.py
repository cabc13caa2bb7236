"""Azure's resource types: every one is a document under its id in Azure Resource Manager, so one handler does for all.

Names on the wire: https://www.pulumi.com/registry/packages/azure-native/api-docs/; documents:
https://learn.microsoft.com/en-us/rest/api/azure/.
"""

from __future__ import annotations

import re
import time
from typing import Any, Protocol

import requests
from msgspec import Struct, field

from integrations_sandbox.deploy import wire
from integrations_sandbox.deploy.handler import Handler, Target
from integrations_sandbox.deploy.plan import Seen
from integrations_sandbox.deploy.records import AlreadyExistsError, StepError
from integrations_sandbox.deploy.wire import Props

ARM = "https://management.azure.com"
SCOPE = f"{ARM}/.default"
# What a provider may be configured with: https://www.pulumi.com/registry/packages/azure-native/api-docs/provider/.
# Who signs in is the deployer's own business, so credentials are not among them.
SETTINGS = {"subscriptionId", "tenantId", "location", "environment"}
PUBLIC = "public"  # what pulumi-azure-native itself sets; the clouds of single nations have other hosts
HTTP_SECONDS = 60
PAUSE_SECONDS = 1.0  # between two looks at something slow that does not say when to come back
# Pulumi's names are Azure's, except these.
AZURE_NAMES = {
    "enableHttpsTrafficOnly": "supportsHttpsTrafficOnly",
    "networkRuleSet": "networkAcls",
    "iPAddressOrRange": "value",
}
PULUMI_NAMES = {azure: pulumi for pulumi, azure in AZURE_NAMES.items()}
OPEN_ENDED = frozenset(("metadata", "tags"))  # whose keys are all the program's own
TOP_LEVEL = frozenset(("kind", "location", "sku", "tags"))


class Credential(Protocol):
    """One of azure-identity's."""

    def get_token(self, *scopes: str) -> Any: ...


class AzureError(Exception):
    """A refusal of Azure, in its own words."""

    def __init__(self, what: str, status: int, code: str, message: str) -> None:
        super().__init__(f"{what}: {message} ({code})")
        self.status, self.code = status, code


class Cloud:
    """Azure Resource Manager, as one identity asks it."""

    def __init__(self, credential: Credential, subscription: str, location: str) -> None:
        self.subscription, self.location = subscription, location
        self._credential = credential

    def call(self, method: str, path: str, version: str, body: Any = None) -> requests.Response:
        """One call, for a path or for a whole URL that Azure gave. Raises AzureError unless it is 2xx."""
        token = self._credential.get_token(SCOPE).token
        url, query = (path, {}) if path.startswith(f"{ARM}/") else (ARM + path, {"api-version": version})
        answer = requests.request(
            method, url, params=query, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=HTTP_SECONDS
        )
        if not answer.ok:
            code, message = _said(answer)
            raise AzureError(f"{method} {_short(path)}", answer.status_code, code, message)
        return answer

    def find(self, path: str, version: str) -> Props | None:
        """The document under an id; None if there is none."""
        try:
            return dict(self.call("GET", path, version).json())
        except AzureError as error:
            if error.status == 404:
                return None
            raise

    def finish(self, answer: requests.Response, limit: float, what: str) -> None:
        """Wait for the end of what an answer says has only begun
        (https://learn.microsoft.com/en-us/azure/azure-resource-manager/management/async-operations).
        Raises AzureError with the operation's own failure, StepError after `limit` seconds."""
        end = time.monotonic() + limit
        while answer.status_code == 202 and (where := answer.headers.get("Location")):
            answer = self.call("GET", where, "")
            if answer.status_code == 202:
                if time.monotonic() > end:
                    raise StepError(f"{what} took longer than {limit:g} seconds; it may still be going on")
                time.sleep(float(answer.headers.get("Retry-After") or PAUSE_SECONDS))


def connect(credential: Credential, config: Props) -> Cloud:
    """The connection for a provider's inputs. Raises StepError for settings that the sandbox does not know."""
    if unknown := set(config) - SETTINGS:
        raise StepError(f"the sandbox does not know the setting {', '.join(sorted(unknown))} of an Azure provider")
    if config.get("environment", PUBLIC) != PUBLIC:
        raise StepError(f"the sandbox plays Azure's public cloud only, not {config['environment']}")
    if not config.get("subscriptionId"):
        raise StepError("an Azure provider has no subscription: set `azure-native:subscriptionId`")
    return Cloud(credential, config["subscriptionId"], config.get("location", ""))


class Kind(Struct, frozen=True):
    """One type: where it is, and what it holds.

    path: its id, with the inputs that name it in braces. version: of the API that it is
    written for. properties: inputs of its document. defaults: what holds where the program
    says nothing, for inputs that are looked after all the same.
    """

    path: str
    version: str
    properties: frozenset[str]
    required: frozenset[str] = frozenset()
    replace_on: frozenset[str] = frozenset()
    defaults: dict[str, Any] = field(default_factory=dict)
    exclusive: bool = True
    deletable: bool = True
    loss: str = ""

    @property
    def names(self) -> frozenset[str]:
        return frozenset(re.findall(r"\{(\w+)\}", self.path))


class AzureResource(Handler):
    """A type of the table. The id is the one of Azure Resource Manager, as pulumi-azure-native has it."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self.understands = kind.names | kind.properties
        self.required = (kind.names | kind.required) - kind.defaults.keys()
        self.replace_on = kind.names | kind.replace_on
        self.exclusive = kind.exclusive
        self.loss = kind.loss

    def identify(self, target: Target) -> str:
        names = {key: target.inputs.get(key, self._kind.defaults.get(key)) for key in self._kind.names}
        if any(name in (None, wire.UNKNOWN) for name in names.values()):
            return ""
        path = self._kind.path.format(**{key: str(name).strip("/") for key, name in names.items()})
        return path if "scope" in names else f"/subscriptions/{target.cloud.subscription}{path}"

    def desired(self, target: Target) -> Props:
        """What the program gives, and the defaults; without what names the resource."""
        given = {**self._kind.defaults, **target.inputs}
        if "location" in self._kind.properties:
            given.setdefault("location", target.cloud.location)
        return {key: _normal(key, given[key]) for key in sorted(given) if key in self._kind.properties}

    def read(self, target: Target) -> Seen | None:
        found = target.cloud.find(target.id, self._kind.version)
        if found is None:
            return None
        live = _flat(found)
        wanted = self.desired(target)
        shown = {key: _normal(key, live.get(key)) for key in wanted}
        shown |= {key: _within(shown[key], wanted[key]) for key in shown.keys() - OPEN_ENDED}
        return Seen(shown, {**live, "azureApiVersion": self._kind.version})

    def create(self, target: Target) -> tuple[str, Props]:
        try:
            return target.id, self.update(target)
        except AzureError as error:
            # Somebody else's grant of the same, or an account's name that is taken anywhere in Azure.
            if error.code in ("RoleAssignmentExists", "StorageAccountAlreadyTaken"):
                raise AlreadyExistsError(f"{error}, and this stack did not make it") from error
            raise

    def update(self, target: Target) -> Props:
        answer = target.cloud.call("PUT", target.id, self._kind.version, self._document(target))
        target.cloud.finish(answer, target.limit, f"PUT {_short(target.id)}")
        seen = self.read(target)
        if seen is None:
            raise StepError(f"Azure accepted {target.id} and does not show it")
        return seen.outputs

    def delete(self, target: Target) -> None:
        """Some parts of others have no end of their own."""
        if not self._kind.deletable:
            return
        try:
            answer = target.cloud.call("DELETE", target.id, self._kind.version)
            target.cloud.finish(answer, target.limit, f"DELETE {_short(target.id)}")
        except AzureError as error:
            if error.status != 404:
                raise

    def explain(self, error: Exception) -> str | None:
        from azure.core.exceptions import ClientAuthenticationError

        if isinstance(error, AzureError):
            return str(error)
        if isinstance(error, ClientAuthenticationError):
            return f"the deployer could not sign in to Azure: {error.message.splitlines()[0]}"
        if isinstance(error, requests.RequestException):
            return f"Azure could not be asked: {' '.join(str(error).split())}"
        return None

    def _document(self, target: Target) -> Props:
        """The request's body: what is asked for, with Azure's names and in Azure's places."""
        wanted = {key: value for key, value in self.desired(target).items() if value is not None}
        wanted |= {key: target.inputs[key] for key in ("roleDefinitionId",) if key in target.inputs}
        top = {key: wanted.pop(key) for key in TOP_LEVEL & wanted.keys()}
        return {**top, "properties": _renamed(wanted, AZURE_NAMES)}


def _normal(key: str, value: Any) -> Any:
    """A value in the form that two of the same meaning share."""
    if key == "location" and isinstance(value, str):
        return value.replace(" ", "").lower()
    if key == "roleDefinitionId" and isinstance(value, str):
        return value.rpartition("/")[2].lower()  # with and without the subscription it is the same role
    return value


def _within(live: Any, wanted: Any) -> Any:
    """What Azure shows, without what it adds inside of what was asked for."""
    if isinstance(live, dict) and isinstance(wanted, dict):
        return {key: _within(live.get(key), wanted[key]) for key in wanted if key in live}
    if isinstance(live, list) and isinstance(wanted, list) and len(live) == len(wanted):
        return [_within(a, b) for a, b in zip(live, wanted, strict=True)]
    return live


def _flat(document: Props) -> Props:
    """A document with its properties beside its name, as Pulumi's outputs are."""
    properties = _renamed(document.get("properties", {}), PULUMI_NAMES)
    return {**properties, **{key: value for key, value in document.items() if key not in ("properties", "id")}}


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(key, key): _renamed(item, names) for key, item in value.items()}
    return [_renamed(item, names) for item in value] if isinstance(value, list) else value


def _said(answer: requests.Response) -> tuple[str, str]:
    """Code and message of a refusal."""
    try:
        error = answer.json()["error"]
        return str(error["code"]), str(error["message"])
    except (ValueError, KeyError, TypeError):
        return str(answer.status_code), "Azure gave no reason"


def _short(path: str) -> str:
    """The last part of an id: the type and the name."""
    return "/".join(path.partition("?")[0].split("/")[-2:])


GROUP = "/resourceGroups/{resourceGroupName}"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/{{accountName}}"
STORAGE_VERSION, GROUP_VERSION, ROLE_VERSION = "2023-05-01", "2022-09-01", "2022-04-01"

KINDS = {
    "azure-native:resources:ResourceGroup": Kind(
        GROUP, GROUP_VERSION, frozenset({"location", "tags"}), defaults={"tags": {}},
        replace_on=frozenset({"location"}), loss="every resource in it, those that this stack did not make as well",
    ),
    "azure-native:storage:StorageAccount": Kind(
        ACCOUNT, STORAGE_VERSION,
        frozenset({
            "location", "tags", "sku", "kind", "accessTier", "allowBlobPublicAccess", "allowSharedKeyAccess",
            "allowCrossTenantReplication", "defaultToOAuthAuthentication", "enableHttpsTrafficOnly", "encryption",
            "minimumTlsVersion", "networkRuleSet", "publicNetworkAccess",
        }),
        required=frozenset({"sku", "kind"}), defaults={"tags": {}}, replace_on=frozenset({"location"}),
        loss="every object in it, and every registered URL that names it",
    ),
    # There is one per account from the beginning, and it cannot be deleted.
    "azure-native:storage:BlobServiceProperties": Kind(
        f"{ACCOUNT}/blobServices/{{blobServicesName}}", STORAGE_VERSION,
        frozenset({
            "changeFeed", "containerDeleteRetentionPolicy", "cors", "deleteRetentionPolicy", "isVersioningEnabled",
        }),
        defaults={"blobServicesName": "default", "cors": {"corsRules": []}}, exclusive=False, deletable=False,
    ),
    "azure-native:storage:BlobContainer": Kind(
        f"{ACCOUNT}/blobServices/default/containers/{{containerName}}", STORAGE_VERSION,
        frozenset({"publicAccess", "metadata"}), defaults={"publicAccess": "None", "metadata": {}},
        loss="every object in it, and every registered URL that names it",
    ),
    "azure-native:authorization:RoleAssignment": Kind(
        "/{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}", ROLE_VERSION,
        frozenset({"principalId", "principalType", "roleDefinitionId", "description"}),
        required=frozenset({"principalId", "roleDefinitionId"}),
        replace_on=frozenset({"principalId", "principalType", "roleDefinitionId"}),
    ),
}  # fmt: skip

HANDLERS: dict[str, Handler] = {name: AzureResource(kind) for name, kind in KINDS.items()}
