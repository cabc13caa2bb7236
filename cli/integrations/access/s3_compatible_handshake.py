"""OBS and other S3-compatible stores: the user to make for Encord, and what to paste into its dialog."""

from __future__ import annotations

from integrations.environment.base import PROJECT
from integrations.environment.s3_compatible import OtcIntegration, S3Compatible

Step = list[str]


def steps(integration: S3Compatible, environment: str) -> list[Step]:
    """The steps up to the confirmation of the dialog, each a list of lines."""
    config = f"Pulumi.{environment}.yaml, {PROJECT}:integrations, {integration.name}, encord"
    otc = isinstance(integration, OtcIntegration)
    place = "the OTC console, Identity and Access Management" if otc else f"the users of {integration.store.endpoint}"
    user = [
        f"In {place}, make a user for Encord alone: programmatic access, no group, no permission of its own.",
        "Make an access key for it. Whoever holds the secret key reads what Encord reads: keep it out of files and chats.",
    ]
    shape = "domain/<domain id>:user/<user id>" if otc else "arn:aws:iam::<account>:user/<name>"
    principal = [f"Put the user into {config}:", f"    principal: {shape}"]
    if not integration.awaiting_encord:
        principal = [f"{config} has a principal. Compare it with the user whose key Encord will get."]
    grant = [f"pulumi up --stack {environment}   (grants it in the policies of the stack's own buckets)"]
    if integration.store.grants == "user-policy":
        grant = [f"integrations access show {integration.name} --env {environment} --document user-policy"]
        grant.append("Attach that policy to the user.")
    elif any(bucket.ownership == "existing" for bucket in integration.buckets):
        grant.append(
            f"integrations access show {integration.name} --env {environment}   (for the owners of the others)"
        )
    title = "Open Telekom Cloud" if otc else "S3 compatible"
    dialog = [
        f"In Encord, open Integrations, New integration, {title}. Paste the access key id and the secret key there,",
        f"and nowhere else. Endpoint: {integration.store.endpoint}, region: {integration.store.region}",
    ]
    return [user, principal, grant, dialog]
