"""Cross-origin requests as Cloud Storage answers them: https://cloud.google.com/storage/docs/cross-origin

The XML API, which browsers and signed URLs use, follows the bucket's rules: where one
fits, the answer has the headers, and where none does it is the same answer without them
(a browser then keeps it from the page). The JSON API lets every origin in, whatever the rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Rule = Mapping[str, Any]

# https://cloud.google.com/storage/docs/json_api/v1/buckets#cors
FIELDS = {"origin": list, "method": list, "responseHeader": list, "maxAgeSeconds": int}
DEFAULT_MAX_AGE = 3600
JSON_METHODS = "DELETE,GET,HEAD,PATCH,POST,PUT"


def fault(rules: Any) -> str | None:
    """What is wrong with rules that somebody wants to set, or None."""
    if not isinstance(rules, list):
        return "cors must be a list of rules"
    for rule in rules:
        if not isinstance(rule, dict) or set(rule) - set(FIELDS):
            return f"Unknown field in CORS rule: allowed are {', '.join(FIELDS)}."
        for name, value in rule.items():
            texts = FIELDS[name] is list and isinstance(value, list) and all(isinstance(v, str) for v in value)
            if not texts and not (FIELDS[name] is int and type(value) is int and value >= 0):
                return f"Invalid value for CORS {name}."
    return None


def preflight(rules: Sequence[Rule], origin: str | None, method: str, headers: Sequence[str]) -> dict[str, str]:
    """The headers of the answer to an OPTIONS request; none if no rule lets it pass."""
    rule = _fitting(rules, origin, method, headers)
    if rule is None or origin is None:
        return {}
    answer = _allow(rule, origin)
    answer["Access-Control-Allow-Methods"] = ",".join(rule.get("method", []))
    answer["Access-Control-Max-Age"] = str(rule.get("maxAgeSeconds", DEFAULT_MAX_AGE))
    if headers:
        answer["Access-Control-Allow-Headers"] = ",".join(headers)
    return answer


def answer(rules: Sequence[Rule], origin: str | None, method: str) -> dict[str, str]:
    """The headers that the answer to the request itself has; none if no rule fits."""
    rule = _fitting(rules, origin, method, ())
    if rule is None or origin is None:
        return {}
    exposed = rule.get("responseHeader", [])
    return _allow(rule, origin) | ({"Access-Control-Expose-Headers": ", ".join(exposed)} if exposed else {})


def json_api(origin: str | None, asked: str | None) -> dict[str, str]:
    """The headers that the JSON API answers with, whatever the bucket says. asked: the headers of a preflight."""
    if origin is None:
        return {}
    extra = {"Access-Control-Allow-Methods": JSON_METHODS, "Access-Control-Allow-Headers": asked} if asked else {}
    return {"Access-Control-Allow-Origin": origin, "Vary": "Origin", **extra}


def _fitting(rules: Sequence[Rule], origin: str | None, method: str, headers: Sequence[str]) -> Rule | None:
    """The first rule that names origin, method and every header; `*` stands for all of them."""
    for rule in rules:
        origins, methods = rule.get("origin", []), rule.get("method", [])
        allowed = [name.lower() for name in rule.get("responseHeader", [])]
        if (
            (origin in origins or "*" in origins)
            and (method in methods or "*" in methods)
            and all("*" in allowed or header.lower() in allowed for header in headers)
        ):
            return rule
    return None


def _allow(rule: Rule, origin: str) -> dict[str, str]:
    return {"Access-Control-Allow-Origin": "*" if "*" in rule.get("origin", []) else origin, "Vary": "Origin"}
