"""CORS rules of the blob service, between the XML that it takes and the JSON that Azure Resource Manager takes.

Azurite takes any number of rules and any method
(https://learn.microsoft.com/en-us/rest/api/storageservices/cross-origin-resource-sharing--cors--support-for-the-azure-storage-services).
"""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

MAX_RULES = 5
MAX_BYTES = 2048
METHODS = frozenset(("DELETE", "GET", "HEAD", "MERGE", "OPTIONS", "PATCH", "POST", "PUT"))
# The names of the same setting on both sides.
LISTS = {
    "allowedOrigins": "AllowedOrigins",
    "allowedMethods": "AllowedMethods",
    "allowedHeaders": "AllowedHeaders",
    "exposedHeaders": "ExposedHeaders",
}
AGE = ("maxAgeInSeconds", "MaxAgeInSeconds")


def fault(rules: list[dict[str, Any]]) -> str | None:
    """Why the service would not take these rules, or None."""
    if len(rules) > MAX_RULES:
        return f"{len(rules)} CORS rules are given, but at most {MAX_RULES} are allowed per service."
    for number, rule in enumerate(rules, 1):
        missing = [key for key in (*LISTS, AGE[0]) if key not in rule]
        if missing:
            return f"CORS rule {number} lacks {', '.join(missing)}."
        if not rule["allowedOrigins"] or not rule["allowedMethods"]:
            return f"CORS rule {number} allows no origin or no method."
        if unknown := sorted({method.upper() for method in rule["allowedMethods"]} - METHODS):
            return f"CORS rule {number} has the unknown method {', '.join(unknown)}."
    if sum(len(",".join(rule[key])) for rule in rules for key in LISTS) > MAX_BYTES:
        return f"The CORS rules are larger than {MAX_BYTES} bytes."
    return None


def from_xml(document: bytes) -> list[dict[str, Any]]:
    """The rules in a service's properties. Raises ValueError if this is no XML."""
    try:
        root = ElementTree.fromstring(document)  # noqa: S314 - loopback only, and expat bounds what entities may grow to
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from error
    return [_rule(element) for element in root.iter("CorsRule")]


def _rule(element: ElementTree.Element) -> dict[str, Any]:
    texts = {child.tag: (child.text or "").strip() for child in element}
    found: dict[str, Any] = {
        ours: [part.strip() for part in texts[theirs].split(",") if part.strip()]
        for ours, theirs in LISTS.items()
        if theirs in texts
    }
    return {**found, AGE[0]: int(texts[AGE[1]])} if AGE[1] in texts else found


def to_xml(rules: list[dict[str, Any]]) -> bytes:
    """The service's properties with these rules and nothing else, which leaves everything else as it is."""
    root = ElementTree.Element("StorageServiceProperties")
    cors = ElementTree.SubElement(root, "Cors")
    for rule in rules:
        element = ElementTree.SubElement(cors, "CorsRule")
        for ours, theirs in LISTS.items():
            ElementTree.SubElement(element, theirs).text = ",".join(rule[ours])
        ElementTree.SubElement(element, AGE[1]).text = str(rule[AGE[0]])
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document
