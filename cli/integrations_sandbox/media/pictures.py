"""Drawn pictures: a coloured shape and a caption, so that a person sees which is which."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFont

Size = tuple[int, int]  # width, height in pixels


def draw(caption: str, size: Size, colour: str, turn: int = 0) -> Image.Image:
    """A disc with a cut-out, moved to the right by `turn` steps, above the caption."""
    width, height = size
    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)
    radius = height // 4
    left = (width // 8 + turn * width // 12) % (width - 2 * radius)
    top = height // 8
    disc = (left, top, left + 2 * radius, top + 2 * radius)
    pen.rectangle((0, 0, width - 1, height - 1), outline=colour, width=2)
    pen.pieslice(disc, start=20 + 15 * turn, end=340 + 15 * turn, fill=colour)
    pen.text((6, height - 24), caption, fill="black", font=ImageFont.load_default(16))
    return image


def jpeg(caption: str, size: Size, colour: str, turn: int = 0) -> bytes:
    """The drawing as a JPEG file."""
    file = io.BytesIO()
    draw(caption, size, colour, turn).save(file, "JPEG", quality=80)
    return file.getvalue()


def png(caption: str, size: Size, colour: str, turn: int = 0) -> bytes:
    """The drawing as a PNG file."""
    file = io.BytesIO()
    draw(caption, size, colour, turn).save(file, "PNG")
    return file.getvalue()
