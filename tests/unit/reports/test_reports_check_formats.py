"""What machines read of a check run is held to the schemas that they read it by."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest
import xmlschema

from integrations.checks.catalogue import CATALOGUE, CheckId
from integrations.reports import check_formats
from integrations.reports.check_formats import Place
from integrations.reports.pages import SITE

ROOT = Path(__file__).parents[3]
DATA = Path(__file__).parent / "data"
PLACES = {
    ("prod", "videos"): Place("Pulumi.prod.yaml", 12, 5),
    ("prod", "scans"): Place("Pulumi.prod.yaml", 40, 5),
    ("prod", ""): Place("Pulumi.prod.yaml"),
}


def written(form, results):
    return check_formats.RENDERERS[form](results, PLACES)


# JSON


def published():
    return json.loads((ROOT / "docs/schema/check-results-1.json").read_text())


def test_json_is_what_the_published_schema_says(results):
    jsonschema.validate(json.loads(written("json", results)), published(), jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda run: run.pop("schema_version"),
        lambda run: run.update(schema_version=2),
        lambda run: run["results"][0].pop("status"),
        lambda run: run["results"][0].update(status="green"),
        lambda run: run["results"][0].update(severity=None),
    ],
)
def test_the_published_schema_refuses_what_is_no_run(results, spoil):
    run = json.loads(written("json", results))
    spoil(run)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(run, published(), jsonschema.Draft202012Validator)


def test_the_published_schema_is_made_from_the_records():
    assert published() == check_formats.json_schema()
    jsonschema.Draft202012Validator.check_schema(published())
    assert published()["$id"].endswith("/docs/schema/check-results-1.json")


def test_lines_of_json_are_the_results_one_by_one(results):
    lines = written("jsonl", results).splitlines()
    assert [json.loads(line) for line in lines] == json.loads(written("json", results))["results"]


# SARIF


def test_sarif_is_what_its_official_schema_says(results):
    schema = json.loads((DATA / "sarif-2.1.0-rtm.5.json").read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    log = json.loads(written("sarif", results))
    validator.validate(log)
    log["runs"][0]["results"][0]["level"] = "grave"
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(log)


def test_sarif_points_at_the_line_that_declares_the_integration(results):
    (run,) = json.loads(written("sarif", results))["runs"]
    found = {one["ruleId"]: one["locations"][0]["physicalLocation"] for one in run["results"]}
    assert set(found) == {"BKT103", "BKT105", "COR202", "TRU303"}
    assert found["COR202"]["artifactLocation"]["uri"] == "Pulumi.prod.yaml"
    assert found["COR202"]["region"] == {"startLine": 12, "startColumn": 5}
    assert found["BKT103"]["region"]["startLine"] == 40


def test_sarif_has_every_check_as_a_rule_with_its_page_on_the_web(results):
    (run,) = json.loads(written("sarif", results))["runs"]
    rules = {rule["id"]: rule["helpUri"] for rule in run["tool"]["driver"]["rules"]}
    assert set(rules) == set(CheckId)
    assert rules["COR202"] == f"{SITE}{CATALOGUE[CheckId.CORS_PREFLIGHT].page}"


def test_a_finding_keeps_its_fingerprint_when_only_its_words_change(results):
    from msgspec.structs import replace

    def prints(of):
        (run,) = json.loads(written("sarif", of))["runs"]
        return [one["partialFingerprints"] for one in run["results"]]

    assert prints(results) == prints([replace(one, seen="other words") for one in results])
    assert prints(results) != prints([replace(one, subject="another") for one in results])


def test_what_is_suppressed_is_told_as_such_and_what_is_unknown_makes_the_run_incomplete(results):
    (run,) = json.loads(written("sarif", results))["runs"]
    kinds = {one["ruleId"]: one.get("suppressions") for one in run["results"]}
    assert kinds["BKT103"] == [{"kind": "external", "justification": "the owner knows (until 2027-01-31)"}]
    assert kinds["COR202"] is None
    assert run["invocations"][0]["executionSuccessful"] is False
    assert "no answer" in json.dumps(run["invocations"])
    (clean,) = json.loads(written("sarif", [one for one in results if one.status == "pass"]))["runs"]
    assert "invocations" not in clean and clean["results"] == []


# JUnit


def test_junit_is_what_the_common_schema_says(results):
    schema = xmlschema.XMLSchema(DATA / "junit-10.xsd")
    document = written("junit", results)
    schema.validate(document)
    with pytest.raises(xmlschema.XMLSchemaException):
        schema.validate(document.replace("<testsuite ", "<testcases ").replace("</testsuite>", "</testcases>"))


def test_junit_fails_for_errors_and_skips_what_has_no_answer(results):
    suites = xmlschema.XMLSchema(DATA / "junit-10.xsd").to_dict(written("junit", results))["testsuite"]
    videos, scans = suites
    assert (videos["@name"], videos["@tests"], videos["@failures"], videos["@skipped"]) == (
        "prod.videos",
        "6",
        "2",
        "2",
    )
    failed = {case["@name"][:6] for case in videos["testcase"] if "failure" in case}
    assert failed == {"COR202", "TRU303"}
    assert scans["@failures"] == "0", "what is suppressed does not fail"
    told = next(case["system-out"] for case in scans["testcase"] if case["@name"].startswith("BKT103"))
    assert "the owner knows" in str(told)


# GitHub


def test_github_shows_what_counts_at_its_line_errors_first(results):
    lines = written("github", results).splitlines()
    assert [line.split(" ")[0] for line in lines] == ["::error", "::error", "::warning", "::notice"]
    assert lines[0].startswith("::error file=Pulumi.prod.yaml,line=12,col=5,title=COR202 ")
    assert not any("BKT103" in line for line in lines)


@pytest.mark.parametrize("form", ["github", "sarif", "junit"])
def test_the_page_is_the_checks_own_and_the_runbook_stands_beside_it(results, form):
    text = written(form, results).replace("%0A", "\n").replace("\\n", "\n").replace("&#10;", "\n")
    assert "page: docs/checks/COR202.md\nrunbook: docs/runbooks/images-do-not-load.md" in text
    assert "page: docs/checks/BKT105.md" in text and "page: docs/runbooks" not in text


def test_the_summary_of_a_step_lists_what_does_not_pass(results):
    text = check_formats.as_markdown(results)
    assert f"[COR202]({SITE}docs/checks/COR202.md)" in text
    assert "BKT101" not in text and "BKT103" not in text
    assert text.count("\n| ") == 5, "a head and four rows"


# What holds the project together


def test_the_address_of_the_pages_is_the_projects():
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]
    assert urls["Changelog"] == f"{SITE}CHANGELOG.md"
