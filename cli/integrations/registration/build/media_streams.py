"""What the header of a video or of a sound says of it, read with FFmpeg's libraries (PyAV): docs/adr/0012."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from io import SEEK_END
from typing import Any, BinaryIO

import av

from integrations.registration.build.media import UnknownMediaError

_MP4 = "mov,mp4,m4a,3gp,3g2,mj2"  # FFmpeg's one name for the family; the brand in the file tells them apart
# https://mp4ra.org/registered-types/brands, the first that fits; any other of the family is MP4.
_BRANDS = (("qt", "video/quicktime"), ("3gp", "video/3gpp"), ("3g2", "video/3gpp2"), ("mjp2", "video/mj2"))
_SOUNDS = {"wav": "audio/wav", "flac": "audio/flac", _MP4: "audio/mp4"}
_LINEAR = re.compile(r"pcm_[suf](\d+)(?:le|be)?(?:_planar)?")


def video(file: BinaryIO) -> dict[str, Any]:
    """fps, duration, width, height and mime_type of a video with a frame rate that does not change.

    Raises UnknownMediaError, and whatever FFmpeg finds wrong with the file.
    """
    size = file.seek(0, SEEK_END)
    file.seek(0)
    with av.open(file, "r") as container:
        streams = [one for one in container.streams.video if not _is_cover(one)]
        if len(streams) != 1:
            raise UnknownMediaError(f"it has {len(streams) or 'no'} video streams, not one")
        stream = streams[0]
        fps, duration = _pace(stream, size, container.format.name)
        frame = next(container.decode(stream))
        if frame.rotation % 180:
            text = "it is stored lying on its side, and which of its sides Encord calls the width is not documented"
            raise UnknownMediaError(f"{text} (turned by {frame.rotation} degrees)")
        return {
            "fps": float(fps), "duration": float(duration), "width": frame.width, "height": frame.height,
            "mime_type": _video_type(container),
        }  # fmt: skip


def _is_cover(stream: Any) -> bool:
    """Whether it is the picture that players show for a sound."""
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _pace(stream: Any, size: int, form: str) -> tuple[Fraction, Fraction]:
    """Frames per second, and the duration in seconds, by the container's own list of its frames."""
    entries = stream.index_entries
    if not stream.frames or len(entries) != stream.frames or not stream.duration:
        text = f"it does not list its frames in one place ({form}), so that its frame rate is not known"
        raise UnknownMediaError(f"{text} without reading all of it")
    if _end(stream) > size:
        raise UnknownMediaError("it is cut off: the list of its frames goes on behind its end")
    duration = stream.duration * stream.time_base
    fps = constant_rate([one.timestamp for one in entries], stream.time_base, stream.average_rate)
    if fps is None or abs(stream.frames / fps - duration) * fps > Fraction(3, 2):
        raise UnknownMediaError("its frame rate changes, and Encord's metadata have room for one")
    return fps, duration


def _end(stream: Any) -> int:
    """Where the last of the stream's data ends in the file, by its index."""
    return max((one.pos + one.size for one in stream.index_entries), default=0)


def _riff_size(file: BinaryIO) -> int:
    """How long a WAV file says it is: FFmpeg shortens the duration of one that was cut off. 0 for RF64."""
    file.seek(0)
    head = file.read(8)
    return 8 + int.from_bytes(head[4:], "little") if head[:4] == b"RIFF" else 0


def constant_rate(ticks: Sequence[int], base: Fraction, average: Fraction | None) -> Fraction | None:
    """The frame rate if each frame comes within a tick of its time; the average that the header gives if it agrees.

    base: seconds of a tick.
    """
    last = len(ticks) - 1
    if last < 1:
        return average or None
    length = ticks[-1] - ticks[0]
    if length <= 0 or any(abs((at - ticks[0]) * last - n * length) > last for n, at in enumerate(ticks)):
        return None
    if average and abs(last / average / base - length) <= 2:
        return average
    return Fraction(last) / (length * base)


def _video_type(container: Any) -> str:
    if container.format.name == "avi":
        return "video/x-msvideo"
    if container.format.name != _MP4:
        raise UnknownMediaError(f"its container is unknown here ({container.format.name})")
    brand = container.metadata.get("major_brand", "")
    return next((mime for start, mime in _BRANDS if brand.startswith(start)), "video/mp4")


def audio(file: BinaryIO) -> dict[str, Any]:
    """duration, mime_type, sample_rate, bit_depth, codec and num_channels of a sound without loss.

    codec is in the words of https://docs.encord.com/sdk-documentation/sdk-references/CustomerProvidedAudioMetadata,
    else in FFmpeg's. Raises UnknownMediaError (a lossy codec has no bit depth, and Encord wants all or nothing), and
    whatever FFmpeg finds wrong with the file.
    """
    size = file.seek(0, SEEK_END)
    file.seek(0)
    with av.open(file, "r") as container:
        if len(container.streams.audio) != 1 or not all(map(_is_cover, container.streams.video)):
            raise UnknownMediaError("it is not one sound alone")
        stream = container.streams.audio[0]
        codec = stream.codec_context
        name = codec.codec.canonical_name
        bits, linear = bit_depth(name, codec.extradata or b""), name.startswith("pcm_")
        if bits is None:
            text = f"the codec {name} has no bit depth that its header says"
            raise UnknownMediaError(f"{text}, and Encord takes audio metadata only with one")
        form = container.format.name
        if form not in _SOUNDS or not stream.duration or not stream.time_base:
            raise UnknownMediaError(f"its header does not say how long it is ({form})")
        duration = stream.duration * stream.time_base
        if (form == "wav" and _riff_size(file) > size) or (form == _MP4 and _end(stream) > size):
            raise UnknownMediaError("it is cut off: its header promises more than there is")
        return {
            "duration": float(duration), "mime_type": _SOUNDS[form], "sample_rate": codec.sample_rate,
            "bit_depth": bits, "codec": "pcm" if linear else name, "num_channels": codec.channels,
        }  # fmt: skip


def bit_depth(codec: str, header: bytes) -> int | None:
    """Bits of a sample where the codec keeps them: linear PCM, FLAC, Apple Lossless; else None.

    header: the codec's own, as FFmpeg calls extradata. FLAC: RFC 9639, 8.2; Apple Lossless: ALACSpecificConfig in
    https://github.com/macosforge/alac/blob/master/ALACMagicCookieDescription.txt, behind 12 bytes of its box.
    """
    if match := _LINEAR.fullmatch(codec):
        return int(match[1])
    if codec == "flac" and len(header) >= 34:
        return ((header[12] & 1) << 4 | header[13] >> 4) + 1
    if codec == "alac" and len(header) >= 36:
        return header[17]
    return None
