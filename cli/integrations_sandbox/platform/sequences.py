"""The video of an image sequence: frames in, a file that browsers play out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import av
from PIL import Image

from integrations_sandbox.platform.records import Facts

MIME_TYPE = "video/mp4"
# How long Encord shows a frame of a sequence is not documented; frame n starts at second n here.
FRAMES_PER_SECOND = 1


def write_video(frames: Iterable[Image.Image], path: Path) -> Facts:
    """Encode RGB pictures as H.264 in MP4, one at a time, so that memory holds one frame.

    The first picture sets the size and the others are scaled to it. H.264 with shared colour
    samples needs even sides: an odd one gets one more row or column, a copy of the last.
    Raises ValueError if there is no frame.
    """
    count, size = 0, (0, 0)
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        # mpeg4 plays in fewer browsers; a PyAV without libx264 has it.
        codec: Literal["libx264", "mpeg4"] = "libx264" if "libx264" in av.codecs_available else "mpeg4"
        stream = container.add_stream(codec, rate=FRAMES_PER_SECOND)
        stream.pix_fmt = "yuv420p"
        for image in frames:
            if not count:
                size = image.size
                stream.width, stream.height = even(size[0]), even(size[1])
            container.mux(stream.encode(_frame(image, size)))
            count += 1
        if not count:
            raise ValueError("a sequence has at least one frame")
        container.mux(stream.encode())
    return Facts(
        file_size=path.stat().st_size, mime_type=MIME_TYPE, width=even(size[0]), height=even(size[1]),
        fps=float(FRAMES_PER_SECOND), duration=count / FRAMES_PER_SECOND, frame_count=count,
    )  # fmt: skip


def even(length: int) -> int:
    """The next even number."""
    return length + length % 2


def _frame(image: Image.Image, size: tuple[int, int]) -> av.VideoFrame:
    fitted = image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)
    width, height = size
    if width % 2 or height % 2:
        padded = Image.new("RGB", (even(width), even(height)))
        # Written from the far corner to the near one, the last row and column stay behind as their own copies.
        for corner in ((width % 2, height % 2), (width % 2, 0), (0, height % 2), (0, 0)):
            padded.paste(fitted, corner)
        fitted = padded
    return av.VideoFrame.from_image(fitted)  # type: ignore[no-untyped-call, no-any-return]
