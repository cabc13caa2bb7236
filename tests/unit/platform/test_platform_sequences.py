"""Frames become a video of the first frame's size."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from PIL import Image

from integrations_sandbox.platform.sequences import even, write_video


def decoded(path: Path) -> list[Image.Image]:
    with av.open(str(path)) as container:
        return [frame.to_image() for frame in container.decode(video=0)]


def plain(size: tuple[int, int], colour: str) -> Image.Image:
    return Image.new("RGB", size, colour)


def close(pixel: tuple[int, ...], colour: tuple[int, ...]) -> bool:
    """Within what the encoding loses."""
    return all(abs(a - b) < 24 for a, b in zip(pixel, colour, strict=True))


def test_every_frame_is_in_the_video_in_order(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    facts = write_video([plain((64, 48), colour) for colour in ("red", "lime", "blue")], path)
    frames = decoded(path)
    assert (facts.frame_count, facts.duration, facts.width, facts.height) == (3, 3.0, 64, 48)
    seen = [frame.getpixel((32, 24)) for frame in frames]
    wanted = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    assert all(close(pixel, colour) for pixel, colour in zip(seen, wanted, strict=True))


def test_the_first_frame_sets_the_size(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    write_video([plain((64, 48), "red"), plain((200, 10), "lime")], path)
    assert [frame.size for frame in decoded(path)] == [(64, 48), (64, 48)]


def test_odd_sides_get_a_copy_of_their_last_row_and_column(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    facts = write_video([plain((61, 47), "red")] * 2, path)
    [frame, _] = decoded(path)
    assert (facts.width, facts.height) == frame.size == (62, 48)
    assert close(frame.getpixel((61, 47)), (255, 0, 0))


def test_a_browser_can_begin_before_it_has_everything(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    write_video([plain((64, 48), "red")] * 2, path)
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_no_frames_are_no_sequence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one frame"):
        write_video([], tmp_path / "v.mp4")


def test_even_numbers_stay() -> None:
    assert [even(n) for n in (1, 2, 3, 120)] == [2, 2, 4, 120]
