"""What a submission says, in words that are true."""

from __future__ import annotations

import pytest

from integrations.reports.submission import ending_line, failure_lines, result_text, tally_text
from integrations.submission.events import Ending
from integrations.submission.records import Entry, Failure, Tally
from integrations.submission.run import Result
from integrations.submission.submit import Report


def test_what_was_not_sent_is_not_under_way():
    assert tally_text(Tally(waiting=120, unsent=20)) == "120 under way, 20 not sent"


def test_a_stopped_run_says_what_goes_on_and_what_it_did_not_come_to():
    stopped = Result(2, Ending.STOPPED, "", 300, 0, Tally(waiting=120, unsent=20), unreached=160)
    assert ending_line(stopped) == "stopped; 120 items go on at Encord; to go on: integrations registration resume 2"
    assert "160 of 300 items were not come to" in result_text(Report(stopped, []))
    nothing = Result(2, Ending.STOPPED, "", 300, 0, Tally(unsent=300))
    assert ending_line(nothing) == "stopped; to go on: integrations registration resume 2"
    assert "come to" not in result_text(Report(nothing, []))


@pytest.mark.parametrize(
    ("entry", "error", "line"),
    [
        (
            ("images", b'{"objectUrl":"s3://a/1.jpg"}', "a.json", 7),
            "no access",
            "a.json:7  images s3://a/1.jpg: no access",
        ),
        (
            ("images", b'{"objectUrl":"s3://a/1.jpg"}', "a.json", 7),
            "s3://a/1.jpg: no",
            "a.json:7  images: s3://a/1.jpg: no",
        ),
        (("images", b'{"content":["00"],"title":"x.png"}', "/m/x.png", 0), "no image", "/m/x.png  images: no image"),
    ],
)
def test_a_failure_is_told_with_its_place_and_its_object_once(entry, error, line):
    assert failure_lines([Failure(Entry(*entry), error)], 1) == [f"  {line}"]
