"""Azure: the account SAS that Encord was given, as the environment file wants it and as it says itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from integrations.access import azure as access
from integrations.checks.azure_account import AboutAccount
from integrations.checks.azure_sessions import sas_variable
from integrations.checks.records import Answer, failed, passed, skipped, warned

# Time to make a new one, and to have it pasted into Encord's dialog.
SOON = timedelta(days=30)
CHANGING = set("wacdxyupti")  # https://learn.microsoft.com/en-us/rest/api/storageservices/create-account-sas
# What comes with writing and deletes nothing.
WRITING = set(access.SAS_WRITING)


class SignatureQuestions(AboutAccount):
    """The questions about the account SAS."""

    def in_time(self) -> Answer:
        """By the environment file; and by the signature itself, where it is here."""
        pinned = datetime.fromisoformat(access.sas_terms(self.integration)["expiry"])
        stated = _moment(self.sessions.terms.get("se")) if self.sessions.signature else pinned
        if stated is None:
            return failed("the signature does not say when it ends", self._fix())
        if stated.date() != pinned.date():
            return failed(f"the signature ends on {stated:%Y-%m-%d}, the file says {pinned:%Y-%m-%d}", self._fix())
        left = stated - datetime.now(UTC)
        if left <= timedelta():
            return failed(f"it ended on {stated:%Y-%m-%d}", self._fix())
        seen = f"it ends on {stated:%Y-%m-%d}"
        return warned(seen, self._fix()) if left < SOON else passed(seen)

    def life_needed(self) -> timedelta:
        begins = _moment(self.sessions.terms.get("st")) or datetime.now(UTC)
        return datetime.fromisoformat(access.sas_terms(self.integration)["expiry"]) - begins

    def accepted(self) -> Answer:
        """Whether the account takes what is signed with its keys.

        https://learn.microsoft.com/en-us/azure/storage/common/shared-key-authorization-prevent
        """
        if self._property("allowSharedKeyAccess") is False:
            fix = f"{self.update('--allow-shared-key-access true')}, or set `access: service-principal`"
            return failed("the account refuses its keys and whatever is signed with them", fix)
        return passed("the account takes what is signed with its keys")

    def is_here(self) -> Answer:
        """Whether there is a signature to judge and to try."""
        if self.sessions.signature:
            return passed("with the signature that Encord was given")
        variable = sas_variable(self.integration)
        return skipped("the signature is not on this machine", fix=f"set {variable} or {variable}_FILE", unproven=True)

    def read_granted(self) -> Answer:
        terms, wanted = self.sessions.terms, access.sas_terms(self.integration)
        for parameter, key, meaning in (
            ("ss", "services", "the blob service"), ("srt", "resourceTypes", "containers and objects"),
        ):  # fmt: skip
            if not set(wanted[key]) <= set(terms.get(parameter, "")):
                return failed(f"the signature is not for {meaning} ({parameter}={terms.get(parameter)})", self._fix())
        if missing := set(access.SAS_READING) - set(terms.get("sp", "")):
            return failed(f"the signature lacks {', '.join(sorted(missing))} (sp={terms.get('sp')})", self._fix())
        if "sip" in terms:
            return warned(f"the signature is for {terms['sip']} alone", f"see that Encord is there, or {self._fix()}")
        return passed(f"ss={terms['ss']} srt={terms['srt']} sp={terms['sp']}")

    def grants_are_narrow(self) -> Answer:
        """What it is for besides blobs, and how it may travel; its permissions are asked about elsewhere."""
        terms, wanted = self.sessions.terms, access.sas_terms(self.integration)
        wide = [
            f"{parameter}={terms.get(parameter)}"
            for parameter, key in (("ss", "services"), ("srt", "resourceTypes"))
            if set(terms.get(parameter, "")) - set(wanted[key])
        ]
        if wide:
            return failed(f"the signature is for more than blobs and containers ({', '.join(wide)})", self._fix())
        if terms.get("spr") != wanted["protocol"]:
            return warned(f"the signature may travel over plain HTTP (spr={terms.get('spr', 'missing')})", self._fix())
        return passed("for blobs and containers alone, over HTTPS")

    def write_granted(self) -> Answer:
        has, wanted = set(self.sessions.terms.get("sp", "")), self.integration.image_sequences
        seen = f"sp={self.sessions.terms.get('sp')}, image sequences {'on' if wanted else 'off'}"
        right = has >= WRITING and not (has & CHANGING) - WRITING if wanted else not has & CHANGING
        return passed(seen) if right else failed(seen, self._fix())

    def _fix(self) -> str:
        return f"make a new one and paste it into Encord's dialog: {access.sas_command(self.integration)}"


def _moment(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
