"""What Pulumi.yaml declares to the CLI, what the program asks for, and the typed model say the same."""

from __future__ import annotations

from pathlib import Path

import msgspec
import yaml

from integrations.environment.model import PROJECT, Settings
from integrations.environment.stack import KEYS

ROOT = Path(__file__).parents[3]
TYPES = {
    "integrations": "object",
    "corsOrigins": "array",
    "encord": "object",
    "checkers": "object",
    "suppressions": "array",
    "disposable": "boolean",
}
KINDS = {"object": dict, "array": list, "boolean": bool}


def declared():
    return yaml.safe_load((ROOT / "Pulumi.yaml").read_text())


def fields():
    return {field.encode_name: field for field in msgspec.structs.fields(Settings)}


def test_the_project_has_the_name_that_the_keys_begin_with():
    assert declared()["name"] == PROJECT


def test_pulumi_yaml_declares_exactly_the_fields_of_the_model():
    assert set(declared()["config"]) == set(fields())
    assert {key: entry["type"] for key, entry in declared()["config"].items()} == TYPES


def test_every_declared_key_says_what_it_means():
    assert all(entry.get("description") for entry in declared()["config"].values())


def test_a_default_in_pulumi_yaml_is_the_models():
    for key, entry in declared()["config"].items():
        field = fields()[key]
        if field.required:
            assert "default" not in entry, key
        elif "default" in entry:
            given = {"integrations": {}, "corsOrigins": ["https://a.example"], key: entry["default"]}
            assert getattr(msgspec.convert(given, Settings), field.name) == default_of(field), key


def default_of(field):
    return field.default_factory() if field.default is msgspec.NODEFAULT else field.default


def test_program_and_policies_ask_pulumi_for_exactly_these_keys():
    assert {key: KINDS[type_] for key, type_ in TYPES.items()} == KEYS
