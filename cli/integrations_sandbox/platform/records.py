"""The words of the platform as records: a unit of a registration, the facts of an object, an item."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

# The names are Encord's own on the wire: encord.orm.storage.StorageItemType.
ItemType = Literal[
    "video", "image", "imageGroup", "imageSequence", "dicomFile", "dicomSeries", "audio", "nifti", "plainText", "pdf"
]
GROUPS: tuple[ItemType, ...] = ("imageGroup", "imageSequence", "dicomSeries")


class Source(Struct, frozen=True, omit_defaults=True):
    """One object that a unit names.

    url: as registered. metadata: what the customer said of the object (keys in snake_case), which
    is then trusted, and the object not read. placeholder: the uuid of a local upload, of which url is then our
    own name.
    """

    url: str
    title: str | None = None
    metadata: dict[str, Any] | None = None
    placeholder: str | None = None


class Unit(Struct, frozen=True, omit_defaults=True):
    """What Encord counts while it registers: one video, image, group, series …

    title: the name of the item; its file name without one. error: why the unit cannot be
    processed at all, found before any object was looked at.
    """

    type: ItemType
    sources: tuple[Source, ...]
    title: str | None = None
    client_metadata: dict[str, Any] = {}
    error: str | None = None

    @property
    def urls(self) -> list[str]:
        """The URLs of its objects, in order."""
        return [source.url for source in self.sources]


class Facts(Struct, frozen=True, omit_defaults=True):
    """What is known of an object's content. Sizes in bytes and pixels, times in seconds, rates in hertz."""

    file_size: int | None = None
    mime_type: str | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    fps: float | None = None
    frame_count: int | None = None
    dicom_study_uid: str | None = None
    dicom_series_uid: str | None = None
    dicom_instance_uid: str | None = None
    audio_sample_rate: int | None = None
    audio_bit_depth: int | None = None
    audio_codec: str | None = None
    audio_num_channels: int | None = None


class NewItem(Struct, frozen=True):
    """An item to be stored.

    url: as registered. object_url: the same object without ambiguity, once it was found
    (see clouds). identity: what two registrations of the same thing have in common; frames of a
    group have none. children: the frames or files of a group, in order.
    """

    uuid: str
    type: ItemType
    name: str
    facts: Facts
    url: str | None = None
    object_url: str | None = None
    identity: str | None = None
    client_metadata: dict[str, Any] = {}
    children: tuple[NewItem, ...] = ()


class Made(Struct, frozen=True):
    """The unit became an item."""

    item: NewItem


class Skipped(Struct, frozen=True):
    """The same thing is in the folder already, and skip_duplicate_urls was set."""


class Failed(Struct, frozen=True):
    """The unit could not be processed; one sentence that names object and reason."""

    error: str


Outcome = Made | Skipped | Failed
