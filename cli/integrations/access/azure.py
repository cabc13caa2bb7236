"""Azure: which roles Encord's identity needs and where, what the account must be like, and no more.

Encord does not publish the names of the roles. What stands here follows from what it does: it reads blobs, writes the
video of an image sequence, and signs URLs for browsers, for which it needs a user delegation key of the account
(https://learn.microsoft.com/en-us/rest/api/storageservices/create-user-delegation-sas). Its object id in the
customer's tenant is there only after the consent; it is configuration without a default.

Names are explicit in the configuration, so every id is computed here.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from integrations.access import cors
from integrations.environment.azure import AzureChecker, AzureContainer, AzureIntegration
from integrations.environment.base import PROJECT

Document = dict[str, Any]

ARM = "https://management.azure.com"
API_VERSION = "2023-05-01"
DEFINITIONS = "/providers/Microsoft.Authorization/roleDefinitions"
ASSIGNMENTS = "/providers/Microsoft.Authorization/roleAssignments"
# https://learn.microsoft.com/en-us/azure/role-based-access-control/role-assignments-steps#step-4-check-your-prerequisites
MAY_ASSIGN = "Microsoft.Authorization/roleAssignments/write"
# https://learn.microsoft.com/en-us/rest/api/storageservices/cross-origin-resource-sharing--cors--support-for-the-azure-storage-services
MOST_CORS_RULES = 5


class Role(Struct, frozen=True):
    """A built-in role (https://learn.microsoft.com/en-us/azure/role-based-access-control/built-in-roles).

    does: what who has it does with it, in a word.
    """

    id: str
    name: str
    does: str


READS = Role("2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", "Storage Blob Data Reader", "reads")
# There is no built-in role that writes and does not delete; and only on the containers, never above them.
WRITES = Role("ba92f5b4-2d11-453d-a403-e96b0029c9fe", "Storage Blob Data Contributor", "writes")
SIGNS = Role("db58b8e5-c6ad-4a2a-8342-4190687cbf4a", "Storage Blob Delegator", "signs")
SEES_SETTINGS = Role("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", "sees-settings")


class Grant(Struct, frozen=True):
    """One role for one identity at one scope.

    place: where that is, in a word. why: for the assignment's description.
    """

    scope: str
    role: Role
    principal: str
    place: str
    why: str

    @property
    def name(self) -> str:
        """The assignment's name, a GUID, the same whenever it is the same grant."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{PROJECT}{self.scope}/{self.role.id}/{self.principal}"))

    @property
    def title(self) -> str:
        """What it is called among the stack's resources."""
        return f"{self.place}-{self.role.does}-{self.principal}"

    @property
    def definition(self) -> str:
        """The id of the role's definition, as Azure shows it for this scope."""
        return "/".join(self.scope.split("/")[:3]) + f"{DEFINITIONS}/{self.role.id}"

    @property
    def document(self) -> Document:
        """The assignment, in Azure's words."""
        return {
            "id": f"{self.scope}{ASSIGNMENTS}/{self.name}",
            "properties": {
                "principalId": self.principal,
                "principalType": "ServicePrincipal",
                "roleDefinitionId": self.definition,
                "description": self.why,
            },
        }


# -- names -----------------------------------------------------------------------------


def group_id(integration: AzureIntegration) -> str:
    return f"/subscriptions/{integration.subscription}/resourceGroups/{integration.resource_group.name}"


def account_id(integration: AzureIntegration) -> str:
    return f"{group_id(integration)}/providers/Microsoft.Storage/storageAccounts/{integration.account.name}"


def container_id(integration: AzureIntegration, container: AzureContainer) -> str:
    return f"{account_id(integration)}/blobServices/default/containers/{container.name}"


def lifecycle_id(integration: AzureIntegration) -> str:
    """Where the account's lifecycle policy is, if it has one."""
    return f"{account_id(integration)}/managementPolicies/default"


def tags(integration: AzureIntegration) -> dict[str, str]:
    """What every resource group and account is tagged with."""
    return {"managed-by": PROJECT, "integration": integration.name}


# -- who may do what -------------------------------------------------------------------


def grants(integration: AzureIntegration, checker: AzureChecker | None) -> list[Grant]:
    """Every grant of the integration: for Encord and the check principal the same, for the checker its own.

    Nobody but the checker is granted anything while Encord's object id is unknown, and nobody with an account SAS.
    """
    people = [] if integration.encord.object_id is None else [integration.encord.object_id, integration.check_principal]
    found = [grant for principal in people if principal for grant in _work(integration, principal)]
    if checker is not None:
        why = "integrations check sees how the account is set up, and who has which role"
        account = integration.account.name
        found.append(Grant(account_id(integration), SEES_SETTINGS, checker.object_id, account, why))
    return found


def encord_grants(integration: AzureIntegration) -> list[Grant]:
    """What Encord itself is granted. Raises ValueError while it is unknown to whom: no grant is to a placeholder."""
    if integration.encord.object_id is None:
        raise ValueError(f"integration {integration.name} has no object id of Encord's service principal")
    return _work(integration, integration.encord.object_id)


def _work(integration: AzureIntegration, principal: str) -> list[Grant]:
    """Reading in every container, writing there for image sequences, signing for the account."""
    account = integration.account.name
    found = [Grant(account_id(integration), SIGNS, principal, account, "signs URLs for browsers")]
    for container in integration.containers:
        scope, place = container_id(integration, container), f"{account}-{container.name}"
        found.append(Grant(scope, READS, principal, place, "reads the objects"))
        if integration.image_sequences:
            found.append(Grant(scope, WRITES, principal, place, "writes the videos of image sequences"))
    return found


# -- the account -----------------------------------------------------------------------


def account_properties() -> Document:
    """What an account of the stack's own is like: private, over TLS 1.2 only, and in the tier that Encord wants.

    "Blobs must be in the Hot tier": Encord's page on Azure.
    """
    return {
        "accessTier": "Hot",
        "allowBlobPublicAccess": False,
        "minimumTlsVersion": "TLS1_2",
        "supportsHttpsTrafficOnly": True,
    }


def service_properties() -> Document:
    """What the blob service of an account of the stack's own is like: what was deleted can be had back for a week.

    https://learn.microsoft.com/en-us/azure/storage/blobs/soft-delete-blob-overview
    """
    kept = {"enabled": True, "days": 7}
    return {"containerDeleteRetentionPolicy": kept, "deleteRetentionPolicy": kept}


def cors_rule(origins: Iterable[str]) -> Document:
    """The CORS rule of the account's blob service, in Azure's words."""
    return {
        "allowedOrigins": list(origins),
        "allowedMethods": list(cors.METHODS),
        "allowedHeaders": list(cors.REQUEST_HEADERS),
        "exposedHeaders": list(cors.EXPOSED_HEADERS),
        "maxAgeInSeconds": cors.MAX_AGE_SECONDS,
    }


def merged_cors(existing: Iterable[Document], ours: Document) -> list[Document]:
    """Their CORS rules with ours last: Azure takes the first rule that fits, so theirs go on working as they did."""
    return [*(rule for rule in existing if rule != ours), ours]


# -- the account SAS -------------------------------------------------------------------

# Encord's page on Azure: containers and objects; read and list always, write, add and create for image sequences.
SAS_READING, SAS_WRITING = "rl", "wac"


def sas_terms(integration: AzureIntegration) -> Document:
    """What an account SAS for Encord must say, its expiry pinned to the end of a day.

    https://learn.microsoft.com/en-us/rest/api/storageservices/create-account-sas. Raises ValueError without an expiry.
    """
    if integration.encord.sas_expiry is None:
        raise ValueError(f"integration {integration.name} has no `sasExpiry`")
    return {
        "services": "b",
        "resourceTypes": "co",
        "permissions": SAS_READING + (SAS_WRITING if integration.image_sequences else ""),
        "protocol": "https",
        "expiry": f"{integration.encord.sas_expiry}T23:59:59Z",
    }


def sas_command(integration: AzureIntegration) -> str:
    """How its holder makes it: only who has the account's key can."""
    terms = sas_terms(integration)
    return (
        f"az storage account generate-sas --account-name {integration.account.name} --services {terms['services']}"
        f" --resource-types {terms['resourceTypes']} --permissions {terms['permissions']}"
        f" --expiry {terms['expiry']} --https-only --output tsv"
    )


def write_probe_prefix() -> str:
    """Where `integrations check --write-probe` writes its blob, and nothing else does."""
    return ".encord-check/"
