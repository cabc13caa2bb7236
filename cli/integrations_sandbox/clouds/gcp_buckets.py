"""Buckets as the JSON API has them: what may be set, what is shown.

https://cloud.google.com/storage/docs/json_api/v1/buckets
"""

from __future__ import annotations

import re
from typing import Any

from integrations_sandbox.clouds import gcp_cors
from integrations_sandbox.clouds.gcp_records import Bucket
from integrations_sandbox.clouds.gcp_refusals import invalid

NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{1,61}[a-z0-9]")  # https://cloud.google.com/storage/docs/buckets#naming
CHANGEABLE = (
    "autoclass", "billing", "cors", "defaultEventBasedHold", "encryption", "iamConfiguration", "labels", "lifecycle",
    "logging", "retentionPolicy", "rpo", "softDeletePolicy", "storageClass", "versioning", "website",
)  # fmt: skip
FIXED = ("location", "customPlacementConfig", "hierarchicalNamespace", "objectRetention")
SOFT_DELETE_DAYS = (7, 90)  # or none: https://cloud.google.com/storage/docs/soft-delete
DAY = 86_400
MULTI_REGIONS = ("ASIA", "EU", "US")
DUAL_REGION = re.compile(r"(ASIA|EUR|NAM)\d+")


def fault_of_name(name: Any) -> str | None:
    """What is wrong with the name of a new bucket, or None."""
    plain = isinstance(name, str) and NAME.fullmatch(name) and ".." not in name
    return None if plain and not name.startswith("goog") else f"Invalid bucket name: '{name}'"


def settle(given: dict[str, Any], created: str) -> dict[str, Any]:
    """The settings of a new bucket: what was given, and Google's defaults. Raises Refusal."""
    location = str(given.get("location") or "US").upper()
    kind = (
        "multi-region" if location in MULTI_REGIONS else "dual-region" if DUAL_REGION.fullmatch(location) else "region"
    )
    defaults = {
        "storageClass": "STANDARD",
        "iamConfiguration": {},
        "softDeletePolicy": {"retentionDurationSeconds": str(SOFT_DELETE_DAYS[0] * DAY), "effectiveTime": created},
    }
    kept = {key: given[key] for key in (*CHANGEABLE, *FIXED) if given.get(key) is not None}
    return check(merge(defaults, kept) | {"location": location, "locationType": kind})


def change(settings: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """The settings after a PATCH: what is null goes, objects are merged, lists are replaced.

    https://cloud.google.com/storage/docs/json_api#patch. Raises Refusal.
    """
    for name in FIXED:
        if name in given and given[name] != settings.get(name):
            raise invalid(f"The {name} of a bucket cannot be changed.")
    return check(merge(settings, {key: value for key, value in given.items() if key in CHANGEABLE}))


def merge(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """One document laid over another (RFC 7396)."""
    merged = dict(old)
    for key, value in new.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            beneath = merged.get(key)
            merged[key] = merge(beneath if isinstance(beneath, dict) else {}, value)
        else:
            merged[key] = value
    return merged


def check(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings with what they leave open filled in. Raises Refusal for what is not allowed."""
    if fault := gcp_cors.fault(settings.get("cors", [])):
        raise invalid(fault)
    access = _part(settings, "iamConfiguration")
    prevention = access.get("publicAccessPrevention", "inherited")
    if prevention not in ("inherited", "enforced"):
        raise invalid(f"Invalid value for publicAccessPrevention: {prevention!r}")
    uniform = {"enabled": _part(access, "uniformBucketLevelAccess").get("enabled") is True}
    soft_delete = _part(settings, "softDeletePolicy")
    seconds = str(soft_delete.get("retentionDurationSeconds", 0))
    shortest, longest = SOFT_DELETE_DAYS
    if not seconds.isdecimal() or not (int(seconds) == 0 or shortest * DAY <= int(seconds) <= longest * DAY):
        raise invalid(f"Soft delete retention must be 0 or {shortest} to {longest} days, in seconds.")
    _part(settings, "billing")
    retention = str(_part(settings, "retentionPolicy").get("retentionPeriod", 1))
    if not retention.isdecimal() or int(retention) == 0:
        raise invalid(f"Invalid value for retentionPeriod: {retention!r}")
    return settings | {
        "iamConfiguration": {"publicAccessPrevention": prevention, "uniformBucketLevelAccess": uniform},
        "softDeletePolicy": soft_delete | {"retentionDurationSeconds": seconds},
    }


def _part(settings: dict[str, Any], name: str) -> dict[str, Any]:
    found = settings.get(name, {})
    if not isinstance(found, dict):
        raise invalid(f"Invalid value for {name}: {found!r}")
    return found


def show(bucket: Bucket) -> dict[str, Any]:
    """The bucket as the API shows it; an empty list of CORS rules is shown as none."""
    return {
        "kind": "storage#bucket",
        "id": bucket.name,
        "name": bucket.name,
        "selfLink": f"https://www.googleapis.com/storage/v1/b/{bucket.name}",
        "timeCreated": bucket.created,
        "updated": bucket.updated,
        "metageneration": str(bucket.metageneration),
        "etag": f"CA{bucket.metageneration}=",
        **{key: value for key, value in bucket.settings.items() if value not in ([], {})},
    }
