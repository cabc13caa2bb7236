"""One unit becomes an item: its objects are found, judged and, for a sequence, made into a video."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from integrations_sandbox.platform import media, sequences
from integrations_sandbox.platform.clouds.door import CloudDoor, Found, ObjectProblem, open_object
from integrations_sandbox.platform.records import GROUPS, Facts, Failed, ItemType, Made, NewItem, Source, Unit
from integrations_sandbox.platform.store import new_uuid

FRAME_LIMIT = 200 * 1024 * 1024  # bytes of one picture that is decoded for a sequence
PARTS: dict[ItemType, ItemType] = {"imageGroup": "image", "imageSequence": "image", "dicomSeries": "dicomFile"}


class UnitProblem(Exception):  # noqa: N818 - it becomes the error of a unit
    """The unit cannot become an item; one sentence that names object and reason."""


def identity_of(unit: Unit) -> str:
    """What two registrations of the same thing share: the URL, or all the URLs of a group in their order."""
    if unit.type not in GROUPS:
        return unit.sources[0].url if unit.sources else ""
    return f"{unit.type}:{hashlib.sha256(' '.join(unit.urls).encode()).hexdigest()}"


def needs_reading(unit: Unit) -> bool:
    """Whether any object has to be looked at: what the customer described is trusted as it stands, as Encord does."""
    if unit.error is not None:
        return False
    return unit.type == "imageSequence" or any(source.metadata is None for source in unit.sources)


def process(unit_uuid: str, unit: Unit, door: CloudDoor) -> Made | Failed:
    """Make the item of a unit, or say why there is none. Writes nothing but a sequence's video."""
    if unit.error is not None:
        return Failed(unit.error)
    try:
        if unit.type in GROUPS:
            return Made(_group(unit_uuid, unit, door))
        return Made(_single(unit, door))
    except (UnitProblem, ObjectProblem) as problem:
        return Failed(str(problem))


def _single(unit: Unit, door: CloudDoor) -> NewItem:
    item = _part(unit.type, unit.sources[0], door)
    return NewItem(
        item.uuid, item.type, unit.title or item.name, item.facts, item.url, item.object_url,
        identity_of(unit), unit.client_metadata,
    )  # fmt: skip


def _part(kind: ItemType, source: Source, door: CloudDoor) -> NewItem:
    """The item of one object: alone, or as a frame of a group."""
    if source.metadata is not None:
        facts = _trusted(kind, source.metadata)
        return NewItem(new_uuid(), kind, source.title or door.name(source.url), facts, source.url)
    found = door.find(source.url)
    facts = _facts(kind, source.url, found, door)
    return _found(kind, source, found, facts)


def _found(kind: ItemType, source: Source, found: Found, facts: Facts) -> NewItem:
    """The item of an object that was read. A local upload has had its uuid since it was prepared, and has no URL."""
    item, url = (source.placeholder, None) if source.placeholder else (new_uuid(), source.url)
    return NewItem(item, kind, source.title or found.name, facts, url, found.url)


def _facts(kind: ItemType, url: str, found: Found, door: CloudDoor) -> Facts:
    try:
        with open_object(door, found) as file:
            return media.facts_of(kind, found, file)
    except media.MediaProblem as problem:
        raise UnitProblem(f"{url}: {problem}") from problem


def _trusted(kind: ItemType, said: dict[str, Any]) -> Facts:
    """The customer's own words as facts. The object is not read, so they may be wrong, as with Encord."""
    if kind == "dicomFile":
        return _dicom_tags(said["tags"])
    return Facts(
        file_size=said.get("file_size"), mime_type=said.get("mime_type"), width=said.get("width"),
        height=said.get("height"), duration=said.get("duration"), fps=said.get("fps"),
        frame_count=round(said["duration"] * said["fps"]) if "fps" in said else said.get("num_pages"),
        audio_sample_rate=said.get("sample_rate"), audio_bit_depth=said.get("bit_depth"),
        audio_codec=said.get("codec"), audio_num_channels=said.get("num_channels"),
    )  # fmt: skip


def _dicom_tags(tags: dict[str, Any]) -> Facts:
    def first(tag: str) -> Any:
        values = (tags.get(tag) or {}).get("Value") or [None]
        return values[0]

    return Facts(
        mime_type="application/dicom", width=first("00280011"), height=first("00280010"),
        frame_count=int(first("00280008") or 1), dicom_study_uid=first("0020000D"),
        dicom_series_uid=first("0020000E"), dicom_instance_uid=first("00080018"),
    )  # fmt: skip


def _group(unit_uuid: str, unit: Unit, door: CloudDoor) -> NewItem:
    url = None
    if unit.type == "imageSequence":
        children, url, facts = _sequence(unit_uuid, unit, door)
    else:
        children = [_part(PARTS[unit.type], source, door) for source in unit.sources]
        size = sum(child.facts.file_size or 0 for child in children)
        facts = Facts(file_size=size, frame_count=len(children))
    if unit.type == "dicomSeries":
        facts = _series(unit.urls, children)
    title = unit.title or f"{unit.type}-{unit_uuid[:5]}"
    return NewItem(
        new_uuid(), unit.type, title, facts, url, url, identity_of(unit), unit.client_metadata, tuple(children)
    )


def _sequence(unit_uuid: str, unit: Unit, door: CloudDoor) -> tuple[list[NewItem], str, Facts]:
    """Read and encode the frames, and write the video into the bucket of the first.

    Its name is the unit's, so a unit that is done again after a crash replaces its own video.
    """
    children: list[NewItem] = []
    with tempfile.TemporaryDirectory(prefix="sequence-") as folder:
        path = Path(folder) / "video.mp4"
        facts = sequences.write_video(_pictures(unit, door, children), path)
        beside = children[0].object_url or unit.urls[0]
        try:
            return children, door.write(beside, f"{unit_uuid}.mp4", path, sequences.MIME_TYPE), facts
        except ObjectProblem as problem:
            raise UnitProblem(f"the video of the sequence could not be written: {problem}") from problem


def _pictures(unit: Unit, door: CloudDoor, children: list[NewItem]) -> Iterator[Image.Image]:
    """The decoded frames, one at a time; the item of each is added to `children` as it passes."""
    for source in unit.sources:
        found = door.find(source.url)
        facts = _trusted("image", source.metadata) if source.metadata else _facts("image", source.url, found, door)
        children.append(_found("image", source, found, facts))
        if found.size > FRAME_LIMIT:
            raise UnitProblem(f"{source.url}: a frame has at most {FRAME_LIMIT} bytes, this one has {found.size}")
        rest = door.read(found, len(found.head), found.size) if found.size > len(found.head) else b""
        try:
            yield media.load_image(found.head + rest)
        except media.MediaProblem as problem:
            raise UnitProblem(f"{source.url}: {problem}") from problem


def _series(urls: list[str], children: list[NewItem]) -> Facts:
    """One study, one size, no slice twice: what Encord's own checks demand of a series
    (README of encord-team/dicom-metadata-upload)."""
    first = children[0].facts
    seen: dict[str | None, str] = {}
    for url, child in zip(urls, children, strict=True):
        facts = child.facts
        if facts.dicom_study_uid != first.dicom_study_uid:
            raise UnitProblem(f"{url}: its StudyInstanceUID differs from that of {urls[0]}: a series is of one study")
        if (facts.width, facts.height) != (first.width, first.height):
            raise UnitProblem(f"{url}: its Rows and Columns differ from those of {urls[0]}")
        twin = seen.setdefault(facts.dicom_instance_uid, url)
        if twin != url:
            raise UnitProblem(f"{url}: its SOPInstanceUID is that of {twin}: a series has every slice once")
    return Facts(
        file_size=sum(child.facts.file_size or 0 for child in children), mime_type="application/dicom",
        width=first.width, height=first.height, frame_count=sum(child.facts.frame_count or 1 for child in children),
        dicom_study_uid=first.dicom_study_uid, dicom_series_uid=first.dicom_series_uid,
    )  # fmt: skip
