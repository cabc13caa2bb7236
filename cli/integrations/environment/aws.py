"""A typed integration on Amazon Web Services, field by field."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from integrations.environment.base import Ownership, Record, require_prefixes, require_unique

# What a pattern means, in the words of an error message.
PATTERNS = {
    (ACCOUNT_ID := r"^\d{12}$"): "an AWS account id (12 digits, in quotes)",
    (ARN := r"^arn:aws[a-z-]*:"): "an ARN (arn:aws:…)",
    (REGION := r"^[a-z]{2}(-[a-z]+)+-\d$"): "an AWS region (such as eu-west-2)",
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html. Without dots,
    # because with them the certificate of virtual-hosted URLs does not match.
    (BUCKET := r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$"): "a bucket name (3 to 63 of a-z, 0-9 and -)",
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    (ROLE := r"^[\w+=,.@-]{1,64}$"): "an IAM role name (up to 64 of letters, digits and +=,.@-_)",
    # https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    (EXTERNAL_ID := r"^[\w+=,.@:/-]{2,1224}$"): "an external ID (2 to 1224 of letters, digits and +=,.@:/-_)",
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/CreatingMultiRegionAccessPoints.html
    (MRAP := r"^[a-z0-9](?!.*--)[a-z0-9-]{1,48}[a-z0-9]$"): "an access point name (3 to 50 of a-z, 0-9 and -)",
}
AccountId = Annotated[str, Meta(pattern=ACCOUNT_ID)]
Arn = Annotated[str, Meta(pattern=ARN)]
Region = Annotated[str, Meta(pattern=REGION)]
S3BucketName = Annotated[str, Meta(pattern=BUCKET)]
RoleName = Annotated[str, Meta(pattern=ROLE)]
ExternalId = Annotated[str, Meta(pattern=EXTERNAL_ID)]
MrapName = Annotated[str, Meta(pattern=MRAP)]


class OidcTrust(Record, frozen=True):
    """Who may become the checker from a CI system, without a stored key.

    provider: ARN of the IAM OIDC provider. audience and subject: what the token must say;
    subject may hold `*`, for example `repo:acme/data:ref:refs/heads/main`.
    """

    provider: Arn
    subject: str
    audience: str = "sts.amazonaws.com"


class AwsChecker(Record, frozen=True):
    """The identity that `integrations check` runs as in one account. Exactly one of oidc and principal trusts it.

    The stack makes its role, with what the checks of all integrations in the account need, and nothing else.
    account: which account it asks about. role: the name of its role. oidc: a CI system whose tokens become it.
    principal: an identity that becomes it.
    """

    account: AccountId
    role: RoleName
    oidc: OidcTrust | None = None
    principal: Arn | None = None

    def __post_init__(self) -> None:
        if (self.oidc is None) == (self.principal is None):
            raise ValueError("a checker is trusted by exactly one of `oidc` and `principal`")


class AwsEncord(Record, frozen=True):
    """What Encord's dialog shows (principal, externalId) and how Encord knows the integration (title or id).

    principal and externalId have no default: Encord shows them only in the dialog that
    creates the integration. Until both are here, no role is made.
    title: the integration's title at Encord; its name here, if not given.
    id: its id at Encord, where a title is not enough. principal: as whom Encord comes.
    externalId: what Encord shows beside it.
    """

    title: str | None = None
    id: str | None = None
    principal: Arn | None = None
    external_id: ExternalId | None = None


class AwsBucket(Record, frozen=True):
    """One S3 bucket.

    name: the bucket's name. region: where it is.
    ownership: `create` (the stack owns it) or `existing` (somebody else does).
    account: where the bucket lives, if not in the integration's account.
    deployRole: the role that `pulumi up` assumes to work in that other account.
    kmsKey: ARN of the customer-managed key that encrypts it; S3's own keys without it.
    """

    name: S3BucketName
    region: Region
    ownership: Ownership
    account: AccountId | None = None
    deploy_role: Arn | None = None
    kms_key: Arn | None = None

    def __post_init__(self) -> None:
        if self.kms_key is not None and f":{self.region}:" not in self.kms_key:
            raise ValueError(f"kmsKey of bucket {self.name} is not in the bucket's region {self.region}")


class MultiRegionAccessPoint(Record, frozen=True):
    """A Multi-Region Access Point over all buckets of the integration, one bucket per region.

    name: the access point's name; AWS makes its alias up.
    replication: `managed` (the stack keeps the buckets equal, both ways) or `external`
    (somebody else does): a point does not replicate, and answers 404 for what its
    nearest bucket lacks.
    """

    name: MrapName
    replication: Literal["managed", "external"] = "managed"


class AwsIntegration(Record, frozen=True, tag_field="cloud", tag="aws"):
    """An integration on Amazon Web Services.

    account: where the role lives. role: the name of the role that Encord assumes.
    buckets: where the objects are. prefixes: what Encord may read, the whole bucket if
    empty. imageSequences: whether Encord makes a video of each image sequence, which it writes
    into the bucket. writePrefix: where it may write when imageSequences is on (where Encord writes is
    not documented, so the whole bucket by default). cloudSyncedFolders: Encord may list the
    buckets too, which its cloud-synced folders need and which turns the 403 of a missing
    object into a 404. multiRegionAccessPoint: one address for all buckets.
    encord: the connection at Encord's side. checkPrincipal: an
    identity of yours that may assume the role too, with the same external ID, so that a
    check can prove the trust. probeObject: key of an object that every bucket has.
    """

    name: str
    account: AccountId
    role: RoleName
    buckets: Annotated[tuple[AwsBucket, ...], Meta(min_length=1)]
    prefixes: tuple[str, ...] = ()
    image_sequences: bool = False
    write_prefix: str = ""
    cloud_synced_folders: bool = False
    multi_region_access_point: MultiRegionAccessPoint | None = None
    encord: AwsEncord = field(default_factory=AwsEncord)
    check_principal: Arn | None = None
    probe_object: str | None = None

    def __post_init__(self) -> None:
        require_unique([bucket.name for bucket in self.buckets], "bucket")
        require_prefixes((*self.prefixes, self.write_prefix))
        for bucket in self.buckets:
            foreign = bucket.account not in (None, self.account)
            if foreign and bucket.ownership == "create" and bucket.deploy_role is None:
                raise ValueError(f"bucket {bucket.name} is made in account {bucket.account}: it needs a `deployRole`")
        if self.multi_region_access_point is not None:
            if len(self.buckets) < 2:
                raise ValueError("a Multi-Region Access Point needs at least two buckets, in different regions")
            require_unique([bucket.region for bucket in self.buckets], "region under a Multi-Region Access Point")
            # The role that replicates must live in the account of the bucket it reads from.
            foreign = any(bucket.account not in (None, self.account) for bucket in self.buckets)
            if foreign and self.multi_region_access_point.replication == "managed":
                raise ValueError(
                    "buckets of other accounts are not replicated by the stack: set `replication: external`"
                )

    @property
    def cloud(self) -> str:
        """The cloud's short name, as the file spells it."""
        return "aws"

    @property
    def awaiting_encord(self) -> bool:
        """Whether Encord's dialog has not been answered yet, so that there is no role."""
        return self.encord.principal is None or self.encord.external_id is None
