"""Which web sites a bucket lets in."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import Severity

import kinds
from integrations.environment.model import Settings
from kinds import kind_of
from rule import Resource, Rule


def _origins(resource: Resource) -> Iterator[str]:
    props = resource.props
    match kind_of(resource.resource_type):
        case kinds.BUCKET_CORS | kinds.BUCKET:
            rules, key = props.get("corsRules"), "allowedOrigins"
        case kinds.GCS_BUCKET:
            rules, key = props.get("cors"), "origins"
        case kinds.BLOB_SERVICE:
            rules, key = (props.get("cors") or {}).get("corsRules"), "allowedOrigins"
        case _:
            yield from props.get("corsOrigins") or ()
            return
    for rule in rules or ():
        yield from rule.get(key) or ()


def _judge(resource: Resource, settings: Settings) -> Iterator[str]:
    for origin in _origins(resource):
        if "*" in origin:
            instead = ", ".join(settings.cors_origins)
            yield f"the CORS origin {origin!r} is a wildcard: name each origin that shows the objects ({instead})"


NAMES_ITS_ORIGINS = Rule(
    id="cors-names-its-origins",
    title="CORS names each origin, without a wildcard.",
    severity=Severity.HIGH,
    mandatory=True,
    demands={
        kinds.AWS: "No origin in the bucket's CORS rules holds a `*`.",
        kinds.GOOGLE: "No origin in the bucket's `cors` holds a `*`.",
        kinds.AZURE: "No origin in the account's blob CORS rules holds a `*`.",
        kinds.OTC: "No origin in the bucket's `corsOrigins` holds a `*`.",
    },
    why="With a wildcard, any web site that got hold of a signed URL can read the object in its visitor's browser.",
    fix="Name each origin in `corsOrigins` of the environment file.",
    unseen="The CORS rules of an existing bucket are its owner's: `integrations check` judges them (COR201, COR204).",
    kinds=frozenset(
        {kinds.BUCKET, kinds.BUCKET_CORS, kinds.GCS_BUCKET, kinds.BLOB_SERVICE, kinds.OBS_BUCKET},
    ),
    judge=_judge,
)
