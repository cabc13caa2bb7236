"""Draws the path of an integration as SVG: lying down for a screen, standing up for a phone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from msgspec import Struct

from integrations.reports.html_pieces import Path, Piece

WIDTH, HEIGHT, GAP = 190, 74, 64
NARROW, LOW = 156, 44
STANDING = NARROW * 2 + LOW / 2
LETTERS = 22  # of a name, in a box


class _Box(Struct, frozen=True):
    piece: Piece
    x: float
    y: float
    width: float

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + HEIGHT / 2


class _Arrow(Struct, frozen=True):
    start: _Box
    end: _Box
    state: str
    label: str


def drawing(path: Path, name: str, anchor: Callable[[Piece], str]) -> str:
    """Both drawings; a style shows the one that fits. anchor: where a piece's results stand in the page."""
    columns = _columns(path)
    lying = _svg(path, _lie(columns), name, anchor, "lying")
    return lying + _svg(path, _stand(columns), name, anchor, "standing")


def _columns(path: Path) -> list[list[Piece]]:
    """What stands beside each other, from Encord to the browser."""
    columns = [[path.encord], [path.role], [path.point] if path.point else [], list(path.buckets), [path.browser]]
    return [column for column in columns if column]


def _lie(columns: Sequence[Sequence[Piece]]) -> list[_Box]:
    tallest = max(map(len, columns))
    boxes = []
    for number, column in enumerate(columns):
        top = (tallest - len(column)) * (HEIGHT + GAP / 2) / 2
        boxes += [
            _Box(piece, number * (WIDTH + GAP), top + row * (HEIGHT + GAP / 2), WIDTH)
            for row, piece in enumerate(column)
        ]
    return boxes


def _stand(columns: Sequence[Sequence[Piece]]) -> list[_Box]:
    """Two in a row at most, so that names stay readable."""
    boxes, y = [], 0.0
    for column in columns:
        for begin in range(0, len(column), 2):
            row = column[begin : begin + 2]
            left = (STANDING - len(row) * NARROW - (len(row) - 1) * LOW / 2) / 2
            boxes += [_Box(piece, left + i * (NARROW + LOW / 2), y, NARROW) for i, piece in enumerate(row)]
            y += HEIGHT + (LOW if begin + 2 >= len(column) else LOW / 3)
    return boxes


def _arrows(path: Path, boxes: Sequence[_Box]) -> list[_Arrow]:
    at = {(box.piece.kind, box.piece.name): box for box in boxes}

    def box(piece: Piece) -> _Box:
        return at[piece.kind, piece.name]

    encord, role, browser = box(path.encord), box(path.role), box(path.browser)
    arrows = [_Arrow(encord, role, path.becoming, "Encord becomes the identity")]
    source = role
    if path.point:
        source = box(path.point)
        arrows.append(_Arrow(role, source, path.point.state, "it reads through the access point"))
    for bucket in path.buckets:
        arrows.append(_Arrow(source, box(bucket), path.reading(bucket), f"it reads {bucket.name}"))
        arrows.append(_Arrow(box(bucket), browser, path.showing(bucket), f"a browser shows {bucket.name}"))
    return arrows


def _svg(path: Path, boxes: Sequence[_Box], name: str, anchor: Callable[[Piece], str], way: str) -> str:
    width = STANDING if way == "standing" else max(box.x + box.width for box in boxes)
    height = max(box.y + HEIGHT for box in boxes)
    arrows = "".join(_arrow(arrow, way) for arrow in _arrows(path, boxes))
    drawn = "".join(_box(box, anchor(box.piece)) for box in boxes)
    label = escape(f"The path of {name} from Encord to the browser", quote=True)
    return (
        f'<svg class="path {way}" viewBox="-3 -3 {width + 6:g} {height + 6:g}" role="group" aria-label="{label}">'
        f"{arrows}{drawn}</svg>"
    )


def _arrow(arrow: _Arrow, way: str) -> str:
    """A curve from box to box with a head; what it stands for is its title."""
    a, b = arrow.start, arrow.end
    if way == "lying":
        (x1, y1), (x2, y2) = (a.x + a.width, a.middle[1]), (b.x, b.middle[1])
        curve = f"M{x1:g} {y1:g} C{x1 + GAP / 2:g} {y1:g} {x2 - GAP / 2:g} {y2:g} {x2 - 9:g} {y2:g}"
        head = f"M{x2 - 10:g} {y2 - 6:g} L{x2 - 1:g} {y2:g} L{x2 - 10:g} {y2 + 6:g}"
    else:
        (x1, y1), (x2, y2) = (a.middle[0], a.y + HEIGHT), (b.middle[0], b.y)
        curve = f"M{x1:g} {y1:g} C{x1:g} {y1 + LOW / 2:g} {x2:g} {y2 - LOW / 2:g} {x2:g} {y2 - 9:g}"
        head = f"M{x2 - 6:g} {y2 - 10:g} L{x2:g} {y2 - 1:g} L{x2 + 6:g} {y2 - 10:g}"
    title = escape(f"{arrow.label}: {arrow.state}")
    return (
        f'<g class="arrow {arrow.state}"><title>{title}</title><path d="{curve}"/><path class="head" d="{head}"/></g>'
    )


def _box(box: _Box, target: str) -> str:
    piece, (x, y) = box.piece, (box.x, box.y)
    state = piece.state
    texts = [("kind", piece.kind, 22), ("name", _short(piece.name), 41), ("told", piece.told, 62)]
    if not piece.name:
        texts = [("kind", piece.kind, 30), ("told", piece.told, 54)]
    # A blank before each text, or a screen reader would take them for one word.
    inside = f'<rect x="{x:g}" y="{y:g}" width="{box.width:g}" height="{HEIGHT}" rx="9"/>' + "".join(
        f' <text class="{style}" x="{x + box.width / 2:g}" y="{y + down:g}">{escape(text)}</text>'
        for style, text, down in texts
    )
    if not piece.results:
        return f'<g class="box {state}">{inside}</g>'
    return f'<a class="box {state}" href="#{target}">{inside}</a>'


def _short(name: str) -> str:
    """The name as far as it fits; the end tells buckets apart as well as the beginning."""
    half = (LETTERS - 1) // 2
    return name if len(name) <= LETTERS else f"{name[:half]}…{name[-half:]}"
