"""OBS and other S3-compatible stores: one bucket, as a browser meets it."""

from __future__ import annotations

from functools import partial

from integrations.access import cors
from integrations.access import s3_compatible as access
from integrations.checks import browser, browser_media
from integrations.checks.records import (
    NO_CHECK_PRINCIPAL,
    NO_PROBE_OBJECT,
    Answer,
    failed,
    passed,
    skipped,
    warned,
)
from integrations.checks.s3_compatible_bucket import AboutBucket
from integrations.checks.s3_compatible_sessions import NOT_ALLOWED
from integrations.s3_compatible.client import code_of

REPAIR = "look at what stands between the browser and the store; if there is nothing, ask the store's operator"


class BrowserQuestions(AboutBucket):
    """The questions about CORS. Those about the probe object presuppose, in `questions`, that it is configured."""

    def cors_rules(self) -> Answer:
        if self.integration.store.cors == "server":
            return skipped("the store has one setting for all buckets, which cannot be read")
        rules = self.read("get_bucket_cors", "NoSuchCORSConfiguration").get("CORSRules", [])
        if not rules:
            return failed("the bucket has no CORS rules", self._fix())
        for origin in self._origins:
            for method in cors.METHODS:
                if not any(
                    cors.allows(rule["AllowedOrigins"], origin) and method in rule["AllowedMethods"] for rule in rules
                ):
                    return failed(f"no rule lets {origin} in with {method}", self._fix())
        if wide := sorted({origin for rule in rules for origin in rule["AllowedOrigins"] if "*" in origin}):
            return warned(f"rules let {', '.join(wide)} in", "name each origin in the bucket's CORS rules")
        return passed(f"rules for {', '.join(self._origins)}")

    def preflight(self) -> Answer:
        return browser.ask_preflight(self._url, self._origins, self._fix())

    def foreign_refused(self) -> Answer:
        return browser.ask_foreign(self._url, self._origins, self._fix())

    def signed_get(self) -> Answer:
        if self.integration.probe_object is None:
            return NO_PROBE_OBJECT
        if not (self.integration.check_principal or self._may_read(self.integration.probe_object)):
            return NO_CHECK_PRINCIPAL
        return browser.ask_signed_get(self._signed_url, self._origins, self._fix())

    def parts(self) -> Answer:
        head = partial(self._signed_url, operation="head_object")
        return browser_media.ask_parts(self._signed_url, head, self._origins, self._fix(), REPAIR)

    def exposed(self) -> Answer:
        return browser_media.ask_exposed(self._signed_url, self._origins, self._fix())

    def kept_apart(self) -> Answer:
        return browser_media.ask_cached(self._signed_url, self._origins, REPAIR)

    def _may_read(self, key: str) -> bool:
        """Whether whoever asks may read the object: what they sign is worth nothing else."""
        from botocore.exceptions import ClientError

        try:
            self.clients.own.head_object(Bucket=self.bucket.name, Key=key)
        except ClientError as error:
            if code_of(error) in NOT_ALLOWED:
                return False
            raise
        return True

    @property
    def _origins(self) -> tuple[str, ...]:
        return self.environment.settings.cors_origins

    def _fix(self) -> str:
        return self.fix("the CORS rules", access.cors_rule(self._origins))

    def _url(self) -> str:
        """An object's own URL as a browser uses it, without a signature: whether it is there does not matter."""
        return self._signed_url("any-object").partition("?")[0]

    def _signed_url(self, key: str | None = None, operation: str = "get_object") -> str:
        asked = {"Bucket": self.bucket.name, "Key": key or self.integration.probe_object}
        return str(self.clients.reader.generate_presigned_url(operation, Params=asked, ExpiresIn=60))
