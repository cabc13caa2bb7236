"""Any other S3-compatible store, by endpoint and credentials alone: the same code as for Open Telekom Cloud."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from otc_stage import PIXEL, obs

from integrations.environment.s3_compatible import Store
from integrations.errors import ExitCode
from integrations_sandbox import sandbox

pytest_plugins = ["stage"]
STORE = Store("https://objects.store.example", "us-east-1", "path", "s3")
USER = "arn:aws:iam::444444444444:user"
ENVIRONMENT = f"""\
config:
  encord-integrations:disposable: true
  encord-integrations:corsOrigins: [https://app.encord.com]
  encord-integrations:checkers:
    s3:
      - {{endpoint: https://objects.store.example, principal: "{USER}/checker"}}
  encord-integrations:integrations:
    store:
      cloud: s3
      endpoint: https://objects.store.example
      buckets:
        - {{name: acme-store, ownership: create}}
      imageSequences: true
      cloudSyncedFolders: true
      encord:
        title: acme-store
        principal: {USER}/encord
      checkPrincipal: {USER}/check
      probeObject: probe/pixel.png
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from stage import FOLDERS, ROOT, Stage  # pytest must have loaded the plugin first

    root = tmp_path_factory.mktemp("s3")
    shutil.copy(ROOT / "Pulumi.yaml", root / "Pulumi.yaml")
    (root / "Pulumi.sandbox.yaml").write_text(ENVIRONMENT)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    here = sandbox.open_sandbox(root)
    try:
        sandbox.start(here, lambda _: None)
        yield Stage(here)
    finally:
        sandbox.stop(here)


@pytest.fixture
def store(whole: Any) -> Any:
    """The store's sandbox as it was at the beginning."""
    (whole.root / "Pulumi.sandbox.yaml").write_text(ENVIRONMENT)
    whole.up()
    return whole


def policy(store):
    return json.loads(obs(store, "s3", STORE).get_bucket_policy(Bucket="acme-store")["Policy"])


def test_a_sound_environment_is_clean_and_every_question_is_answered(store):
    code, found = store.check("--write-probe", "--register-probe")
    assert (code, found) == (ExitCode.CLEAN, {})


def test_its_policy_is_in_awss_words_and_names_its_own_users(store):
    document = policy(store)
    assert document["Version"] == "2012-10-17"
    named = {one["Sid"]: one["Principal"] for one in document["Statement"]}
    assert named["EncordIntegrationsRead"] == {"AWS": [f"{USER}/encord", f"{USER}/check"]}


def test_a_grant_that_is_taken_away_fails_at_the_document_and_at_the_object(store):
    document = policy(store)
    document["Statement"] = [one for one in document["Statement"] if one["Sid"] != "EncordIntegrationsRead"]
    obs(store, "s3", STORE).put_bucket_policy(Bucket="acme-store", Policy=json.dumps(document))
    code, found = store.check()
    assert (code, found) == (
        ExitCode.FINDINGS,
        {"fail": {"ACC401", "ACC403"}, "skip": {"TRU306", "COR203", "COR205", "COR206", "COR207"}},
    )


def test_a_store_without_bucket_policies_and_cors_of_its_own_gets_neither_and_nothing_is_claimed(store):
    path = store.root / "Pulumi.sandbox.yaml"
    path.write_text(ENVIRONMENT.replace("cloud: s3\n", "cloud: s3\n      grants: user-policy\n      cors: server\n"))
    store.up()
    s3 = obs(store, "s3", STORE)
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchBucketPolicy"):
        s3.get_bucket_policy(Bucket="acme-store")
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchCORSConfiguration"):
        s3.get_bucket_cors(Bucket="acme-store")
    code, found = store.check("--select", "BKT101,COR201,TRU302,ACC401,ACC402,BKT105", profile="deployer")
    assert (code, found) == (ExitCode.CLEAN, {"skip": {"COR201", "TRU302", "ACC401", "ACC402", "BKT105"}})
    shown = store.run("access", "show", "store", "-d", "user-policy")
    assert [one["Action"] for one in shown.json["Statement"]] == [["s3:GetObject"], ["s3:ListBucket"], ["s3:PutObject"]]


def test_destroy_leaves_nothing(store):
    assert obs(store, "s3", STORE).head_object(Bucket="acme-store", Key=PIXEL)
    assert sandbox.provision(sandbox.open_sandbox(store.root), "destroy").ok
    assert obs(store, "s3", STORE).list_buckets()["Buckets"] == []
