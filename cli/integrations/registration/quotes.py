"""Counts the quotes of a JSON text, by which a key that stands twice in one object is told.

Decoders keep the last of them in silence. But the quotes that delimit keys and texts must be as
many as those of the decoded value; if the text has more of them, something was dropped.
"""

from __future__ import annotations

from typing import Any

from integrations.registration.lenient import MAX_DEPTH


def quotes_in_text(text: bytes) -> int:
    """How many quotes delimit texts and keys."""
    if b"\\" not in text:
        return text.count(b'"')
    plain = text.replace(b"\\\\", b"")  # pairs go from the left, as escapes are read; what is left escapes a character
    return plain.count(b'"') - plain.count(b'\\"')


def quotes_in_value(value: Any, depth: int = 0) -> int | None:
    """How many quotes a value has as JSON; None if it is nested too deeply."""
    if type(value) is str:
        return 2
    if not isinstance(value, (dict, list)):
        return 0
    if depth > MAX_DEPTH:
        return None
    total = 2 * len(value) if isinstance(value, dict) else 0
    for one in value.values() if isinstance(value, dict) else value:
        if type(one) is str:
            total += 2
        elif isinstance(one, (dict, list)):
            inside = quotes_in_value(one, depth + 1)
            if inside is None:
                return None
            total += inside
    return total
