"""The sample media are real files: each opens with a reader of its kind."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import av
import pydicom
import pytest
from PIL import Image

from integrations_sandbox.media import Sample, samples, write_samples


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("media")
    write_samples(path)
    return path


def of(kind: str) -> list[Sample]:
    return [sample for sample in samples() if sample.kind == kind]


def test_the_list_and_the_files_agree(folder: Path) -> None:
    on_disk = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert on_disk == {sample.key for sample in samples()}


def test_there_is_everything_that_the_mixed_example_names() -> None:
    series = {"1": range(32, 36), "2": range(32, 36), "3": range(32, 34)}
    named = {f"images/{name} ({n}).jpg" for name, numbers in series.items() for n in numbers}
    named |= {"images/Image1.png", "videos/Cooking.mp4", "videos/Oranges.mp4"}
    assert named <= {sample.key for sample in samples()}


def test_there_is_a_sample_of_every_kind() -> None:
    assert {sample.kind for sample in samples()} == {"image", "video", "audio", "pdf", "text", "dicom", "nifti"}


def test_no_two_files_are_the_same(folder: Path) -> None:
    contents = [(folder / sample.key).read_bytes() for sample in samples()]
    assert len(set(contents)) == len(contents)


def test_two_runs_write_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    write_samples(tmp_path)
    different = [s.key for s in samples() if (tmp_path / s.key).read_bytes() != (folder / s.key).read_bytes()]
    assert different == []


def test_everything_together_is_tiny(folder: Path) -> None:
    assert sum((folder / sample.key).stat().st_size for sample in samples()) < 250_000


def test_images_decode(folder: Path) -> None:
    for sample in of("image"):
        with Image.open(folder / sample.key) as image:
            image.load()
            assert image.format == ("PNG" if sample.key.endswith(".png") else "JPEG")


def test_one_series_has_odd_dimensions(folder: Path) -> None:
    with Image.open(folder / "images/2 (32).jpg") as image:
        assert (image.width % 2, image.height % 2) == (1, 1)


def test_videos_decode_to_two_seconds(folder: Path) -> None:
    for sample in of("video"):
        with av.open(str(folder / sample.key)) as container:
            stream = container.streams.video[0]
            assert (stream.codec_context.name, stream.average_rate) == ("h264", 8)
            assert len(list(container.decode(stream))) == 16


def test_the_sound_decodes(folder: Path) -> None:
    with av.open(str(folder / "audio/chime.wav")) as container:
        stream = container.streams.audio[0]
        assert (stream.rate, stream.channels) == (8000, 1)
        assert sum(frame.samples for frame in container.decode(stream)) == 4000


def test_the_pdf_points_at_its_own_objects(folder: Path) -> None:
    content = (folder / "documents/report.pdf").read_bytes()
    start = int(content.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    assert content[start:].startswith(b"xref\n")
    entries = content[start:].split(b"\n")[3:-1]
    offsets = [int(entry[:10]) for entry in entries if entry.endswith(b" n ")]
    assert [content[offset:].startswith(b"%d 0 obj" % number) for number, offset in enumerate(offsets, 1)] == [True] * 7
    assert b"/Count 2" in content


def test_the_text_is_utf_8(folder: Path) -> None:
    assert "café" in (folder / "documents/notes.txt").read_text(encoding="utf-8")


def test_the_dicom_slices_are_one_series(folder: Path) -> None:
    slices = [pydicom.dcmread(folder / sample.key) for sample in of("dicom")]
    assert len({(s.StudyInstanceUID, s.SeriesInstanceUID, s.Rows, s.Columns) for s in slices}) == 1
    assert len({s.SOPInstanceUID for s in slices}) == 3
    assert [float(s.ImagePositionPatient[2]) for s in slices] == [0.0, 1.5, 3.0]
    assert {len(s.PixelData) for s in slices} == {32 * 32 * 2}


def test_the_nifti_header_says_what_follows(folder: Path) -> None:
    content = (folder / "scans/volume.nii").read_bytes()
    assert struct.unpack_from("<i", content)[0] == 348
    assert struct.unpack_from("<4h", content, 40) == (3, 32, 32, 3)
    assert struct.unpack_from("<2h", content, 70) == (2, 8)
    assert struct.unpack_from("<4f", content, 76) == (1.0, 1.5, 1.5, 1.5)
    assert struct.unpack_from("<f", content, 108)[0] == 352.0
    assert content[344:348] == b"n+1\0"
    assert len(content) == 352 + 32 * 32 * 3
    assert max(content[352:]) > 200


def test_the_compressed_volume_is_the_volume(folder: Path) -> None:
    import gzip

    packed = io.BytesIO((folder / "scans/volume.nii.gz").read_bytes())
    assert gzip.GzipFile(fileobj=packed).read() == (folder / "scans/volume.nii").read_bytes()
