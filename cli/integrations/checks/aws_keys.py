"""AWS: whether the role may use the customer-managed key of a bucket. Both sides must say so."""

from __future__ import annotations

import json

from integrations.access import aws as access
from integrations.access import compare
from integrations.access.judge import Verdict, judge
from integrations.checks.aws_bucket import Bucket
from integrations.checks.aws_bucket_policy import named_for
from integrations.checks.aws_grants import document
from integrations.checks.aws_sessions import code_of
from integrations.checks.records import Answer, failed, passed


class Keys:
    """The questions about the key of one bucket."""

    def __init__(self, bucket: Bucket, key: str) -> None:
        self.about, self.key = bucket, key
        self.integration = bucket.integration
        self.up = f"pulumi up --stack {bucket.environment.name}"

    @property
    def _actions(self) -> list[str]:
        return ["kms:Decrypt"] + (["kms:GenerateDataKey"] if self.integration.image_sequences else [])

    def granted(self) -> Answer:
        """IAM's own judgement of the role's policies, as if S3 asked for it."""
        via = {
            "ContextKeyName": "kms:ViaService",
            "ContextKeyType": "string",
            "ContextKeyValues": [f"s3.{self.about.bucket.region}.amazonaws.com"],
        }
        got = self.about.sessions.client("iam").simulate_principal_policy(
            PolicySourceArn=access.role_arn(self.integration),
            ActionNames=self._actions,
            ResourceArns=[self.key],
            ContextEntries=[via],
        )
        refused = [
            f"{one['EvalActionName']}: {one['EvalDecision']}"
            for one in got["EvaluationResults"]
            if one["EvalDecision"] != "allowed"
        ]
        if not refused:
            return passed(f"{', '.join(self._actions)}: allowed")
        statements = [s for s in access.role_policy(self.integration)["Statement"] if s["Resource"] == [self.key]]
        return failed(f"{', '.join(refused)} on {self.key}", f"{self.up}, which grants: {json.dumps(statements)}")

    def lets_role_in(self) -> Answer:
        """The key's state and its own policy: without leave there, no policy of the role's helps.

        https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
        """
        from botocore.exceptions import ClientError

        kms = self.about.sessions.client("kms", self.about.bucket.region)
        try:
            described = kms.describe_key(KeyId=self.key)["KeyMetadata"]
        except ClientError as error:
            if code_of(error) == "NotFoundException":
                return failed(
                    "there is no such key", f"set `kmsKey` of bucket {self.about.bucket.name} to one there is"
                )
            raise
        if described["KeyState"] != "Enabled":
            return failed(f"the key is {described['KeyState']}", "enable the key, or cancel its deletion")
        policy = document(kms.get_key_policy(KeyId=self.key, PolicyName="default")["Policy"])
        role = access.role_arn(self.integration)
        for action in self._actions:
            verdict = judge(policy, role, action, self.key, lambda s: named_for(s, role))
            if verdict in (Verdict.DENIED, Verdict.NOT_ALLOWED):
                statement = {
                    "Effect": "Allow", "Principal": {"AWS": role}, "Action": self._actions, "Resource": "*",
                }  # fmt: skip
                return failed(f"the key's policy: {action} is {verdict}", f"add to it: {json.dumps(statement)}")
        return passed(f"enabled, with {len(compare.statements(policy))} statements that let the role in")
