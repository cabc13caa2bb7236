"""The tool around the checks, in a whole sandbox: formats, suppressions, a baseline, waiting, and clouds that are silent."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import jsonschema
import pytest
from stage import open_stage

from integrations.errors import ExitCode

pytest_plugins = ["silence"]
MEDIA = ("check", "--integration", "media")
SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "check-results-1.json"
# What is asked first: everything else presupposes one of these, or needs no answer from anybody.
FIRST = {"TRU301", "BKT101", "CLK901", "ENC601", "ENC604"}


@pytest.fixture(scope="module")
def aws_stage(tmp_path_factory):
    yield from open_stage(tmp_path_factory.mktemp("checks"), cloud="aws")


@pytest.fixture
def stage(aws_stage):
    """The sandbox as it was, whatever the test does to it. Suppressions stand at the end of its file."""
    path = aws_stage.root / "Pulumi.sandbox.yaml"
    before = path.read_text()
    yield aws_stage
    path.write_text(before)


@pytest.fixture
def without_cors(stage):
    s3 = stage.client("s3")
    rules = s3.get_bucket_cors(Bucket="acme-media-eu")["CORSRules"]
    s3.delete_bucket_cors(Bucket="acme-media-eu")
    yield stage
    s3.put_bucket_cors(Bucket="acme-media-eu", CORSConfiguration={"CORSRules": rules})


def by_id(ran):
    return {one["id"]: one for one in ran.json["results"]}


def suppress(stage, *items):
    path = stage.root / "Pulumi.sandbox.yaml"
    path.write_text(
        path.read_text() + "  encord-integrations:suppressions:\n" + "".join(f"    - {one}\n" for one in items)
    )


# Formats


def test_a_real_run_keeps_to_the_published_schema(without_cors):
    ran = without_cors.run(*MEDIA, "--format", "json")
    assert ran.code == ExitCode.FINDINGS
    jsonschema.validate(ran.json, json.loads(SCHEMA.read_text()), jsonschema.Draft202012Validator)
    assert "failed" in ran.err and "failed" not in ran.out, "data on stdout, the summary beside it"


def test_sarif_and_github_point_at_the_line_that_declares_the_integration(without_cors, tmp_path):
    lines = (without_cors.root / "Pulumi.sandbox.yaml").read_text().splitlines()
    line = 1 + lines.index("    media:")
    sarif = without_cors.run(*MEDIA, "--select", "COR202", "--format", "sarif").json
    (place,) = [one["locations"][0]["physicalLocation"] for one in sarif["runs"][0]["results"]]
    assert place["artifactLocation"]["uri"] == "Pulumi.sandbox.yaml"
    assert place["region"] == {"startLine": line, "startColumn": 5}
    summary = tmp_path / "summary.md"
    said = without_cors.run(*MEDIA, "--select", "COR202", "--format", "github", GITHUB_STEP_SUMMARY=str(summary))
    assert said.out.startswith(f"::error file=Pulumi.sandbox.yaml,line={line},col=5,title=COR202 ")
    assert "| fail | [COR202](" in summary.read_text()


def test_a_report_is_written_where_it_is_wanted(without_cors, tmp_path):
    file = tmp_path / "report.html"
    ran = without_cors.run(*MEDIA, "--format", "html", "--output", str(file))
    assert (ran.code, ran.out) == (ExitCode.FINDINGS, "")
    assert "needs mending" in file.read_text()


# What does not count


def test_a_suppressed_finding_does_not_count_and_an_expired_one_does(without_cors):
    suppress(
        without_cors,
        '{id: COR201, reason: "being mended", expires: "2999-12-31"}',
        '{id: COR202, integration: media, reason: "being mended", expires: "2999-12-31"}',
        '{id: COR203, subject: acme-media-eu, reason: "being mended", expires: "2999-12-31"}',
    )
    ran = without_cors.run(*MEDIA, "--format", "json")
    assert ran.code == ExitCode.CLEAN, ran.out
    assert by_id(ran)["COR202"]["excused"] == "being mended (until 2999-12-31)"
    without_cors.rewrite('reason: "being mended", expires: "2999-12-31"}', 'reason: "x", expires: "2026-01-01"}')
    ran = without_cors.run(*MEDIA, "--format", "json")
    assert ran.code == ExitCode.FINDINGS
    assert [one["subject"] for one in ran.json["results"] if one["id"] == "SUP951"] == [
        "COR201", "COR202", "COR203 of acme-media-eu",
    ]  # fmt: skip


def test_a_suppression_of_what_passes_is_a_finding_of_its_own(stage):
    suppress(stage, '{id: BKT103, reason: "was open once", expires: "2999-12-31"}')
    ran = stage.run_here(*MEDIA, "--format", "json", "--fail-on", "warning")
    assert ran.code == ExitCode.FINDINGS
    assert by_id(ran)["SUP952"]["status"] == "warning"
    assert stage.run_here(*MEDIA, "--fail-on", "warning", "--select", "COR").code == ExitCode.CLEAN, "it was not asked"


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ('{id: COR201, expires: "2999-12-31"}', "missing field `reason`"),
        ('{id: COR201, reason: x, expires: "2999-02-31"}', "there is no day 2999-02-31"),
        ("{id: COR201, reason: x, expires: 2999-12-31}", "a day stands in quotes"),
        ('{id: cors, reason: x, expires: "2999-12-31"}', "this is not a check's id"),
    ],
)
def test_a_suppression_that_says_too_little_is_refused_at_its_line(stage, item, said):
    suppress(stage, item)
    ran = stage.run_here(*MEDIA)
    assert ran.code == ExitCode.USAGE
    assert said in ran.err and "Pulumi.sandbox.yaml:" in ran.err


def test_findings_of_a_baseline_do_not_count_and_new_ones_do(without_cors, tmp_path):
    file = str(tmp_path / "baseline.json")
    assert without_cors.run(*MEDIA, "--write-baseline", file).code == ExitCode.CLEAN
    assert without_cors.run(*MEDIA, "--baseline", file).code == ExitCode.CLEAN
    s3 = without_cors.client("s3")
    blocked = s3.get_public_access_block(Bucket="acme-media-eu")["PublicAccessBlockConfiguration"]
    s3.delete_public_access_block(Bucket="acme-media-eu")
    try:
        ran = without_cors.run(*MEDIA, "--baseline", file, "--format", "json")
    finally:
        s3.put_public_access_block(Bucket="acme-media-eu", PublicAccessBlockConfiguration=blocked)
    assert ran.code == ExitCode.FINDINGS
    counted = {one["id"] for one in ran.json["results"] if one["status"] == "fail" and one["excuse"] is None}
    assert counted == {"BKT103"}


def test_warnings_can_be_left_out(stage):
    suppress(stage, '{id: BKT103, reason: "was open once", expires: "2999-12-31"}')
    ran = stage.run_here(*MEDIA, "--min-severity", "error", "--fail-on", "warning", "--format", "json")
    assert ran.code == ExitCode.CLEAN
    assert {one["severity"] for one in ran.json["results"]} == {"error"}


# Waiting


def test_what_comes_right_while_it_is_waited_for_is_right(without_cors):
    rule = {"AllowedOrigins": ["https://app.encord.com"], "AllowedMethods": ["GET", "HEAD"], "AllowedHeaders": ["*"]}

    def mend():
        time.sleep(4)
        without_cors.client("s3").put_bucket_cors(Bucket="acme-media-eu", CORSConfiguration={"CORSRules": [rule]})

    helper = threading.Thread(target=mend)
    helper.start()
    ran = without_cors.run(*MEDIA, "--select", "COR201,COR202,BKT101", "--wait", "60s", "--format", "json")
    helper.join()
    assert ran.code == ExitCode.CLEAN
    assert by_id(ran)["COR202"]["tries"] > 1 and by_id(ran)["BKT101"]["tries"] == 1
    assert "are not right yet: asking again in 2 s" in ran.err


def test_a_length_of_time_is_one(stage):
    ran = stage.run_here(*MEDIA, "--wait", "soon")
    assert ran.code == ExitCode.USAGE and "'soon' is no length of time" in ran.err


# Silence


def unknown_and_skipped(ran):
    every = {
        status: {one["id"] for one in ran.json["results"] if one["status"] == status} for status in ("unknown", "skip")
    }
    assert {one["id"] for one in ran.json["results"] if one["status"] in ("fail", "warning")} == set()
    return every


def test_a_cloud_and_an_encord_that_accept_and_never_answer_are_unknown_and_the_run_ends(stage, silent):
    ran = stage.run_here(
        *MEDIA, "--format", "json", HTTPS_PROXY=silent.address, ENCORD_DOMAIN=silent.address, INTEGRATIONS_TIMEOUT="2"
    )
    assert ran.code == ExitCode.INCOMPLETE
    found = unknown_and_skipped(ran)
    assert found["unknown"] == FIRST
    assert found["skip"] >= {"TRU303", "COR202", "ACC403", "ENC602"}
    assert {one["obstacle"] for one in ran.json["results"] if one["status"] == "unknown"} == {"network"}


def test_a_cloud_to_which_there_is_no_way_is_unknown(stage):
    nobody = "http://127.0.0.1:9"
    ran = stage.run_here(*MEDIA, "--format", "json", HTTPS_PROXY=nobody, ENCORD_DOMAIN=nobody, INTEGRATIONS_TIMEOUT="2")
    assert ran.code == ExitCode.INCOMPLETE
    assert unknown_and_skipped(ran)["unknown"] == FIRST


def test_only_the_cloud_is_silent_and_what_is_known_of_encord_is_told(stage, silent):
    ran = stage.run_here(*MEDIA, "--format", "json", HTTPS_PROXY=silent.address, INTEGRATIONS_TIMEOUT="2")
    assert ran.code == ExitCode.INCOMPLETE
    assert by_id(ran)["ENC602"]["status"] == "pass"


def test_credentials_that_were_revoked_are_no_network_problem(stage):
    """CI's key is deleted: the checker's role cannot be assumed with it any more."""
    iam = stage.client("iam")
    (key,) = iam.list_access_keys(UserName="ci")["AccessKeyMetadata"]
    iam.update_access_key(UserName="ci", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    try:
        ran = stage.run_here(*MEDIA, "--format", "json", "--select", "TRU,ACC,BKT")
    finally:
        iam.update_access_key(UserName="ci", AccessKeyId=key["AccessKeyId"], Status="Active")
    assert ran.code == ExitCode.NOT_AUTHORISED
    assert {one["obstacle"] for one in ran.json["results"] if one["status"] == "unknown"} == {"authentication"}


@pytest.mark.parametrize("value", ["0", "soon", "-1", "inf"])
def test_a_timeout_is_a_number_of_seconds(stage, value):
    ran = stage.run_here(*MEDIA, INTEGRATIONS_TIMEOUT=value)
    assert ran.code == ExitCode.USAGE and "INTEGRATIONS_TIMEOUT" in ran.err
