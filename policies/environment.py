"""What the rules want to know of the environment: whether image sequences are on where something is granted."""

from __future__ import annotations

from collections.abc import Iterable

from integrations.environment.model import Integration, Settings
from integrations.environment.stack import settings_of_stack

__all__ = ["integrations_with", "sequences_everywhere", "settings_of_stack"]


def integrations_with(settings: Settings, cloud: str, names: Iterable[str]) -> list[Integration]:
    """The integrations of a cloud that have a bucket (container) of one of these names."""
    wanted = set(names)
    return [one for one in _of(settings, cloud) if wanted & {bucket.name for bucket in one.buckets}]


def sequences_everywhere(settings: Settings, cloud: str) -> bool:
    """Whether every integration of a cloud has image sequences on: what a grant to all its buckets needs."""
    found = _of(settings, cloud)
    return bool(found) and all(one.image_sequences for one in found)


def _of(settings: Settings, cloud: str) -> list[Integration]:
    return [one for one in settings.integrations.values() if one.cloud == cloud]
