"""Google Cloud: what a bucket's policy grants Encord's service account, and what one that is granted the same may do.

What Encord may do is judged from the policy, for Encord's service account and not for
whoever asks (`testIamPermissions` answers for the caller only). Roles that it has on the
whole project, or as a member of a group, are not in the bucket's policy.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from integrations import google_cloud
from integrations.access import gcp as access
from integrations.access import gcp_excess
from integrations.access.gcp_roles import BUCKET_ROLES, Held, held
from integrations.checks import browser
from integrations.checks.gcp_bucket import AboutBucket
from integrations.checks.gcp_sessions import forged_url, limits
from integrations.checks.records import (
    NO_CHECK_PRINCIPAL,
    NO_PROBE_OBJECT,
    Answer,
    Obstacle,
    awaiting_encord,
    failed,
    passed,
    unknown,
    warned,
)

READ, CREATE = "storage.objects.get", "storage.objects.create"
# Whoever has a role on the whole project: https://cloud.google.com/storage/docs/access-control/iam-roles#basic-roles-modifiable
CONVENIENCE = ("projectOwner:", "projectEditor:", "projectViewer:")


class GrantQuestions(AboutBucket):
    """The questions about one bucket's policy."""

    def named(self) -> Answer:
        """Encord's service account has a role on the bucket, whichever it is."""
        if self.integration.awaiting_encord:
            return awaiting_encord(self.environment.name)
        roles = [str(one["role"]) for one in self._bindings() if self._encord in one["members"]]
        if roles:
            return passed(f"{self._encord}: {', '.join(sorted(roles))}")
        fix = f"{self._grant_fix('encord-')}. {access.DOMAIN_POLICY}"
        return failed(f"{self._encord} has no role on the bucket", fix)

    def exactly_named(self) -> Answer:
        """Nobody else reads the bucket, and the check principal has what Encord has."""
        bindings = self._bindings()
        checker = self.environment.settings.checkers.gcp
        principal = self.integration.check_principal
        check = access.member(principal) if principal else None
        expected = {self._encord, check, checker.member if checker else None}
        readers = {member for one in bindings if READ in BUCKET_ROLES.get(one["role"], ()) for member in one["members"]}
        extra = sorted(one for one in readers - expected if not one.startswith(CONVENIENCE))
        if extra and self.bucket.ownership == "create":
            known = {one: held(bindings, one, ()).roles for one in extra}
            reading = {one: [role for role in roles if READ in BUCKET_ROLES[role]] for one, roles in known.items()}
            fix = "; ".join(self._less_fix(one, dict.fromkeys(roles, True)) for one, roles in reading.items())
            return failed(f"{', '.join(extra)} may read objects too", fix)
        if check and (unlike := self._roles(bindings, check) ^ self._roles(bindings, self._encord)):
            more = {role: bool(condition) for role, condition in sorted(unlike & self._roles(bindings, check))}
            return failed(
                f"{check} is not granted exactly what {self._encord} is: what it may do proves nothing for Encord",
                self._less_fix(check, more) if more else self._grant_fix("check-"),
            )
        return passed(f"{self._encord}{f', and {check} likewise' if check else ''}")

    def read_granted(self) -> Answer:
        have = self._held(self._bindings())
        if READ in have.certain:
            return passed(f"{READ}: granted")
        return self._undecided(have) or failed(f"{READ}: not granted", self._grant_fix("encord-read"))

    def write_granted(self) -> Answer:
        have, wanted = self._held(self._bindings()), self.integration.image_sequences
        state = f"image sequences {'on' if wanted else 'off'}"
        if undecided := self._undecided(have):
            return undecided
        if not wanted and (extra := sorted(gcp_excess.WRITING & have.possible)):
            roles = dict.fromkeys((role for role in have.roles if gcp_excess.WRITING & BUCKET_ROLES[role]), True)
            return failed(f"{', '.join(extra)}: granted, {state}", self._less_fix(self._encord, roles))
        if wanted and CREATE not in have.certain:
            return failed(f"{CREATE}: not granted, {state}", self._grant_fix("encord-write"))
        return passed(f"{CREATE}: {'granted' if wanted else 'not granted'}, {state}")

    def narrow(self) -> Answer:
        """What Encord's roles give it besides what it needs; reading and writing where it should not, too."""
        bindings = self._bindings()
        if undecided := self._undecided(self._held(bindings)):
            return undecided
        found = gcp_excess.excess(bindings, self._encord, self._grants(), sequences=self.integration.image_sequences)
        if not found:
            return passed("Encord's roles grant what it needs, and nothing else")
        seen = f"not needed: {'; '.join(one.what for one in found)}"
        fix = self._less_fix(self._encord, {one.role: one.conditional for one in found})
        return failed(seen, fix) if any(one.grave for one in found) else warned(seen, fix)

    # -- as the check principal ------------------------------------------------------

    def impersonated(self) -> Answer:
        """The checker becomes the check principal, which is granted what Encord is."""
        from google.auth.exceptions import RefreshError

        if self.integration.awaiting_encord:
            return awaiting_encord(self.environment.name)
        if self.integration.check_principal is None:
            return NO_CHECK_PRINCIPAL
        try:
            self.clients.become_check_principal()
        except RefreshError as error:
            if "impersonate" not in str(error).lower():
                raise  # it is one's own credentials that are refused
            show = f"integrations access show {self.integration.name} --document impersonation"
            return failed(f"{self.clients.caller} may not impersonate it", f"grant what `{show}` prints")
        return passed(f"impersonated by {self.clients.caller}")

    def probe_object_read(self) -> Answer:
        from google.api_core.exceptions import Forbidden, GoogleAPICallError, NotFound

        key = self.integration.probe_object
        if key is None:
            return NO_PROBE_OBJECT
        try:
            size = len(self._check_blob(key).download_as_bytes(**limits()))
        except NotFound:
            return failed(f"{key} is not there", f"put an object at {key}, or set `probeObject` to one that is there")
        except GoogleAPICallError as error:
            if refused := self._key_refused(error):
                return refused
            if not isinstance(error, Forbidden):
                raise
            silent = ", or not there: without leave to list, Google does not say which"
            why = "" if self.integration.cloud_synced_folders else silent
            return failed(f"{key} is not readable{why}", self._grant_fix("check-read"))
        return passed(f"{key}, {size} bytes, as {self.integration.check_principal}")

    def stranger_refused(self) -> Answer:
        """Who signs in Encord's name with another key, and who signs nothing."""
        key = str(self.integration.probe_object)
        account = str(self.integration.encord.service_account)
        if browser.is_answered(forged_url(self.clients.own, self.bucket.name, key, account)):
            return failed(
                "a URL signed with a made-up key was answered", "report it to Google: it checks no signatures"
            )
        if browser.is_answered(self._check_blob(key).public_url):
            fix = self.setting_fix("--public-access-prevention")
            return failed("the object is readable without a signature", fix)
        return passed("refused with a made-up key, and without a signature")

    def write_probe(self) -> Answer:
        from google.api_core.exceptions import Forbidden, GoogleAPICallError

        blob = self._check_blob(f"{access.write_probe_prefix(self.integration)}{secrets.token_hex(8)}")
        wanted = self.integration.image_sequences
        state = f"image sequences {'on' if wanted else 'off'}"
        try:
            blob.upload_from_string(b"integrations check\n", if_generation_match=0, **limits())
        except GoogleAPICallError as error:
            if key_refused := self._key_refused(error):
                return key_refused
            if not isinstance(error, Forbidden):
                raise
            refused = f"writing is refused, {state}"
            return failed(refused, self._grant_fix("check-write")) if wanted else passed(refused)
        left = self._remove(blob.name)
        if left or not wanted:
            seen = f"wrote {blob.name}, {state}" + (f"; it could not be removed ({left})" if left else "")
            return failed(seen, f"{self.up}, which brings the grants in order; remove the object if it is still there")
        return passed(f"wrote and removed {blob.name}, {state}")

    def _remove(self, key: str) -> str:
        """The checker removes what the check principal wrote, because that may not delete. Returns why not, if so."""
        from google.api_core.exceptions import Forbidden

        try:
            self.clients.own.bucket(self.bucket.name).blob(key).delete(**limits())
        except Forbidden:
            return f"{self.clients.caller} may not"
        return ""

    def _key_refused(self, error: Any) -> Answer | None:
        """If it is the bucket's key that cannot be used: by Cloud Storage's service agent, who works with it for everybody.

        https://cloud.google.com/storage/docs/encryption/using-customer-managed-keys#service-agent-access
        """
        words = google_cloud.said(error)
        if "kms" not in words.lower():
            return None
        key = self.bucket.kms_key or "KEY"
        agent = f"gcloud storage service-agent --project={self.integration.project} --authorize-cmek={key}"
        return failed(f"the bucket's key cannot be used: {words}", f"let the key's owner enable it and run: {agent}")

    # -- pieces ----------------------------------------------------------------------

    @property
    def _encord(self) -> str:
        return access.member(str(self.integration.encord.service_account))

    def _bindings(self) -> list[dict[str, Any]]:
        bucket = self.clients.own.bucket(self.bucket.name)
        # Version 3 shows the conditions: https://cloud.google.com/iam/docs/allow-policies#specifying-version-get
        return list(bucket.get_iam_policy(requested_policy_version=3, **limits()).bindings)

    def _grants(self) -> list[access.Grant]:
        return access.encord_grants(self.integration, self.bucket)

    def _held(self, bindings: Iterable[dict[str, Any]]) -> Held:
        conditions = [grant.condition.expression for grant in self._grants() if grant.condition]
        return held(bindings, self._encord, conditions)

    def _roles(self, bindings: Iterable[dict[str, Any]], member: str) -> set[tuple[str, str]]:
        """The member's roles with their conditions."""
        mine = (one for one in bindings if member in one["members"])
        return {(str(one["role"]), str((one.get("condition") or {}).get("expression", ""))) for one in mine}

    def _undecided(self, have: Held) -> Answer | None:
        if not have.unknown:
            return None
        reason = f"{', '.join(have.unknown)} of {self._encord} is no role of Cloud Storage's own"
        fix = f"grant Encord the roles that `integrations access show {self.integration.name}` prints instead"
        return unknown(f"{reason}: what it permits is not in the policy", Obstacle.RIGHTS, fix)

    def _less_fix(self, member: str, roles: Mapping[str, bool]) -> str:
        """How somebody loses roles, those under conditions too where it says so: by hand, then what is wanted comes back.

        https://cloud.google.com/sdk/gcloud/reference/storage/buckets/remove-iam-policy-binding
        """
        remove = f"gcloud storage buckets remove-iam-policy-binding gs://{self.bucket.name} --member={member}"
        how = {True: "--all", False: "--condition=None"}
        by_hand = "; ".join(f"{remove} --role={role} {how[every]}" for role, every in roles.items())
        return f"{self.up}, which takes away what the stack granted; the rest by hand, and then once more: {by_hand}"

    def _grant_fix(self, name: str) -> str:
        """Our grants whose names begin like this."""
        wanted = [grant.binding for grant in self._grants() if grant.name.startswith(name)]
        return f"{self.up}, which grants: {json.dumps(wanted)}"

    def _check_blob(self, key: str) -> Any:
        return self.clients.check.bucket(self.bucket.name).blob(key)
