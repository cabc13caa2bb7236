"""Azure: blobs as Encord meets them, with the roles of the check principal or with Encord's own signature."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Callable
from typing import Any

from integrations.access import azure as access
from integrations.checks import browser, browser_media
from integrations.checks.azure_account import AboutAccount
from integrations.checks.azure_sessions import MISSING, NO_KEY, NOT_ALLOWED, code_of
from integrations.checks.records import NO_PROBE_OBJECT, Answer, failed, passed, skipped
from integrations.environment.azure import AzureContainer

ARCHIVED = "BlobArchived"
HELD = "BlobImmutableDueToPolicy"
BETWEEN = "look at what stands between the browser and Azure: Azure itself does this right"


class ObjectQuestions(AboutAccount):
    """The questions about the blobs of one integration."""

    def probe_object_read(self, container: AzureContainer) -> Answer:
        from azure.core.exceptions import HttpResponseError

        name = self.integration.probe_object
        if name is None:
            return NO_PROBE_OBJECT
        try:
            with self.sessions.blob(container, name) as blob:
                tier = blob.get_blob_properties().blob_tier  # only this answer says it
                size = len(blob.download_blob().readall())
        except HttpResponseError as error:
            code = code_of(error)
            if code in MISSING:
                fix = f"put a blob at {name}, or set `probeObject` to one that is there"
                return failed(f"{name} is not there", fix)
            if code == ARCHIVED:
                return failed(f"{name} is archived", self._to_hot(container, name))
            if code in NO_KEY:
                # https://learn.microsoft.com/en-us/azure/storage/common/customer-managed-keys-overview
                fix = "bring the account's key back: enabled in its vault, where the account's identity may wrap and unwrap"
                return failed(f"the account's own key cannot be used, by nobody ({code})", fix)
            if code in NOT_ALLOWED:
                return failed(
                    f"{name} is not readable ({code})", f"{self.show}; then see docs/runbooks/images-do-not-load.md"
                )
            raise
        if (stated := str(getattr(tier, "value", tier) or "Hot")) != "Hot":
            return failed(f"{name} is in the tier {stated}", self._to_hot(container, name))
        return passed(f"{name}, {size} bytes")

    def _to_hot(self, container: AzureContainer, name: str) -> str:
        """The only tier that Encord reads; what was archived comes out of it after some hours."""
        where = f"--account-name {self.integration.account.name} --container-name {container.name}"
        return f"az storage blob set-tier {where} --name {shlex.quote(name)} --tier Hot --auth-mode login"

    def stranger_refused(self, container: AzureContainer) -> Answer:
        """Who has no signature, and who has one with another end."""
        name = self.integration.probe_object
        if name is None:
            return NO_PROBE_OBJECT
        if browser.is_answered(self.sessions.url(container, name)):
            return failed("the blob is readable without a signature", "make the container private (BKT103 names it)")
        signed = self.sessions.signed_url(container, name)
        if browser.is_answered(signed.replace("sig=", "sig=A", 1)):
            return failed("an altered signature was accepted", "report it to the account's operator")
        return passed("refused without a signature, and with an altered one")

    def signed_get(self, container: AzureContainer) -> Answer:
        origins, fix = self.environment.settings.cors_origins, self.cors_fix()
        return self._signed(container, lambda signed: browser.ask_signed_get(lambda: signed, origins, fix))

    def parts(self, container: AzureContainer) -> Answer:
        origins, fix = self.environment.settings.cors_origins, self.cors_fix()
        return self._signed(
            container, lambda signed: browser_media.ask_parts(lambda: signed, lambda: signed, origins, fix, BETWEEN)
        )

    def exposed(self, container: AzureContainer) -> Answer:
        origins, fix = self.environment.settings.cors_origins, self.cors_fix()
        return self._signed(container, lambda signed: browser_media.ask_exposed(lambda: signed, origins, fix))

    def kept_apart(self, container: AzureContainer) -> Answer:
        origins = self.environment.settings.cors_origins
        return self._signed(container, lambda signed: browser_media.ask_cached(lambda: signed, origins, BETWEEN))

    def _signed(self, container: AzureContainer, ask: Callable[[str], Answer]) -> Answer:
        """What becomes of a signed URL of the probe object, if it can be signed."""
        from azure.core.exceptions import HttpResponseError

        if self.integration.probe_object is None:
            return NO_PROBE_OBJECT
        try:
            signed = self.sessions.signed_url(container, self.integration.probe_object)
        except HttpResponseError as error:
            if code_of(error) not in NOT_ALLOWED or self.integration.check_principal is not None:
                raise
            reason = "these credentials may not sign URLs for the account, and there is no checkPrincipal"
            return skipped(reason, unproven=True)
        return ask(signed)

    def write_probe(self, container: AzureContainer) -> Answer:
        from azure.core.exceptions import HttpResponseError

        name = f"{access.write_probe_prefix()}{secrets.token_hex(8)}"
        wanted = self.integration.image_sequences
        state = f"image sequences {'on' if wanted else 'off'}"
        with self.sessions.blob(container, name) as blob:
            try:
                blob.upload_blob(b"integrations check\n")
            except HttpResponseError as error:
                if code_of(error) not in NOT_ALLOWED:
                    raise
                refused = f"writing is refused, {state}"
                return failed(refused, self.up) if wanted else passed(refused)
            left = self._remove(blob, container, name)
        if wanted:
            return passed(f"wrote {name}{left}, {state}")
        return failed(f"wrote {name}{left}, {state}", f"{self.up}, which takes the writing role away")

    def _remove(self, blob: Any, container: AzureContainer, name: str) -> str:
        """What writes may delete on Azure, but a signature may not: then the account's holder has to. Says which."""
        from azure.core.exceptions import HttpResponseError

        try:
            blob.delete_blob()
        except HttpResponseError as error:
            if code_of(error) == HELD:
                return ", which an immutability policy keeps there"
            if code_of(error) not in NOT_ALLOWED:
                raise
            return f", which this signature may not remove: az storage blob delete -c {container.name} -n {name}"
        return " and removed it"
