"""AWS: what the role, the buckets and the access point must say so that Encord can work, and no more.

Encord does not publish the exact list of actions. What stands here follows from what
it does: it reads objects, and writes the video of an image sequence. The principal and
the external ID are Encord's to say; they are configuration without a default.

Names are explicit in the configuration, so every ARN is computed here. Only the alias
of a Multi-Region Access Point is AWS's invention, and a parameter.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from integrations.access import cors
from integrations.environment.model import AwsBucket, AwsChecker, AwsIntegration, Integration

Document = dict[str, Any]
Statement = dict[str, Any]

VERSION = "2012-10-17"  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
OBJECTS_POLICY = "encord-objects"
ACCESS_POINT_POLICY = "encord-access-point"
CHECKER_POLICY = "checker"

# The Sids by which our statements are found again in a document that is somebody else's too.
SID_TLS = "EncordIntegrationsDenyPlainHttp"
SID_ROLE = "EncordIntegrationsRole"
SID_CHECKER = "EncordIntegrationsChecker"
SID_CORS = "encord-integrations"


def role_arn(integration: AwsIntegration) -> str:
    """The ARN that the integration's role has, or will have once Encord's values are known."""
    return f"arn:aws:iam::{integration.account}:role/{integration.role}"


def checker_arn(checker: AwsChecker) -> str:
    """The ARN of the checker's role."""
    return f"arn:aws:iam::{checker.account}:role/{checker.role}"


def bucket_arn(bucket: AwsBucket) -> str:
    return f"arn:aws:s3:::{bucket.name}"


def access_point_arn(integration: AwsIntegration, alias: str) -> str:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiRegionAccessPointRequests.html"""
    return f"arn:aws:s3::{integration.account}:accesspoint/{alias}"


def bucket_account(integration: AwsIntegration, bucket: AwsBucket) -> str:
    """The account that the bucket lives in."""
    return bucket.account or integration.account


def is_foreign(integration: AwsIntegration, bucket: AwsBucket) -> bool:
    """Whether the bucket lives in another account than the role, so that its own policy must let the role in."""
    return bucket_account(integration, bucket) != integration.account


def tags(owner: AwsIntegration | AwsChecker) -> dict[str, str]:
    """What every role and bucket is tagged with; the policies read the account from it."""
    name = owner.name if isinstance(owner, AwsIntegration) else "checker"
    return {"managed-by": "encord-integrations", "integration": name, "account": owner.account}


# -- the role --------------------------------------------------------------------------


def trust_policy(integration: AwsIntegration) -> Document:
    """Who may assume the role: Encord, and the check principal if there is one, both with the external ID only.

    Raises ValueError while Encord's values are unknown: a role with a placeholder trust must never exist.
    """
    if integration.awaiting_encord:
        raise ValueError(f"integration {integration.name} awaits Encord's principal and external ID")
    principals = [integration.encord.principal, integration.check_principal]
    return _document(
        {
            "Sid": SID_ROLE,
            "Effect": "Allow",
            "Principal": {"AWS": [principal for principal in principals if principal]},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": integration.encord.external_id}},
        }
    )


def role_policy(integration: AwsIntegration) -> Document:
    """What the role may do with the buckets."""
    buckets = integration.buckets
    statements = [_allow("ReadObjects", ["s3:GetObject"], _objects(integration, [bucket_arn(b) for b in buckets]))]
    if integration.cloud_synced_folders:
        statements += _listing(integration)
    if integration.image_sequences:
        written = [f"{bucket_arn(bucket)}/{integration.write_prefix}*" for bucket in buckets]
        statements.append(_allow("WriteImageSequences", ["s3:PutObject"], written))
    return _document(*statements, *_keys(integration, write=integration.image_sequences))


def access_point_role_policy(integration: AwsIntegration, alias: str) -> Document:
    """What the role may do through the Multi-Region Access Point: AWS wants point *and* bucket to allow it.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiRegionAccessPointPermissions.html
    """
    point = f"{access_point_arn(integration, alias)}/object"
    statements = [_allow("ReadThroughAccessPoint", ["s3:GetObject"], _objects(integration, [point]))]
    if integration.image_sequences:
        written = [f"{point}/{integration.write_prefix}*"]
        statements.append(_allow("WriteThroughAccessPoint", ["s3:PutObject"], written))
    return _document(*statements)


# -- the buckets -----------------------------------------------------------------------


def cors_rule(origins: tuple[str, ...]) -> Document:
    """The bucket's CORS rule, in S3's words."""
    return {
        "ID": SID_CORS,
        "AllowedOrigins": list(origins),
        "AllowedMethods": list(cors.METHODS),
        "AllowedHeaders": list(cors.REQUEST_HEADERS),
        "ExposeHeaders": list(cors.EXPOSED_HEADERS),
        "MaxAgeSeconds": cors.MAX_AGE_SECONDS,
    }


def bucket_policy(integration: AwsIntegration, bucket: AwsBucket, checker: AwsChecker | None) -> Document:
    """The bucket's policy: plain HTTP denied; a role of another account let in, as far as its own policy goes."""
    return _document(deny_plain_http(bucket), *foreign_statements(integration, bucket, checker))


def deny_plain_http(bucket: AwsBucket) -> Statement:
    """Plain HTTP denied to everybody, on the bucket and its objects."""
    return plain_http_denial(bucket_arn(bucket), "/*")


def plain_http_denial(arn: str, objects: str) -> Statement:
    """The same for any ARN. objects: what follows it in the ARN of its objects.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
    """
    return {
        "Sid": SID_TLS,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}{objects}"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def foreign_statements(integration: AwsIntegration, bucket: AwsBucket, checker: AwsChecker | None) -> list[Statement]:
    """What the bucket's policy must say because role and bucket live in different accounts; empty if they do not."""
    if not is_foreign(integration, bucket):
        return []
    arn, statements = bucket_arn(bucket), []
    if not integration.awaiting_encord:
        actions = ["s3:GetObject"] + (["s3:PutObject"] if integration.image_sequences else [])
        actions += ["s3:ListBucket"] if integration.cloud_synced_folders else []
        role = {"AWS": role_arn(integration)}
        statements.append({**_allow(SID_ROLE, actions, [arn, f"{arn}/*"]), "Principal": role})
    if checker is not None:
        actions = [*BUCKET_QUESTIONS, "s3:GetObject"]
        principal = {"AWS": checker_arn(checker)}
        statements.append({**_allow(SID_CHECKER, actions, [arn, f"{arn}/*"]), "Principal": principal})
    return statements


def access_point_policy(integration: AwsIntegration, alias: str) -> Document:
    """The Multi-Region Access Point's own policy: plain HTTP denied; the account's own policies decide the rest."""
    return _document(plain_http_denial(access_point_arn(integration, alias), "/object/*"))


# -- the checker -----------------------------------------------------------------------

BUCKET_QUESTIONS = (
    "s3:GetBucketLocation",
    "s3:GetBucketAcl",
    "s3:GetBucketCORS",
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketVersioning",
    "s3:GetEncryptionConfiguration",
    "s3:GetReplicationConfiguration",
    "s3:ListBucket",
)
ROLE_QUESTIONS = (
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListRolePolicies",
    "iam:SimulatePrincipalPolicy",
)
ACCESS_POINT_QUESTIONS = (
    "s3:GetMultiRegionAccessPoint",
    "s3:GetMultiRegionAccessPointPolicy",
    "s3:GetMultiRegionAccessPointRoutes",
)
KEY_QUESTIONS = ("kms:DescribeKey", "kms:GetKeyPolicy")


def checker_trust_policy(checker: AwsChecker) -> Document:
    """Who may become the checker: tokens of a CI system, or one principal."""
    if checker.oidc is None:
        return _document({"Effect": "Allow", "Principal": {"AWS": checker.principal}, "Action": "sts:AssumeRole"})
    issuer = checker.oidc.provider.split(":oidc-provider/", 1)[-1]
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
    return _document(
        {
            "Effect": "Allow",
            "Principal": {"Federated": checker.oidc.provider},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {f"{issuer}:aud": checker.oidc.audience},
                "StringLike": {f"{issuer}:sub": checker.oidc.subject},
            },
        }
    )


def checker_policy(checker: AwsChecker, integrations: Iterable[Integration]) -> Document:
    """Least privilege for `integrations check` in one account: it may ask, and read the probe objects, and nothing else."""
    mine = [one for one in integrations if isinstance(one, AwsIntegration) and one.account == checker.account]
    buckets = [(integration, bucket_arn(bucket)) for integration in mine for bucket in integration.buckets]
    asked_keys = [bucket.kms_key for one in mine for bucket in one.buckets if bucket.kms_key]
    points = [access_point_arn(i, "*") for i in mine if i.multi_region_access_point]
    assumed = [role_arn(integration) for integration in mine if integration.check_principal]
    probes = [f"{arn}/{integration.probe_object}" for integration, arn in buckets if integration.probe_object]
    written = [f"{arn}/{write_probe_prefix(integration)}*" for integration, arn in buckets]
    statements = [
        _allow("AskBuckets", list(BUCKET_QUESTIONS), [arn for _, arn in buckets]),
        _allow("AskRoles", list(ROLE_QUESTIONS), [role_arn(integration) for integration in mine]),
        _allow("AskAccessPoints", list(ACCESS_POINT_QUESTIONS), list(dict.fromkeys(points))),
        _allow("AskKeys", list(KEY_QUESTIONS), list(dict.fromkeys(asked_keys))),
        _allow("BecomeTheRoles", ["sts:AssumeRole"], assumed),
        _allow("ReadProbeObjects", ["s3:GetObject"], probes),
        _allow("RemoveWriteProbes", ["s3:DeleteObject", "s3:DeleteObjectVersion"], written),
    ]
    keys = [key for integration in mine if integration.probe_object for key in _keys(integration, write=False)]
    numbered = [{**key, "Sid": f"UseKey{number}"} for number, key in enumerate(keys)]
    return _document(*(statement for statement in statements if statement["Resource"]), *numbered)


def write_probe_prefix(integration: AwsIntegration) -> str:
    """Where `integrations check --write-probe` writes its object, and nothing else does."""
    return f"{integration.write_prefix}.encord-check/"


# -- pieces ----------------------------------------------------------------------------


def _document(*statements: Statement) -> Document:
    return {"Version": VERSION, "Statement": list(statements)}


def _allow(sid: str, actions: list[str], resources: list[str]) -> Statement:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}


def _objects(integration: AwsIntegration, roots: list[str]) -> list[str]:
    """The objects that Encord may read under each root: those of the prefixes, or all."""
    readable = integration.prefixes or ("",)
    if integration.image_sequences and integration.prefixes:
        readable = tuple(dict.fromkeys((*readable, integration.write_prefix)))  # it shows what it wrote
    return [f"{root}/{prefix}*" for root in roots for prefix in readable]


def _listing(integration: AwsIntegration) -> list[Statement]:
    arns = [bucket_arn(bucket) for bucket in integration.buckets]
    listing = _allow("ListBuckets", ["s3:ListBucket"], arns)
    if integration.prefixes:
        listing["Condition"] = {"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in integration.prefixes]}}
    return [listing, _allow("LocateBuckets", ["s3:GetBucketLocation"], arns)]


def _keys(integration: AwsIntegration, *, write: bool) -> list[Statement]:
    """Use of the customer-managed keys, through S3 only.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
    """
    actions = ["kms:Decrypt"] + (["kms:GenerateDataKey"] if write else [])
    return [
        {
            **_allow(f"UseKey{number}", actions, [bucket.kms_key]),
            "Condition": {"StringEquals": {"kms:ViaService": f"s3.{bucket.region}.amazonaws.com"}},
        }
        for number, bucket in enumerate(integration.buckets)
        if bucket.kms_key
    ]
