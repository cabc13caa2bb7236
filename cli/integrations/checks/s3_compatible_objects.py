"""OBS and other S3-compatible stores: what a user who is granted what Encord is really may do."""

from __future__ import annotations

import secrets

from integrations.access import s3_compatible as access
from integrations.checks import browser
from integrations.checks.records import (
    NO_CHECK_PRINCIPAL,
    NO_PROBE_OBJECT,
    Answer,
    awaiting_encord,
    failed,
    passed,
)
from integrations.checks.s3_compatible_bucket import AboutBucket
from integrations.checks.s3_compatible_sessions import NOT_ALLOWED, NOT_AUTHENTICATED
from integrations.s3_compatible.client import code_of

# https://support.huaweicloud.com/intl/en-us/eu-west-0-perms-cfg-obs/obs_40_0004.html
DELAY = " (OBS needs up to five minutes until a policy takes effect: --wait)"


class ObjectQuestions(AboutBucket):
    """The questions that read and write objects, as the check principal."""

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
                return failed(f"{key} is not readable{why}", f"{self.grant_fix()}{late}")
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
            return failed(refused, self.grant_fix()) if wanted else passed(refused)
        self._remove(key, written.get("VersionId"))
        if wanted:
            return passed(f"wrote and removed {key}, {state}")
        return failed(f"wrote {key}, {state}", f"{self.up}, which takes s3:PutObject away")

    def _remove(self, key: str, version: str | None) -> None:
        """The checker removes what the check principal wrote, because that may not delete, as Encord may not."""
        which = {"VersionId": version} if version else {}
        self.clients.own.delete_object(Bucket=self.bucket.name, Key=key, **which)

    def _not_live(self, without: Answer = NO_CHECK_PRINCIPAL) -> Answer | None:
        """Why nothing can be tried, if it cannot."""
        if self.integration.awaiting_encord:
            return awaiting_encord(self.environment.name)
        if self.integration.check_principal is None:
            return without
        return NO_PROBE_OBJECT if self.integration.probe_object is None else None
