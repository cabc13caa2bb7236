"""A typed integration on Open Telekom Cloud's OBS, or on any other S3-compatible store, field by field."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct, field

from integrations.environment.aws import S3BucketName
from integrations.environment.base import Ownership, Record, require_origin, require_prefixes, require_unique

# What a pattern means, in the words of an error message.
PATTERNS = {
    (OBS_REGION := r"^[a-z]{2}-[a-z]{2,8}$"): "a region of Open Telekom Cloud (such as eu-de)",
    # https://docs.otc.t-systems.com/object-storage-service/api-ref/apis/advanced_bucket_settings/configuring_a_bucket_policy.html
    # A user's id or name; `*` would be every user of the domain.
    (OBS_PRINCIPAL := r"^domain/[0-9a-f]{32}:user/[^*/:\s]+$"): (
        "an OBS principal (domain/<domain id, 32 hex digits>:user/<user id or name>)"
    ),
    (S3_PRINCIPAL := r"^arn:[a-z0-9-]+:iam::[^:*\s]*:user/[^*\s]+$"): (
        "the ARN of one user (arn:aws:iam::<account>:user/<name>)"
    ),
    (PROFILE := r"^[a-z][a-z0-9-]{0,39}$"): "a profile's name (1 to 40 of a-z, 0-9 and -, a letter first)",
}
ObsRegion = Annotated[str, Meta(pattern=OBS_REGION)]
ObsPrincipal = Annotated[str, Meta(pattern=OBS_PRINCIPAL)]
S3Principal = Annotated[str, Meta(pattern=S3_PRINCIPAL)]
ProfileName = Annotated[str, Meta(pattern=PROFILE)]


class Store(Struct, frozen=True):
    """Where a store answers. dialect: how its bucket policies are written. grants and cors: see S3Integration."""

    endpoint: str
    region: str
    addressing: Literal["virtual", "path"]
    dialect: Literal["obs", "s3"]
    grants: Literal["bucket-policy", "user-policy"] = "bucket-policy"
    cors: Literal["bucket", "server"] = "bucket"

    @property
    def host(self) -> str:
        """The endpoint's host, with its port if it has one."""
        return urlsplit(self.endpoint).netloc


class S3CompatibleBucket(Record, frozen=True):
    """One bucket. ownership: `create` (the stack owns it) or `existing` (somebody else does).

    kmsKey: the key that encrypts new objects by default; whether the store does so without one is the store's
    matter. Whoever reads needs the right to use the key too, which is granted where the key is.
    """

    name: S3BucketName
    ownership: Ownership
    kms_key: str | None = None


class OtcChecker(Record, frozen=True):
    """The OBS user that `integrations check` runs as: the stack lets it ask about the buckets, and nothing else."""

    principal: ObsPrincipal


class S3Checker(Record, frozen=True):
    """The same on another store. endpoint: as in the integrations."""

    endpoint: str
    principal: S3Principal


class OtcEncord(Record, frozen=True):
    """How Encord knows the integration (title or id), and the IAM user that was made for it (principal).

    principal has no default: the user is yours, its access key is pasted into Encord's dialog. Until it is here,
    nothing is granted.
    """

    title: str | None = None
    id: str | None = None
    principal: ObsPrincipal | None = None


class S3Encord(Record, frozen=True):
    """The same on another store."""

    title: str | None = None
    id: str | None = None
    principal: S3Principal | None = None


class _Fields(Record, frozen=True, kw_only=True):
    """What both have in common; see the classes."""

    name: str
    buckets: Annotated[tuple[S3CompatibleBucket, ...], Meta(min_length=1)]
    prefixes: tuple[str, ...] = ()
    image_sequences: bool = False
    write_prefix: str = ""
    cloud_synced_folders: bool = False
    probe_object: str | None = None

    def __post_init__(self) -> None:
        require_unique([bucket.name for bucket in self.buckets], "bucket")
        require_prefixes((*self.prefixes, self.write_prefix))


class OtcIntegration(_Fields, frozen=True, kw_only=True, tag_field="cloud", tag="otc"):
    """An integration on Open Telekom Cloud's Object Storage Service (OBS).

    region: where the buckets are. prefixes: what Encord may read, the whole bucket if empty. writePrefix: where it
    may write when imageSequences is on. cloudSyncedFolders: Encord may list the buckets too. profile: the
    credentials of this machine to work with, from `OTC_ACCESS_KEY_ID` and `OTC_SECRET_ACCESS_KEY`, or from that
    profile of the AWS credentials file. checkPrincipal: a user of yours that is granted what Encord is, so that a
    check can prove it; its credentials are those of the profile with `-check` behind its name. probeObject: key of
    an object that every bucket has.
    """

    region: ObsRegion
    encord: OtcEncord = field(default_factory=OtcEncord)
    check_principal: ObsPrincipal | None = None
    profile: ProfileName = "otc"

    @property
    def cloud(self) -> str:
        """The cloud's short name, as the file spells it."""
        return "otc"

    @property
    def store(self) -> Store:
        """Where OBS answers: https://docs.otc.t-systems.com/regions-and-endpoints/"""
        return Store(f"https://obs.{self.region}.otc.t-systems.com", self.region, "virtual", "obs")

    @property
    def awaiting_encord(self) -> bool:
        """Whether it is not known yet as whom Encord comes, so that nothing is granted."""
        return self.encord.principal is None


class S3Integration(_Fields, frozen=True, kw_only=True, tag_field="cloud", tag="s3"):
    """An integration on any other S3-compatible store, such as Wasabi or MinIO.

    endpoint: `https://host`, as the store's documentation names it. addressing: whether buckets stand in the path
    or in the host. grants: `bucket-policy`, or `user-policy` where a store has no bucket policies for single users
    (MinIO); then the stack grants nothing, and `integrations access show` prints what the user's policy must say.
    cors: `bucket`, or `server` where a store has one setting for all buckets. The rest as on Open Telekom Cloud.
    """

    endpoint: str
    region: str = "us-east-1"
    addressing: Literal["virtual", "path"] = "path"
    grants: Literal["bucket-policy", "user-policy"] = "bucket-policy"
    cors: Literal["bucket", "server"] = "bucket"
    encord: S3Encord = field(default_factory=S3Encord)
    check_principal: S3Principal | None = None
    profile: ProfileName = "s3"

    def __post_init__(self) -> None:
        super().__post_init__()
        require_origin(self.endpoint, "endpoint")
        if re.search(r"(^|\.)amazonaws\.com(\.cn)?$", urlsplit(self.endpoint).hostname or ""):
            raise ValueError(f"endpoint {self.endpoint!r} is AWS itself: use `cloud: aws`, where a role replaces keys")

    @property
    def cloud(self) -> str:
        """The cloud's short name, as the file spells it."""
        return "s3"

    @property
    def store(self) -> Store:
        """Where the store answers."""
        return Store(self.endpoint, self.region, self.addressing, "s3", self.grants, self.cors)

    @property
    def awaiting_encord(self) -> bool:
        """Whether it is not known yet as whom Encord comes, so that nothing is granted."""
        return self.encord.principal is None


S3Compatible = OtcIntegration | S3Integration
