"""Azure: the storage account and its containers, as their owner configured them and as a browser meets them."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

from integrations.access import azure as access
from integrations.access import cors
from integrations.access.azure_lifecycle import moves
from integrations.checks.azure_sessions import Sessions
from integrations.checks.records import Answer, failed, passed, warned
from integrations.environment.azure import AzureContainer, AzureIntegration
from integrations.environment.model import Environment

# The older ones: https://learn.microsoft.com/en-us/azure/storage/common/transport-layer-security-configure-minimum-version
OLD_TLS = ("TLS1_0", "TLS1_1")
# How long Encord signs its URLs for is not documented.
URL_LIFE = timedelta(hours=1)


class AboutAccount:
    """What all questions about one integration need, and those about its account."""

    def __init__(self, sessions: Sessions, integration: AzureIntegration, environment: Environment) -> None:
        self.sessions, self.integration, self.environment = sessions, integration, environment
        self.up = f"pulumi up --stack {environment.name}"
        self.show = f"integrations access show {integration.name} --env {environment.name}"

    def fix(self, document: str, statement: object, *, owned: bool | None = None) -> str:
        """How the owner mends it: the stack, or the owner's own hands with the exact statement."""
        if self.integration.account.ownership == "create" if owned is None else owned:
            return f"{self.up}, which sets {document} to: {json.dumps(statement)}"
        return f"ask the account's owner to add to {document}: {json.dumps(statement)} (whole: {self.show})"

    def update(self, options: str) -> str:
        """The command that changes a setting of the account which the stack leaves alone."""
        named = f"--name {self.integration.account.name} --resource-group {self.integration.resource_group.name}"
        return f"az storage account update {named} {options}"

    def cors_fix(self) -> str:
        return self.fix("the blob CORS rules", access.cors_rule(self.environment.settings.cors_origins))

    def url(self) -> str:
        """Somewhere in the account: its CORS rules hold for all of it."""
        return self.sessions.url(self.integration.containers[0], "any-object")

    def _account(self) -> dict[str, Any]:
        return self.sessions.azure.read(access.account_id(self.integration))

    def _property(self, name: str) -> Any:
        return self._account()["properties"].get(name)

    # -- the account and its containers ----------------------------------------------

    def found(self) -> Answer:
        if self.sessions.azure.find(access.account_id(self.integration)) is not None:
            return passed("the storage account exists")
        owned = self.integration.account.ownership == "create"
        return failed("there is no such storage account", self.up if owned else "name the right account")

    def container_found(self, container: AzureContainer) -> Answer:
        if self.sessions.azure.find(access.container_id(self.integration, container)) is not None:
            return passed("the container exists")
        owned = container.ownership == "create"
        return failed("there is no such container", self.up if owned else "name the right container")

    def region(self) -> Answer:
        stated, wanted = str(self._account()["location"]), self.integration.account.location
        if stated == wanted:
            return passed(stated)
        return failed(
            f"the account is in {stated}", f"set `location: {stated}` for account {self.integration.account.name}"
        )

    def private(self, container: AzureContainer) -> Answer:
        # Only an account of long ago lacks the property, and then it means that public access is allowed:
        # https://learn.microsoft.com/en-us/azure/storage/blobs/anonymous-read-access-prevent
        if self._property("allowBlobPublicAccess") is not False:
            return failed(
                "the account allows public containers", self.fix("the account", {"allowBlobPublicAccess": False})
            )
        shown = self.sessions.azure.read(access.container_id(self.integration, container))["properties"]
        if (level := shown.get("publicAccess") or "None") != "None":
            fix = self.fix("the container", {"publicAccess": "None"}, owned=container.ownership == "create")
            return failed(f"the container's access level is {level}", fix)
        return passed("neither the account nor the container allows public access")

    def encrypted(self) -> Answer:
        """Azure encrypts whatever is stored; with a key of the owner's own, its readers need no right to that key.

        https://learn.microsoft.com/en-us/azure/storage/common/storage-service-encryption
        """
        encryption = self._property("encryption") or {}
        if encryption.get("services", {}).get("blob", {}).get("enabled") is False:
            return failed("the encryption of blobs is switched off", "switch it on, or put the blobs elsewhere")
        source = encryption.get("keySource", "Microsoft.Storage")
        return passed("with Azure's own keys" if source == "Microsoft.Storage" else f"with keys from {source}")

    def tls_only(self) -> Answer:
        properties = self._account()["properties"]
        wanted = {key: access.account_properties()[key] for key in ("minimumTlsVersion", "supportsHttpsTrafficOnly")}
        if properties.get("supportsHttpsTrafficOnly") is not True:
            return warned("the account answers plain HTTP", self.fix("the account", wanted))
        if (version := properties.get("minimumTlsVersion", "TLS1_0")) in OLD_TLS:
            return warned(f"the account accepts {version}", self.fix("the account", wanted))
        return passed(f"HTTPS only, from {version} on")

    def at_hand(self) -> Answer:
        """Where new blobs are kept, and whether they stay there."""
        if (tier := self._property("accessTier")) != "Hot":
            fix = self.fix("the account", {"accessTier": "Hot"})
            return failed(f"new blobs are in the tier {tier or 'unknown'}", fix)
        policy = self.sessions.azure.find(access.lifecycle_id(self.integration)) or {"properties": {}}
        found = [said for one in self.integration.containers for said in moves(policy["properties"], one.name)]
        if found:
            fix = "keep the blobs of these containers out of the account's lifecycle policy: Encord reads the Hot tier only"
            return warned("; ".join(found), fix)
        return passed("new blobs are in the Hot tier, and no rule moves them")

    def network_open(self) -> Answer:
        """Browsers and Encord come from the internet; to let Azure's own services by helps neither.

        https://learn.microsoft.com/en-us/azure/storage/common/storage-network-security
        """
        properties = self._account()["properties"]
        fix = self.update("--public-network-access Enabled --default-action Allow")
        if (access_from := properties.get("publicNetworkAccess") or "Enabled") != "Enabled":
            return failed(f"public network access is {access_from}", fix)
        rules = properties.get("networkAcls") or {}
        if rules.get("defaultAction", "Allow") == "Allow":
            return passed("requests are answered wherever they come from")
        if not (listed := [str(rule["value"]) for rule in rules.get("ipRules") or ()]):
            return failed("the firewall lets nobody in from the internet", fix)
        return warned(
            f"the firewall lets in {', '.join(listed)} alone",
            f"see that Encord and every annotator are among them, or {fix}",
        )

    def written_not_held(self, container: AzureContainer) -> Answer:
        """A new blob may be made in spite of a policy; what is there can be neither overwritten nor removed.

        https://learn.microsoft.com/en-us/azure/storage/blobs/immutable-container-level-worm-policies. Policies for
        versions, and soft delete, are in nobody's way: what is overwritten or deleted is kept beside what is new.
        """
        shown = self.sessions.azure.read(access.container_id(self.integration, container))["properties"]
        held = []
        if shown.get("hasLegalHold"):
            held.append("a legal hold")
        if shown.get("hasImmutabilityPolicy"):
            policy = (shown.get("immutabilityPolicy") or {}).get("properties", {})
            held.append(f"an immutability policy of {policy.get('immutabilityPeriodSinceCreationInDays', 'some')} days")
        if not held:
            return passed("no legal hold, no immutability policy")
        return failed(
            f"the container has {' and '.join(held)}", "take it away, or keep sequences in a container that has none"
        )

    def life_needed(self) -> timedelta:
        """How long a signature must live."""
        return URL_LIFE

    def signatures_live(self) -> Answer:
        """A policy may refuse signatures for longer than it says, not only log them.

        https://learn.microsoft.com/en-us/azure/storage/common/sas-expiration-policy
        """
        policy = self._property("sasPolicy") or {}
        period = _period(str(policy.get("sasExpirationPeriod", "")))
        if policy.get("expirationAction") != "Block" or period is None:
            return passed("no policy of the account refuses signatures by their life")
        if period < (needed := self.life_needed()):
            seen = f"signatures for longer than {period} are refused, and one for {needed} is needed"
            return failed(seen, self.update(f"--sas-expiration-period {needed.days + 1}.00:00:00"))
        return passed(f"signatures for up to {period} are let in")

    # -- the browser -----------------------------------------------------------------

    def cors_rules(self) -> Answer:
        service = self.sessions.azure.read(f"{access.account_id(self.integration)}/blobServices/default")
        rules = service["properties"].get("cors", {}).get("corsRules", [])
        if not rules:
            return failed("the account has no blob CORS rules", self.cors_fix())
        for origin in self.environment.settings.cors_origins:
            for method in cors.METHODS:
                if not any(origin in rule["allowedOrigins"] and method in rule["allowedMethods"] for rule in rules):
                    return failed(f"no rule lets {origin} in with {method}", self.cors_fix())
        wide = sorted({origin for rule in rules for origin in rule["allowedOrigins"] if "*" in origin})
        if wide:
            return warned(f"rules let {', '.join(wide)} in", "name each origin in the blob CORS rules")
        return passed(f"rules for {', '.join(self.environment.settings.cors_origins)}")


def _period(text: str) -> timedelta | None:
    """A length of time as Azure writes it: days.hours:minutes:seconds."""
    found = re.fullmatch(r"(\d+)\.(\d+):(\d+):(\d+)", text)
    if found is None:
        return None
    days, hours, minutes, seconds = map(int, found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
