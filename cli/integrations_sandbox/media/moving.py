"""What has a duration: a short H.264 video and a short WAV sound."""

from __future__ import annotations

import io
import math
import struct
import wave

import av

from integrations_sandbox.media.pictures import Size, draw

FRAMES_PER_SECOND = 8
FRAMES = 16
SAMPLE_RATE = 8000  # Hz


def video(caption: str, size: Size, colour: str) -> bytes:
    """Two seconds of a disc that moves, as MP4. Both sides of `size` must be even."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_SECOND)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        # One thread, so that two runs give the same bytes.
        stream.codec_context.thread_count = 1
        for turn in range(FRAMES):
            picture = draw(f"{caption} {turn}", size, colour, turn)
            frame = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


def chime() -> bytes:
    """Half a second of a fading 440 Hz tone: WAV, 16 bits, one channel, 8 kHz."""
    count = SAMPLE_RATE // 2
    levels = (math.sin(2 * math.pi * 440 * n / SAMPLE_RATE) * 20_000 * (1 - n / count) for n in range(count))
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(SAMPLE_RATE)
        sound.writeframes(b"".join(struct.pack("<h", round(level)) for level in levels))
    return file.getvalue()
