"""Encord's own storage in the sandbox: signed for one thing, for an hour."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from integrations_sandbox.platform.clouds.door import ObjectProblem
from integrations_sandbox.platform.uploads import LIFE, Uploads, new_name


@pytest.fixture
def uploads(tmp_path: Path) -> Uploads:
    return Uploads(tmp_path / "uploads", "secret")


def admitted(uploads: Uploads, url: str, method: str, **changed: str) -> bool:
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changed
    return uploads.admits(
        method, changed.get("name", parts.path.rpartition("/")[2]), query["expires"], query["signature"]
    )


def test_a_url_is_good_for_what_it_was_signed_for(uploads):
    assert admitted(uploads, uploads.signed("http://h", new_name(), "PUT"), "PUT")


@pytest.mark.parametrize(
    ("method", "changed"),
    [("GET", {}), ("PUT", {"name": new_name()}), ("PUT", {"expires": "99999999999"}), ("PUT", {"signature": "0" * 64})],
)
def test_and_for_nothing_else(uploads, method, changed):
    assert not admitted(uploads, uploads.signed("http://h", new_name(), "PUT"), method, **changed)


def test_it_expires(uploads, monkeypatch):
    import time

    url, now = uploads.signed("http://h", new_name(), "PUT"), time.time()
    monkeypatch.setattr("integrations_sandbox.platform.uploads.time.time", lambda: now + LIFE + 1)
    assert not admitted(uploads, url, "PUT")


def test_another_platform_does_not_take_it(uploads, tmp_path):
    assert not admitted(Uploads(tmp_path, "other"), uploads.signed("http://h", new_name(), "PUT"), "PUT")


def test_what_was_prepared_and_never_put_is_not_there(uploads):
    with pytest.raises(ObjectProblem, match="never put there"):
        uploads.find(f"encord:{new_name()}")


@pytest.mark.parametrize("name", ["../settings.json", "x", ""])
def test_a_name_leads_nowhere_else(uploads, name):
    with pytest.raises(ObjectProblem, match="is no upload"):
        uploads.path(name)


def test_a_bucket_needs_an_integration(uploads):
    with pytest.raises(ObjectProblem, match="registered through an integration"):
        uploads.find("https://b.s3.eu-west-2.amazonaws.com/a.jpg")
