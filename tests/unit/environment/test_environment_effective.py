"""Every effective value, and where it came from."""

from __future__ import annotations

import pytest

from integrations.encord_client.connection import DOMAIN
from integrations.environment.effective import effective_values
from integrations.environment.load import load_environment


@pytest.fixture
def values(smallest, tmp_path):
    def read(rest: str = "") -> dict:
        (tmp_path / "Pulumi.dev.yaml").write_text(smallest + rest)
        return {value.key: value for value in effective_values(load_environment("dev", tmp_path))}

    return read


def test_a_value_comes_from_the_file_or_is_a_default(values, tmp_path):
    found = values()
    given, default = found["integrations.images.account"], found["integrations.images.imageSequences"]
    assert (given.value, given.source) == ("123456789012", str(tmp_path / "Pulumi.dev.yaml"))
    assert (default.value, default.source, default.shown) == (False, "default", "false")
    assert found["integrations.images.buckets[0].region"].source.endswith("Pulumi.dev.yaml")
    assert found["integrations.images.buckets[0].kmsKey"].source == "default"


def test_an_integrations_name_is_its_key_and_no_value(values):
    assert "integrations.images.name" not in values()


def test_an_external_id_is_masked_and_a_missing_one_is_not(values):
    assert values()["integrations.images.encord.externalId"].value is None
    shown = values("      encord: {externalId: abc-123}\n")["integrations.images.encord.externalId"]
    assert (shown.value, shown.shown) == ("***", "***")


def test_a_variable_wins_over_the_file_and_is_named(values, monkeypatch):
    monkeypatch.delenv(DOMAIN, raising=False)
    assert values()["encord.domain"].source == "default"
    monkeypatch.setenv(DOMAIN, "http://127.0.0.1:1")
    found = values()["encord.domain"]
    assert (found.value, found.source) == ("http://127.0.0.1:1", "variable ENCORD_DOMAIN")
