"""Which items the files of a folder make."""

from __future__ import annotations

from pathlib import Path

import pytest

from integrations.encord_client.items import Listed
from integrations.errors import ConfigurationError
from integrations.submission.batching import Batching
from integrations.submission.local import LocalItem, as_entry, find_items
from integrations.submission.records import Settings
from integrations.submission.upload import is_item


@pytest.fixture
def media(tmp_path: Path) -> Path:
    for name in (
        "a/10.jpg",
        "a/2.jpg",
        "a/film.MP4",
        "b/1.png",
        "b/s2.dcm",
        "b/s1.dcm",
        "v.nii.gz",
        "x.weird",
        ".hidden.jpg",
    ):
        path = tmp_path / "media" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "media"


def made(media: Path, batching: Batching) -> dict[tuple[str, str], list[str]]:
    found = find_items([str(media)], batching)
    return {(one.kind, one.title): [Path(path).name for path in one.paths] for one in found.items}


def test_files_are_told_by_their_extensions_and_dicom_files_of_a_folder_are_a_series(media):
    assert made(media, Batching.ITEMS) == {
        ("images", "2.jpg"): ["2.jpg"], ("images", "10.jpg"): ["10.jpg"], ("videos", "film.MP4"): ["film.MP4"],
        ("images", "1.png"): ["1.png"], ("dicom_series", "b"): ["s1.dcm", "s2.dcm"], ("nifti", "v.nii.gz"): ["v.nii.gz"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("batching", "kind"), [(Batching.GROUP, "image_groups"), (Batching.SEQUENCE, "image_sequences")]
)
def test_images_of_a_folder_are_batched_in_natural_order(media, batching, kind):
    items = made(media, batching)
    assert items[kind, "a"] == ["2.jpg", "10.jpg"]
    assert items[kind, "b"] == ["1.png"]


def test_what_is_of_no_kind_is_said_and_a_file_named_twice_is_one(media):
    found = find_items([str(media), str(media / "a" / "2.jpg")], Batching.ITEMS)
    assert [Path(path).name for path in found.unknown] == ["x.weird"]
    assert len(found.items) == 6


def test_a_path_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(ConfigurationError, match="does not exist"):
        find_items([str(tmp_path / "nothing")], Batching.ITEMS)


def test_a_file_is_known_by_its_content_wherever_it_is(tmp_path):
    for folder, text in (("a", "same"), ("b", "same"), ("c", "other")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "1.txt").write_text(text)
    keys = [
        as_entry(LocalItem("text", "1.txt", (str(tmp_path / folder / "1.txt"),))).key(Settings()) for folder in "abc"
    ]
    assert keys[0] == keys[1] != keys[2]


def test_an_item_is_recognised_by_kind_title_and_size(tmp_path):
    (tmp_path / "1.txt").write_text("four")
    item = LocalItem("text", "1.txt", (str(tmp_path / "1.txt"),))
    assert is_item(item, Listed("plain_text", "1.txt", None, 4))
    assert not is_item(item, Listed("plain_text", "1.txt", None, 5))
    assert not is_item(item, Listed("plain_text", "2.txt", None, 4))
    assert not is_item(item, Listed("image", "1.txt", None, 4))
