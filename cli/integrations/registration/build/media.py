"""What the header of a media file says of it, in the fields of Encord's media metadata (the extra `probe`).

Encord takes these values without looking at the file, and a wrong one spoils labels. So nothing is guessed: what a
header does not say, or says in a way that can be read as two values, is *unknown*, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

from integrations.errors import ConfigurationError
from integrations.registration.build.ranges import RangeFile
from integrations.registration.model import KINDS

Values = dict[str, Any]
_LIBRARIES = {"images": "PIL", "videos": "av", "audio": "av", "pdfs": "pypdf"}
_IMAGES = {
    "AVIF": "image/avif", "BMP": "image/bmp", "JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png",
    "TIFF": "image/tiff", "WEBP": "image/webp",
}  # fmt: skip
# Registered at https://www.iana.org/assignments/media-types; JSON Lines is not.
_TEXTS = {
    ".txt": "text/plain", ".html": "text/html", ".md": "text/markdown", ".xml": "application/xml",
    ".json": "application/json", ".yaml": "application/yaml", ".yml": "application/yaml", ".csv": "text/csv",
}  # fmt: skip
_ORIENTATION = 0x0112  # https://exiv2.org/tags.html


class UnknownMediaError(Exception):
    """The header does not say it; the text says what is missing."""


def require_libraries(sections: frozenset[str]) -> None:
    """Raises ConfigurationError if the extra is not installed."""
    if any(find_spec(_LIBRARIES[one]) is None for one in sections & _LIBRARIES.keys()):
        raise ConfigurationError("probing needs the extra: pip install 'encord-integrations[probe]'")


def media_metadata(section: str, key: str, file: RangeFile) -> Values:
    """The media metadata of an object of this section, whole.

    Raises UnknownMediaError, and what the file raises if bytes of it cannot be read.
    """
    try:
        values = _READERS[section](cast("BinaryIO", file), PurePosixPath(key).suffix.lower())
    except Exception as error:
        if file.failure is not None:
            raise file.failure from None
        if isinstance(error, UnknownMediaError):
            raise
        # What a library raises for a damaged file is anything from OSError to AttributeError.
        raise UnknownMediaError(f"it cannot be read: {_why(error)}") from error
    values["file_size"] = file.size
    return {field.name: values[field.name] for field in KINDS[section].media_fields}


def _why(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error).partition(" <")[0]
    return f"{text[:150]} ({type(error).__name__})"


def _image(file: BinaryIO, extension: str) -> Values:  # noqa: ARG001 - the header says what it is
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # nothing is decoded here, so no picture is too large
    with Image.open(file, formats=[one for one in _IMAGES if one != "MPO"]) as image:
        # Looking for it in a PNG that does not say it before its pixels would decode them.
        silent = image.format == "PNG" and "exif" not in image.info
        turned = 1 if silent else image.getexif().get(_ORIENTATION, 1)
        if turned in (5, 6, 7, 8):
            text = "it is stored lying on its side, and which of its sides Encord calls the width is not documented"
            raise UnknownMediaError(f"{text} (EXIF orientation {turned})")
        return {"mime_type": _IMAGES[image.format or ""], "width": image.width, "height": image.height}


def _pdf(file: BinaryIO, extension: str) -> Values:  # noqa: ARG001 - the header says what it is
    import logging

    from pypdf import PdfReader

    # It says in an exception what it also logs, and without a handler that would go to stderr.
    logging.getLogger("pypdf").addHandler(logging.NullHandler())
    logging.getLogger("pypdf").propagate = False
    root: Any = PdfReader(file).trailer["/Root"]
    return {"num_pages": int(root["/Pages"]["/Count"])}


def _text(file: BinaryIO, extension: str) -> Values:  # noqa: ARG001 - a text has no header
    if extension not in _TEXTS:
        raise UnknownMediaError(f"there is no registered media type for {extension or 'a text without extension'}")
    return {"mime_type": _TEXTS[extension]}


def _video(file: BinaryIO, extension: str) -> Values:  # noqa: ARG001 - the header says what it is
    from integrations.registration.build.media_streams import video

    return video(file)


def _audio(file: BinaryIO, extension: str) -> Values:  # noqa: ARG001 - the header says what it is
    from integrations.registration.build.media_streams import audio

    return audio(file)


_READERS: dict[str, Callable[[BinaryIO, str], Values]] = {
    "images": _image, "videos": _video, "audio": _audio, "pdfs": _pdf, "text": _text,
}  # fmt: skip
