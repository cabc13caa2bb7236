"""AWS: what to copy out of Encord's dialog, and what to paste into it."""

from __future__ import annotations

from integrations.access import aws
from integrations.environment.base import PROJECT
from integrations.environment.model import AwsIntegration

Step = list[str]


def steps(integration: AwsIntegration, environment: str) -> list[Step]:
    """The steps up to the confirmation of the dialog, each a list of lines."""
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
    return [dialog, values, up, paste]
