"""OBS and other S3-compatible stores: what a bucket's policy grants Encord's user, and what a user granted the same
really may do.

What Encord's user may do is judged from the policy, for that user and not for whoever asks. Policies of the user's
own are not in it.
"""

from __future__ import annotations

import secrets
from typing import Any

from integrations.access import judge
from integrations.access import s3_compatible as access
from integrations.access.compare import contains, statements
from integrations.access.judge import Verdict
from integrations.checks import browser
from integrations.checks.records import (
    NO_CHECK_PRINCIPAL,
    NO_PROBE_OBJECT,
    Answer,
    awaiting_encord,
    failed,
    passed,
    skipped,
)
from integrations.checks.s3_compatible_bucket import AboutBucket
from integrations.checks.s3_compatible_sessions import NOT_ALLOWED, NOT_AUTHENTICATED
from integrations.s3_compatible.client import code_of

BY_HAND = skipped("the store keeps grants in policies of the user's own, which cannot be read here", unproven=True)
# https://support.huaweicloud.com/intl/en-us/eu-west-0-perms-cfg-obs/obs_40_0004.html
DELAY = " (OBS needs up to five minutes until a policy takes effect: --wait)"


class GrantQuestions(AboutBucket):
    """The questions about one bucket's grants."""

    def named(self) -> Answer:
        """Exactly those who are configured, and nobody else."""
        if answer := self._not_now():
            return answer
        allowing = [s for s in statements(self.policy()) if s.get("Effect") == "Allow"]
        seen = set().union(*map(access.named, allowing)) if allowing else set()
        wanted = set(access.granted(self.integration))
        checker = access.checker_principal(self.integration, self.environment.settings)
        expected = wanted | ({access.principal_arn(checker)} if checker else set())
        if missing := wanted - seen:
            return failed(f"{', '.join(sorted(missing))} is not let in", self._grant_fix())
        if (extra := seen - expected) and self.bucket.ownership == "create":
            return failed(f"{', '.join(sorted(extra))} is let in too", self._grant_fix())
        return passed(", ".join(sorted(seen)))

    def read_granted(self) -> Answer:
        if answer := self._not_now():
            return answer
        prefix = self.integration.prefixes[0] if self.integration.prefixes else ""
        verdict = self._verdict("s3:GetObject", f"{prefix}any-object")
        seen = f"s3:GetObject on {prefix}any-object: {verdict}"
        return passed(seen) if verdict is Verdict.ALLOWED else failed(seen, self._grant_fix())

    def write_granted(self) -> Answer:
        if answer := self._not_now():
            return answer
        wanted, key = self.integration.image_sequences, f"{self.integration.write_prefix}any-object"
        verdict = self._verdict("s3:PutObject", key)
        seen = f"s3:PutObject on {key}: {verdict}, image sequences {'on' if wanted else 'off'}"
        if wanted:
            return passed(seen) if verdict is Verdict.ALLOWED else failed(seen, self._grant_fix())
        if verdict in (Verdict.NOT_ALLOWED, Verdict.DENIED):
            return passed(seen)
        name = self.integration.name
        return failed(seen, f"set `imageSequences: true` for {name}, or {self.up} to take the grant away")

    # -- as the check principal ------------------------------------------------------

    def probe_object_read(self) -> Answer:
        from botocore.exceptions import ClientError

        if answer := self._not_live():
            return answer
        key = self.integration.probe_object
        try:
            answered = self.clients.check.get_object(Bucket=self.bucket.name, Key=key, Range="bytes=0-0")
        except ClientError as error:
            if code_of(error) in {"NoSuchKey", "404"}:
                return failed(f"{key} is not there", "put the object there, or name another `probeObject`")
            if code_of(error) in NOT_ALLOWED:
                why = (
                    ""
                    if self.integration.cloud_synced_folders
                    else ", or not there: without leave to list, nobody says"
                )
                late = DELAY if self.integration.store.dialect == "obs" else ""
                return failed(f"{key} is not readable{why}", f"{self._grant_fix()}{late}")
            raise
        size = answered.get("ContentRange", "/1").rpartition("/")[2]
        return passed(f"{key}, {size} bytes, as {self.integration.check_principal}")

    def stranger_refused(self) -> Answer:
        """Who has the key's id but not the secret, and who has neither."""
        from botocore.exceptions import ClientError

        asked = {"Bucket": self.bucket.name, "Key": self.integration.probe_object}
        try:
            self.clients.impostor().get_object(**asked)
        except ClientError as error:
            if code_of(error) not in NOT_ALLOWED | NOT_AUTHENTICATED:
                raise
        else:
            return failed(
                "a wrong secret key was accepted", "report it to the store's operator: it checks no signatures"
            )
        signed = str(self.clients.check.generate_presigned_url("get_object", Params=asked, ExpiresIn=60))
        if browser.is_answered(signed.partition("?")[0]):
            return failed(
                "the object is readable without a signature", "remove what lets everybody in (BKT103 names it)"
            )
        return passed("refused with a wrong secret key, and without a signature")

    def write_probe(self) -> Answer:
        from botocore.exceptions import ClientError

        if (answer := self._not_live(NO_CHECK_PRINCIPAL)) and answer is not NO_PROBE_OBJECT:
            return answer
        key = f"{access.write_probe_prefix(self.integration)}{secrets.token_hex(8)}"
        wanted = self.integration.image_sequences
        state = f"image sequences {'on' if wanted else 'off'}"
        try:
            written = self.clients.check.put_object(Bucket=self.bucket.name, Key=key, Body=b"integrations check\n")
        except ClientError as error:
            if code_of(error) not in NOT_ALLOWED:
                raise
            refused = f"writing is refused, {state}"
            return failed(refused, self._grant_fix()) if wanted else passed(refused)
        self._remove(key, written.get("VersionId"))
        if wanted:
            return passed(f"wrote and removed {key}, {state}")
        return failed(f"wrote {key}, {state}", f"{self.up}, which takes s3:PutObject away")

    def _remove(self, key: str, version: str | None) -> None:
        """The checker removes what the check principal wrote, because that may not delete, as Encord may not."""
        which = {"VersionId": version} if version else {}
        self.clients.own.delete_object(Bucket=self.bucket.name, Key=key, **which)

    # -- pieces ----------------------------------------------------------------------

    def _not_now(self) -> Answer | None:
        """Why the policy is not to be judged for Encord's user, if it is not."""
        if self.integration.awaiting_encord:
            return awaiting_encord(self.environment.name)
        return BY_HAND if self.integration.store.grants == "user-policy" else None

    def _not_live(self, without: Answer = NO_CHECK_PRINCIPAL) -> Answer | None:
        """Why nothing can be tried, if it cannot."""
        if self.integration.awaiting_encord:
            return awaiting_encord(self.environment.name)
        if self.integration.check_principal is None:
            return without
        return NO_PROBE_OBJECT if self.integration.probe_object is None else None

    def _verdict(self, action: str, key: str) -> Verdict:
        principal = access.principal_arn(str(self.integration.encord.principal))
        resource = f"{access.bucket_arn(self.bucket)}/{key}"
        return judge.judge(self.policy(), principal, action, resource, access.named)

    def _grant_fix(self) -> str:
        """The first of our statements that is missing, for whoever may add it."""
        if self.integration.store.grants == "user-policy":
            return f"integrations access show {self.integration.name} --document user-policy"
        policy = self.policy()
        ours: list[Any] = access.encord_grants(self.integration, self.bucket)
        missing = [statement for statement in ours if not contains(policy, statement)]
        return self.fix("the bucket's policy", (missing or ours)[0])
