"""Every document of an integration with who applies it and how: what `integrations access show` prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.access import aws_documents, azure_documents, gcp_documents, s3_compatible_documents
from integrations.access.record import Document
from integrations.environment.model import (
    AwsIntegration,
    AzureIntegration,
    GcpIntegration,
    Integration,
    OtcIntegration,
    S3Integration,
    Settings,
)


def documents(
    integration: Integration, settings: Settings, existing: Mapping[str, Any] | None = None
) -> list[Document]:
    """All of them, in the order in which they are applied.

    existing: what the owners of existing buckets have there now, by bucket, as environment.existing reads it.
    """
    match integration:
        case AwsIntegration():
            return aws_documents.documents(integration, settings, existing)
        case AzureIntegration():
            return azure_documents.documents(integration, settings, existing)
        case GcpIntegration():
            return gcp_documents.documents(integration, settings, existing)
        case OtcIntegration() | S3Integration():
            return s3_compatible_documents.documents(integration, settings, existing)
