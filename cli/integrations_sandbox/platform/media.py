"""What an object's content says of itself: which kind of file it is, and the facts that an item shows."""

from __future__ import annotations

import io
import mimetypes
import re
import struct
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

import av
from PIL import Image
from pydicom import dcmread
from pydicom.errors import InvalidDicomError

from integrations_sandbox.platform.clouds.door import Found
from integrations_sandbox.platform.records import Facts, ItemType

# What Encord calls the types in its message "Expected a video, got a file of type XXX".
EXPECTED: dict[str, str] = {
    "video": "a video", "image": "an image", "audio": "an audio file", "pdf": "a PDF", "plainText": "a text file",
    "nifti": "a NIfTI file", "dicomFile": "a DICOM file",
}  # fmt: skip
# The first bytes of a file, and what it then is (https://mimesniff.spec.whatwg.org and the formats' own texts).
MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"), (0, b"\x89PNG\r\n\x1a\n", "image/png"), (0, b"GIF8", "image/gif"),
    (0, b"BM", "image/bmp"), (0, b"II*\0", "image/tiff"), (0, b"MM\0*", "image/tiff"), (8, b"WEBP", "image/webp"),
    (4, b"ftypavif", "image/avif"), (4, b"ftypqt", "video/quicktime"), (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftyp", "video/mp4"), (0, b"\x1aE\xdf\xa3", "video/webm"), (8, b"AVI ", "video/x-msvideo"),
    (8, b"WAVE", "audio/wav"), (0, b"ID3", "audio/mpeg"), (0, b"\xff\xfb", "audio/mpeg"), (0, b"fLaC", "audio/flac"),
    (0, b"OggS", "audio/ogg"), (0, b"%PDF-", "application/pdf"), (128, b"DICM", "application/dicom"),
    (344, b"n+1\0", "application/nifti"), (344, b"ni1\0", "application/nifti"), (4, b"n+2\0", "application/nifti"),
)  # fmt: skip
PDF_LIMIT = 32 * 1024 * 1024  # bytes of a PDF that are read to count its pages
Image.MAX_IMAGE_PIXELS = (
    None  # the frames of scanners are larger than Pillow's guess at an attack; sizes are checked here
)
PIXEL_LIMIT = 500_000_000
# What the readers raise for damaged files; Pillow means by SyntaxError that of the file.
UNREADABLE = (
    av.error.FFmpegError,
    InvalidDicomError,
    EOFError,
    OSError,
    SyntaxError,
    ValueError,
    struct.error,
    zlib.error,
)


class MediaProblem(Exception):  # noqa: N818 - it is a finding about somebody's file
    """The content is not what was registered, or cannot be read; the text goes after the object's URL."""


def mime_type(head: bytes, name: str) -> str:
    """What a file is by its first bytes; by its name only where the bytes say no more than "text"."""
    for offset, magic, mime in MAGIC:
        if head[offset : offset + len(magic)] == magic:
            return mime
    if head[:2] == b"\x1f\x8b":
        inner = zlib.decompressobj(31).decompress(head, 1024)
        return (
            "application/nifti"
            if inner[344:348] in (b"n+1\0", b"ni1\0") or inner[4:8] == b"n+2\0"
            else "application/gzip"
        )
    if _is_text(head):
        guess = mimetypes.guess_type(name)[0] or ""
        return guess if guess.startswith("text/") or guess in ("application/json", "application/xml") else "text/plain"
    return "application/octet-stream"


def kind_of(mime: str) -> ItemType | None:
    """Which type of item a file of this MIME type can be."""
    exact: dict[str, ItemType] = {
        "application/pdf": "pdf", "application/dicom": "dicomFile", "application/nifti": "nifti",
        "application/json": "plainText", "application/xml": "plainText",
    }  # fmt: skip
    families: dict[str, ItemType] = {"image": "image", "video": "video", "audio": "audio", "text": "plainText"}
    return exact.get(mime) or families.get(mime.split("/")[0])


def facts_of(expected: ItemType, found: Found, file: BinaryIO) -> Facts:
    """The facts of an object that was registered as `expected`.

    Raises MediaProblem if it is something else, or damaged.
    """
    mime = mime_type(found.head, found.name)
    if not _fits(expected, mime):
        raise MediaProblem(f"Expected {EXPECTED[expected]}, got a file of type {mime}")
    try:
        return PROBES[expected](file, found.size, mime)
    except UNREADABLE as error:
        raise MediaProblem(f"the file says that it is {mime}, and cannot be read as one: {error}") from error


def load_image(content: bytes) -> Image.Image:
    """A decoded picture, in RGB. Raises MediaProblem."""
    try:
        with Image.open(io.BytesIO(content)) as image:
            _check_pixels(image)
            return image.convert("RGB")
    except UNREADABLE as error:
        raise MediaProblem(f"the image cannot be decoded: {error}") from error


def _fits(expected: ItemType, mime: str) -> bool:
    kind = kind_of(mime)
    # One container for both: whether there is a picture in it, the probe sees.
    both = {"video", "audio"}
    return kind == expected or (expected in both and kind in both)


def _image(file: BinaryIO, size: int, mime: str) -> Facts:
    # Opening reads the header alone.
    with Image.open(file) as image:
        _check_pixels(image)
        return Facts(file_size=size, mime_type=mime, width=image.width, height=image.height)


def _check_pixels(image: Image.Image) -> None:
    if image.width * image.height > PIXEL_LIMIT:
        raise MediaProblem(f"the image has {image.width} x {image.height} pixels, more than this platform decodes")


def _video(file: BinaryIO, size: int, mime: str) -> Facts:
    with av.open(file) as container:
        if not container.streams.video:
            raise MediaProblem(f"Expected a video, got a file of type {mime.replace('video/', 'audio/')}")
        stream = container.streams.video[0]
        fps = float(stream.average_rate or 0)
        if not fps:
            raise MediaProblem("the video does not say how many frames per second it has")
        seconds = _seconds(stream, container)
        return Facts(
            file_size=size, mime_type=mime, width=stream.width, height=stream.height, fps=fps, duration=seconds,
            frame_count=stream.frames or (round(seconds * fps) if seconds is not None else None),
        )  # fmt: skip


def _audio(file: BinaryIO, size: int, mime: str) -> Facts:
    with av.open(file) as container:
        if not container.streams.audio or container.streams.video:
            raise MediaProblem(f"Expected an audio file, got a file of type {mime}")
        stream = container.streams.audio[0]
        return Facts(
            file_size=size, mime_type=mime.replace("video/", "audio/"), duration=_seconds(stream, container),
            audio_sample_rate=stream.rate, audio_codec=stream.codec_context.name,
            audio_num_channels=stream.channels, audio_bit_depth=stream.format.bits,
        )  # fmt: skip


def _seconds(stream: Any, container: Any) -> float | None:
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    # The container counts in microseconds.
    return container.duration / av.time_base if container.duration is not None else None


def _pdf(file: BinaryIO, size: int, mime: str) -> Facts:
    """Pages are counted where they stand in the open; a PDF that packs its objects keeps its number to itself."""
    content = file.read(PDF_LIMIT)
    if size <= PDF_LIMIT and b"%%EOF" not in content[-2048:]:
        raise MediaProblem("the PDF is cut off: it has no end mark")
    pages = len(re.findall(rb"/Type\s*/Page\b", content)) if size <= PDF_LIMIT else 0
    return Facts(file_size=size, mime_type=mime, frame_count=pages or None)


def _text(file: BinaryIO, size: int, mime: str) -> Facts:
    if not _is_text(file.read(64 * 1024)):
        raise MediaProblem("the text is not UTF-8")
    return Facts(file_size=size, mime_type=mime)


def _is_text(head: bytes) -> bool:
    if b"\0" in head:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # A letter may be cut in two at the end of what was read.
        return error.start >= len(head) - 3 and error.reason == "unexpected end of data"
    return True


def _dicom(file: BinaryIO, size: int, mime: str) -> Facts:
    data = dcmread(file, stop_before_pixels=True)
    missing = [tag for tag in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID") if not data.get(tag)]
    if missing:
        raise MediaProblem(f"the DICOM file lacks {', '.join(missing)}")
    return Facts(
        file_size=size, mime_type=mime, width=data.get("Columns"), height=data.get("Rows"),
        frame_count=int(data.get("NumberOfFrames") or 1), dicom_study_uid=str(data.StudyInstanceUID),
        dicom_series_uid=str(data.SeriesInstanceUID), dicom_instance_uid=str(data.SOPInstanceUID),
    )  # fmt: skip


def _nifti(file: BinaryIO, size: int, mime: str) -> Facts:
    """Width, height and slices of a NIfTI-1 file; of a NIfTI-2 file only that it is one."""
    head = file.read(64 * 1024)
    if head[:2] == b"\x1f\x8b":
        head = zlib.decompressobj(31).decompress(head, 1024)
    if head[4:8] == b"n+2\0":
        return Facts(file_size=size, mime_type=mime)
    order = "<" if head[:4] == struct.pack("<i", 348) else ">"
    _, width, height, slices = struct.unpack_from(f"{order}4h", head, 40)
    return Facts(file_size=size, mime_type=mime, width=width, height=height, frame_count=slices)


PROBES: dict[ItemType, Callable[[BinaryIO, int, str], Facts]] = {
    "image": _image, "video": _video, "audio": _audio, "pdf": _pdf, "plainText": _text, "dicomFile": _dicom,
    "nifti": _nifti,
}  # fmt: skip
