"""OBS and other S3-compatible stores: one bucket, as its owner configured it."""

from __future__ import annotations

import json
from typing import Any

from integrations.access import judge
from integrations.access import s3_compatible as access
from integrations.access.aws import plain_http_denial
from integrations.access.compare import contains, statements
from integrations.checks.records import Answer, failed, passed, skipped, warned
from integrations.checks.s3_compatible_sessions import Clients
from integrations.environment.model import Environment
from integrations.environment.s3_compatible import S3Compatible, S3CompatibleBucket
from integrations.s3_compatible.client import code_of

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#specifying-grantee-predefined-groups;
# OBS has the first of them: https://docs.otc.t-systems.com/object-storage-service/api-ref/apis/advanced_bucket_settings/configuring_a_bucket_acl.html
PUBLIC_GROUPS = ("/global/AllUsers", "/global/AuthenticatedUsers", "Everyone")


class AboutBucket:
    """What all questions about one bucket need."""

    def __init__(
        self, clients: Clients, integration: S3Compatible, environment: Environment, bucket: S3CompatibleBucket
    ) -> None:
        self.clients, self.integration, self.environment, self.bucket = clients, integration, environment, bucket
        self.up = f"pulumi up --stack {environment.name}"

    def fix(self, document: str, statement: object) -> str:
        """How the owner mends it: the stack, or the owner's own hands with the exact statement."""
        if self.bucket.ownership == "create":
            return f"{self.up}, which sets {document} to: {json.dumps(statement)}"
        show = f"integrations access show {self.integration.name} --env {self.environment.name}"
        return f"ask the bucket's owner to add to {document}: {json.dumps(statement)} (whole: {show})"

    def policy(self) -> dict[str, Any]:
        """The bucket's policy in S3's words, empty if it has none."""
        found = dict(json.loads(self.read("get_bucket_policy", "NoSuchBucketPolicy").get("Policy", "{}")))
        return access.in_s3_words(found) if found and self.integration.store.dialect == "obs" else found

    def read(self, operation: str, *nothing: str) -> dict[str, Any]:
        """One of the bucket's documents, empty if the store says with one of these codes that there is none."""
        from botocore.exceptions import ClientError

        try:
            return dict(getattr(self.clients.own, operation)(Bucket=self.bucket.name))
        except ClientError as error:
            if code_of(error) in nothing:
                return {}
            raise

    def grant_fix(self) -> str:
        """The first of our statements that is missing, for whoever may add it."""
        if self.integration.store.grants == "user-policy":
            return f"integrations access show {self.integration.name} --document user-policy"
        policy = self.policy()
        ours: list[Any] = access.encord_grants(self.integration, self.bucket)
        missing = [statement for statement in ours if not contains(policy, statement)]
        return self.fix("the bucket's policy", (missing or ours)[0])


class BucketQuestions(AboutBucket):
    """The questions about the bucket itself."""

    def found(self) -> Answer:
        from botocore.exceptions import ClientError

        try:
            self.clients.own.head_bucket(Bucket=self.bucket.name)
        except ClientError as error:
            if code_of(error) in {"404", "NoSuchBucket"}:
                fix = self.up if self.bucket.ownership == "create" else "name the right bucket"
                return failed("there is no such bucket", fix)
            raise
        return passed("the bucket exists")

    def region(self) -> Answer:
        stated = self.read("get_bucket_location").get("LocationConstraint")
        wanted = self.integration.store.region
        if not stated and self.integration.store.dialect == "s3":
            # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html: no constraint is us-east-1
            return (
                passed("none, as us-east-1") if wanted == "us-east-1" else skipped("the store does not state a region")
            )
        if stated == wanted:
            return passed(f"{stated}")
        return failed(f"the bucket is in {stated}", f"set `region: {stated}` for integration {self.integration.name}")

    def private(self) -> Answer:
        """OBS has no switch that blocks public access: its list and its policy must let in nobody unnamed."""
        listed = self.read("get_bucket_acl").get("Grants", [])
        groups = {grant.get("Grantee", {}).get("URI") or grant.get("Grantee", {}).get("Canned", "") for grant in listed}
        if public := sorted(group for group in groups if group.endswith(PUBLIC_GROUPS)):
            return failed(f"the bucket's ACL lets {', '.join(public)} in", "set the bucket's ACL to private")
        if self.integration.store.grants == "bucket-policy":
            for statement in statements(self.policy()):
                if statement.get("Effect") == "Allow" and "*" in access.named(statement):
                    sid = statement.get("Sid", "without a Sid")
                    return failed(f"the policy's statement {sid} lets everybody in", "name users in it, or remove it")
        return passed("neither ACL nor policy lets everybody in")

    def encrypted(self) -> Answer:
        absent = ("ServerSideEncryptionConfigurationNotFoundError", "NoSuchEncryptionConfiguration")
        rules = (
            self.read("get_bucket_encryption", *absent).get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
        )
        default = rules[0].get("ApplyServerSideEncryptionByDefault", {}) if rules else {}
        algorithm, key = default.get("SSEAlgorithm"), default.get("KMSMasterKeyID")
        wanted = self.bucket.kms_key
        if wanted is not None and wanted == key:
            return passed(f"{algorithm} with the configured key")
        if wanted is not None:
            rule = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": wanted}
            return failed(f"encrypted with {key or 'no key'}, not with {wanted}", self.fix("the encryption", rule))
        if key is not None:
            fix = f"set `kmsKey: {key}` for bucket {self.bucket.name}, and let Encord's user use the key"
            return failed(f"encrypted with {key}, which the environment file does not name", fix)
        if algorithm is not None:
            return passed(f"{algorithm} with the store's own key")
        return warned(
            "no default encryption", f"set `kmsKey` for bucket {self.bucket.name}, if the store encrypts by key"
        )

    def tls_only(self) -> Answer:
        if self.integration.store.grants == "user-policy":
            return skipped("the store has no bucket policies for single users")
        if judge.denies_plain_http(self.policy(), access.named):
            return passed("the bucket's policy denies plain HTTP")
        wanted = plain_http_denial(access.bucket_arn(self.bucket), "/*")
        return warned("the bucket's policy does not deny plain HTTP", self.fix("the bucket's policy", wanted))
