"""A typed integration on Google Cloud, field by field."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from integrations.environment.base import Ownership, Record, require_prefixes, require_unique

# What a pattern means, in the words of an error message.
PATTERNS = {
    # https://cloud.google.com/resource-manager/docs/creating-managing-projects
    (PROJECT_ID := r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$"): "a Google Cloud project id (6 to 30 of a-z, 0-9 and -)",
    # https://cloud.google.com/storage/docs/buckets#naming. Without dots, which only owners of the domain may use.
    (GCS_BUCKET := r"^(?!goog)[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]$"): (
        "a Cloud Storage bucket's name (3 to 63 of a-z, 0-9, - and _, not beginning with `goog`)"
    ),
    # https://cloud.google.com/storage/docs/locations
    (LOCATION := r"^[A-Za-z]{2,}(-[A-Za-z]+)?\d*$"): "a Cloud Storage location (such as europe-west2, EU or EUR4)",
    # https://cloud.google.com/iam/docs/service-account-types
    (SERVICE_ACCOUNT := r"^[a-z0-9][a-z0-9.-]*@[a-z0-9][a-z0-9.-]*\.gserviceaccount\.com$"): (
        "the e-mail address of a service account (…@….iam.gserviceaccount.com)"
    ),
    # https://cloud.google.com/iam/docs/principal-identifiers. Nobody who is everybody.
    (MEMBER := r"^((serviceAccount|user|group):[^@:\s]+@[^@:\s]+|principal(Set)?://iam\.googleapis\.com/\S+)$"): (
        "one principal (serviceAccount:…@…, user:…@…, group:…@…, or principal(Set)://iam.googleapis.com/…)"
    ),
    # https://cloud.google.com/kms/docs/resource-hierarchy
    (KMS_KEY := r"^projects/[^/\s]+/locations/[^/\s]+/keyRings/[^/\s]+/cryptoKeys/[^/\s]+$"): (
        "the name of a Cloud KMS key (projects/…/locations/…/keyRings/…/cryptoKeys/…)"
    ),
}
ProjectId = Annotated[str, Meta(pattern=PROJECT_ID)]
GcsBucketName = Annotated[str, Meta(pattern=GCS_BUCKET)]
Location = Annotated[str, Meta(pattern=LOCATION)]
ServiceAccount = Annotated[str, Meta(pattern=SERVICE_ACCOUNT)]
Member = Annotated[str, Meta(pattern=MEMBER)]
KmsKey = Annotated[str, Meta(pattern=KMS_KEY)]


class GcpChecker(Record, frozen=True):
    """The identity that `integrations check` runs as, in all projects: the stack lets it ask about the buckets.

    member: a service account, or a CI system's own identity, which needs no key: its tokens
    are principals of a workload identity pool
    (https://cloud.google.com/iam/docs/workload-identity-federation).
    """

    member: Member


class GcpEncord(Record, frozen=True):
    """How Encord knows the integration (title or id), and the service account that its dialog shows.

    serviceAccount: the e-mail address that Encord reads as. It has no default: Encord shows
    it only in the dialog that creates the integration. Until it is here, nothing is granted.
    """

    title: str | None = None
    id: str | None = None
    service_account: ServiceAccount | None = None


class GcpBucket(Record, frozen=True):
    """One Cloud Storage bucket.

    location: a region, or several of them by one name. ownership: `create` (the stack owns
    it) or `existing` (somebody else does; the stack only adds grants to it). kmsKey: the
    customer-managed key that encrypts it, Google's own without it; Cloud Storage's service
    agent must be allowed to use it, and readers need not
    (https://cloud.google.com/storage/docs/encryption/customer-managed-keys).
    softDeleteDays: how long deleted objects can be restored: 0 (not at all) or 7 to 90.
    """

    name: GcsBucketName
    location: Location
    ownership: Ownership
    kms_key: KmsKey | None = None
    soft_delete_days: int = 7

    def __post_init__(self) -> None:
        # https://cloud.google.com/storage/docs/soft-delete
        if self.soft_delete_days != 0 and not 7 <= self.soft_delete_days <= 90:
            raise ValueError(f"softDeleteDays of bucket {self.name} is {self.soft_delete_days}: it is 0, or 7 to 90")


class GcpIntegration(Record, frozen=True, kw_only=True, tag_field="cloud", tag="gcp"):
    """An integration on Google Cloud.

    project: where the stack's own buckets are. prefixes: what Encord may read, the whole
    bucket if empty. writePrefix: where it may write when imageSequences is on.
    cloudSyncedFolders: Encord may list the buckets too, which its cloud-synced folders need
    and which turns the 403 of a missing object into a 404. checkPrincipal: a service account
    of yours that is granted what Encord is and that the checker may impersonate, so that a
    check can prove it. probeObject: key of an object that every bucket has.
    """

    name: str
    project: ProjectId
    buckets: Annotated[tuple[GcpBucket, ...], Meta(min_length=1)]
    prefixes: tuple[str, ...] = ()
    image_sequences: bool = False
    write_prefix: str = ""
    cloud_synced_folders: bool = False
    encord: GcpEncord = field(default_factory=GcpEncord)
    check_principal: ServiceAccount | None = None
    probe_object: str | None = None

    def __post_init__(self) -> None:
        require_unique([bucket.name for bucket in self.buckets], "bucket")
        require_prefixes((*self.prefixes, self.write_prefix))
        for prefix in (*self.prefixes, self.write_prefix):
            if '"' in prefix or "\\" in prefix:
                raise ValueError(f'prefix {prefix!r}: `"` and `\\` cannot stand in the condition of a grant')
        if self.check_principal is not None and self.check_principal == self.encord.service_account:
            raise ValueError("checkPrincipal is Encord's own service account: it must be one of yours")

    @property
    def cloud(self) -> str:
        """The cloud's short name, as the file spells it."""
        return "gcp"

    @property
    def awaiting_encord(self) -> bool:
        """Whether it is not known yet as whom Encord comes, so that nothing is granted."""
        return self.encord.service_account is None
