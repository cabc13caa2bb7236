"""Property values on the wire."""

from __future__ import annotations

import pytest

from integrations_sandbox.deploy import wire
from integrations_sandbox.deploy.records import StepError

HUSH = wire.secret("hush")


def test_values_survive_the_wire_and_whole_numbers_stay_whole():
    props = {"a": 1, "b": 0.5, "c": [True, None, {"d": "x"}], "e": HUSH}
    loaded = wire.load(wire.dump(props))
    assert loaded == props
    assert isinstance(loaded["a"], int) and isinstance(loaded["b"], float)


def test_other_kinds_of_values_are_refused():
    asset = {wire.SIGNATURE: "c44067f5952c0a294b673a41bacd8c17", "text": "hi"}
    with pytest.raises(StepError, match="no assets"):
        wire.load(wire.dump({"deep": [asset]}))


def test_a_secret_is_found_wherever_it_is_and_taken_out_of_its_envelope():
    props = {"a": [{"b": HUSH}], "c": wire.secret({"d": HUSH}), "e": "plain"}
    assert wire.plain(props) == {"a": [{"b": "hush"}], "c": {"d": "hush"}, "e": "plain"}
    assert list(wire.secrets_in(props)) == ["hush", {"d": "hush"}]
    assert wire.has_secret(props) and not wire.has_secret({"e": "plain"})


def test_an_envelope_is_put_on_once():
    assert wire.secret(HUSH) == HUSH


def test_an_unknown_is_found_wherever_it_is():
    assert wire.has_unknown({"a": [wire.UNKNOWN]})
    assert not wire.has_unknown({"a": ["known"]})


def test_an_output_is_shown_unless_it_is_secret_or_unknown():
    assert wire.output("x").shown == "x"
    assert wire.output(HUSH).shown == "[secret]"
    assert wire.output({"a": wire.UNKNOWN}).shown == "unknown until it is applied"


def test_scrubbing_takes_the_longer_secret_first():
    assert wire.scrub("ab abc a", {"ab", "abc"}) == "[secret] [secret] a"
