"""The rules of a build, read from a small YAML file: which object becomes what.

include: ["raw/**"]                 # globs of keys; everything without it
exclude: ["**/thumbnails/**"]
kinds: {images: [.jpg, .png]}       # extensions by section; Encord's kinds without it
pattern: '^raw/(?P<scene>[^/]+)/'   # its named groups can be used in texts
title: "{scene} {name}"             # {key} {folder} {name} {stem} {extension} {size} {modified}, and the groups
metadata: {scene: "{scene}"}        # a text that is only {size} stays a number
groups:
  - section: image_groups           # or dicom_series
    match: "scans/**"
    by: '^scans/(?P<patient>[^/]+)/' # objects with equal groups belong together, in natural order
    title: "{patient}"
    sequence: false
    metadata: {patient: "{patient}"} # from the groups of `by`
table: {file: labels.csv, key: path, columns: {label: class}}  # more metadata, by an object's key or a group's title
probe: [videos, images]             # media metadata of these sections, from the headers of the objects; true: of all
settings: {skip_duplicate_urls: true}
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta, Struct, field

from integrations.errors import ConfigurationError
from integrations.registration.metadata_rules import is_metadata_key
from integrations.registration.model import KINDS

FIELDS = ("key", "folder", "name", "stem", "extension", "size", "modified")
_PLACE = re.compile(r"\{(\w*)\}")
_MEDIA = Literal["videos", "audio", "pdfs", "text", "images"]
_SECTIONS = Literal["videos", "audio", "pdfs", "text", "images", "nifti"]


class GroupRule(Struct, frozen=True, forbid_unknown_fields=True):
    """Objects that belong together: one image group, sequence or series for each value of the groups of `by`."""

    match: str
    by: str
    title: str
    section: Literal["image_groups", "dicom_series"] = "image_groups"
    sequence: bool = False
    metadata: dict[str, str] = field(default_factory=dict)


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    """A side table, CSV or Parquet. columns: metadata name by column.

    key: the column that holds the key of an object, or the title of a group.
    """

    file: str
    key: str
    columns: Annotated[dict[str, str], Meta(min_length=1)]


class BuildRules(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    kinds: dict[_SECTIONS, tuple[str, ...]] = field(default_factory=dict)
    pattern: str | None = None
    title: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    groups: tuple[GroupRule, ...] = ()
    table: Table | None = None
    probe: bool | tuple[_MEDIA, ...] = False
    settings: dict[Literal["skip_duplicate_urls", "upsert_metadata"], bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        named = tuple(_compiled(self.pattern).groupindex) if self.pattern else ()
        for text in (self.title or "", *self.metadata.values()):
            _require_known(text, (*FIELDS, *named))
        columns = self.table.columns.values() if self.table else ()
        _require_taken((*self.metadata, *columns, *(name for group in self.groups for name in group.metadata)))
        for group in self.groups:
            named = tuple(_compiled(group.by).groupindex)
            if not named:
                raise ValueError(f"`by` {group.by!r} needs a named group, (?P<name>…), that tells the groups apart")
            for text in (group.title, *group.metadata.values()):
                _require_known(text, named)

    @property
    def probed(self) -> frozenset[str]:
        """The sections whose media metadata is asked for."""
        return frozenset((get_args(_MEDIA) if self.probe else ()) if isinstance(self.probe, bool) else self.probe)

    @property
    def section_of(self) -> dict[str, str]:
        """The section by extension, in lower case with the dot."""
        if self.kinds:
            return {one.lower(): section for section, extensions in self.kinds.items() for one in extensions}
        single = [kind for kind in KINDS.values() if not kind.grouped]
        return {extension: kind.section for kind in reversed(single) for extension in kind.extensions}

    @property
    def sections(self) -> list[str]:
        """The sections of objects that stand alone, in the order of their files where each has its own."""
        return list(dict.fromkeys(self.section_of.values()))


def load_rules(path: Path | None) -> BuildRules:
    """Read the rules; the defaults without a file. Raises ConfigurationError that names file and key."""
    if path is None:
        return BuildRules()
    import yaml

    try:
        return msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")) or {}, BuildRules)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise ConfigurationError(f"{path}: {error}") from error


@cache
def places(text: str) -> tuple[str, ...]:
    """A template as literal texts and names, in turn: the first and last are literals."""
    return tuple(_PLACE.split(text))


def glob_regex(glob: str) -> str:
    """A glob of keys as a regular expression: `*` within a folder, `**` across folders, `?` one character."""
    out = []
    for part in re.split(r"(\*\*/?|\*|\?)", glob):
        match part:
            case "**/":
                out.append("(?:.*/)?")
            case "**":
                out.append(".*")
            case "*":
                out.append("[^/]*")
            case "?":
                out.append("[^/]")
            case _:
                out.append(re.escape(part))
    return "^" + "".join(out) + "$"


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from error


def _require_known(text: str, known: tuple[str, ...]) -> None:
    for name in places(text)[1::2]:
        if name not in known:
            raise ValueError(f"{{{name}}} in {text!r} is unknown; there are {', '.join(known)}")


def _require_taken(names: Iterable[str]) -> None:
    for name in names:
        if not is_metadata_key(name):
            raise ValueError(
                f"Encord does not take the metadata key {name!r}: use letters, digits, `-`, `_`, `.` and spaces only,"
                " and not the word keyframes"
            )
