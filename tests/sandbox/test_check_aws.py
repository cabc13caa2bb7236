"""`integrations check` on AWS: what it says, of what it cannot know, and to whom. What breaks is in the matrix."""

from __future__ import annotations

import json

import pytest

from integrations.errors import ExitCode

pytest_plugins = ["stage"]
CLOUD = "aws"
MEDIA = ("--integration", "media")


def test_a_sound_environment_is_clean_and_every_question_is_answered(stage):
    code, found = stage.check("--write-probe", "--register-probe")
    assert (code, found) == (ExitCode.CLEAN, {})


def test_writing_without_image_sequences_is_too_much(stage):
    iam = stage.client("iam")
    stage.rewrite("imageSequences: true", "imageSequences: false")
    code, found = stage.check(*MEDIA, "--write-probe")
    assert code == ExitCode.FINDINGS
    assert found == {"fail": {"ACC402", "ACC404"}}
    stage.up()
    assert stage.check(*MEDIA, "--write-probe") == (ExitCode.CLEAN, {})
    policy = iam.get_role_policy(RoleName="encord-media", PolicyName="encord-objects")["PolicyDocument"]
    assert "s3:PutObject" not in json.dumps(policy)


def test_a_missing_probe_object_is_said_to_be_missing_where_listing_is_allowed(stage):
    stage.client("s3").delete_object(Bucket="acme-media-eu", Key="probe/pixel.png")
    ran = stage.run_here("check", *MEDIA, "--select", "ACC403")
    assert ran.code == ExitCode.FINDINGS
    assert "probe/pixel.png is not there" in ran.out


def test_without_leave_to_list_a_missing_object_and_a_forbidden_one_look_alike_and_the_message_says_so(stage):
    stage.rewrite("cloudSyncedFolders: true", "cloudSyncedFolders: false")
    stage.up()
    stage.client("s3").delete_object(Bucket="acme-media-eu", Key="probe/pixel.png")
    ran = stage.run_here("check", *MEDIA, "--select", "ACC403")
    assert ran.code == ExitCode.FINDINGS
    assert "without leave to list, AWS does not say which" in ran.out


def test_the_wrong_region_is_named_with_the_right_one(stage):
    stage.rewrite("{name: acme-media-eu, region: eu-west-2", "{name: acme-media-eu, region: eu-west-1")
    ran = stage.run_here("check", *MEDIA, "--select", "BKT102")
    assert ran.code == ExitCode.FINDINGS
    assert "the bucket is in eu-west-2" in ran.out


def test_a_bucket_that_is_not_there_is_one_failure(stage):
    stage.rewrite("acme-media-eu", "acme-media-nowhere")
    code, found = stage.check(*MEDIA, profile="deployer")
    assert code == ExitCode.FINDINGS
    assert found["fail"] >= {"BKT101"}
    assert not {"COR201", "COR202", "BKT103"} & found["fail"]


@pytest.mark.parametrize("bucket", ["acme-global-eu", "acme-global-us"])
def test_an_object_put_in_either_bucket_is_read_through_the_access_point(stage, bucket):
    region = {"acme-global-eu": "eu-west-2", "acme-global-us": "us-east-1"}[bucket]
    stage.client("s3", region=region).put_object(Bucket=bucket, Key=f"from/{bucket}.png", Body=b"picture")
    stage.rewrite("probeObject: probe/pixel.png", f"probeObject: from/{bucket}.png")
    stage.up()
    code, found = stage.check("--integration", "global", "--select", "MRP,ACC403")
    assert (code, found) == (ExitCode.CLEAN, {})


def test_without_a_check_principal_live_claims_are_listed_and_only_counted_on_demand(stage):
    stage.rewrite("checkPrincipal:", "#")
    stage.up()
    code, found = stage.check(*MEDIA)
    assert code == ExitCode.CLEAN
    assert found == {"skip": {"TRU303", "TRU304", "TRU305", "ACC403", "URL801"}}
    code, found = stage.check(*MEDIA, "--require", "live")
    assert code == ExitCode.INCOMPLETE
    assert "TRU303" in found["unknown"]


def test_before_encords_dialog_the_role_does_not_exist_and_its_questions_wait(stage):
    for line in ("externalId: sandbox-external-id-global", "externalId: sandbox-external-id"):
        stage.rewrite(line, "")
    stage.up()
    code, found = stage.check(*MEDIA)
    assert code == ExitCode.CLEAN
    assert found["skip"] >= {"TRU301"}
    with pytest.raises(Exception, match="NoSuchEntity"):
        stage.client("iam").get_role(RoleName="encord-media")


def test_encord_that_does_not_know_the_integration_says_what_it_knows(stage):
    stage.rewrite("title: acme-media", "title: acme-mistyped")
    ran = stage.run_here("check", *MEDIA, "--select", "ENC602")
    assert ran.code == ExitCode.FINDINGS
    assert "'acme-media'" in ran.out


def test_credentials_that_aws_does_not_know_are_not_authorised_to_look(stage):
    stranger = {"AWS_ACCESS_KEY_ID": "AKIAXXXXXXXXXXXXXXXX", "AWS_SECRET_ACCESS_KEY": "x"}
    ran = stage.run_here("check", *MEDIA, "--select", "TRU301", profile="ci", **stranger, AWS_CONFIG_FILE="/dev/null")
    assert ran.code == ExitCode.NOT_AUTHORISED
    assert "AWS does not accept these credentials" in ran.out


def test_rights_that_do_not_suffice_are_unknown_and_never_green(stage):
    code, found = stage.check(*MEDIA, "--select", "BKT", profile="ci")
    assert code == ExitCode.NOT_AUTHORISED
    assert found["unknown"] == {"BKT101"}


def test_a_profile_that_is_not_there_is_a_wrong_configuration(stage):
    ran = stage.run_here("check", *MEDIA, profile="nobody")
    assert ran.code == ExitCode.USAGE
    assert "nobody" in ran.err
