"""AWS: what a bucket's policy and ownership say about the role, its URLs and its objects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from integrations.access import aws as access
from integrations.access import aws_grammar, compare, judge
from integrations.checks.aws_bucket import Bucket
from integrations.checks.aws_sessions import URL_SECONDS
from integrations.checks.records import Answer, failed, passed, skipped, warned

AGE = "s3:signatureage"
Statement = Mapping[str, Any]


class BucketPolicy:
    """The questions about one bucket's policy."""

    def __init__(self, bucket: Bucket) -> None:
        self.about = bucket
        self.integration, self.bucket = bucket.integration, bucket.bucket

    def _policy(self) -> dict[str, Any]:
        return dict(json.loads(self.about.read("get_bucket_policy", "NoSuchBucketPolicy").get("Policy", "{}")))

    def _mend(self) -> str:
        checker = self.about.environment.settings.aws_checker(self.integration.account)
        return self.about.fix("the bucket's policy", access.bucket_policy(self.integration, self.bucket, checker))

    def lets_role_in(self) -> Answer:
        """Whether the policy refuses what the role's own policies allow."""
        role = access.role_arn(self.integration)
        policy = {"Statement": [s for s in compare.statements(self._policy()) if not _limits_age(s)]}
        foreign = access.is_foreign(self.integration, self.bucket)
        prefix = self.integration.prefixes[0] if self.integration.prefixes else ""
        for action, key in self._needed(prefix):
            resource = f"{access.bucket_arn(self.bucket)}/{key}any-object"
            verdict = judge.judge(policy, role, action, resource, lambda s: named_for(s, role))
            seen = f"{action} for the role: {verdict}"
            if verdict is judge.Verdict.DENIED or (foreign and verdict is judge.Verdict.NOT_ALLOWED):
                return failed(seen, f"take the denial out of the bucket's policy, which must say: {self._mend()}")
            if verdict is judge.Verdict.DEPENDS:
                return warned(seen, f"see that the condition holds for Encord; {self._mend()}")
        return passed("nothing in it refuses the role")

    def _needed(self, prefix: str) -> list[tuple[str, str]]:
        written = [("s3:PutObject", self.integration.write_prefix)] if self.integration.image_sequences else []
        return [("s3:GetObject", prefix), *written]

    def well_formed(self) -> Answer:
        policy = self._policy()
        found = aws_grammar.problems(policy, aws_grammar.Kind.RESOURCE) if policy else []
        if found:
            return failed("; ".join(found), f"correct the bucket's policy; {self._mend()}")
        return passed("the bucket's policy says what it means" if policy else "the bucket has no policy")

    def signatures_live(self) -> Answer:
        """Whether the policy refuses signatures before a signed URL of an hour has ended.

        https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html, milliseconds
        """
        limits = [limit for s in compare.statements(self._policy()) for limit in _age_limits(s)]
        short = [limit for limit in limits if limit < URL_SECONDS * 1000]
        if short:
            seconds = min(short) / 1000
            return failed(
                f"signatures are refused after {seconds:.0f} s",
                f"raise s3:signatureAge to at least {URL_SECONDS * 1000} milliseconds, or {self._mend()}",
            )
        return passed(f"no signature is refused within {URL_SECONDS // 60} minutes")

    def owned(self) -> Answer:
        """Whether the bucket's owner owns its objects, or at least the probe object.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
        """
        got = self.about.read("get_bucket_ownership_controls", "OwnershipControlsNotFoundError")
        rules = got.get("OwnershipControls", {}).get("Rules", [])
        setting = rules[0]["ObjectOwnership"] if rules else "ObjectWriter"
        if setting == "BucketOwnerEnforced":
            return passed("the bucket owns whatever is put into it")
        fix = self.about.fix("the bucket's object ownership", {"ObjectOwnership": "BucketOwnerEnforced"})
        if self.integration.probe_object is None:
            return skipped(f"{setting}, and no probeObject is configured to look at", fix=fix)
        owner = self.about.s3.get_bucket_acl(Bucket=self.bucket.name)["Owner"]["ID"]
        listed = self.about.s3.list_objects_v2(
            Bucket=self.bucket.name, Prefix=self.integration.probe_object, MaxKeys=1, FetchOwner=True
        ).get("Contents", [])
        if listed and listed[0].get("Owner", {}).get("ID") != owner:
            return failed(f"{setting}: the probe object belongs to another account", fix)
        return warned(f"{setting}: whoever writes an object from another account owns it", fix)


def named_for(statement: Statement, role: str) -> set[str]:
    """Everybody whom the statement names, as far as it concerns the role: its account's root stands for it too."""
    account = role.split(":")[4]
    if "NotPrincipal" in statement:
        spared = compare.principals({"Principal": statement["NotPrincipal"]})
        return set() if {role, f"arn:aws:iam::{account}:root", "*"} & spared else {role}
    named = compare.principals(statement)
    return named | ({role} if f"arn:aws:iam::{account}:root" in named else set())


def _age_limits(statement: Statement) -> list[float]:
    """The ages, in milliseconds, from which on the statement denies a signature."""
    if statement.get("Effect") != "Deny":
        return []
    return [
        float(value)
        for operator, keys in (statement.get("Condition") or {}).items()
        if operator.startswith("NumericGreaterThan")
        for key, given in keys.items()
        if key.lower() == AGE
        for value in (given if isinstance(given, list) else [given])
    ]


def _limits_age(statement: Statement) -> bool:
    """Whether the statement is about nothing but the age of signatures, which is a question of its own."""
    keys = [key.lower() for keys in (statement.get("Condition") or {}).values() for key in keys]
    return keys == [AGE]
