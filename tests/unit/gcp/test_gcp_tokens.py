"""Access tokens, and how far their scopes reach."""

from __future__ import annotations

import pytest

from integrations_sandbox.clouds.gcp_tokens import PREFIX, SCOPES, Caller, issue, read

CALLER = Caller("ci@acme", (f"{SCOPES}cloud-platform",))


def test_a_token_says_who_it_was_given_to_until_it_expires():
    token = issue("secret", CALLER, expires=100)
    assert read("secret", token, now=99) == CALLER
    assert read("secret", token, now=100) is None


def test_a_token_of_another_secret_or_an_altered_one_says_nothing():
    token = issue("secret", CALLER, expires=100)
    assert read("other", token, now=0) is None
    body, mac = token.removeprefix(PREFIX).split(".")
    forged = issue("other", Caller("owner@acme", CALLER.scopes), 100).removeprefix(PREFIX).split(".")[0]
    assert read("secret", f"{PREFIX}{forged}.{mac}", now=0) is None
    assert read("secret", f"{PREFIX}{body}.{mac[:-4]}", now=0) is None
    assert read("secret", f"{PREFIX}{body}", now=0) is None
    assert read("secret", f"{PREFIX}ü.ü", now=0) is None


@pytest.mark.parametrize(
    ("scope", "may", "may_not"),
    [
        ("devstorage.read_only", "storage.objects.get", "storage.objects.create"),
        ("devstorage.read_write", "storage.objects.delete", "storage.buckets.setIamPolicy"),
        ("devstorage.read_write", "storage.buckets.get", "storage.buckets.update"),
        ("cloud-platform.read-only", "storage.objects.list", "storage.objects.delete"),
        ("devstorage.full_control", "storage.buckets.setIamPolicy", None),
        ("cloud-platform", "storage.buckets.update", None),
        ("pubsub", None, "storage.objects.get"),
    ],
)
def test_scopes_reach_as_far_as_google_says(scope, may, may_not):
    caller = Caller("ci@acme", (f"{SCOPES}{scope}",))
    assert may is None or caller.may_try(may)
    assert may_not is None or not caller.may_try(may_not)
