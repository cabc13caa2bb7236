"""One unit becomes one item, or one sentence; tried with a cloud made of a dictionary."""

from __future__ import annotations

from pathlib import Path

import pytest

from integrations_sandbox.media import pictures, scans
from integrations_sandbox.platform.clouds.door import HEAD, Found, ObjectProblem
from integrations_sandbox.platform.processing import identity_of, needs_reading, process
from integrations_sandbox.platform.records import Failed, Made, NewItem, Source, Unit

PNG = pictures.png("p", (61, 47), "red")
METADATA = {"mime_type": "image/png", "file_size": 5, "height": 2, "width": 3}


class Shelf:
    """A door to objects in memory, which remembers what was asked of it."""

    def __init__(self, *, writable: bool = True, **objects: bytes) -> None:
        self.objects = {f"https://h/{name}": content for name, content in objects.items()}
        self.writable = writable
        self.found: list[str] = []

    def name(self, url: str) -> str:
        return url.rsplit("/", 1)[1]

    def find(self, url: str) -> Found:
        self.found.append(url)
        if url not in self.objects:
            raise ObjectProblem(f"{url}: there is no such object")
        content = self.objects[url]
        return Found(url, self.name(url), len(content), content[:HEAD], None)

    def read(self, found: Found, start: int, end: int) -> bytes:
        return self.objects[found.url][start:end]

    def write(self, beside: str, name: str, file: Path, content_type: str) -> str:
        url = f"https://h/videos-{name}"
        if not self.writable:
            raise ObjectProblem(f"{url}: 403")
        self.objects[url] = file.read_bytes()
        return url

    def sign(self, url: str) -> str:
        return url


def made(unit: Unit, door: Shelf) -> NewItem:
    outcome = process("unit-1", unit, door)
    assert isinstance(outcome, Made), outcome
    return outcome.item


def failed(unit: Unit, door: Shelf) -> str:
    outcome = process("unit-1", unit, door)
    assert isinstance(outcome, Failed), outcome
    return outcome.error


def sources(*names: str) -> tuple[Source, ...]:
    return tuple(Source(f"https://h/{name}") for name in names)


def test_an_item_is_named_by_its_title_or_its_file() -> None:
    door = Shelf(a=PNG)
    assert made(Unit("image", sources("a")), door).name == "a"
    assert made(Unit("image", sources("a"), "title"), door).name == "title"


def test_what_is_described_is_not_read() -> None:
    door = Shelf()
    described = Unit("image", (Source("https://h/a", metadata=METADATA),))
    assert not needs_reading(described)
    assert made(described, door).facts.width == 3
    assert door.found == []


def test_a_sequence_is_read_even_if_its_frames_are_described() -> None:
    described = Unit("imageSequence", (Source("https://h/a", metadata=METADATA),))
    door = Shelf(a=PNG)
    assert needs_reading(described)
    assert made(described, door).children[0].facts.width == 3
    assert door.found == ["https://h/a"]


def test_an_entry_that_was_wrong_from_the_start_asks_nothing_of_the_cloud() -> None:
    door = Shelf(a=PNG)
    assert failed(Unit("image", sources("a"), error="whitespace"), door) == "whitespace"
    assert door.found == []


def test_a_local_upload_becomes_the_item_that_it_was_prepared_as_and_has_no_url() -> None:
    item = made(Unit("image", (Source("https://h/a", "a.png", placeholder="prepared"),)), Shelf(a=PNG))
    assert (item.uuid, item.name, item.url, item.object_url) == ("prepared", "a.png", None, "https://h/a")


def test_the_video_of_a_sequence_is_named_after_its_unit() -> None:
    door = Shelf(a=PNG, b=PNG)
    item = made(Unit("imageSequence", sources("a", "b"), "s"), door)
    assert item.url == item.object_url == "https://h/videos-unit-1.mp4"
    assert (item.facts.width, item.facts.frame_count) == (62, 2)
    assert [child.url for child in item.children] == ["https://h/a", "https://h/b"]


def test_one_bad_frame_fails_the_group_and_is_named() -> None:
    door = Shelf(a=PNG)
    for kind in ("imageGroup", "imageSequence"):
        assert failed(Unit(kind, sources("a", "gone")), door) == "https://h/gone: there is no such object"  # type: ignore[arg-type]


def test_a_video_that_cannot_be_written_fails_the_sequence() -> None:
    message = failed(Unit("imageSequence", sources("a")), Shelf(writable=False, a=PNG))
    assert message == "the video of the sequence could not be written: https://h/videos-unit-1.mp4: 403"


def test_a_series_has_every_slice_once() -> None:
    door = Shelf(a=scans.dicom_slice(1), b=scans.dicom_slice(2), twin=scans.dicom_slice(1))
    assert made(Unit("dicomSeries", sources("a", "b")), door).facts.frame_count == 2
    assert "its SOPInstanceUID is that of https://h/a" in failed(Unit("dicomSeries", sources("a", "b", "twin")), door)


def test_identity_is_the_url_or_all_urls_in_order() -> None:
    one = identity_of(Unit("image", sources("a")))
    assert one == identity_of(Unit("video", sources("a"))) == "https://h/a"
    group = identity_of(Unit("imageGroup", sources("a", "b")))
    assert group != identity_of(Unit("imageGroup", sources("b", "a")))
    assert group != identity_of(Unit("imageSequence", sources("a", "b")))


@pytest.mark.parametrize("tags", [{"0020000D": None}, {}])
def test_dicom_tags_may_be_empty(tags: dict[str, None]) -> None:
    unit = Unit("dicomSeries", (Source("https://h/a", metadata={"tags": tags}),), "s")
    assert made(unit, Shelf()).facts.dicom_study_uid is None
