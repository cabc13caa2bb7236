"""OBS and other S3-compatible stores: what a bucket's policy grants Encord's user, and what it refuses.

What Encord's user may do is judged from the policy, for that user and not for whoever asks. Policies of the user's
own are not in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from integrations.access import aws_grammar, judge
from integrations.access import s3_compatible as access
from integrations.access.compare import statements
from integrations.access.judge import Verdict
from integrations.access.s3_compatible_excess import excess
from integrations.checks.records import Answer, awaiting_encord, failed, passed, skipped, warned
from integrations.checks.s3_compatible_bucket import AboutBucket

BY_HAND = skipped("the store keeps grants in policies of the user's own, which cannot be read here", unproven=True)


class GrantQuestions(AboutBucket):
    """The questions about one bucket's policy."""

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
            return failed(f"{', '.join(sorted(missing))} is not let in", self.grant_fix())
        if (extra := seen - expected) and self.bucket.ownership == "create":
            others = ", ".join(sorted(extra))
            return failed(f"{others} is let in too", self._out_of_policy(others))
        return passed(", ".join(sorted(seen)))

    def lets_in(self) -> Answer:
        """Whether the policy refuses what Encord's user needs, whoever grants it."""
        if answer := self._not_now():
            return answer
        refusals = [
            (self._verdict([denial], action, resource), denial.get("Sid", "without a Sid"), action)
            for denial in self._statements("Deny")
            for action, resource in self._needed()
        ]
        for wanted, say, when in ((Verdict.DENIED, failed, ""), (Verdict.DEPENDS, warned, " on a condition")):
            if found := [(sid, action) for verdict, sid, action in refusals if verdict is wanted]:
                sid, action = found[0]
                seen = f"the policy's statement {sid} refuses Encord's user {action}{when}"
                return say(seen, self._out_of_policy(f"the statement {sid}"))
        return passed("nothing in the policy refuses Encord's user")

    def read_granted(self) -> Answer:
        if answer := self._not_now():
            return answer
        action, resource = self._reading()
        verdict = self._verdict(self._statements("Allow"), action, resource)
        seen = f"{action} on {self._key(resource)}: {verdict}"
        return passed(seen) if verdict is Verdict.ALLOWED else failed(seen, self.grant_fix())

    def write_granted(self) -> Answer:
        if answer := self._not_now():
            return answer
        wanted, (action, resource) = self.integration.image_sequences, self._writing()
        # What is refused to who should write is a question of its own; who should not may well be granted and refused.
        verdict = self._verdict(self._statements("Allow") if wanted else self._statements(), action, resource)
        seen = f"{action} on {self._key(resource)}: {verdict}, image sequences {'on' if wanted else 'off'}"
        if wanted:
            return passed(seen) if verdict is Verdict.ALLOWED else failed(seen, self.grant_fix())
        if verdict in (Verdict.NOT_ALLOWED, Verdict.DENIED):
            return passed(seen)
        name = self.integration.name
        return failed(seen, f"set `imageSequences: true` for {name}, or {self.up} to take the grant away")

    def narrow(self) -> Answer:
        if answer := self._not_now():
            return answer
        found = excess(self.policy(), self.integration, self.bucket)
        if not found:
            return passed("the policy grants Encord's user what it needs, and nothing else")
        more = ", ".join(one.what for one in found)
        fix = self._out_of_policy(more)
        return (failed if any(one.grave for one in found) else warned)(f"not needed: {more}", fix)

    def well_formed(self) -> Answer:
        if self.integration.store.grants == "user-policy":
            return BY_HAND
        policy = self.policy()
        if not policy:
            return passed("the bucket has no policy")
        if found := aws_grammar.problems(policy, aws_grammar.Kind.RESOURCE):
            return failed("; ".join(found), f"correct the bucket's policy: {self._out_of_policy('what is wrong')}")
        return passed("the bucket's policy says what it means")

    # -- pieces ----------------------------------------------------------------------

    def _not_now(self) -> Answer | None:
        """Why the policy is not to be judged for Encord's user, if it is not."""
        if self.integration.awaiting_encord:
            return awaiting_encord(self.environment.name)
        return BY_HAND if self.integration.store.grants == "user-policy" else None

    def _statements(self, *effects: str) -> list[Mapping[str, Any]]:
        """The policy's statements of these effects, or all."""
        return [one for one in statements(self.policy()) if not effects or one.get("Effect") in effects]

    def _verdict(self, judged: Sequence[Mapping[str, Any]], action: str, resource: str) -> Verdict:
        who = access.principal_arn(str(self.integration.encord.principal))
        return judge.judge({"Statement": judged}, who, action, resource, partial(access.named_for, who))

    def _reading(self) -> tuple[str, str]:
        prefix = self.integration.prefixes[0] if self.integration.prefixes else ""
        return "s3:GetObject", f"{access.bucket_arn(self.bucket)}/{prefix}any-object"

    def _writing(self) -> tuple[str, str]:
        return "s3:PutObject", f"{access.bucket_arn(self.bucket)}/{self.integration.write_prefix}any-object"

    def _needed(self) -> list[tuple[str, str]]:
        """What Encord's user must be able to do: action and resource."""
        listing = [("s3:ListBucket", access.bucket_arn(self.bucket))] if self.integration.cloud_synced_folders else []
        return [self._reading(), *listing, *([self._writing()] if self.integration.image_sequences else [])]

    def _key(self, resource: str) -> str:
        return resource.removeprefix(f"{access.bucket_arn(self.bucket)}/")

    def _out_of_policy(self, what: str) -> str:
        """How the owner takes something out of the policy: the stack puts its own in its place."""
        if self.bucket.ownership == "existing":
            return f"ask the bucket's owner to take {what} out of the bucket's policy"
        checker = access.checker_principal(self.integration, self.environment.settings)
        return self.fix("the bucket's policy", access.bucket_policy(self.integration, self.bucket, checker))
