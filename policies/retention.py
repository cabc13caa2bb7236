"""Data is never lost by a deployment.

A policy is asked about resources that are there, or will be: it cannot see a deletion, a
replacement or the option that retains. So it demands what makes the engine refuse them,
protection. What the program itself refuses is in stacks/protection.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import Severity

import kinds
from integrations.environment.model import Settings
from kinds import kind_of
from rule import Resource, Rule

# What is lost with it.
HOLDS = {
    kinds.BUCKET: "its objects",
    kinds.ACCESS_POINT: "its alias, and with it every URL that was registered through it",
    kinds.GCS_BUCKET: "its objects",
    kinds.RESOURCE_GROUP: "every storage account in it",
    kinds.STORAGE_ACCOUNT: "every container in it",
    kinds.CONTAINER: "its blobs",
    kinds.OBS_BUCKET: "its objects",
}


def _judge(resource: Resource, settings: Settings) -> Iterator[str]:
    if settings.disposable:
        return
    if not resource.opts.protect:
        lost = HOLDS[kind_of(resource.resource_type)]
        yield f"it is not protected, and with it {lost} would be lost: set protect in its options"
    if resource.props.get("forceDestroy") is True:
        yield "forceDestroy deletes all its objects with it: only a disposable environment may have it"


DATA_IS_PROTECTED = Rule(
    id="data-is-protected",
    title="What holds data is protected outside of a disposable environment.",
    severity=Severity.CRITICAL,
    mandatory=True,
    demands={
        kinds.AWS: "Buckets and Multi-Region Access Points have `protect`, and no `forceDestroy`.",
        kinds.GOOGLE: "Buckets have `protect`, and no `forceDestroy`.",
        kinds.AZURE: "Resource groups, storage accounts and containers have `protect`.",
        kinds.OTC: "Buckets have `protect`, and no `forceDestroy`.",
    },
    why="A change of a name, a region or a list would delete the data, or every URL that was registered.",
    fix="Make the resource with `keeps_data` of stacks/protection.py; or, if it may go, remove the protection yourself"
    " (`pulumi state unprotect`), knowing what is lost.",
    unseen="A policy sees no deletion and no replacement: protection makes the engine refuse both.",
    kinds=frozenset(HOLDS),
    judge=_judge,
)
