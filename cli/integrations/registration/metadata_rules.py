"""What is wrong with the metadata of one item: what the customer adds, and what describes the media."""

from __future__ import annotations

import math
import re

from integrations.registration.findings import FindingId
from integrations.registration.model import MAX_EMBEDDING, Kind, MediaField
from integrations.registration.nodes import Member, Node
from integrations.registration.rules import Rules

# encord.metadata_schema: letters, digits, `-`, `_`, `.` and space; not empty, not `keyframes`;
# `$` at the start is Encord's own.
METADATA_KEY = re.compile(r"[\w.\- ]+")
RESERVED_KEY = "keyframes"
ENCORD_KEY = "$encord"
KEYFRAME_MODES = ("frame", "seconds")

_PLACEHOLDER = re.compile(r"\s*<[^<>]+>\s*")
_NUMBER = re.compile(r"(?:0|[1-9]\d*)(?:\.\d+)?")
_CAMEL = re.compile(r"(?<=[a-z])([A-Z])")


def is_placeholder(text: str) -> bool:
    """Whether a text is only a `<placeholder>`."""
    return _PLACEHOLDER.fullmatch(text) is not None


def is_metadata_key(key: str) -> bool:
    """Whether Encord takes this key in clientMetadata; `$encord` is another matter."""
    return METADATA_KEY.fullmatch(key) is not None and key != RESERVED_KEY


def check_client_metadata(rules: Rules, kind: Kind, node: Node, path: str) -> None:
    """Report what is wrong with clientMetadata."""
    if node.kind != "object":
        rules.wrong_type(node, path, "an object")
        return
    for member in node.value:
        inner = f"{path}.{member.key}"
        if member.key == ENCORD_KEY:
            _check_encord(rules, kind, member, inner)
            continue
        if not is_metadata_key(member.key):
            _refuse_key(rules, member, inner)
        _check_value(rules, member.key, member.value, inner)


def _refuse_key(rules: Rules, member: Member, path: str) -> None:
    text = f"Encord does not take the metadata key {member.key!r}"
    fix = "use letters, digits, `-`, `_`, `.` and spaces only, and not the word keyframes"
    rules.tell(FindingId.METADATA_KEY, member, path, text, fix, member.key)


def _check_value(rules: Rules, name: str, node: Node, path: str) -> None:
    if node.kind == "number" and not math.isfinite(node.value):
        rules.tell(
            FindingId.METADATA_VALUE, node, path, "the number is too large for any number type", "put a smaller one"
        )
    elif node.kind == "numbers" or (node.kind == "array" and any(entry.kind == "number" for entry in node.value)):
        check_embedding(rules, name, node, path)


def check_embedding(rules: Rules, name: str, node: Node, path: str) -> None:
    """Report an embedding that is no list of finite numbers, or not as long as the others of its name."""
    values = node.value if node.kind == "numbers" else None
    if values is None:
        if node.kind == "array" and (bad := next((entry for entry in node.value if entry.kind != "number"), None)):
            text = f"the embedding {name!r} holds something that is no number"
            rules.tell(FindingId.EMBEDDING_VALUE, bad, path, text, "put a number; NaN and null are none")
        elif node.kind != "bad":
            rules.wrong_type(node, path, "an embedding, which is a list of numbers")
        return
    if not all(map(math.isfinite, values)):
        rules.tell(
            FindingId.EMBEDDING_VALUE,
            node,
            path,
            f"the embedding {name!r} holds an infinite number",
            "put a finite one",
        )
    if not values:
        return
    length = rules.embeddings.setdefault(name, len(values))
    if len(values) > MAX_EMBEDDING:
        text = f"the embedding {name!r} has {len(values)} numbers, Encord takes {MAX_EMBEDDING}"
        rules.tell(FindingId.EMBEDDING_LENGTH, node, path, text, "use a smaller embedding")
    elif len(values) != length:
        text = f"the embedding {name!r} has {len(values)} numbers here, and {length} where it stands first"
        rules.tell(FindingId.EMBEDDING_LENGTH, node, path, text, "make all embeddings of a name of one length")


def _check_encord(rules: Rules, kind: Kind, member: Member, path: str) -> None:
    """`$encord` chooses key frames and the sampling rate of a video, and holds embeddings of frames."""
    if kind.section != "videos":
        text = f"{ENCORD_KEY} is about key frames of videos; nothing is known of it for {kind.section}"
        rules.tell(FindingId.ENCORD_METADATA, member, path, text, "put embeddings into clientMetadata itself")
        return
    if member.value.kind != "object":
        rules.wrong_type(member.value, path, "an object with frames, config or both")
        return
    for inner in member.value.value:
        inner_path = f"{path}.{inner.key}"
        if inner.key == "frames":
            _check_frames(rules, inner.value, inner_path)
        elif inner.key == "config":
            _check_config(rules, inner.value, inner_path)
        else:
            text = f"{ENCORD_KEY} has no key {inner.key!r}"
            rules.tell(FindingId.ENCORD_METADATA, inner, inner_path, text, "use frames and config", inner.key)


def _check_frames(rules: Rules, node: Node, path: str) -> None:
    if node.kind == "numbers":
        return
    if node.kind == "array":
        for index, entry in enumerate(node.value):
            if entry.kind in ("string", "number"):
                _check_frame(rules, entry, str(entry.value), f"{path}[{index}]")
            else:
                rules.wrong_type(entry, f"{path}[{index}]", "a frame number")
        return
    if node.kind != "object":
        rules.wrong_type(node, path, "a list of frames, or an object with embeddings by frame")
        return
    for frame in node.value:
        inner = f"{path}.{frame.key}"
        _check_frame(rules, frame, frame.key, inner)
        if frame.value.kind != "object":
            rules.wrong_type(frame.value, inner, "an object with embeddings by name")
            continue
        for embedding in frame.value.value:
            if not is_metadata_key(embedding.key):
                _refuse_key(rules, embedding, f"{inner}.{embedding.key}")
            check_embedding(rules, embedding.key, embedding.value, f"{inner}.{embedding.key}")


def _check_frame(rules: Rules, where: Node | Member, text: str, path: str) -> None:
    if is_placeholder(text):
        message = "this is a placeholder, not a frame"
        rules.tell(FindingId.PLACEHOLDER_VALUE, where, path, message, "put a frame number, or seconds", text)
    elif not _NUMBER.fullmatch(text):
        message = f"{text!r} is neither a frame number nor seconds"
        rules.tell(FindingId.ENCORD_METADATA, where, path, message, "count frames, or seconds, from 0", text)


def _check_config(rules: Rules, node: Node, path: str) -> None:
    if node.kind != "object":
        rules.wrong_type(node, path, "an object with sampling_rate and keyframe_mode")
        return
    for member in node.value:
        value, inner = member.value, f"{path}.{member.key}"
        if value.kind == "string" and is_placeholder(value.value):
            text = "this is a placeholder, not a value"
            rules.tell(FindingId.PLACEHOLDER_VALUE, value, inner, text, "put the real value", value.value)
        elif member.key == "sampling_rate":
            _check_sampling_rate(rules, value, inner)
        elif member.key == "keyframe_mode":
            if value.kind != "bad" and value.value not in KEYFRAME_MODES:
                text = 'keyframe_mode is "frame" or "seconds"'
                rules.tell(FindingId.ENCORD_METADATA, value, inner, text, 'put "frame" or "seconds"', str(value.value))
        else:
            text = f"the config of {ENCORD_KEY} has no key {member.key!r}"
            fix = "use sampling_rate and keyframe_mode"
            rules.tell(FindingId.ENCORD_METADATA, member, inner, text, fix, member.key)


def _check_sampling_rate(rules: Rules, value: Node, path: str) -> None:
    if value.kind == "string" and _NUMBER.fullmatch(value.value):
        rules.wrong_type(value, path, "a number of samples a second", value.value.encode())
    elif value.kind != "number":
        rules.wrong_type(value, path, "a number of samples a second")
    elif value.value < 0:
        text = "the sampling rate cannot be negative"
        rules.tell(FindingId.ENCORD_METADATA, value, path, text, "0 takes the first frame and the key frames only")


def media_name(key: str) -> str:
    """The name of a field of media metadata, as the model has it, in whichever spelling it was written."""
    return _CAMEL.sub(r"_\1", key).lower()


def check_media_metadata(rules: Rules, kind: Kind, node: Node, path: str) -> None:
    """Report what is wrong with videoMetadata and its likes.

    Encord takes them as they are and checks nothing, so a wrong value spoils labels. Both
    spellings, file_size as in Encord's examples and fileSize as its SDK sends, are taken.
    """
    if node.kind != "object":
        rules.wrong_type(node, path, "an object")
        return
    fields = {field.name: field for field in kind.media_fields}
    seen = set()
    for member in node.value:
        name = media_name(member.key)
        inner = f"{path}.{member.key}"
        if name in fields:
            seen.add(name)
            _check_media_value(rules, fields[name], member.value, inner)
        else:
            text = f"{kind.media} has no key {member.key!r}"
            rules.tell(FindingId.UNKNOWN_KEY, member, inner, text, f"there are {', '.join(fields)}", member.key)
    missing = [name for name in fields if name not in seen]
    if missing:
        text = f"{kind.media} lacks {', '.join(missing)}: it is taken as a whole or not at all"
        rules.tell(FindingId.MEDIA_METADATA_INCOMPLETE, node, path, text, "add them, or remove the object")


def _check_media_value(rules: Rules, expected: MediaField, value: Node, path: str) -> None:
    if expected.kind is str:
        if value.kind != "string":
            rules.wrong_type(value, path, "a text")
        elif not value.value or is_placeholder(value.value):
            rules.tell(FindingId.MEDIA_METADATA_VALUE, value, path, "there is no value here", "put the real value")
        return
    whole = expected.kind is int
    what = "a whole number" if whole else "a number"
    if value.kind == "string" and _NUMBER.fullmatch(value.value) and not (whole and "." in value.value):
        rules.wrong_type(value, path, what, value.value.encode())
    elif value.kind != "number" or (whole and value.value != value.value // 1):
        rules.wrong_type(value, path, what)
    elif value.value <= 0 or not math.isfinite(value.value):
        text = f"{expected.name} must be above 0"
        rules.tell(FindingId.MEDIA_METADATA_VALUE, value, path, text, "measure it", str(value.value))
