"""What is wrong with one item of a registration file, position by position.

This is the exact form of every rule about items; `bulk.py` only proves that a whole chunk
breaks none of them, and hands over what it cannot prove.
"""

from __future__ import annotations

import difflib
import json
from functools import lru_cache

from integrations.registration.findings import FindingId
from integrations.registration.metadata_rules import check_client_metadata, check_media_metadata, is_placeholder
from integrations.registration.model import KINDS, MAX_TITLE, SETTINGS, UNCHECKED_SECTIONS, URL_FIELD, Kind
from integrations.registration.nodes import Member, Node
from integrations.registration.rules import Rules
from integrations.registration.url_rules import extension_problem, place_of, url_problems


def check_item(rules: Rules, kind: Kind, index: int, node: Node) -> list[str]:
    """Report everything wrong with one item; returns its object URLs."""
    path = f"$.{kind.section}[{index}]"
    if node.kind != "object":
        rules.wrong_type(node, path, f"an object that describes one {kind.noun}")
        return []
    numbered: dict[int, Member] = {}
    urls: list[Member] = []
    for member in node.value:
        match = URL_FIELD.fullmatch(member.key) if kind.grouped else None
        if match:
            numbered[int(match[1])] = member
        elif member.key == "objectUrl" and not kind.grouped and kind.section != "scenes":
            urls.append(member)
        elif member.key in kind.fields:
            _check_field(rules, kind, member, f"{path}.{member.key}")
        else:
            _unknown_field(rules, kind, node, member, path)
    urls += [member for _, member in sorted(numbered.items())]
    good = [member for member in urls if _check_url(rules, kind, member, f"{path}.{member.key}")]
    _check_presence(rules, kind, node, path, urls)
    if kind.grouped:
        _check_numbering(rules, numbered, path)
        _check_one_cloud(rules, good, path)
    return [member.value.value for member in good]


def _check_field(rules: Rules, kind: Kind, member: Member, path: str) -> None:
    value = member.value
    match member.key:
        case "title":
            _check_title(rules, value, path)
        case "createVideo" | "clusterByResolution":
            if value.kind != "boolean":
                text = value.value.strip().lower() if value.kind == "string" else ""
                rules.wrong_type(value, path, "true or false", text.encode() if text in ("true", "false") else None)
        case "clientMetadata":
            check_client_metadata(rules, kind, value, path)
        case "scene":
            pass  # its inner form is nowhere documented
        case _:
            check_media_metadata(rules, kind, value, path)


def _check_title(rules: Rules, value: Node, path: str) -> None:
    if value.kind != "string":
        rules.wrong_type(value, path, "a text")
    elif not value.value:
        rules.tell(FindingId.EMPTY_VALUE, value, path, "the title is empty", "give a title, or leave the key out")
    elif len(value.value) > MAX_TITLE:
        text = f"the title has {len(value.value)} characters, Encord takes {MAX_TITLE}"
        rules.tell(FindingId.TITLE_TOO_LONG, value, path, text, "shorten it", value.value)
    elif is_placeholder(value.value):
        text = "this is a placeholder, not a title"
        rules.tell(FindingId.PLACEHOLDER_VALUE, value, path, text, "put the real title", value.value)


def _check_url(rules: Rules, kind: Kind, member: Member, path: str) -> bool:
    """Whether the URL is a text with something in it, and so takes part in the rules about several URLs."""
    value = member.value
    if value.kind != "string":
        rules.wrong_type(value, path, "an object URL")
        return False
    if not value.value:
        rules.tell(FindingId.EMPTY_VALUE, value, path, "the object URL is empty", "put the object's URL")
        return False
    problems = url_problems(value.value, rules.urls)
    other = extension_problem(value.value, kind)
    for problem in [*problems, other] if other else problems:
        mended = None if problem.mended is None else json.dumps(problem.mended).encode()
        rules.tell(problem.id, value, path, problem.message, problem.fix, value.value, mended)
    return True


def _unknown_field(rules: Rules, kind: Kind, item: Node, member: Member, path: str) -> None:
    known = (*kind.fields, *(("objectUrl_0",) if kind.grouped else ("objectUrl",)))
    near, certain = nearest(member.key, known)
    if near is None and kind.grouped and member.key == "objectUrl" and item.member("objectUrl_0") is None:
        near, certain = "objectUrl_0", True
    if near is None and not kind.grouped and member.key == "objectUrl_0" and item.member("objectUrl_1") is None:
        near, certain = "objectUrl", True
    free = near is not None and item.member(near) is None
    rules.tell(
        FindingId.UNKNOWN_KEY,
        member,
        f"{path}.{member.key}",
        f"an item of {kind.section} has no key {member.key!r}",
        f"write {near!r}" if near else f"remove it; there are {', '.join(known)}",
        member.key,
        f'"{near}"'.encode() if certain and free else None,
    )


@lru_cache(maxsize=4096)
def nearest(word: str, known: tuple[str, ...]) -> tuple[str | None, bool]:
    """The known word that was probably meant, and whether there is no doubt (the same but for case, `_`, `-`, spaces)."""
    plain = {_plain(candidate): candidate for candidate in known}
    if exact := plain.get(_plain(word)):
        return exact, True
    near = difflib.get_close_matches(_plain(word), plain, n=1, cutoff=0.75)
    return (plain[near[0]], False) if near else (None, False)


def _plain(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "").replace(" ", "")


def _check_presence(rules: Rules, kind: Kind, node: Node, path: str, urls: list[Member]) -> None:
    required = ["title"] if kind.grouped or kind.section == "scenes" else []
    required += ["scene"] if kind.section == "scenes" else []
    missing = [key for key in required if node.member(key) is None]
    if not urls and kind.section != "scenes":
        missing.append("objectUrl_0" if kind.grouped else "objectUrl")
    for key in missing:
        text = f"this {kind.noun} has no {key!r}"
        rules.tell(FindingId.MISSING_FIELD, node, path, text, f"add {key!r}")
    if kind.section == "image_groups" and node.member("createVideo") is None:
        text = "without createVideo nobody can tell whether this is an image group or a sequence"
        fix = 'write "createVideo": false for a group, true for a sequence'
        rules.tell(FindingId.CREATE_VIDEO_LEFT_OUT, node, path, text, fix)
    if rules.strict_client_only and kind.media and node.member(kind.media) is None:
        text = f"strict client-only access needs {kind.media!r}, because Encord does not read the file"
        rules.tell(FindingId.STRICT_CLIENT_ONLY, node, path, text, f"add {kind.media!r}")


def _check_numbering(rules: Rules, numbered: dict[int, Member], path: str) -> None:
    for expected, position in enumerate(sorted(numbered)):
        if position != expected:
            member = numbered[position]
            text = f"objectUrl_{expected} is missing: positions count from 0, without a gap"
            fix = "add the missing URL, or number the others anew if none is missing"
            rules.tell(FindingId.URL_NUMBERING, member, f"{path}.{member.key}", text, fix, member.key)
            return


def _check_one_cloud(rules: Rules, urls: list[Member], path: str) -> None:
    first: tuple[str, str] | None = None
    for member in urls:
        place = place_of(member.value.value, rules.urls)
        if place is None:
            continue
        first = first or place
        if place != first:
            text = f"this URL is on {place[1] or place[0]}, the first one of the group on {first[1] or first[0]}"
            fix = "keep a group within one cloud: an integration reads from one"
            value = member.value
            rules.tell(FindingId.MIXED_CLOUDS, value, f"{path}.{member.key}", text, fix, value.value)
            return


def check_top_key(rules: Rules, key: Node) -> None:
    """Report a key of the top level that Encord does not know, or that nobody documented."""
    name, path = key.value, f"$.{key.value}"
    if name in KINDS or name in SETTINGS:
        return
    if name in UNCHECKED_SECTIONS:
        text = f"the section {name!r} is nowhere documented for JSON: its items are not checked"
        rules.tell(FindingId.UNCHECKED_SECTION, key, path, text, "ask Encord for its form", name)
        return
    near, certain = nearest(name, (*KINDS, *SETTINGS))
    fix = f"write {near!r}" if near else f"remove it; there are {', '.join((*KINDS, *SETTINGS))}"
    mended = f'"{near}"'.encode() if certain else None
    rules.tell(FindingId.UNKNOWN_KEY, key, path, f"a registration file has no section {name!r}", fix, name, mended)


def check_setting(rules: Rules, member: Member) -> None:
    """Report a member of the top level that is no list, although it should be, or no truth value."""
    path = f"$.{member.key}"
    if member.key in KINDS:
        rules.wrong_type(member.value, path, f"a list of {member.key}")
    elif member.key in SETTINGS and member.value.kind != "boolean":
        text = member.value.value.strip().lower() if member.value.kind == "string" else ""
        rules.wrong_type(member.value, path, "true or false", text.encode() if text in ("true", "false") else None)
