"""What content says of itself, whatever its name says; and reading no more of it than is needed."""

from __future__ import annotations

import io
import struct

import pytest

from integrations_sandbox.media import Sample, documents, moving, pictures, scans
from integrations_sandbox.media.samples import _recipes
from integrations_sandbox.platform.clouds.door import BLOCK, HEAD, Found, ObjectFile
from integrations_sandbox.platform.media import MediaProblem, facts_of, kind_of, load_image, mime_type
from integrations_sandbox.platform.records import Facts, ItemType

KINDS: dict[str, ItemType] = {"text": "plainText", "dicom": "dicomFile"}


def probe(kind: ItemType, content: bytes, name: str = "object") -> Facts:
    found = Found("https://h/b/object", name, len(content), content[:HEAD], None)
    return facts_of(kind, found, io.BytesIO(content))


@pytest.mark.parametrize(("sample", "make"), list(_recipes()), ids=lambda value: getattr(value, "key", ""))
def test_every_sample_is_recognised_by_its_content(sample: Sample, make) -> None:
    content = make()
    kind = KINDS.get(sample.kind, sample.kind)
    assert kind_of(mime_type(content[:HEAD], "without-extension")) == kind
    assert probe(kind, content).file_size == len(content)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("head", "name", "mime"),
    [
        (b"RIFF\0\0\0\0WEBPVP8 ", "a", "image/webp"),
        (b"RIFF\0\0\0\0AVI LIST", "a", "video/x-msvideo"),
        (b"\0\0\0\x20ftypqt  ", "a", "video/quicktime"),
        (b"\0\0\0\x20ftypavif", "a", "image/avif"),
        (b"ID3\x04\0", "a", "audio/mpeg"),
        (b"plain words", "a.html", "text/html"),
        (b"{}", "a.json", "application/json"),
        (b"plain words", "a.mp4", "text/plain"),
        (b"\x00\x01\x02\x03", "a.mp4", "application/octet-stream"),
        ("é".encode()[:1], "a", "text/plain"),
        (b"\xff\xfe\x00", "a.txt", "application/octet-stream"),
    ],
)
def test_first_bytes_decide_and_a_name_only_between_kinds_of_text(head: bytes, name: str, mime: str) -> None:
    assert mime_type(head, name) == mime


def test_facts_of_a_video() -> None:
    facts = probe("video", moving.video("v", (64, 48), "red"))
    assert (facts.width, facts.height, facts.fps, facts.duration, facts.frame_count) == (64, 48, 8.0, 2.0, 16)
    assert facts.mime_type == "video/mp4"


def test_facts_of_a_sound() -> None:
    facts = probe("audio", moving.chime())
    assert (facts.duration, facts.audio_sample_rate, facts.audio_num_channels) == (0.5, 8000, 1)
    assert (facts.audio_codec, facts.audio_bit_depth) == ("pcm_s16le", 16)


def test_a_sound_in_a_videos_container_is_no_video() -> None:
    import av

    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=8000, layout="mono")
        frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
        frame.sample_rate, frame.pts = 8000, 0
        frame.planes[0].update(bytes(4096))
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(MediaProblem, match="Expected a video, got a file of type audio/mp4"):
        probe("video", file.getvalue())
    assert probe("audio", file.getvalue()).mime_type == "audio/mp4"


def test_a_film_is_no_sound() -> None:
    with pytest.raises(MediaProblem, match="Expected an audio file, got a file of type video/mp4"):
        probe("audio", moving.video("v", (64, 48), "red"))


def test_pages_of_a_pdf_are_counted() -> None:
    assert probe("pdf", documents.pdf(("one", "two", "three"))).frame_count == 3


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        ("pdf", documents.pdf(("one",))[:-10], "cut off"),
        ("image", pictures.png("p", (32, 32), "red")[:20], "cannot be read as one"),
        ("video", moving.video("v", (64, 48), "red")[:200], "cannot be read as one"),
        ("dicomFile", scans.dicom_slice(1)[:140], "lacks StudyInstanceUID"),
        ("nifti", struct.pack("<i", 348).ljust(344, b"\0") + b"n+2\0", None),
    ],
    ids=["pdf", "png", "mp4", "dicom", "nifti"],
)
def test_damaged_files_are_findings_and_not_accidents(kind: ItemType, content: bytes, message: str | None) -> None:
    with pytest.raises(MediaProblem, match=message):
        probe(kind, content)


def test_an_image_that_does_not_decode_is_a_finding() -> None:
    whole = pictures.jpeg("p", (160, 120), "red")
    assert load_image(whole).size == (160, 120)
    with pytest.raises(MediaProblem, match="cannot be decoded"):
        load_image(whole[: len(whole) // 2])


@pytest.fixture
def large():
    """A large object, as a file that counts what is fetched of it."""
    content = bytes(n % 251 for n in range(3 * BLOCK))
    fetched: list[tuple[int, int]] = []

    def read(found: Found, start: int, end: int) -> bytes:
        fetched.append((start, end))
        return content[start:end]

    return content, ObjectFile(Found("u", "n", len(content), content[:HEAD], None), read), fetched


def test_the_head_is_not_fetched_again(large) -> None:
    content, file, fetched = large
    assert file.read(100) == content[:100]
    assert fetched == []


def test_only_what_is_looked_at_is_fetched(large) -> None:
    content, file, fetched = large
    file.seek(-1000, io.SEEK_END)
    assert file.read() == content[-1000:]
    assert fetched == [(len(content) - 1000, len(content))]


def test_an_object_reads_as_the_file_that_it_is(large) -> None:
    content, file, _ = large
    assert io.BufferedReader(file).read() == content
    file.seek(0, io.SEEK_END)
    assert file.read(10) == b""
