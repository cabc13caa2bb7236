"""Every document of an integration on Azure, with who applies it and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from integrations.access import azure
from integrations.access.record import OWNER, STACK, Document
from integrations.environment.azure import AzureIntegration
from integrations.environment.model import Settings

HOLDER = "for who holds the account's key: the stack never sees it"


class Existing(Struct, frozen=True):
    """The CORS rules that an existing account has now; unread says why, if they could not be read."""

    cors_rules: tuple[Mapping[str, Any], ...] = ()
    unread: str | None = None


def documents(
    integration: AzureIntegration, settings: Settings, existing: Mapping[str, Existing] | None = None
) -> list[Document]:
    """All of them, in the order in which they are applied. existing: by the account's name."""
    account = integration.account
    owned = account.ownership == "create"
    found = []
    if owned:
        properties = {"properties": azure.account_properties()}
        found.append(Document("account", account.name, STACK, _put(azure.account_id(integration)), properties))
    found.append(_cors(integration, settings, (existing or {}).get(account.name, Existing())))
    if granted := azure.grants(integration, settings.azure_checker(integration.tenant)):
        how = "each is one PUT of its id; making them needs " + azure.MAY_ASSIGN
        listed = [{"roleName": grant.role.name, **grant.document} for grant in granted]
        found.append(Document("role-assignments", account.name, STACK, how, listed))
    if integration.encord.access == "account-sas":
        how = azure.sas_command(integration)
        found.append(Document("account-sas", account.name, HOLDER, how, azure.sas_terms(integration)))
    return found


def _cors(integration: AzureIntegration, settings: Settings, existing: Existing) -> Document:
    account = integration.account
    rules = azure.merged_cors([dict(rule) for rule in existing.cors_rules], azure.cors_rule(settings.cors_origins))
    cautions = ["these are the rules of all containers of the account"]
    if existing.unread:
        cautions.append(f"not merged, because {existing.unread}")
    if len(rules) > azure.MOST_CORS_RULES:
        cautions.append(f"Azure takes {azure.MOST_CORS_RULES} rules at most, so two of theirs must become one")
    how = "; ".join([_put(f"{azure.account_id(integration)}/blobServices/default"), *cautions])
    reader = STACK if account.ownership == "create" else OWNER
    return Document("cors", account.name, reader, how, {"properties": {"cors": {"corsRules": rules}}})


def _put(resource: str) -> str:
    method = "put" if resource.endswith("/default") else "patch"
    return f"az rest --method {method} --url '{azure.ARM}{resource}?api-version={azure.API_VERSION}' --body @FILE"
