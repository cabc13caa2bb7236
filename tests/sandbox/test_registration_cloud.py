"""Registration files against a real bucket's API, through proxy and CA bundle: asked for, built, repaired, registered."""

from __future__ import annotations

import json
import re
from itertools import cycle
from pathlib import Path

import pytest

from integrations.errors import ExitCode
from integrations_sandbox import people
from integrations_sandbox.clouds import certificates
from integrations_sandbox.media import write_samples
from integrations_sandbox.stages import CHECKER, DEPLOYER, stage_of

pytest_plugins = ["stage"]
CLOUD = "aws"

BUCKET = "acme-media-eu"
BASE = f"https://{BUCKET}.s3.eu-west-2.amazonaws.com/"
PREFIX = "listed/"
STRANGER = "333333333333"  # the root user of an account that nobody has granted anything
DICOM = Path(__file__).parents[1] / "unit/registration/examples/aws-dicom.json"


@pytest.fixture
def put(stage):
    """Puts objects into the bucket by key; they are gone afterwards."""
    added = []

    def objects(bodies):
        integration = stage.sandbox.environment.settings.integrations["media"]
        added.extend(bodies)
        with people.working_as(stage.sandbox.variables(DEPLOYER)):
            stage_of(integration).put_objects(integration, bodies.items(), everywhere=False)

    yield objects
    s3 = stage.client("s3")
    for key in added:
        s3.delete_object(Bucket=BUCKET, Key=key)


@pytest.fixture
def samples(tmp_path):
    """Small media of every kind: their bytes by key."""
    return {sample.key: (tmp_path / sample.key).read_bytes() for sample in write_samples(tmp_path)}


def _registration(stage, keys, name="files.json"):
    """A file that names these objects from line 2 on, one a line."""
    items = ",\n".join(json.dumps({"objectUrl": f"{BASE}{key}"}) for key in keys)
    path = stage.root / name
    path.write_text(f'{{"images": [\n{items}\n]}}')
    return str(path)


def _asked(stage, path, profile=DEPLOYER, **variables):
    words = ("registration", "validate", path, "--objects", "--env", "sandbox", "--integration", "media")
    ran = stage.run(*words, "--format", "json", profile=profile, **variables)
    assert ran.out, ran.err
    return ran.code, [(one["id"], one["line"]) for one in ran.json["findings"]]


def _submitted(stage, path, folder):
    words = ("--folder", folder, "--create-folder", "--integration", "media", "--yes", "--format", "json")
    ran = stage.run("registration", "submit", str(path), *words)
    return ran.code, (ran.json["tally"]["registered"], ran.json["tally"]["failed"])


def test_objects_that_are_there_are_clean_and_a_missing_one_is_found_on_its_line(stage, put):
    put({"there/a.png": b"a", "there/b.png": b"b"})
    assert _asked(stage, _registration(stage, ["there/a.png", "there/b.png"])) == (ExitCode.CLEAN, [])
    missing = _registration(stage, ["there/a.png", "there/none.png", "there/b.png"])
    assert _asked(stage, missing) == (ExitCode.FINDINGS, [("REG316", 3)])


def test_an_object_that_this_person_may_not_read_is_unreadable_not_missing(stage, put):
    put({"there/a.png": b"a"})
    path = _registration(stage, ["there/a.png"])
    assert _asked(stage, path, profile=CHECKER) == (ExitCode.FINDINGS, [("REG317", 2)])


@pytest.mark.parametrize("unset", ["AWS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_either_variable_alone_makes_the_proxys_certificate_trusted(stage, put, unset):
    put({"there/a.png": b"a"})
    assert _asked(stage, _registration(stage, ["there/a.png"]), **{unset: ""}) == (ExitCode.CLEAN, [])


@pytest.mark.parametrize("without", ["certificate", "proxy"])
def test_without_its_certificate_or_proxy_nothing_is_reached_and_nothing_called_missing(stage, put, tmp_path, without):
    put({"there/a.png": b"a"})
    if without == "certificate":
        variables = dict.fromkeys(["AWS_CA_BUNDLE", "SSL_CERT_FILE"], str(certificates.authority(tmp_path / "another")))
    else:
        variables = {"HTTPS_PROXY": "http://127.0.0.1:9"}
    path = _registration(stage, ["there/a.png"])
    assert _asked(stage, path, **variables) == (ExitCode.FINDINGS, [("REG317", 2)])


def test_a_listing_becomes_a_file_that_validates_and_registers(stage, put, samples):
    kept = ("images/Image1.png", "videos/video.mp4", "audio/chime.wav", "documents/report.pdf")
    put({f"{PREFIX}{key}": samples[key] for key in kept} | {f"{PREFIX}data.bin": b"1"})
    words = ("registration", "build", f"s3://{BUCKET}/{PREFIX}", "built", "--region", "eu-west-2")
    ran = stage.run(*words, profile=DEPLOYER)
    assert ran.code == ExitCode.CLEAN, ran.err
    assert "left out: 1 (extension .bin)" in ran.err
    (path,) = ran.out.splitlines()
    named = re.findall(r'"(https://[^"]*)"', (stage.root / path).read_text())
    assert sorted(named) == sorted(f"{BASE}{PREFIX}{key}" for key in kept)
    assert _asked(stage, path) == (ExitCode.CLEAN, [])
    assert _submitted(stage, path, "Cloud/built") == (ExitCode.CLEAN, (len(kept), 0))


def test_a_bucket_that_may_not_be_listed_is_not_authorised(stage):
    words = ("registration", "build", f"s3://{BUCKET}/{PREFIX}", "built-none", "--region", "eu-west-2")
    ran = stage.run(*words, AWS_ACCESS_KEY_ID=STRANGER, AWS_SECRET_ACCESS_KEY="root")
    assert ran.code == ExitCode.NOT_AUTHORISED, ran.err
    assert f"{BUCKET} may not be listed" in ran.err
    assert not (stage.root / "built-none").exists()


def test_encords_dicom_example_registers_once_it_is_repaired(stage, put, samples):
    text = DICOM.read_text().replace("encord-integration.s3.", f"{BUCKET}.s3.")
    slices = cycle(body for key, body in samples.items() if key.endswith(".dcm"))
    put(dict(zip(re.findall(rf"{re.escape(BASE)}([^\"]+)", text), slices, strict=False)))
    published, mended = stage.root / "dicom.json", stage.root / "dicom-mended.json"
    published.write_text(text)
    assert _asked(stage, str(published)) == (ExitCode.FINDINGS, [("REG104", 11), ("REG104", 16)])
    ran = stage.run("registration", "repair", str(published), "--output", str(mended))
    assert ran.code == ExitCode.CLEAN, ran.err
    assert _asked(stage, str(mended)) == (ExitCode.CLEAN, [])
    assert _submitted(stage, mended, "Cloud/dicom") == (ExitCode.CLEAN, (3, 0))
