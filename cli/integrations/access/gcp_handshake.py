"""Google Cloud: what to copy out of Encord's dialog, and what to say in it."""

from __future__ import annotations

from integrations.access import gcp
from integrations.environment.base import PROJECT
from integrations.environment.model import GcpIntegration

Step = list[str]


def steps(integration: GcpIntegration, environment: str) -> list[Step]:
    """The steps up to the confirmation of the dialog, each a list of lines."""
    config = f"Pulumi.{environment}.yaml, {PROJECT}:integrations, {integration.name}, encord"
    dialog = [
        "In Encord, open Integrations, New integration, Google Cloud Storage. Leave this dialog open until the last step:",
        "it shows the e-mail address of the service account that Encord reads as.",
    ]
    if integration.awaiting_encord:
        values = [f"Copy the address into {config}:", "    serviceAccount: <…@….iam.gserviceaccount.com>"]
    else:
        values = [f"{config} has a service account. Compare it with the one that the dialog shows."]
    up = [f"pulumi up --stack {environment}   (grants it what it needs on the buckets)", gcp.DOMAIN_POLICY]
    names = ", ".join(bucket.name for bucket in integration.buckets)
    return [dialog, values, up, [f"Enter the bucket's name in the dialog: {names}"]]
