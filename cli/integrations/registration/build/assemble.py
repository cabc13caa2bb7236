"""Objects become items, by rules: pure, one object after the other; only groups are kept until the end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from integrations.registration.build.rules import BuildRules, GroupRule, glob_regex, places
from integrations.registration.build.source import Object
from integrations.registration.model import group_fields

Item = tuple[str, dict[str, Any]]  # section, and the item in Encord's spelling
_DIGITS = re.compile(r"(\d+)")


class Skipped:
    """How many objects became nothing, by reason."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def __call__(self, reason: str) -> None:
        self.counts[reason] = self.counts.get(reason, 0) + 1


def assemble(
    objects: Iterable[Object],
    rules: BuildRules,
    url: Callable[[str], str],
    table: dict[str, dict[str, Any]],
    skipped: Skipped,
) -> Iterator[Item]:
    """The items of these objects: first those that stand alone, in their order, then groups by their title.

    table: more metadata by key.
    """
    wanted = _filter(rules)
    sections = rules.section_of
    pattern = re.compile(rules.pattern) if rules.pattern else None
    group_rules = [(re.compile(glob_regex(rule.match)), re.compile(rule.by), rule) for rule in rules.groups]
    groups: dict[tuple[int, tuple[str | None, ...]], tuple[GroupRule, dict[str, str], list[str]]] = {}
    for one in objects:
        if one.key.endswith("/") or not wanted(one.key):
            skipped("not included" if not one.key.endswith("/") else "folder")
            continue
        owner = next((place for place, (match, _, _) in enumerate(group_rules) if match.search(one.key)), None)
        if owner is not None:
            _, by, rule = group_rules[owner]
            match = by.search(one.key)
            if match is None:
                skipped("no group")
                continue
            groups.setdefault((owner, match.groups()), (rule, match.groupdict(""), []))[2].append(one.key)
            continue
        values = fields_of(one)
        section = sections.get(values["extension"].lower())
        if section is None:
            skipped(f"extension {values['extension'] or '(none)'}")
            continue
        if pattern:
            match = pattern.search(one.key)
            values.update(match.groupdict("") if match else dict.fromkeys(pattern.groupindex, ""))
        yield section, _item(rules, url(one.key), one, values, table.get(one.key, {}))
    for rule, values, keys in sorted(groups.values(), key=lambda group: natural(filled(group[0].title, group[1]))):
        yield rule.section, _group(rule, values, [url(key) for key in sorted(keys, key=natural)])


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
    parts = places(text)
    parts[1::2] = [values[name] for name in parts[1::2]]
    return "".join(parts)


def _item(rules: BuildRules, url: str, one: Object, values: dict[str, str], more: dict[str, Any]) -> dict[str, Any]:
    item: dict[str, Any] = {"objectUrl": url}
    if rules.title:
        item["title"] = filled(rules.title, values)
    metadata: dict[str, Any] = {
        name: one.size if text == "{size}" else filled(text, values) for name, text in rules.metadata.items()
    }
    metadata.update(more)
    if metadata:
        item["clientMetadata"] = metadata
    return item


def _group(rule: GroupRule, values: dict[str, str], urls: list[str]) -> dict[str, Any]:
    video = {"createVideo": rule.sequence} if rule.section == "image_groups" else {}
    return {"title": filled(rule.title, values), **video, **group_fields(urls)}


def natural(text: str) -> list[Any]:
    """Sorts frame 9 before frame 10. https://en.wikipedia.org/wiki/Natural_sort_order"""
    parts: list[Any] = _DIGITS.split(text)
    parts[1::2] = map(int, parts[1::2])
    return parts
