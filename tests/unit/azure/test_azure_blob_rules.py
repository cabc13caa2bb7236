"""What a request needs, and how it is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations_sandbox.clouds import azure_blob_rules as rules
from integrations_sandbox.clouds.azure_blob_rules import Need, Refusal
from integrations_sandbox.clouds.azure_roles import BLOBS, CONTAINERS, DELEGATION_KEY
from integrations_sandbox.clouds.azure_state import Account

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def account(**properties: Any) -> Account:
    return Account("s", "rg", "acme", "westeurope", "Standard_LRS", "StorageV2", "", ("", ""), properties=properties)


@pytest.mark.parametrize(
    ("request_line", "query", "need"),
    [
        ("GET media a", {}, Need(f"{BLOBS}/read", "media", data=True)),
        ("HEAD media a", {}, Need(f"{BLOBS}/read", "media", data=True)),
        ("PUT media a", {}, Need(f"{BLOBS}/write", "media", data=True)),
        ("PUT media a", {"comp": "blocklist"}, Need(f"{BLOBS}/write", "media", data=True)),
        ("PUT media a", {"comp": "tags"}, Need(f"{BLOBS}/tags/write", "media", data=True)),
        ("DELETE media a", {}, Need(f"{BLOBS}/delete", "media", data=True)),
        ("GET media -", {"restype": "container", "comp": "list"}, Need(f"{BLOBS}/read", "media", data=True)),
        ("GET media -", {"restype": "container"}, Need(f"{CONTAINERS}/read", "media")),
        ("PUT media -", {"restype": "container"}, Need(f"{CONTAINERS}/write", "media")),
        ("DELETE media -", {"restype": "container"}, Need(f"{CONTAINERS}/delete", "media")),
        ("GET - -", {"comp": "list"}, Need(f"{CONTAINERS}/read")),
        ("POST - -", {"restype": "service", "comp": "userdelegationkey"}, Need(DELEGATION_KEY)),
    ],
)
def test_every_operation_needs_its_action(request_line, query, need):
    method, container, blob = (part.strip("-") for part in request_line.split(" "))
    assert rules.needs(method, container, blob, query) == [need]


@pytest.mark.parametrize(
    ("method", "container", "blob", "query"),
    [
        ("GET", "media", "a", {"comp": "unheard-of"}),
        ("POST", "media", "a", {}),
        ("GET", "media", "", {}),
        ("DELETE", "", "", {}),
    ],
)
def test_what_is_no_operation_is_not_allowed_by_any_role(method, container, blob, query):
    assert rules.needs(method, container, blob, query) is None


def test_a_copy_needs_to_read_its_source():
    assert rules.needs("PUT", "to", "b", {}, "from") == [
        Need(f"{BLOBS}/write", "to", data=True),
        Need(f"{BLOBS}/read", "from", data=True),
    ]


def test_a_need_is_at_its_container_or_at_the_account():
    assert Need("x", "media").scope(account()).endswith("/storageAccounts/acme/blobServices/default/containers/media")
    assert Need("x").scope(account()).endswith("/storageAccounts/acme")


@pytest.mark.parametrize(
    ("span", "inside"),
    [
        ("203.0.113.7", True), ("203.0.113.0-203.0.113.9", True), ("203.0.113.8-203.0.113.9", False),
        ("203.0.113.0/24", True), ("198.51.100.0/24", False), ("rubbish", False), ("", False),
    ],
)  # fmt: skip
def test_an_address_is_inside_of_a_signature_or_not(span, inside):
    if inside:
        rules.check_source({"sip": span}, "203.0.113.7")
    else:
        with pytest.raises(Refusal) as caught:
            rules.check_source({"sip": span}, "203.0.113.7")
        assert caught.value.code == "AuthorizationSourceIPMismatch"
    rules.check_source({}, "203.0.113.7")


@pytest.mark.parametrize(
    "properties", [{"publicNetworkAccess": "Disabled"}, {"networkAcls": {"defaultAction": "Deny", "ipRules": []}}]
)
def test_a_closed_account_lets_nobody_in(properties):
    with pytest.raises(Refusal, match="not authorized"):
        rules.check_network(account(**properties), "203.0.113.7")
    rules.check_network(account(), "203.0.113.7")


def test_time_begins_and_ends_as_signed():
    hour = timedelta(hours=1)

    def at(start: datetime | None, end: datetime | None) -> bool:
        given = {"st": start, "se": end}
        return rules.in_time({k: v.isoformat() for k, v in given.items() if v}, NOW)

    assert at(None, NOW + hour)
    assert at(NOW - hour, NOW + hour)
    assert at(None, None)
    assert not at(None, NOW)
    assert not at(NOW + hour, NOW + 2 * hour)


def test_a_time_may_be_a_day_and_is_in_utc():
    assert rules.moment("2026-11-22") == datetime(2026, 11, 22, tzinfo=UTC)
    assert rules.moment("2026-11-22T12:00:00Z") == NOW
    assert rules.moment("never") is None


def test_a_refusal_is_xml_and_escapes_what_it_quotes():
    body = Refusal(403, "Code", "a < b", "c & d").body("id-1").decode()
    assert "<Code>Code</Code>" in body
    assert "a &lt; b" in body
    assert "<AuthenticationErrorDetail>c &amp; d</AuthenticationErrorDetail>" in body
    assert "AuthenticationErrorDetail" not in Refusal(403, "Code", "text").body("id-1").decode()
