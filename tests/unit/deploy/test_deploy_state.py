"""The state file."""

from __future__ import annotations

import json

import pytest

from integrations.errors import ConfigurationError
from integrations_sandbox.deploy import wire
from integrations_sandbox.deploy.state import Resource, State, locked

URN = "urn:pulumi:test::demo::memory:index:Thing::a"


def resource(**given):
    return Resource(URN, "memory:index:Thing", **given)


def test_what_was_saved_is_read_again(tmp_path):
    path = tmp_path / "deep" / "s.json"
    state = State(path)
    made = state.put(resource(id="a", inputs={"x": wire.secret({"y": 1})}, dependencies=("u",), limits={"create": 5.0}))
    state.set_outputs({"o": wire.secret("hush")})
    again = State(path)
    assert (again.resources, again.outputs) == ([made], {"o": wire.secret("hush")})


def test_secrets_are_not_in_the_file_and_the_key_is_private(tmp_path):
    path = tmp_path / "s.json"
    State(path).put(resource(inputs={"x": [wire.secret("hush")], "y": "seen"}))
    text = path.read_text()
    assert "hush" not in text
    assert "seen" in text
    key = tmp_path / "s.json.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.read_text() not in text


def test_a_state_without_secrets_needs_no_key(tmp_path):
    State(tmp_path / "s.json").put(resource())
    assert {path.name for path in tmp_path.iterdir()} == {"s.json"}


def test_another_key_opens_nothing(tmp_path):
    State(tmp_path / "a.json").put(resource(inputs={"x": wire.secret("hush")}))
    State(tmp_path / "b.json").put(resource(inputs={"x": wire.secret("else")}))
    (tmp_path / "b.json.key").replace(tmp_path / "a.json.key")
    with pytest.raises(ConfigurationError, match="not theirs"):
        State(tmp_path / "a.json")


@pytest.mark.parametrize("text", ["", "[]", '{"resources": 1}', '{"version": 2}', "\xff"])
def test_a_file_that_is_no_state_is_refused(tmp_path, text):
    path = tmp_path / "s.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=r"s\.json"):
        State(path)


def test_a_failure_to_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "s.json"
    state = State(path)
    state.put(resource(id="old"))
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        state.put(resource(id="new"))
    assert [r.id for r in State(path).resources] == ["old"]


def test_what_must_not_be_written_is_not(tmp_path):
    state = State(tmp_path / "s.json", writable=False)
    state.put(resource())
    assert len(state.resources) == 1
    assert list(tmp_path.iterdir()) == []


def test_the_half_made_and_the_doomed_are_not_live(tmp_path):
    state = State(tmp_path / "s.json")
    half, doomed = state.put(resource(pending="create")), state.put(resource(doomed=True))
    assert state.live(URN) is None
    live = state.put(resource(pending="update"))
    assert (state.live(URN), state.half_made(URN)) == (live, half)
    state.drop(half)
    assert state.half_made(URN) is None
    assert state.resources == [doomed, live]


def test_one_state_is_locked_for_one_run_at_a_time(tmp_path):
    with locked(tmp_path / "s.json"):
        with locked(tmp_path / "other.json"):
            pass
        with pytest.raises(ConfigurationError, match="somebody else"), locked(tmp_path / "s.json"):
            pass
    with locked(tmp_path / "s.json"):
        pass


def test_the_file_names_its_version(tmp_path):
    State(tmp_path / "s.json").set_outputs({})
    assert json.loads((tmp_path / "s.json").read_text())["version"] == 1
