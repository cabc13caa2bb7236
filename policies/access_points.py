"""A Multi-Region Access Point is no way around what its buckets rule out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pulumi_policy import Severity

import kinds
from integrations.environment.model import Settings
from kinds import kind_of
from privacy import unset_blocks
from rule import Finding, Resource, Rule, of_each


def _judge(resource: Resource, _settings: Settings) -> Iterator[str]:
    details = resource.props.get("details") or {}
    for name in unset_blocks(details.get("publicAccessBlock") or {}):
        yield f"the access point's {name} is not on: set it to true; it cannot be changed later"


BLOCKS_PUBLIC_ACCESS = Rule(
    id="access-point-blocks-public-access",
    title="An access point blocks public access.",
    severity=Severity.CRITICAL,
    mandatory=True,
    demands={kinds.AWS: "All four settings of a Multi-Region Access Point's public access block are on."},
    why="An access point has a block of its own, beside those of its buckets, and it can never be changed"
    " (https://docs.aws.amazon.com/AmazonS3/latest/userguide/multi-region-access-point-block-public-access.html).",
    fix="Set all four to true before the access point is made.",
    kinds=frozenset({kinds.ACCESS_POINT}),
    judge=_judge,
)


def _judge_stack(resources: Sequence[Resource], _settings: Settings) -> Iterator[Finding]:
    ours = {one.props.get("bucket") for one in resources if kind_of(one.resource_type) == kinds.BUCKET}
    shown = {
        one.props.get("bucket")
        for one in resources
        if kind_of(one.resource_type) == kinds.BUCKET_CORS and one.props.get("corsRules")
    }

    def judge(point: Resource) -> Iterator[str]:
        for region in (point.props.get("details") or {}).get("regions") or ():
            bucket = region.get("bucket")
            if bucket in ours - shown:
                yield f"bucket {bucket} under the access point has no CORS rules: add a BucketCorsConfiguration"

    yield from of_each([one for one in resources if kind_of(one.resource_type) == kinds.ACCESS_POINT], judge)


EVERY_MEMBER_HAS_CORS = Rule(
    id="access-point-members-have-cors",
    title="Every bucket under an access point has CORS rules.",
    severity=Severity.HIGH,
    mandatory=True,
    demands={kinds.AWS: "Each bucket of the stack under a Multi-Region Access Point has CORS rules in the stack."},
    why="An access point has no CORS rules: the nearest bucket's count. Where they are missing, pictures stay grey for"
    " the annotators of one continent only.",
    fix="Give the bucket a `BucketCorsConfiguration`.",
    unseen="Members that somebody else owns: `integrations check` judges them (COR201). It spans resources, so"
    " `pulumi up` alone asks it last: have `pulumi preview` judge first.",
    kinds=frozenset({kinds.ACCESS_POINT, kinds.BUCKET, kinds.BUCKET_CORS}),
    judge_stack=_judge_stack,
)
