"""Writing is granted where image sequences need it, and nowhere else.

For a role of the environment, what it may write is what `integrations.access` states: a
grant beyond that is found, whoever wrote it.
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import Severity

import kinds
import writing_aws
import writing_azure
import writing_google
import writing_s3_compatible
from integrations.environment.model import Settings
from kinds import kind_of
from rule import Resource, Rule


def _judge(resource: Resource, settings: Settings) -> Iterator[str]:
    match kind_of(resource.resource_type):
        case kinds.GCS_MEMBER | kinds.GCS_BINDING | kinds.GCS_POLICY | kinds.GCP_PROJECT_MEMBER:
            yield from writing_google.judge(resource, settings)
        case kinds.ROLE_ASSIGNMENT:
            yield from writing_azure.judge(resource, settings)
        case kinds.OBS_BUCKET:
            yield from writing_s3_compatible.judge(resource, settings)
        case _:
            yield from writing_aws.judge(resource, settings)


NEEDS_IMAGE_SEQUENCES = Rule(
    id="writing-needs-image-sequences",
    title="Writing is granted only where image sequences are on.",
    severity=Severity.HIGH,
    mandatory=True,
    demands={
        kinds.AWS: "A role of the environment writes only what `integrations access show` states; a policy of anybody"
        " else's grants no writing to a bucket of an integration without image sequences; and no bucket or access point"
        " grants more to Encord itself.",
        kinds.GOOGLE: "A role on a bucket that does more than look is one that `integrations access show` states for its"
        " member; on a whole project, all integrations must have image sequences on. A role whose permissions are not"
        " known counts as one that writes.",
        kinds.AZURE: "A role other than Storage Blob Data Reader, Storage Blob Delegator and Reader is one that"
        " `integrations access show` states, for its principal at its scope.",
        kinds.OTC: "A bucket's policy lets nobody write more than `integrations access show` states.",
    },
    why="Encord reads objects; it writes only the video of an image sequence. Who cannot write cannot spoil the data.",
    fix="Set `imageSequences: true` if Encord is to make videos of sequences, or take the grant away.",
    unseen="Rights that are granted outside of the stack: `integrations check` has the cloud judge them (ACC402, ACC404).",
    kinds=writing_aws.KINDS
    | {kinds.GCS_MEMBER, kinds.GCS_BINDING, kinds.GCS_POLICY, kinds.GCP_PROJECT_MEMBER}
    | {kinds.ROLE_ASSIGNMENT, kinds.OBS_BUCKET},
    judge=_judge,
)


def _outside_prefix(resource: Resource, settings: Settings) -> Iterator[str]:
    match kind_of(resource.resource_type):
        case kinds.OBS_BUCKET:
            yield from writing_s3_compatible.outside_prefix(resource, settings)
        case kinds.ROLE_POLICY:
            yield from writing_aws.outside_prefix(resource, settings)
        case _:
            yield from writing_google.outside_prefix(resource, settings)


STAYS_UNDER_PREFIX = Rule(
    id="writing-stays-under-its-prefix",
    title="Writing stays under the integration's write prefix.",
    severity=Severity.LOW,
    mandatory=False,
    demands={
        kinds.AWS: "A role writes only under `writePrefix` of its integration.",
        kinds.GOOGLE: "A grant to write has the condition that `integrations access show` states, on `writePrefix`.",
        kinds.OTC: "A bucket's policy lets Encord's user write only under `writePrefix` of the integration.",
    },
    why="The less Encord may write, the less can be spoilt. It is advice only, because where Encord writes the video of a"
    " sequence is not documented: a prefix that is too narrow makes sequences fail.",
    fix="Grant `s3:PutObject` under `writePrefix` only, or widen `writePrefix`.",
    unseen="On Azure a role is on a whole container, so there is no prefix. Whether Encord writes there:"
    " `integrations check --register-probe` and a first sequence show it.",
    kinds=frozenset({kinds.ROLE_POLICY, kinds.OBS_BUCKET, kinds.GCS_MEMBER, kinds.GCS_BINDING, kinds.GCS_POLICY}),
    judge=_outside_prefix,
)
