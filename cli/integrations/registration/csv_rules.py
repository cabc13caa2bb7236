"""What is wrong with one row of a CSV file. The rules about titles and URLs are those of items."""

from __future__ import annotations

import csv
import io

from msgspec import Struct, field

from integrations.registration.csv_scan import Cell, Layout
from integrations.registration.findings import Defect, Edit, FindingId
from integrations.registration.model import MAX_TITLE
from integrations.registration.rules import Rules
from integrations.registration.url_rules import Problem, extension_problem, place_of, url_problems

TRUE_FALSE = {"": True, "true": True, "false": False}
# What leaves open which item a row belongs to, or what that item is.
GUESSES = frozenset({FindingId.CSV_CREATE_VIDEO, FindingId.EMPTY_VALUE})


class Groups(Struct):
    """The groups and series of one section so far: by the hash of their title, whether a video, and on which cloud."""

    seen: dict[int, tuple[bool | None, tuple[str, str] | None]] = field(default_factory=dict)


def check_row(rules: Rules, groups: Groups, layout: Layout, cells: list[Cell]) -> str | None:
    """Report everything wrong with a row; returns its object URL."""
    url = cells[layout.url]
    title = cells[layout.title] if layout.title is not None else None
    create = _check_create_video(rules, layout, cells)
    if title is not None:
        _check_title(rules, layout, title)
    if not url.text:
        _tell(rules, FindingId.EMPTY_VALUE, url, "ObjectURL", "the object URL is empty", "put the object's URL")
        return None
    problems = url_problems(url.text, rules.urls)
    other = extension_problem(url.text, layout.kind)
    if other and layout.single:
        text = "a single ObjectURL column is read as videos, and this is the name of another kind of file"
        _tell(rules, FindingId.CSV_SINGLE_COLUMN, url, "ObjectURL", text, "add the title column of the kind")
    elif other:
        problems.append(other)
    if "\t" in url.text.strip():  # what other programs put between two columns
        text = "there is a tab within: what stands behind it may be another column, and no part of the URL"
        fix = "put a comma between two columns; in a URL a tab is %09"
        problems = [Problem(FindingId.URL_WHITESPACE, text, fix)]
    for problem in problems:
        _tell(rules, problem.id, url, "ObjectURL", problem.message, problem.fix, problem.mended)
    if layout.kind.grouped and title is not None and title.text:
        _check_group(rules, groups, url, title, create)
    return url.text


def _check_title(rules: Rules, layout: Layout, title: Cell) -> None:
    heading = layout.columns[layout.title or 0]
    if not title.text and layout.kind.section == "image_groups":
        text = "an image group needs a title, which says what belongs together"
        _tell(rules, FindingId.EMPTY_VALUE, title, heading, text, "put the group's title")
    elif len(title.text) > MAX_TITLE:
        text = f"the title has {len(title.text)} characters, Encord takes {MAX_TITLE}"
        _tell(rules, FindingId.TITLE_TOO_LONG, title, heading, text, "shorten it")


def _check_create_video(rules: Rules, layout: Layout, cells: list[Cell]) -> bool | None:
    """Whether the row belongs to a sequence; None where that is no question."""
    if layout.create_video is None:
        return True if layout.kind.section == "image_groups" else None
    cell = cells[layout.create_video]
    value = TRUE_FALSE.get(cell.text.strip().lower())
    if value is None:
        text = "Create video is true, false or blank, which means true"
        _tell(rules, FindingId.CSV_CREATE_VIDEO, cell, "Create video", text, "write true or false")
    elif value and layout.kind.section != "image_groups":
        text = f"only an image sequence can be made a video, and this is a row of {layout.kind.section}; a blank means true"
        mended = None if layout.title is None else "false"  # without a title's heading the kind is not certain
        _tell(rules, FindingId.CSV_CREATE_VIDEO, cell, "Create video", text, "write false", mended)
    return value


def _check_group(rules: Rules, groups: Groups, url: Cell, title: Cell, create: bool | None) -> None:
    place = place_of(url.text, rules.urls)
    known_create, known_place = groups.seen.setdefault(hash(title.text), (create, place))
    if create != known_create:
        text = f"the rows of {title.text!r} disagree on Create video"
        _tell(rules, FindingId.CSV_CREATE_VIDEO, title, "Create video", text, "write the same in all of them")
    if place and known_place and place != known_place:
        text = (
            f"this URL is on {place[1] or place[0]}, the first one of the group on {known_place[1] or known_place[0]}"
        )
        _tell(rules, FindingId.MIXED_CLOUDS, url, "ObjectURL", text, "keep a group within one cloud")


def _tell(
    rules: Rules, finding: FindingId, cell: Cell, heading: str, message: str, fix: str, mended: str | None = None
) -> None:
    edits = () if mended is None else (Edit(start=cell.start, end=cell.end, text=quoted(mended).encode()),)
    rules.report(Defect(finding, cell.start, heading, cell.text[:120], message, fix, edits))


def quoted(text: str) -> str:
    """A value as it stands in a cell."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow([text])
    return out.getvalue()
