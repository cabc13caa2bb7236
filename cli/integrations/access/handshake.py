"""The steps that connect an integration with Encord, whose dialog has to stay open from the first to the last."""

from __future__ import annotations

from integrations.access import aws
from integrations.environment.model import PROJECT, AwsIntegration


def steps(integration: AwsIntegration, environment: str) -> str:
    """The steps as text; those that are done already say so."""
    title = integration.encord.title or integration.name
    config = f"Pulumi.{environment}.yaml, {PROJECT}:integrations, {integration.name}, encord"
    dialog = [
        "In Encord, open Integrations, New integration, AWS S3. Leave this dialog open until the last step:",
        "what it shows belongs to this dialog, and a new one may show other values.",
    ]
    if integration.awaiting_encord:
        values = [
            f"Copy what the dialog shows into {config}:",
            "    principal: <the account or role that Encord works with, as an ARN>",
            "    externalId: <the external ID>",
        ]
    else:
        values = [f"{config} has a principal and an external ID. Compare both with what the dialog shows."]
    up = [f"pulumi up --stack {environment}   (makes the role, which does not exist before)"]
    paste = [f"Paste the role's ARN into the dialog: {aws.role_arn(integration)}"]
    name = [f"Give the integration the title {title!r}, under which this project looks for it, and confirm the dialog."]
    prove = [f"integrations check --env {environment} --integration {integration.name} --register-probe"]
    numbered = []
    for number, step in enumerate((dialog, values, up, paste, name, prove), start=1):
        numbered += [f"  {number}. {step[0]}", *(f"     {line}" for line in step[1:])]
    state = "awaits Encord's values" if integration.awaiting_encord else "has Encord's values"
    return "\n".join([f"{integration.name} ({integration.cloud}) {state}", *numbered])
