"""The steps that connect an integration with Encord, whose dialog has to stay open from the first to the last."""

from __future__ import annotations

from integrations.access import aws_handshake, azure_handshake, gcp_handshake, s3_compatible_handshake
from integrations.environment.model import (
    AwsIntegration,
    AzureIntegration,
    GcpIntegration,
    Integration,
    OtcIntegration,
    S3Integration,
)


def steps(integration: Integration, environment: str) -> str:
    """The steps as text; those that are done already say so."""
    match integration:
        case AwsIntegration():
            mine = aws_handshake.steps(integration, environment)
        case AzureIntegration():
            mine = azure_handshake.steps(integration, environment)
        case GcpIntegration():
            mine = gcp_handshake.steps(integration, environment)
        case OtcIntegration() | S3Integration():
            mine = s3_compatible_handshake.steps(integration, environment)
    title = integration.encord.title or integration.name
    last = [
        [f"Give the integration the title {title!r}, under which this project looks for it, and confirm the dialog."],
        [f"integrations check --env {environment} --integration {integration.name} --register-probe"],
    ]
    numbered = []
    for number, step in enumerate([*mine, *last], start=1):
        numbered += [f"  {number}. {step[0]}", *(f"     {line}" for line in step[1:])]
    state = "awaits Encord's values" if integration.awaiting_encord else "has Encord's values"
    return "\n".join([f"{integration.name} ({integration.cloud}) {state}", *numbered])
