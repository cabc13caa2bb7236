"""Faults of the clouds on purpose: each struck for real on the way there, and what `check` then says."""

from __future__ import annotations

import json

import pytest

from integrations_sandbox import rehearsal
from integrations_sandbox.clouds.edge import DETOUR
from integrations_sandbox.faults import Fault
from integrations_sandbox.stages import DEPLOYER

pytest_plugins = ("stage",)

S3 = "s3.eu-west-2.amazonaws.com"
MEDIA = ("check", "--integration", "media", "--format", "json")


@pytest.fixture
def stage(stages):
    """A sandbox with AWS, which nothing here changes; however a test ends, the faults end with it."""
    mine = stages("aws")
    yield mine
    rehearsal.stage_faults(mine.sandbox, ())


def put(stage, *rules: str):
    ran = stage.run_here("sandbox", "faults", rules_file(stage, *rules))
    assert ran.code == 0, ran.err


def rules_file(stage, *rules: str) -> str:
    path = stage.root / "rules.yaml"
    path.write_text("\n".join(f"- {{{rule}}}" for rule in rules))
    return str(path)


def struck(stage) -> list[int]:
    return [rule["struck"] for rule in json.loads(stage.run_here("sandbox", "faults", "--format", "json").out)]


@pytest.mark.parametrize("kind", ["error", "rate_limit", "reset_after", "latency"])
def test_a_cloud_that_has_one_bad_moment_is_asked_again_and_all_is_well(stage, kind):
    put(stage, f"kind: {kind}, host: {S3}, status: 503, seconds: 0.2, times: 1")
    assert stage.run_here(*MEDIA).code == 0
    assert struck(stage) == [1]


@pytest.mark.parametrize("kind", ["error", "rate_limit", "reset_before", "expired_credentials"])
def test_a_cloud_that_is_at_fault_all_the_time_is_unknown_and_nothing_behind_it_is_claimed(stage, kind):
    put(stage, f"kind: {kind}, host: {S3}, status: 503, seconds: 1")
    ran = stage.run_here(*MEDIA)
    by_id = {one["id"]: one["status"] for one in ran.json["results"] if one["subject"] == "acme-media-eu"}
    assert ran.code == 4
    assert by_id["BKT101"] == "unknown"
    assert {by_id[one] for one in ("COR201", "COR202", "COR203", "ACC403")} == {"skip"}
    assert "fail" not in by_id.values()
    assert struck(stage)[0] > 0


def test_credentials_that_expired_are_called_so_where_the_cloud_says_it(stage):
    put(stage, "kind: expired_credentials, host: iam.amazonaws.com")
    ran = stage.run_here(*MEDIA)
    (role,) = (one for one in ran.json["results"] if one["id"] == "TRU301")
    assert (role["status"], role["obstacle"]) == ("unknown", "authentication")
    assert "ExpiredToken" in role["reason"]
    assert ran.code == 4  # other questions were answered


def test_half_an_answer_is_no_answer(stage):
    put(stage, f"kind: truncate, host: {S3}, method: GET")
    ran = stage.run_here(*MEDIA)
    assert ran.code == 4
    assert "fail" not in {one["status"] for one in ran.json["results"]}


@pytest.mark.parametrize(("times", "code", "found"), [(2, 0, []), (1000, 4, ["REG318"])])
def test_objects_are_asked_for_again_and_of_a_cloud_that_stays_at_fault_nothing_is_claimed(stage, times, code, found):
    file = stage.root / "asked.json"
    file.write_text(json.dumps({"images": [{"objectUrl": f"https://acme-media-eu.{S3}/probe/pixel.png"}]}))
    put(stage, f"kind: error, host: {S3}, status: 503, times: {times}")
    words = ("registration", "validate", str(file), "--objects", "--format", "json")
    ran = stage.run_here(*words, profile=DEPLOYER)
    assert (ran.code, [one["id"] for one in ran.json["findings"]]) == (code, found)


def test_only_what_a_rule_names_is_at_fault(stage):
    put(stage, f"kind: error, host: {S3}, method: DELETE", f"kind: error, host: {S3}, path: /nowhere")
    assert stage.run_here(*MEDIA).code == 0
    assert struck(stage) == [0, 0]


def test_rules_without_a_host_go_to_the_platform_and_lay_no_detour(stage):
    put(stage, "kind: latency, path: /v2/public, seconds: 0.01")
    assert stage.run_here(*MEDIA).code == 0
    assert struck(stage)[0] > 0
    assert DETOUR not in stage.sandbox.layout.read().processes


def test_the_end_of_a_rehearsal_leaves_no_fault_and_no_process(stage):
    put(stage, f"kind: error, host: {S3}", "kind: error")
    process = stage.sandbox.layout.read().processes[DETOUR]
    assert process.find()
    ran = stage.run_here("sandbox", "faults", "--end")
    assert (ran.code, ran.out.strip()) == (0, "no faults")
    assert not process.find()
    assert stage.run_here(*MEDIA).code == 0


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (["kind: eror"], "Invalid enum value 'eror' - at `$[0].kind`"),
        (["kind: error", "kind: stuck_job, host: s3"], "a stuck_job is the platform's: it takes no host - at `$[1]`"),
        (["kind: error, hots: s3"], "unknown field `hots` - at `$[0]`"),
        (["kind: latency"], "a latency takes seconds - at `$[0]`"),
        (["kind: error, chance: 7"], "`float` <= 1.0 - at `$[0].chance`"),
        (["kind: error, status: 99"], "`int` >= 400 - at `$[0].status`"),
    ],
)
def test_a_rule_that_says_nothing_is_refused_and_those_before_stay(stage, rules, said):
    rehearsal.stage_faults(stage.sandbox, [Fault("latency", seconds=0.01)])
    ran = stage.run_here("sandbox", "faults", rules_file(stage, *rules))
    assert (ran.code, said in ran.err) == (2, True), ran.err
    assert len(struck(stage)) == 1
