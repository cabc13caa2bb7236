"""Findings of a baseline do not count, new ones do, and a file that is none is refused."""

from __future__ import annotations

import pytest

from integrations.checks.baseline import baseline_text, excuse_known, known_now, mended, read_baseline
from integrations.checks.catalogue import CheckId
from integrations.checks.records import Excuse, failed, passed
from integrations.checks.runner import Question, exit_code, run
from integrations.errors import ConfigurationError, ExitCode


def results(answer=None, subject="scans"):
    ask = lambda: answer or failed("open", "close it")  # noqa: E731
    return run([Question("images", "aws", CheckId.BUCKET_PRIVATE, subject, ask)], "prod")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "baseline.json"
    path.write_text(baseline_text(known_now(results())))
    return path


def test_a_known_finding_does_not_count_and_a_new_one_does(file):
    known = read_baseline(file)
    (one,) = excuse_known(results(), known, "baseline.json")
    assert (one.excuse, one.excused) == (Excuse.BASELINE, "it is in baseline.json")
    assert exit_code([one]) is ExitCode.CLEAN
    assert exit_code(excuse_known(results(subject="films"), known, "baseline.json")) is ExitCode.FINDINGS


def test_a_finding_that_is_mended_is_told(file):
    known = read_baseline(file)
    assert [one.id for one in mended(results(passed("closed")), known)] == ["BKT103"]
    assert mended(results(), known) == []


def test_writing_it_anew_keeps_what_is_still_there(file):
    again = excuse_known(results(), read_baseline(file), "baseline.json")
    assert known_now(again) == read_baseline(file)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"schema_version": 1}', '{"schema_version": 2, "findings": []}', '{"findings": "x"}']
)
def test_what_is_no_baseline_is_refused(tmp_path, text):
    path = tmp_path / "baseline.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match="baseline"):
        read_baseline(path)


def test_one_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_baseline(tmp_path / "nowhere.json")
