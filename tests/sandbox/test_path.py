"""The path of Encord's getting-started page by the commands alone, and each refusal on it in words a person can act on."""

from __future__ import annotations

import io
import json

import av
import pytest
from path_stage import errors, folder_of, repaired, tally

from integrations.errors import ExitCode
from integrations_sandbox import sandbox
from integrations_sandbox.examples import example
from integrations_sandbox.stages import stage_of

pytest_plugins = ["stage", "path_fixtures"]
CLOUD = "aws"

BASE = "https://acme-media-eu.s3.eu-west-2.amazonaws.com/"


def test_the_mixed_example_gives_six_units_and_two_playable_videos_in_the_bucket(media, submit):
    ran = submit(repaired(media, BASE))
    assert ran.code == ExitCode.CLEAN, ran.err
    assert tally(ran) == (6, 0)
    s3 = media.client("s3")
    written = s3.list_objects_v2(Bucket="acme-media-eu", Prefix="encord-image-sequences/")["Contents"]
    assert len(written) >= 2
    for one in written[-2:]:
        body = s3.get_object(Bucket="acme-media-eu", Key=one["Key"])["Body"].read()
        with av.open(io.BytesIO(body)) as video:
            assert len(list(video.decode(video=0))) == 4


def test_the_csv_example_gives_five_units(media, submit):
    ran = submit(example("mixed.csv", BASE), name="files.csv")
    assert (ran.code, tally(ran)) == (ExitCode.CLEAN, (5, 0)), ran.out


def test_the_other_media_give_six_units(media, submit):
    ran = submit(example("media.json", BASE))
    assert (ran.code, tally(ran)) == (ExitCode.CLEAN, (6, 0)), ran.err


def test_the_mixed_example_registers_through_the_access_point(media, submit):
    point = json.loads(media.sandbox.layout.outputs.read_text())["global"]["multiRegionAccessPoint"]["arn"]
    ran = submit(repaired(media, f"https://{point}.s3-accesspoint.amazonaws.com/"), "global")
    assert (ran.code, tally(ran)) == (ExitCode.CLEAN, (6, 0)), ran.err


def test_with_image_sequences_off_exactly_the_sequences_fail_and_say_why(media, submit):
    media.rewrite("imageSequences: true", "imageSequences: false")
    media.up()
    ran = submit(repaired(media, BASE))
    assert ran.code == ExitCode.FINDINGS
    assert tally(ran) == (4, 2)
    assert "s3:PutObject" in errors(ran)


def test_with_another_external_id_at_encord_everything_fails_and_says_why_and_so_does_the_probe(media, submit):
    integration = media.sandbox.environment.settings.integrations["media"]
    outputs = json.loads(media.sandbox.layout.outputs.read_text())["media"]
    known = next(one for one in media.sandbox.admin().list_integrations() if one["title"] == "acme-media")
    at = stage_of(integration).at_platform(integration, outputs, known["uuid"], media.sandbox.layout.folder)
    media.sandbox.admin().put_integration(type(at)(**{**_fields(at), "external_id": "somebody-elses"}))
    ran = submit(repaired(media, BASE))
    assert ran.code == ExitCode.FINDINGS
    assert tally(ran) == (0, 6)
    assert "could not be assumed" in errors(ran)
    assert "external ID" in errors(ran)
    code, found = media.check("--integration", "media", "--register-probe")
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"ENC603"}})


def _fields(record):
    return {name: getattr(record, name) for name in record.__struct_fields__}


def test_a_missing_object_is_a_404_where_encord_may_list(media, submit):
    media.client("s3").delete_object(Bucket="acme-media-eu", Key="images/Image1.png")
    ran = submit(repaired(media, BASE))
    assert (ran.code, tally(ran)) == (ExitCode.FINDINGS, (5, 1))
    assert "Image1.png" in errors(ran)
    assert "there is no object" in errors(ran)


def test_a_missing_object_is_a_403_where_encord_may_not_list_and_the_message_says_what_is_not_known(media, submit):
    media.rewrite("cloudSyncedFolders: true", "cloudSyncedFolders: false")
    media.up()
    media.client("s3").delete_object(Bucket="acme-media-eu", Key="images/Image1.png")
    ran = submit(repaired(media, BASE))
    assert (ran.code, tally(ran)) == (ExitCode.FINDINGS, (5, 1)), ran.err
    assert "403" in errors(ran)
    assert "without list permission AWS does not say which" in errors(ran)


def test_an_invalid_file_does_not_leave_the_machine(media, submit, request):
    ran = submit(example("mixed.json", BASE).replace('"images": [', '"imagse": ['))
    assert ran.code == ExitCode.FINDINGS
    assert media.run_here("folder", "show", folder_of(request)).code == ExitCode.NOTHING_MATCHED


@pytest.mark.parametrize(
    ("variables", "code", "words"),
    [
        ({"ENCORD_SSH_KEY_FILE": "/nowhere/key"}, ExitCode.USAGE, "does not exist"),
        ({"ENCORD_SSH_KEY_FILE": ""}, ExitCode.NOT_AUTHORISED, "there is no Encord key"),
        ({"ENCORD_DOMAIN": "http://127.0.0.1:9"}, ExitCode.INCOMPLETE, "cannot be reached"),
    ],
)
def test_what_stands_between_here_and_encord_is_one_sentence(stage, variables, code, words):
    ran = stage.run_here("folder", "list", **variables)
    assert ran.code == code
    assert words in ran.err
    assert "Traceback" not in ran.err


def test_a_key_that_encord_does_not_know_is_not_authorised(stage, tmp_path):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    (tmp_path / "key").write_bytes(key)
    ran = stage.run_here("folder", "list", ENCORD_SSH_KEY_FILE=str(tmp_path / "key"))
    assert ran.code == ExitCode.NOT_AUTHORISED
    assert "does not know this key" in ran.err


def test_quickstart_runs_twice_and_leaves_nothing_running(tmp_path):
    from stage import FOLDERS, PROJECT, ROOT, Stage

    for name in PROJECT:
        (tmp_path / name).write_text((ROOT / name).read_text())
    for name in FOLDERS:
        (tmp_path / name).symlink_to(ROOT / name)
    here = Stage(sandbox.open_sandbox(tmp_path))
    for _ in range(2):
        ran = here.run("quickstart", "--format", "json")
        assert ran.code == ExitCode.CLEAN, ran.err
        assert ran.json["ok"] is True
        assert not any(sandbox.running(here.sandbox).values())
