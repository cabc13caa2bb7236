"""S3 buckets, and the parts of their configuration that Pulumi has as resources of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from integrations_sandbox.deploy.handler import Handler, Target
from integrations_sandbox.deploy.handlers.aws import AwsHandler, code_of, unless
from integrations_sandbox.deploy.plan import Seen
from integrations_sandbox.deploy.records import AlreadyExistsError, StepError
from integrations_sandbox.deploy.wire import Props

NO_BUCKET = ("NoSuchBucket", "404")  # HEAD has no body, and so only the status
# The one region that a bucket is made in by not naming it:
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
DEFAULT_REGION = "us-east-1"
# Pulumi's names are AWS's with a small first letter, except these.
ACRONYMS = {
    "corsRules": "CORSRules",
    "id": "ID",
    "kmsMasterKeyId": "KMSMasterKeyID",
    "replicaKmsKeyId": "ReplicaKmsKeyID",
    "sseAlgorithm": "SSEAlgorithm",
}
PULUMI_NAMES = {aws: pulumi for pulumi, aws in ACRONYMS.items()}


def to_aws(value: Any) -> Any:
    """A value with AWS's names for its keys, as boto3 wants it; boto3 refuses what AWS does not know."""
    if isinstance(value, dict):
        return {ACRONYMS.get(key, key[:1].upper() + key[1:]): to_aws(item) for key, item in value.items()}
    return [to_aws(item) for item in value] if isinstance(value, list) else value


def to_pulumi(value: Any) -> Any:
    """The way back."""
    if isinstance(value, dict):
        return {PULUMI_NAMES.get(key, key[:1].lower() + key[1:]): to_pulumi(item) for key, item in value.items()}
    return [to_pulumi(item) for item in value] if isinstance(value, list) else value


def client(target: Target) -> Any:
    """S3 in the region of the bucket: the one it was seen in, the one asked for, or else the provider's."""
    return target.cloud.client("s3", target.known.get("region") or target.inputs.get("region"))


class Bucket(AwsHandler):
    """aws:s3/bucket:Bucket. The id is the bucket's name."""

    understands = frozenset({"bucket", "region", "tags", "forceDestroy"})
    required = frozenset({"bucket"})
    replace_on = frozenset({"bucket", "region"})
    exclusive = True
    loss = "every object in it, and every registered URL that names it"

    def identify(self, target: Target) -> str:
        return str(target.inputs["bucket"])

    def desired(self, target: Target) -> Props:
        region = target.inputs.get("region") or target.cloud.region
        return {"region": region, "tags": target.inputs.get("tags") or {}}

    def read(self, target: Target) -> Seen | None:
        region = None
        with unless(*NO_BUCKET):
            region = client(target).head_bucket(Bucket=target.id)["BucketRegion"]
        if region is None:
            return None
        tags = []
        with unless("NoSuchTagSet"):
            tags = client(target).get_bucket_tagging(Bucket=target.id)["TagSet"]
        outputs = {
            "arn": f"arn:aws:s3:::{target.id}",
            "region": region,
            "bucketDomainName": f"{target.id}.s3.amazonaws.com",
            "bucketRegionalDomainName": f"{target.id}.s3.{region}.amazonaws.com",
        }
        return Seen({"region": region, "tags": {tag["Key"]: tag["Value"] for tag in tags}}, outputs)

    def create(self, target: Target) -> tuple[str, Props]:
        s3 = client(target)
        region = s3.meta.region_name
        where = {} if region == DEFAULT_REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        try:
            s3.create_bucket(Bucket=target.id, **where)
        except ClientError as error:
            if code_of(error) in ("BucketAlreadyExists", "BucketAlreadyOwnedByYou"):
                raise AlreadyExistsError(f"{target.id} exists already, and this stack did not make it") from error
            raise
        return target.id, self.update(target)

    def update(self, target: Target) -> Props:
        tags = [{"Key": key, "Value": value} for key, value in (target.inputs.get("tags") or {}).items()]
        if tags:
            client(target).put_bucket_tagging(Bucket=target.id, Tagging={"TagSet": tags})
        else:
            client(target).delete_bucket_tagging(Bucket=target.id)
        return self.seen(target).outputs

    def delete(self, target: Target) -> None:
        with unless(*NO_BUCKET):
            if target.inputs.get("forceDestroy"):
                empty(client(target), target.id)
            client(target).delete_bucket(Bucket=target.id)


def empty(s3: Any, bucket: str) -> None:
    """Delete every version and every delete marker of a bucket. Raises StepError naming what stays."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if not found:
            continue
        keys = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
        failed = s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True}).get("Errors", [])
        if failed:
            raise StepError(
                f"{len(failed)} objects could not be deleted, the first {failed[0]['Key']!r}: {failed[0]['Message']}"
            )


@dataclass(frozen=True)
class Calls:
    """The calls of one part of a bucket's configuration.

    argument: of the put call, and key of the get call's answer unless `answer` says how to
    read that. absent: the error code of a bucket without this part. removed: arguments
    of the put call that stands in for a delete call that S3 does not have.
    """

    put: str
    get: str
    argument: str
    absent: str = ""
    delete: str = ""
    removed: Any = None
    answer: Callable[[Props], Any] | None = None


class Part(AwsHandler):
    """A part of a bucket's configuration. The id is the bucket's name.

    shape: from the inputs to what is given to S3, in Pulumi's names; its result is also
    what S3 is expected to show. tidy: takes out of what S3 shows what it adds itself.
    """

    required = frozenset({"bucket"})
    replace_on = frozenset({"bucket", "region"})

    def __init__(
        self,
        calls: Calls,
        properties: set[str],
        shape: Callable[[Props], Any] = lambda inputs: inputs,
        tidy: Callable[[Any, Any], Any] = lambda live, _wanted: live,
    ) -> None:
        self.calls = calls
        self.understands = frozenset({"bucket", "region"} | properties)
        self._properties = properties
        self._shape = shape
        self._tidy = tidy

    def identify(self, target: Target) -> str:
        return str(target.inputs["bucket"])

    def _shaped(self, target: Target) -> Any:
        return self._shape({key: value for key, value in target.inputs.items() if key in self._properties})

    def desired(self, target: Target) -> Props:
        shaped = self._shaped(target)
        return shaped if isinstance(shaped, dict) else {"policy": shaped}

    def read(self, target: Target) -> Seen | None:
        answer: Any = None
        with unless(self.calls.absent, *NO_BUCKET):
            answer = getattr(client(target), self.calls.get)(Bucket=target.id)
        if answer is None:
            return None
        answer.pop("ResponseMetadata", None)
        found = self.calls.answer(answer) if self.calls.answer else answer.get(self.calls.argument)
        if not found:
            return None
        live = {"policy": found} if isinstance(found, str) else to_pulumi(found)
        return Seen(self._tidy(live, self.desired(target)), {"region": client(target).meta.region_name})

    def create(self, target: Target) -> tuple[str, Props]:
        return target.id, self.update(target)

    def update(self, target: Target) -> Props:
        shaped = self._shaped(target)
        value = shaped if isinstance(shaped, str) else to_aws(shaped)
        getattr(client(target), self.calls.put)(Bucket=target.id, **{self.calls.argument: value})
        return self.seen(target).outputs

    def delete(self, target: Target) -> None:
        with unless(self.calls.absent, *NO_BUCKET):
            if self.calls.delete:
                getattr(client(target), self.calls.delete)(Bucket=target.id)
            else:
                getattr(client(target), self.calls.put)(Bucket=target.id, **{self.calls.argument: self.calls.removed})


BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def _encryption(inputs: Props) -> Props:
    return {"rules": [{"bucketKeyEnabled": False, **rule} for rule in inputs.get("rules", [])]}


def _without_given_ids(live: Props, wanted: Props) -> Props:
    """S3 names replication rules that have no name of their own."""
    if any("id" in rule for rule in wanted.get("rules", [])):
        return live
    return {**live, "rules": [{k: v for k, v in rule.items() if k != "id"} for rule in live["rules"]]}


HANDLERS: dict[str, Handler] = {
    "aws:s3/bucket:Bucket": Bucket(),
    "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": Part(
        Calls(
            "put_bucket_cors", "get_bucket_cors", "CORSConfiguration", "NoSuchCORSConfiguration",
            "delete_bucket_cors", answer=lambda answer: answer,
        ),
        {"corsRules"},
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": Part(
        Calls(
            "put_public_access_block", "get_public_access_block", "PublicAccessBlockConfiguration",
            "NoSuchPublicAccessBlockConfiguration", "delete_public_access_block",
        ),
        set(BLOCKS),
        lambda inputs: {block: inputs.get(block, False) for block in BLOCKS},
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": Part(
        Calls(
            "put_bucket_encryption", "get_bucket_encryption", "ServerSideEncryptionConfiguration",
            "ServerSideEncryptionConfigurationNotFoundError", "delete_bucket_encryption",
        ),
        {"rules"},
        _encryption,
    ),
    "aws:s3/bucketVersioning:BucketVersioning": Part(
        Calls(
            "put_bucket_versioning", "get_bucket_versioning", "VersioningConfiguration",
            removed={"Status": "Suspended"}, answer=lambda answer: answer,
        ),
        {"versioningConfiguration"},
        lambda inputs: inputs.get("versioningConfiguration", {}),
    ),
    "aws:s3/bucketPolicy:BucketPolicy": Part(
        Calls("put_bucket_policy", "get_bucket_policy", "Policy", "NoSuchBucketPolicy", "delete_bucket_policy"),
        {"policy"},
        lambda inputs: inputs.get("policy", ""),
    ),
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": Part(
        Calls(
            "put_bucket_replication", "get_bucket_replication", "ReplicationConfiguration",
            "ReplicationConfigurationNotFoundError", "delete_bucket_replication",
        ),
        {"role", "rules"},
        tidy=_without_given_ids,
    ),
}  # fmt: skip
