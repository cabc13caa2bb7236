"""A typed integration on Azure, field by field."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

from msgspec import Meta, field

from integrations.environment.base import Ownership, Record, require_unique

# What a pattern means, in the words of an error message.
PATTERNS = {
    (GUID := r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"): "an id (8-4-4-4-12 hex digits, in lower case)",
    # https://learn.microsoft.com/en-us/azure/azure-resource-manager/management/resource-name-rules
    (GROUP := r"^[\w().-]{0,89}[\w()-]$"): "a resource group's name (up to 90 of letters, digits and _().-)",
    (STORAGE_ACCOUNT := r"^[a-z0-9]{3,24}$"): "a storage account's name (3 to 24 of a-z and 0-9)",
    (CONTAINER := r"^[a-z0-9](?!.*--)[a-z0-9-]{1,61}[a-z0-9]$"): (
        "a blob container's name (3 to 63 of a-z, 0-9 and -, never two - together)"
    ),
    (AZURE_REGION := r"^[a-z]{3,}\d*$"): "an Azure region (such as westeurope)",
    (DATE := r"^\d{4}-\d{2}-\d{2}$"): "a date (year-month-day, in quotes)",
}
Guid = Annotated[str, Meta(pattern=GUID)]
GroupName = Annotated[str, Meta(pattern=GROUP)]
StorageAccountName = Annotated[str, Meta(pattern=STORAGE_ACCOUNT)]
ContainerName = Annotated[str, Meta(pattern=CONTAINER)]
AzureRegion = Annotated[str, Meta(pattern=AZURE_REGION)]
Date = Annotated[str, Meta(pattern=DATE)]

LOOK_UP = "az ad sp show --id {} --query id --output tsv"


class AzureChecker(Record, frozen=True):
    """The identity that `integrations check` runs as in one tenant: the stack lets it see the settings of the
    accounts and who has which role there, and nothing of what is in them.

    tenant: the tenant that it belongs to. objectId: its object id there. It is yours, and needs no secret where a CI
    system's tokens become it
    (https://learn.microsoft.com/en-us/entra/workload-id/workload-identity-federation).
    """

    tenant: Guid
    object_id: Guid


class AzureEncord(Record, frozen=True):
    """How Encord knows the integration, and as whom it comes.

    title: the integration's title at Encord; its name here, if not given. id: its id at Encord, where a title is not
    enough. access: `service-principal` (Encord's application `cord-integrator`, once an administrator has consented
    to it) or `account-sas` (a signature that you make and paste into Encord's dialog). objectId: the object id of
    that application's service principal in your tenant, which is not the application id. It has no default, because
    it is there only after the consent; until then nothing is granted. applicationId: the application's own id, if
    you want it told apart from the object id. sasExpiry: the last day of the signature.
    """

    title: str | None = None
    id: str | None = None
    access: Literal["service-principal", "account-sas"] = "service-principal"
    object_id: Guid | None = None
    application_id: Guid | None = None
    sas_expiry: Date | None = None

    def __post_init__(self) -> None:
        if self.object_id is not None and self.object_id == self.application_id:
            raise ValueError(
                f"objectId {self.object_id} is the application id: a role is given to the object id of its service"
                f" principal in your tenant, which `{LOOK_UP.format(self.application_id)}` prints"
            )
        if self.access == "account-sas":
            if self.object_id is not None:
                raise ValueError("with `access: account-sas` nobody is granted anything: remove `objectId`")
            if self.sas_expiry is None:
                raise ValueError("an account SAS needs `sasExpiry`, a day of your choice more than a year ahead")
        if self.sas_expiry is not None:
            _require_date(self.sas_expiry)


class AzureResourceGroup(Record, frozen=True):
    """A resource group.

    name: its name. ownership: `create` (the stack owns it) or `existing` (somebody else does).
    """

    name: GroupName
    ownership: Ownership


class AzureAccount(Record, frozen=True):
    """A storage account.

    name: its name, which nobody else in Azure has. location: the region it is in. ownership: `create` (the stack owns
    it) or `existing` (somebody else does; its settings and its CORS rules, which are those of all its containers,
    are never touched). redundancy: how many copies Azure keeps of an account that the stack makes, and where
    (https://learn.microsoft.com/en-us/azure/storage/common/storage-redundancy).
    """

    name: StorageAccountName
    location: AzureRegion
    ownership: Ownership
    redundancy: Literal["LRS", "ZRS", "GRS", "RAGRS", "GZRS", "RAGZRS"] = "LRS"


class AzureContainer(Record, frozen=True):
    """A blob container, which is Azure's word for a bucket.

    name: its name. ownership: `create` (the stack owns it) or `existing` (somebody else does; the stack only adds
    grants to it).
    """

    name: ContainerName
    ownership: Ownership


class AzureIntegration(Record, frozen=True, tag_field="cloud", tag="azure"):
    """An integration on Azure: containers of one storage account.

    A role is given on a whole container, so there are no prefixes: what Encord shall not read belongs into another
    container. Who may read a container may list it too.

    tenant: the Microsoft Entra tenant of the subscription. subscription: where the account is.
    resourceGroup: the group the account is in. account: the storage account. containers: where the objects are.
    imageSequences: whether Encord makes a video of each image sequence, which it writes into the container.
    encord: the connection at Encord's side. checkPrincipal: the object id of a service principal or managed identity
    of yours that is granted what Encord is, so that a check can prove it: `integrations check` must run as this identity.
    probeObject: name of a blob that every container has.
    """

    name: str
    tenant: Guid
    subscription: Guid
    resource_group: AzureResourceGroup
    account: AzureAccount
    containers: Annotated[tuple[AzureContainer, ...], Meta(min_length=1)]
    image_sequences: bool = False
    encord: AzureEncord = field(default_factory=AzureEncord)
    check_principal: Guid | None = None
    probe_object: str | None = None

    def __post_init__(self) -> None:
        require_unique([container.name for container in self.containers], "container")
        if self.resource_group.ownership == "create" and self.account.ownership == "existing":
            raise ValueError(
                f"account {self.account.name} exists, so its resource group does: set `ownership: existing`"
            )
        if self.account.ownership == "create" and any(one.ownership == "existing" for one in self.containers):
            raise ValueError(f"account {self.account.name} is made by the stack, so its containers are too")
        if self.check_principal is not None:
            if self.check_principal in (self.encord.object_id, self.encord.application_id):
                raise ValueError("checkPrincipal is Encord's own identity: it must be one of yours")
            if self.encord.access == "account-sas":
                raise ValueError("an account SAS is checked by itself: remove `checkPrincipal`")

    @property
    def cloud(self) -> str:
        """The cloud's short name, as the file spells it."""
        return "azure"

    @property
    def buckets(self) -> tuple[AzureContainer, ...]:
        """The containers, for who speaks of every cloud's buckets."""
        return self.containers

    @property
    def awaiting_encord(self) -> bool:
        """Whether it is not known yet as whom Encord comes, so that nothing is granted."""
        return self.encord.access == "service-principal" and self.encord.object_id is None


def _require_date(text: str) -> None:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"sasExpiry {text} is no day of the calendar") from None
