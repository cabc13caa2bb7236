"""Azure: how Encord gets an identity in the tenant, or a signature, and what to enter in its dialog."""

from __future__ import annotations

from integrations.access import azure
from integrations.environment.azure import LOOK_UP, AzureIntegration
from integrations.environment.base import PROJECT

Step = list[str]


def steps(integration: AzureIntegration, environment: str) -> list[Step]:
    """The steps up to the confirmation of the dialog, each a list of lines."""
    dialog = [
        "In Encord, open Integrations, New integration, Azure Blob Storage. Leave this dialog open until the last step:",
        "what it shows belongs to this dialog, and a new one may show other values.",
    ]
    if integration.encord.access == "account-sas":
        return [dialog, *_signature(integration, environment)]
    up = [
        f"pulumi up --stack {environment}   (gives that service principal its roles, which it has not before)",
        f"Who runs it needs {azure.MAY_ASSIGN} on the account {integration.account.name}, as the roles Owner,",
        "User Access Administrator and Role Based Access Control Administrator have it; Contributor has it not.",
        "`integrations doctor` says whether you have it.",
    ]
    enter = [f"Enter in the dialog the storage account {integration.account.name} and the tenant {integration.tenant}"]
    return [dialog, _consent(integration, environment), up, enter]


def _consent(integration: AzureIntegration, environment: str) -> Step:
    config = f"Pulumi.{environment}.yaml, {PROJECT}:integrations, {integration.name}, encord"
    look_up = LOOK_UP.format(integration.encord.application_id or "<application id>")
    if not integration.awaiting_encord:
        return [f"{config} has an object id. Compare it: {look_up}"]
    return [
        "Have an administrator of your tenant follow the dialog's link and consent to Encord's application,",
        "cord-integrator. The consent makes its service principal in your tenant, which has an object id of its own.",
        f"Print that object id: {look_up}",
        f"and put it into {config} (the application id is another one, and is refused):",
        "    objectId: <the object id>",
    ]


def _signature(integration: AzureIntegration, environment: str) -> list[Step]:
    up = [f"pulumi up --stack {environment}   (makes what is the stack's own; the signature is none of it)"]
    sign = [f"Make the signature, as who holds the account's key: {azure.sas_command(integration)}"]
    paste = [
        f"Enter in the dialog the storage account {integration.account.name}, and paste the signature.",
        f"It ends on {integration.encord.sas_expiry}, and Encord stops reading then: put the day into your calendar.",
    ]
    return [up, sign, paste]
