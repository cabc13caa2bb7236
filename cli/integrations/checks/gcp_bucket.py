"""Google Cloud: one bucket, as its owner configured it and as a browser meets it.

Whether plain HTTP is denied is not asked: a bucket has no such setting. An organisation
has one, the constraint `constraints/storage.secureHttpTransport`, which a bucket does not show.
Nor is its IP filter, which a bucket shows to those only who have storage.buckets.getIpFilter
(https://cloud.google.com/storage/docs/get-ip-filter), so that its absence says nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from integrations.access import cors
from integrations.access import gcp as access
from integrations.checks import browser, browser_media
from integrations.checks.gcp_sessions import Clients, limits, signed_url
from integrations.checks.records import Answer, failed, passed, warned
from integrations.environment.model import Environment, GcpBucket, GcpIntegration
from integrations.registration.object_url import encode_key

BETWEEN = "look at what stands between the browser and Google: Cloud Storage itself does this right"
OWN_KEYS = "Google's own keys"
# Conditions that only versions which were replaced or deleted fulfil: https://cloud.google.com/storage/docs/lifecycle#conditions
NOT_LIVE = frozenset({"daysSinceNoncurrentTime", "noncurrentTimeBefore", "numNewerVersions"})


def wants_payer(error: Exception) -> bool:
    """Whether Google refused because the request names no project that pays for it."""
    return "requester pays" in str(error).lower()


class AboutBucket:
    """What all questions about one bucket need."""

    def __init__(
        self, clients: Clients, integration: GcpIntegration, environment: Environment, bucket: GcpBucket
    ) -> None:
        self.clients, self.integration, self.environment, self.bucket = clients, integration, environment, bucket
        self.up = f"pulumi up --stack {environment.name}"

    def read(self) -> Any:
        """The bucket with its settings."""
        return self.clients.own.get_bucket(self.bucket.name, **limits())

    def setting_fix(self, option: str) -> str:
        """How the owner mends a setting: the stack, or the owner's own hands."""
        if self.bucket.ownership == "create":
            return self.up
        return f"ask the bucket's owner for: gcloud storage buckets update gs://{self.bucket.name} {option}"


class BucketQuestions(AboutBucket):
    """The questions about the bucket itself."""

    def found(self) -> Answer:
        from google.api_core.exceptions import BadRequest, NotFound

        try:
            self.read()
        except NotFound:
            fix = self.up if self.bucket.ownership == "create" else "name the right bucket"
            return failed("there is no such bucket", fix)
        except BadRequest as error:
            if not wants_payer(error):
                raise
        return passed("the bucket exists")

    def owner_pays(self) -> Answer:
        """Whether nobody has to name a project that pays for a request: what Encord signs, names none.

        Encord's dialog asks for no such project. Those with rights in the bucket's own project
        are let in without one, so the setting is read; others are refused, which says as much.
        https://cloud.google.com/storage/docs/requester-pays#requirements
        """
        from google.api_core.exceptions import BadRequest

        try:
            requester = self.read().requester_pays
        except BadRequest as error:
            if not wants_payer(error):
                raise
            requester = True
        if requester:
            fix = self.setting_fix("--no-requester-pays")
            return failed("whoever asks has to name a project that pays for it (requester pays)", fix)
        return passed("the bucket's own project pays")

    def location(self) -> Answer:
        stated = str(self.read().location)
        if stated.upper() == self.bucket.location.upper():
            return passed(stated)
        return failed(f"the bucket is in {stated}", f"set `location: {stated}` for bucket {self.bucket.name}")

    def private(self) -> Answer:
        access_ = self.read().iam_configuration
        open_ = []
        if not access_.uniform_bucket_level_access_enabled:
            open_.append("uniform bucket-level access")
        if access_.public_access_prevention != "enforced":
            open_.append("public access prevention")
        if open_:
            fix = self.setting_fix("--uniform-bucket-level-access --public-access-prevention")
            return failed(f"not on: {', '.join(open_)}", fix)
        return passed("uniform bucket-level access, public access prevented")

    def encrypted(self) -> Answer:
        key, wanted = self.read().default_kms_key_name, self.bucket.kms_key
        if key == wanted:
            return passed("the configured key" if key else OWN_KEYS)
        if wanted is None:
            fix = f"{self.setting_fix('--clear-default-encryption-key')}; or, if it is meant, set `kmsKey: {key}`"
            return failed(f"encrypted with {key}, not with {OWN_KEYS}", fix)
        fix = self.setting_fix(f"--default-encryption-key={wanted}")
        return failed(f"encrypted with {key or OWN_KEYS}, not with {wanted}", fix)

    def objects_stay(self) -> Answer:
        """Whether no lifecycle rule deletes what was registered. Where objects are kept does not matter here.

        Every storage class is read at once: https://cloud.google.com/storage/docs/storage-classes. The rules:
        https://cloud.google.com/storage/docs/lifecycle
        """
        deleting = [rule for rule in self.read().lifecycle_rules if self._deletes(rule)]
        if not deleting:
            return passed("no lifecycle rule deletes objects")
        told = "; ".join(json.dumps(dict(rule["condition"])) for rule in deleting)
        fix = f"{self.setting_fix('--clear-lifecycle')}, if they are not meant to go"
        return warned(f"lifecycle rules delete objects: {told}", fix)

    def _deletes(self, rule: Mapping[str, Any]) -> bool:
        """Whether it deletes live objects that Encord may read."""
        condition = rule["condition"]
        if rule["action"]["type"] != "Delete" or condition.get("isLive") is False or NOT_LIVE.intersection(condition):
            return False
        mine, theirs = self.integration.prefixes or ("",), condition.get("matchesPrefix") or ("",)
        return any(one.startswith(other) or other.startswith(one) for one in mine for other in theirs)

    def written_not_held(self) -> Answer:
        """Whether what a sequence writes can be replaced and removed.

        New objects are let in all the same: https://cloud.google.com/storage/docs/bucket-lock and
        https://cloud.google.com/storage/docs/object-holds
        """
        bucket = self.read()
        held = []
        if bucket.retention_period:
            lock = ", locked" if bucket.retention_policy_locked else ""
            held.append(f"a retention policy of {bucket.retention_period} s{lock}")
        if bucket.default_event_based_hold:
            held.append("an event-based hold on every new object")
        if not held:
            return passed("no retention policy, no default hold")
        if bucket.retention_policy_locked:
            fix = "nobody can take a locked retention policy away: let sequences be written to another bucket"
        else:
            fix = self.setting_fix("--clear-retention-period --no-default-event-based-hold")
        return failed(f"what is written is kept by {' and '.join(held)}", fix)

    # -- the browser --------------------------------------------------------------

    def cors_rules(self) -> Answer:
        rules = list(self.read().cors)
        origins = self.environment.settings.cors_origins
        if not rules:
            return failed("the bucket has no CORS rules", self._cors_fix())
        for origin in origins:
            for method in cors.METHODS:
                if not any(origin in rule.get("origin", ()) and method in rule.get("method", ()) for rule in rules):
                    return failed(f"no rule lets {origin} in with {method}", self._cors_fix())
        if wide := sorted({origin for rule in rules for origin in rule.get("origin", ()) if "*" in origin}):
            return warned(f"rules let {', '.join(wide)} in", "name each origin in the bucket's CORS rules")
        return passed(f"rules for {', '.join(origins)}")

    def preflight(self) -> Answer:
        return browser.ask_preflight(self.url, self.environment.settings.cors_origins, self._cors_fix())

    def foreign_refused(self) -> Answer:
        return browser.ask_foreign(self.url, self.environment.settings.cors_origins, self._cors_fix())

    def signed_get(self) -> Answer:
        """Signed by the check principal: whoever runs this may not read objects."""
        return browser.ask_signed_get(self._signed_url, self.environment.settings.cors_origins, self._cors_fix())

    def parts(self) -> Answer:
        origins = self.environment.settings.cors_origins
        return browser_media.ask_parts(
            self._signed_url, lambda: self._signed_url("HEAD"), origins, self._cors_fix(), BETWEEN
        )

    def exposed(self) -> Answer:
        return browser_media.ask_exposed(self._signed_url, self.environment.settings.cors_origins, self._cors_fix())

    def kept_apart(self) -> Answer:
        return browser_media.ask_cached(self._signed_url, self.environment.settings.cors_origins, BETWEEN)

    def _signed_url(self, method: str = "GET") -> str:
        key, signer = str(self.integration.probe_object), self.clients.signer
        return signed_url(self.clients.check, self.bucket.name, key, signer, method=method)

    def url(self, key: str = "any-object") -> str:
        """An object's own URL as a browser uses it, which follows the bucket's CORS rules.

        Not storage.cloud.google.com, which answers no other site:
        https://cloud.google.com/storage/docs/cross-origin#server-side-support
        """
        return f"https://storage.googleapis.com/{self.bucket.name}/{encode_key(key)}"

    def _cors_fix(self) -> str:
        rule = json.dumps(access.cors_rule(self.environment.settings.cors_origins))
        if self.bucket.ownership == "create":
            return f"{self.up}, which sets the CORS rules to: {rule}"
        show = f"integrations access show {self.integration.name} --env {self.environment.name}"
        return f"ask the bucket's owner to add to the CORS rules: {rule} (whole: {show})"
