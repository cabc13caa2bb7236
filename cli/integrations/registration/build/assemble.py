"""Objects become items, by rules: pure, one object after the other; only groups are kept until the end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from msgspec import Struct

from integrations.registration.build.rules import BuildRules, GroupRule, glob_regex, places
from integrations.registration.build.source import FOLDER, Object
from integrations.registration.model import KINDS, MAX_TITLE, group_fields

Item = tuple[str, dict[str, Any]]  # section, and the item in Encord's spelling
Made = tuple[str, dict[str, Any], Object | None]  # the same, with its object if it stands alone
EMPTY_TITLE = "the title is empty"
LONG_TITLE = f"the title is longer than {MAX_TITLE} characters"
ROW_OF_MEMBER = "rows of the side table: their objects are in groups"
_LITTER = ("Thumbs.db", "desktop.ini")
_DIGITS = re.compile(r"(\d+)")


class Skipped:
    """How many objects became nothing, by reason."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def __call__(self, reason: str) -> None:
        self.counts[reason] = self.counts.get(reason, 0) + 1


class Member(Struct, frozen=True):
    """An object of a group. rule: which of the rules' groups; groups: what the groups of its `by` hold."""

    rule: int
    groups: tuple[str | None, ...]
    key: str


def assemble(
    objects: Iterable[Object],
    rules: BuildRules,
    url: Callable[[str], str],
    table: dict[str, dict[str, Any]],
    skipped: Skipped,
) -> Iterator[Made]:
    """The items of these objects: first those that stand alone, in their order, then groups by their title.

    table: more metadata, by the key of an object or the title of a group.
    """
    decide = decider(rules, url, table)
    groups: dict[tuple[int, tuple[str | None, ...]], list[str]] = {}
    for one in objects:
        found = decide(one)
        if isinstance(found, str):
            skipped(found)
        elif isinstance(found, Member):
            if found.key in table:
                skipped(ROW_OF_MEMBER)
            groups.setdefault((found.rule, found.groups), []).append(found.key)
        else:
            yield *found, one
    for rule, texts in sorted(groups, key=lambda group: natural(group_title(rules.groups[group[0]], group[1]))):
        yield *group_item(rules.groups[rule], texts, groups[rule, texts], url, table), None


def decider(
    rules: BuildRules, url: Callable[[str], str], table: dict[str, dict[str, Any]]
) -> Callable[[Object], Item | Member | str]:
    """What becomes of an object: an item, the member of a group, or nothing, for the reason that is given."""
    wanted = _filter(rules)
    sections = rules.section_of
    pattern = re.compile(rules.pattern) if rules.pattern else None
    group_rules = [(re.compile(glob_regex(rule.match)), re.compile(rule.by)) for rule in rules.groups]

    def decide(one: Object) -> Item | Member | str:
        if one.unfit:
            return one.unfit
        if one.key.endswith("/"):
            return FOLDER
        if not wanted(one.key):
            return "not included"
        owner = next((place for place, (match, _) in enumerate(group_rules) if match.search(one.key)), None)
        values = fields_of(one)
        section = sections.get(values["extension"].lower())
        if owner is not None:
            told = group_rules[owner][1].search(one.key)
            return _member(rules, owner, told.groups() if told else None, section, values)
        if section is None:
            return f"extension {values['extension'] or '(none)'}"
        if pattern:
            match = pattern.search(one.key)
            values.update(match.groupdict("") if match else dict.fromkeys(pattern.groupindex, ""))
        title = filled(rules.title, values) if rules.title else None
        problem = title_problem(title) if title is not None else ""
        return problem or (section, _item(rules, url(one.key), one, values, title, table.get(one.key, {})))

    return decide


def _member(
    rules: BuildRules, owner: int, texts: tuple[str | None, ...] | None, section: str | None, values: dict[str, str]
) -> Member | str:
    """The member of a group, or why it is none. section: what the object is by its extension."""
    rule, extension, name = rules.groups[owner], values["extension"].lower(), values["name"]
    # An image tells by its extension that it is one; DICOM often has none, or one that means nothing.
    other = (
        section != "images" if rule.section == "image_groups" else section or name.startswith(".") or name in _LITTER
    )
    if other and extension not in KINDS[rule.section].extensions:
        return f"extension {values['extension'] or '(none)'}"
    if texts is None:
        return "no group"
    return title_problem(group_title(rule, texts)) or Member(owner, texts, values["key"])


def title_problem(title: str) -> str:
    """Why Encord takes no item of this title; nothing if it does."""
    return EMPTY_TITLE if not title else LONG_TITLE if len(title) > MAX_TITLE else ""


def _filter(rules: BuildRules) -> Callable[[str], bool]:
    include = re.compile("|".join(map(glob_regex, rules.include))) if rules.include else None
    exclude = re.compile("|".join(map(glob_regex, rules.exclude))) if rules.exclude else None
    return lambda key: (include is None or include.search(key) is not None) and not (exclude and exclude.search(key))


def fields_of(one: Object) -> dict[str, str]:
    """What a text can say about an object."""
    folder, _, name = one.key.rpartition("/")
    stem, dot, extension = name.rpartition(".")
    if name.lower().endswith(".nii.gz"):
        stem, extension = name[:-7], name[-6:]
    return {
        "key": one.key,
        "folder": folder,
        "name": name,
        "stem": stem if dot else name,
        "extension": f".{extension}" if dot else "",
        "size": str(one.size),
        "modified": one.modified,
    }


def filled(text: str, values: dict[str, str]) -> str:
    """A template with its places filled."""
    parts = list(places(text))
    parts[1::2] = [values[name] for name in parts[1::2]]
    return "".join(parts)


def _item(
    rules: BuildRules, url: str, one: Object, values: dict[str, str], title: str | None, more: dict[str, Any]
) -> dict[str, Any]:
    item: dict[str, Any] = {"objectUrl": url}
    if title is not None:
        item["title"] = title
    metadata: dict[str, Any] = {
        name: one.size if text == "{size}" else filled(text, values) for name, text in rules.metadata.items()
    }
    metadata.update(more)
    if metadata:
        item["clientMetadata"] = metadata
    return item


def group_title(rule: GroupRule, texts: tuple[str | None, ...]) -> str:
    """The title of a group, from what the groups of `by` hold."""
    return filled(rule.title, _group_values(rule, texts))


def _group_values(rule: GroupRule, texts: tuple[str | None, ...]) -> dict[str, str]:
    return {name: texts[place - 1] or "" for name, place in re.compile(rule.by).groupindex.items()}


def group_item(
    rule: GroupRule,
    texts: tuple[str | None, ...],
    keys: Iterable[str],
    url: Callable[[str], str],
    table: dict[str, dict[str, Any]],
) -> Item:
    """The image group, sequence or series of these objects, which are put in natural order."""
    title, values = group_title(rule, texts), _group_values(rule, texts)
    video = {"createVideo": rule.sequence} if rule.section == "image_groups" else {}
    metadata = {name: filled(text, values) for name, text in rule.metadata.items()} | table.get(title, {})
    client = {"clientMetadata": metadata} if metadata else {}
    urls = [url(key) for key in sorted(keys, key=natural)]
    return rule.section, {"title": title, **video, **group_fields(urls), **client}


def natural(text: str) -> list[Any]:
    """Sorts frame 9 before frame 10. https://en.wikipedia.org/wiki/Natural_sort_order"""
    parts: list[Any] = _DIGITS.split(text)
    parts[1::2] = map(int, parts[1::2])
    return parts
