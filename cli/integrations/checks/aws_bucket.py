"""AWS: one bucket, as its owner configured it, as a browser meets it, and as the role reads it."""

from __future__ import annotations

import json
import secrets
from typing import Any

from integrations.access import aws as access
from integrations.access import compare, cors
from integrations.checks.aws_sessions import NOT_ALLOWED, Sessions, code_of
from integrations.checks.records import NO_PROBE_OBJECT, Answer, failed, passed, warned
from integrations.environment.model import AwsBucket, AwsIntegration, Environment

OWN_KEY = "S3's own key"
AES = {"SSEAlgorithm": "AES256"}


class Bucket:
    """The questions about one bucket, which all need the same four things."""

    def __init__(
        self, sessions: Sessions, integration: AwsIntegration, environment: Environment, bucket: AwsBucket
    ) -> None:
        self.sessions, self.integration, self.environment, self.bucket = sessions, integration, environment, bucket

    @property
    def s3(self) -> Any:
        return self.sessions.client("s3", self.bucket.region)

    @property
    def role_s3(self) -> Any:
        return self.sessions.client("s3", self.bucket.region, self.sessions.role)

    def fix(self, document: str, statement: object) -> str:
        """How the owner mends it: the stack, or the owner's own hands with the exact statement."""
        if self.bucket.ownership == "create":
            return f"pulumi up --stack {self.environment.name}, which sets {document} to: {json.dumps(statement)}"
        show = f"integrations access show {self.integration.name} --env {self.environment.name}"
        return f"ask the bucket's owner to add to {document}: {json.dumps(statement)} (whole: {show})"

    def cors_fix(self) -> str:
        return self.fix("the CORS rules", access.cors_rule(self.environment.settings.cors_origins))

    def url(self, key: str = "any-object") -> str:
        """The bucket's own URL as a browser uses it: its region in the host, so that nothing redirects."""
        return f"https://{self.bucket.name}.s3.{self.bucket.region}.amazonaws.com/{key}"

    # -- the bucket ---------------------------------------------------------------

    def _head(self) -> dict[str, Any]:
        """HeadBucket, whose refusals carry the bucket's region too."""
        from botocore.exceptions import ClientError

        try:
            return dict(self.s3.head_bucket(Bucket=self.bucket.name)["ResponseMetadata"])
        except ClientError as error:
            if code_of(error) in {"301", "PermanentRedirect"}:
                return dict(error.response["ResponseMetadata"])
            raise

    def found(self) -> Answer:
        from botocore.exceptions import ClientError

        try:
            self._head()
        except ClientError as error:
            if code_of(error) in {"404", "NoSuchBucket"}:
                up = f"pulumi up --stack {self.environment.name}"
                return failed(
                    "there is no such bucket", up if self.bucket.ownership == "create" else "name the right bucket"
                )
            raise
        return passed("the bucket exists")

    def region(self) -> Answer:
        stated = self._head()["HTTPHeaders"].get("x-amz-bucket-region")
        if stated == self.bucket.region:
            return passed(f"{stated}")
        return failed(f"the bucket is in {stated}", f"set `region: {stated}` for bucket {self.bucket.name}")

    def private(self) -> Answer:
        wanted = dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        )
        got = self.read("get_public_access_block", "NoSuchPublicAccessBlockConfiguration")
        have = got.get("PublicAccessBlockConfiguration", {})
        open_ = [name for name in wanted if not have.get(name)]
        if open_:
            return failed(f"not set: {', '.join(open_)}", self.fix("the public access block", wanted))
        return passed("all four settings block public access")

    def encrypted(self) -> Answer:
        got = self.read("get_bucket_encryption", "ServerSideEncryptionConfigurationNotFoundError")
        rules = got.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
        default = rules[0].get("ApplyServerSideEncryptionByDefault", {}) if rules else {}
        algorithm, key = default.get("SSEAlgorithm"), default.get("KMSMasterKeyID")
        if algorithm is None:
            return failed("no default encryption", self.fix("the default encryption", AES))
        if self.bucket.kms_key == key:
            return passed(f"{algorithm}{' with the configured key' if key else ''}")
        wanted = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": self.bucket.kms_key} if self.bucket.kms_key else AES
        fix = self.fix("the default encryption", wanted)
        if key:
            fix = f"set `kmsKey: {key}` for bucket {self.bucket.name}, so that the role may use it; or {fix}"
        return failed(f"encrypted with {key or algorithm}, not with {self.bucket.kms_key or OWN_KEY}", fix)

    def tls_only(self) -> Answer:
        wanted = access.deny_plain_http(self.bucket)
        policy = self.read("get_bucket_policy", "NoSuchBucketPolicy").get("Policy", "{}")
        if any(_denies_plain_http(statement) for statement in compare.statements(json.loads(policy))):
            return passed("the bucket's policy denies plain HTTP")
        return warned("the bucket's policy does not deny plain HTTP", self.fix("the bucket's policy", wanted))

    def read(self, operation: str, nothing: str) -> dict[str, Any]:
        """One of the bucket's documents, empty if AWS says with the code `nothing` that there is none."""
        from botocore.exceptions import ClientError

        try:
            return dict(getattr(self.s3, operation)(Bucket=self.bucket.name))
        except ClientError as error:
            if code_of(error) == nothing:
                return {}
            raise

    # -- the browser --------------------------------------------------------------

    def cors_rules(self) -> Answer:
        rules = self.read("get_bucket_cors", "NoSuchCORSConfiguration").get("CORSRules", [])
        if not rules:
            return failed("the bucket has no CORS rules", self.cors_fix())
        for origin in self.environment.settings.cors_origins:
            for method in cors.METHODS:
                if not any(
                    cors.allows(rule["AllowedOrigins"], origin) and method in rule["AllowedMethods"] for rule in rules
                ):
                    return failed(f"no rule lets {origin} in with {method}", self.cors_fix())
        wide = sorted({origin for rule in rules for origin in rule["AllowedOrigins"] if "*" in origin})
        if wide:
            return warned(f"rules let {', '.join(wide)} in", "name each origin in the bucket's CORS rules")
        return passed(f"rules for {', '.join(self.environment.settings.cors_origins)}")

    def signed_url(self, operation: str = "get_object") -> str:
        """A URL of the probe object for one request, as the role signs it if it was assumed."""
        reader = self.sessions.client("s3", self.bucket.region, self.sessions.reader)
        asked = {"Bucket": self.bucket.name, "Key": self.integration.probe_object}
        return str(reader.generate_presigned_url(operation, Params=asked, ExpiresIn=60))

    # -- the role -----------------------------------------------------------------

    def probe_object_read(self) -> Answer:
        if self.integration.probe_object is None:
            return no_probe_object()
        return read_object(self.role_s3, self.bucket.name, self.integration)

    def write_probe(self) -> Answer:
        from botocore.exceptions import ClientError

        key = f"{access.write_probe_prefix(self.integration)}{secrets.token_hex(8)}"
        wanted = self.integration.image_sequences
        state = f"image sequences {'on' if wanted else 'off'}"
        try:
            written = self.role_s3.put_object(Bucket=self.bucket.name, Key=key, Body=b"integrations check\n")
        except ClientError as error:
            if code_of(error) not in NOT_ALLOWED:
                raise
            up = f"pulumi up --stack {self.environment.name}"
            return failed(f"writing is refused, {state}", up) if wanted else passed(f"writing is refused, {state}")
        self._remove(key, written.get("VersionId"))
        if wanted:
            return passed(f"wrote and removed {key}, {state}")
        return failed(
            f"wrote {key}, {state}", f"pulumi up --stack {self.environment.name}, which takes s3:PutObject away"
        )

    def _remove(self, key: str, version: str | None) -> None:
        """The checker removes what the role wrote, because the role itself may not delete."""
        which = {"VersionId": version} if version else {}
        self.s3.delete_object(Bucket=self.bucket.name, Key=key, **which)


def read_object(s3: Any, bucket: str, integration: AwsIntegration) -> Answer:
    """Read the probe object through `bucket`, a bucket's name or an access point's ARN, to its end."""
    from botocore.exceptions import ClientError

    key = integration.probe_object
    try:
        size = len(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except ClientError as error:
        code = code_of(error)
        if code in {"NoSuchKey", "404"}:
            return failed(f"{key} is not there", f"put an object at {key}, or set `probeObject` to one that is there")
        if code in NOT_ALLOWED:
            why = (
                ""
                if integration.cloud_synced_folders
                else ", or not there: without leave to list, AWS does not say which"
            )
            return failed(
                f"{key} is not readable{why}",
                "integrations access show, role-policy; then see docs/runbooks/images-do-not-load.md",
            )
        raise
    return passed(f"{key}, {size} bytes")


def _denies_plain_http(statement: Any) -> bool:
    value = statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport")
    everybody = statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
    return statement.get("Effect") == "Deny" and str(value).lower() == "false" and everybody


def no_probe_object() -> Answer:
    """There is nothing to read, so nothing can be proved by reading."""
    return NO_PROBE_OBJECT
