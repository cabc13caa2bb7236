"""What may not be deleted or replaced yet: objects under a bucket's retention policy, or under a hold.

https://cloud.google.com/storage/docs/bucket-lock and https://cloud.google.com/storage/docs/object-holds
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from integrations_sandbox.clouds.gcp_records import Bucket, StoredObject
from integrations_sandbox.clouds.gcp_refusals import Refusal

HOLDS = {"eventBasedHold": "Event-Based", "temporaryHold": "Temporary"}


def hold_of_new(bucket: Bucket | None) -> dict[str, Any]:
    """The hold that the bucket puts on every new object, if it does."""
    return {"eventBasedHold": True} if bucket and bucket.settings.get("defaultEventBasedHold") else {}


def require_free(bucket: Bucket, stored: StoredObject) -> None:
    """Raises Refusal if the object is held: https://cloud.google.com/storage/docs/json_api/v1/status-codes#403-forbidden"""
    place = f"Object '{bucket.name}/{stored.name}' is"
    for name, kind in HOLDS.items():
        if stored.settings.get(name):
            message = f"{place} under active {kind} hold and cannot be deleted, overwritten or archived until hold is removed."
            raise Refusal(403, "objectUnderActiveHold", "ObjectUnderActiveHold", message)
    seconds = int(bucket.settings.get("retentionPolicy", {}).get("retentionPeriod", 0))
    until = datetime.fromisoformat(stored.created) + timedelta(seconds=seconds)
    if until > datetime.now(UTC):
        message = f"{place} subject to bucket's retention policy and cannot be deleted or overwritten until {until.isoformat()}"
        raise Refusal(403, "retentionPolicyNotMet", "RetentionPolicyNotMet", message)
