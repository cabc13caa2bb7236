"""Writing is granted where image sequences need it, and nowhere else.

For a role of the environment, what it may write is what `integrations.access` states: a
grant beyond that is found, whoever wrote it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pulumi_policy import Severity

import documents
import kinds
import writing_aws
import writing_s3_compatible
from environment import integrations_with, sequences_everywhere
from integrations.environment.model import Settings
from kinds import kind_of
from rule import Resource, Rule

# What reads on Google Cloud (https://docs.cloud.google.com/storage/docs/access-control/iam-roles), short of `roles/`.
READS_AT_GOOGLE = {
    "storage.objectViewer", "storage.legacyObjectReader", "storage.legacyBucketReader", "storage.bucketViewer",
    "iam.securityReviewer", "viewer", "browser",
}  # fmt: skip
# What reads on Azure (https://learn.microsoft.com/azure/role-based-access-control/built-in-roles).
READS_AT_AZURE = {
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
    "db58b8e5-c6ad-4a2a-8342-4190687cbf4a": "Storage Blob Delegator",
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": "Reader",
}


def _judge(resource: Resource, settings: Settings) -> Iterator[str]:
    props = resource.props
    match kind_of(resource.resource_type):
        case kinds.GCS_MEMBER | kinds.GCS_BINDING:
            yield from _google([props.get("role")], props.get("bucket"), settings)
        case kinds.GCS_POLICY:
            bindings = documents.parsed(props.get("policyData")).get("bindings", ())
            yield from _google([binding.get("role") for binding in bindings], props.get("bucket"), settings)
        case kinds.GCP_PROJECT_MEMBER:
            yield from _google_project(props.get("role"), settings)
        case kinds.ROLE_ASSIGNMENT:
            yield from _azure(props.get("roleDefinitionId"), props.get("scope"), settings)
        case kinds.OBS_BUCKET:
            yield from writing_s3_compatible.judge(resource, settings)
        case _:
            yield from writing_aws.judge(resource, settings)


# -- the other clouds, where a grant is to one bucket or container ----------------------


def _google(roles: Sequence[str | None], bucket: str | None, settings: Settings) -> Iterator[str]:
    found = integrations_with(settings, "gcp", [bucket] if bucket else [])
    for role in roles:
        if role and role.removeprefix("roles/") not in READS_AT_GOOGLE and not _sequences_on(found):
            yield f"{role} is granted on bucket {bucket}, where image sequences are off: roles/storage.objectViewer reads"


def _google_project(role: str | None, settings: Settings) -> Iterator[str]:
    if role and role.removeprefix("roles/") not in READS_AT_GOOGLE and not sequences_everywhere(settings, "gcp"):
        yield f"{role} is granted on the whole project, and image sequences are not on everywhere in it"


def _azure(definition: str | None, scope: str | None, settings: Settings) -> Iterator[str]:
    role = (definition or "").rpartition("/")[2].lower()
    if role in READS_AT_AZURE:
        return
    container = (scope or "").partition("/containers/")[2]
    found = integrations_with(settings, "azure", [container]) if container else []
    if not (_sequences_on(found) if container else sequences_everywhere(settings, "azure")):
        where = f"container {container}" if container else f"{scope}"
        yield f"role definition {role} may write to {where}, where image sequences are off: Storage Blob Data Reader reads"


def _sequences_on(found: Sequence[Any]) -> bool:
    return bool(found) and all(one.image_sequences for one in found)


NEEDS_IMAGE_SEQUENCES = Rule(
    id="writing-needs-image-sequences",
    title="Writing is granted only where image sequences are on.",
    severity=Severity.HIGH,
    mandatory=True,
    demands={
        kinds.AWS: "A role of the environment writes only what `integrations access show` states; a policy of anybody"
        " else's grants no writing to a bucket of an integration without image sequences; and no bucket or access point"
        " grants more to Encord itself.",
        kinds.GOOGLE: "A role on a bucket of an integration without image sequences only reads. A role that is not known"
        " to read counts as one that writes.",
        kinds.AZURE: "A role assigned on a container of an integration without image sequences only reads; on anything"
        " wider than a container, all integrations must have image sequences on.",
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
    store = kind_of(resource.resource_type) == kinds.OBS_BUCKET
    yield from (writing_s3_compatible if store else writing_aws).outside_prefix(resource, settings)


STAYS_UNDER_PREFIX = Rule(
    id="writing-stays-under-its-prefix",
    title="Writing stays under the integration's write prefix.",
    severity=Severity.LOW,
    mandatory=False,
    demands={
        kinds.AWS: "A role writes only under `writePrefix` of its integration.",
        kinds.OTC: "A bucket's policy lets Encord's user write only under `writePrefix` of the integration.",
    },
    why="The less Encord may write, the less can be spoilt. It is advice only, because where Encord writes the video of a"
    " sequence is not documented: a prefix that is too narrow makes sequences fail.",
    fix="Grant `s3:PutObject` under `writePrefix` only, or widen `writePrefix`.",
    unseen="Whether Encord writes there: `integrations check --register-probe` and a first sequence show it.",
    kinds=frozenset({kinds.ROLE_POLICY, kinds.OBS_BUCKET}),
    judge=_outside_prefix,
)
