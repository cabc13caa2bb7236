"""Who reaches a bucket, and how: rights, proxy and certificates. What else is done with one is in test_registration_clouds."""

from __future__ import annotations

import json

import pytest

from integrations.errors import ExitCode
from integrations_sandbox import people
from integrations_sandbox.clouds import certificates
from integrations_sandbox.stages import CHECKER, DEPLOYER, stage_of

pytest_plugins = ["stage"]
CLOUD = "aws"

BUCKET = "acme-media-eu"
BASE = f"https://{BUCKET}.s3.eu-west-2.amazonaws.com/"
PREFIX = "listed/"
STRANGER = "333333333333"  # the root user of an account that nobody has granted anything


@pytest.fixture(scope="module")
def stage(stages):
    """Nothing here changes how the sandbox is configured, so that nothing must be restored."""
    return stages(CLOUD)


@pytest.fixture(scope="module")
def path(stage):
    """A file that names, in line 2, an object that is there."""
    integration = stage.sandbox.environment.settings.integrations["media"]
    with people.working_as(stage.sandbox.variables(DEPLOYER)):
        stage_of(integration).put_objects(integration, [("there/a.png", b"a")], everywhere=False)
    file = stage.root / "files.json"
    file.write_text(f'{{"images": [\n{json.dumps({"objectUrl": f"{BASE}there/a.png"})}\n]}}')
    return str(file)


def _asked(stage, path, profile=DEPLOYER, **variables):
    words = ("registration", "validate", path, "--objects", "--env", "sandbox", "--integration", "media")
    ran = stage.run_here(*words, "--format", "json", profile=profile, **variables)
    assert ran.out, ran.err
    return ran.code, [(one["id"], one["line"]) for one in ran.json["findings"]]


def test_an_object_that_this_person_may_not_read_is_unreadable_not_missing(stage, path):
    assert _asked(stage, path, profile=CHECKER) == (ExitCode.FINDINGS, [("REG317", 2)])


def test_a_bucket_that_is_not_there_or_elsewhere_is_what_is_said_to_be_wrong(stage, tmp_path):
    urls = [BASE.replace(BUCKET, "acme-media-none") + "a.png", BASE.replace("eu-west-2", "us-east-1") + "there/a.png"]
    (tmp_path / "f.json").write_text(json.dumps({"images": [{"objectUrl": url} for url in urls]}))
    words = ("registration", "validate", str(tmp_path / "f.json"), "--objects", "--format", "json")
    found = stage.run_here(*words, profile=DEPLOYER).json["findings"]
    assert [(one["id"], one["message"]) for one in found] == [
        ("REG316", "there is no bucket acme-media-none"),
        ("REG317", f"the bucket {BUCKET} is not in us-east-1"),  # the sandbox tells nobody where it is
    ]


@pytest.mark.parametrize("unset", ["AWS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_either_variable_alone_makes_the_proxys_certificate_trusted(stage, path, unset):
    assert _asked(stage, path, **{unset: ""}) == (ExitCode.CLEAN, [])


@pytest.mark.parametrize("without", ["certificate", "proxy"])
def test_without_its_certificate_or_proxy_nothing_is_reached_and_nothing_called_missing(stage, path, tmp_path, without):
    if without == "certificate":
        variables = dict.fromkeys(["AWS_CA_BUNDLE", "SSL_CERT_FILE"], str(certificates.authority(tmp_path / "another")))
    else:
        variables = {"HTTPS_PROXY": "http://127.0.0.1:9"}
    assert _asked(stage, path, **variables) == (ExitCode.INCOMPLETE, [("REG318", 2)])


def test_a_bucket_that_may_not_be_listed_is_not_authorised(stage):
    words = ("registration", "build", f"s3://{BUCKET}/{PREFIX}", "built-none", "--region", "eu-west-2")
    ran = stage.run_here(*words, AWS_ACCESS_KEY_ID=STRANGER, AWS_SECRET_ACCESS_KEY="root")
    assert ran.code == ExitCode.NOT_AUTHORISED, ran.err
    assert f"{BUCKET} may not be listed" in ran.err
    assert not (stage.root / "built-none").exists()
