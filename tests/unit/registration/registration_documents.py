"""Makes registration documents at random, sound and broken, full of texts that look like structure."""

from __future__ import annotations

import json
import random
from typing import Any

HOST = "https://bucket-1.s3.eu-west-2.amazonaws.com"
TRAPS = ('}, {"objectUrl": "', "},{", "}]", '"', "\\", ",", ":", '": ', "é", "日", "\n", "]", "{", "a b", '\\"')


def text(r: random.Random) -> str:
    return "".join(r.choice(("x", "frame", *TRAPS)) for _ in range(r.randint(1, 4)))


def url(r: random.Random, suffix: str) -> str:
    if r.random() < 0.03:
        return r.choice(["a/b.jpg", f"{HOST}/a b.jpg", f"{HOST}/1+1.jpg", "http://x/y", f"{HOST}/%zz", "", "s3://b/k"])
    host = HOST if r.random() < 0.9 else "https://storage.cloud.google.com/other"
    return f"{host}/{r.choice(['a', 'b/c', 'd'])}/{r.randint(0, 400)}{suffix}"


def value(r: random.Random, depth: int = 0) -> Any:
    kinds = ["text", "int", "float", "bool", "none", "numbers", "list", "object"]
    match r.choice(kinds if depth < 3 else kinds[:5]):
        case "text":
            return text(r)
        case "int":
            return r.randint(-5, 10**6)
        case "float":
            return round(r.random() * 100, 3)
        case "bool":
            return r.random() < 0.5
        case "none":
            return None
        case "numbers":
            return [0.5] * r.choice([3, 3, 3, 4])
        case "list":
            return [value(r, depth + 1) for _ in range(r.randint(0, 3))]
        case _:
            return {text(r): value(r, depth + 1) for _ in range(r.randint(0, 3))}


def metadata(r: random.Random) -> dict[str, Any]:
    if r.random() < 0.6:  # what programs write: the same keys with the same types
        return {"scene": r.choice(["day", "night"]), "n": r.randint(0, 9), "ok": True, "v": [0.25, 0.5]}
    return {r.choice(["k", "k.2", "a b", "$x", "keyframes", text(r)]): value(r) for _ in range(r.randint(0, 3))}


def item(r: random.Random, section: str) -> Any:
    if r.random() < 0.02:
        return r.choice([None, 1, "x", [], {}])
    one: dict[str, Any]
    if section == "image_groups":
        one = {"title": "t", "createVideo": r.random() < 0.5}
        one.update({f"objectUrl_{n}": url(r, ".png") for n in range(r.choice([1, 3, 3, 3]))})
        if r.random() < 0.03:
            one["objectUrl_9"] = url(r, ".png")
    else:
        one = {"objectUrl": url(r, {"images": ".jpg", "videos": ".mp4"}[section])}
        if r.random() < 0.8:
            one["title"] = text(r) if r.random() < 0.2 else f"title {r.randint(0, 99)}"
    if r.random() < 0.7:
        one["clientMetadata"] = metadata(r)
    if section == "videos" and r.random() < 0.2:
        one["clientMetadata"] = {"$encord": {"frames": r.choice([["0", "5"], [1, 2], {"3": {"e": [1.0, 2.0]}}, "x"])}}
    if section == "images" and r.random() < 0.1:
        full = {"mime_type": "image/png", "file_size": 5, "height": 4, "width": r.choice([3, 0])}
        one["imageMetadata"] = full if r.random() < 0.7 else {"width": 1}
    if r.random() < 0.05:
        one[r.choice(["objectURL", "Title", "createVideo", "other"])] = r.choice([1, "x", None])
    if r.random() < 0.05:
        one.pop(r.choice(list(one)), None)
    return one


def document(r: random.Random) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for section in r.sample(["images", "videos", "image_groups"], r.randint(1, 3)):
        whole[section] = [item(r, section) for _ in range(r.randint(0, 14))]
    if r.random() < 0.7:
        whole["skip_duplicate_urls"] = r.random() < 0.9 or "true"
    if r.random() < 0.05:
        whole["extra"] = value(r)
    return whole


def written(r: random.Random, whole: dict[str, Any]) -> bytes:
    style = r.choice([{}, {"separators": (",", ":")}, {"indent": 2}, {"indent": "\t"}])
    return json.dumps(whole, ensure_ascii=r.random() < 0.5, **style).encode()


def broken(r: random.Random, raw: bytes) -> bytes:
    """The same text with one to three accidents."""
    for _ in range(r.randint(1, 3) if raw else 0):
        at = r.randrange(len(raw) or 1)
        match r.randint(0, 6):
            case 0:
                raw = raw[:at] + raw[at + 1 :]
            case 1:
                raw = raw[:at] + bytes([r.choice(b'{}[]",:\\ \n0x\xff\x01tN')]) + raw[at:]
            case 2:
                raw = raw[:at] + r.choice([b",", b"}, {", b"word", b'"', b"// c\n", b"true", b"\xc3"]) + raw[at:]
            case 3:
                raw = raw[:at] if at > 1 else raw
            case 4:
                end = min(len(raw), at + r.randint(1, 40))
                raw = raw[:at] + raw[end:]
            case 5:
                end = min(len(raw), at + r.randint(1, 60))
                raw = raw[:end] + raw[at:end] + raw[end:]
            case _:
                comma = raw.find(b"}", at)
                raw = raw[:comma] + b"," + raw[comma:] if comma > 0 else raw
    return raw or b"{"


# What may stand in place of a value of media metadata: right, wrong, and wrong in ways that decoders pass over.
ODD_VALUES = (
    '1', '3.0', '3.5', '0', '-1', 'true', 'null', '"5"', '""', '"<type>"', '"\\u003ctype\\u003E"', '"a <b> c"', '[]', '{}',
    '1e999', '123456789012345678901234567890', '"\\\\"', '"\\""', '"\\ud800"', 'NaN',
)  # fmt: skip
MEDIA = {
    "videos": ("videoMetadata", {"fps": "25", "duration": "1.5", "width": "4", "height": "3", "file_size": "9"}),
    "images": ("imageMetadata", {"file_size": "5", "height": "4", "width": "3"}),
    "audio": ("audioMetadata", {"duration": "2", "file_size": "5", "sample_rate": "8", "bit_depth": "16",
                                "codec": '"mp3"', "num_channels": "2"}),
}  # fmt: skip
ENDINGS = {"videos": ".mp4", "images": ".jpg", "audio": ".mp3"}
Fields = list[tuple[str, str]]  # keys and values as they are written, so that a key can stand there twice


def alike(r: random.Random) -> bytes:
    """Items as programs write them: mostly the same keys in the same order, with media metadata; a few are odd."""
    section = r.choice(list(MEDIA))
    often = r.choice([0.02, 0.05, 0.3])
    shuffled, without_title, without_media = (r.random() < 0.3 for _ in range(3))
    items = []
    for number in range(r.randint(8, 40)):
        name, values = MEDIA[section]
        media: Fields = [("mime_type", '"a/b"'), *values.items()]
        own: Fields = [("scene", '"day"'), ("n", str(number)), ("v", "[0.25, 0.5]")]
        if r.random() < often:
            _spoil(r, r.choice([media, media, media, own]))
        item: Fields = [("objectUrl", f'"{HOST}/a/{number:03}{ENDINGS[section]}"')]
        item += [] if without_title and r.random() < 0.1 else [("title", f'"title {number}"')]
        item += [] if without_media and r.random() < 0.3 else [(name, _braced(media))]
        item.append(("clientMetadata", _braced(own)))
        if shuffled:
            r.shuffle(item)
        if r.random() < often:
            _spoil(r, item)
        items.append(_braced(item))
    between = r.choice([", ", ",", ",\n  "])
    return f'{{"{section}": [{between.join(items)}]}}'.encode()


def _braced(fields: Fields) -> str:
    return "{" + ", ".join(f'"{key}": {value}' for key, value in fields) + "}"


def _spoil(r: random.Random, fields: Fields) -> None:
    """One accident, which may be none: another value, no key, a key twice, another spelling, another order."""
    at = r.randrange(len(fields))
    key, value = fields[at]
    match r.randint(0, 5):
        case 0 | 1:
            fields[at] = (key, r.choice(ODD_VALUES))
        case 2:
            del fields[at]
        case 3:
            again = r.choice([key, key.title()[:1].lower() + key.title()[1:].replace("_", "")])
            fields.insert(r.randint(0, len(fields)), (again, r.choice([value, "1", '"x"'])))
        case 4:
            fields[at] = (r.choice(["fileSize", "mimeType", "Title", "a\\u0062", "x"]), value)
        case _:
            r.shuffle(fields)
