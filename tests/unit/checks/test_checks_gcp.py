"""How a bucket's policy on Google Cloud is judged for Encord's service account, and what Google's refusals mean."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import msgspec
import pytest

from integrations import google_cloud
from integrations.checks.gcp_bucket import BucketQuestions
from integrations.checks.gcp_grants import GrantQuestions
from integrations.checks.gcp_sessions import Clients, guarded, limits
from integrations.checks.records import Obstacle, Status, passed
from integrations.environment.model import Environment, GcpIntegration, Settings

ENCORD = "serviceAccount:encord@encord-platform.iam.gserviceaccount.com"
CHECK = "serviceAccount:check@acme-media.iam.gserviceaccount.com"
CI = "serviceAccount:ci@acme-media.iam.gserviceaccount.com"
VIEWER, READER, WRITER = "roles/storage.objectViewer", "roles/storage.legacyObjectReader", "roles/storage.objectCreator"
THEIRS = "projects/acme-media/roles/encordReader"


@pytest.fixture(autouse=True)
def _google():
    google_cloud.load()


def integration(**changes):
    plain = {
        "cloud": "gcp",
        "name": "images",
        "project": "acme-media",
        "buckets": [{"name": "acme-eu", "location": "EU", "ownership": "create"}],
        "encord": {"serviceAccount": ENCORD.partition(":")[2]},
    }
    return msgspec.convert({**plain, **changes}, GcpIntegration)


def asked(*bindings, **changes):
    """The questions about a bucket with this policy, each binding a role, its members and perhaps a condition."""
    one = integration(**changes)
    policy = [
        {"role": role, "members": set(members.split()), **({"condition": {"expression": when[0]}} if when else {})}
        for role, members, *when in bindings
    ]
    bucket = SimpleNamespace(get_iam_policy=lambda **_: SimpleNamespace(bindings=policy))
    clients = SimpleNamespace(own=SimpleNamespace(bucket=lambda _: bucket), caller="ci")
    plain = {"integrations": {}, "corsOrigins": ["https://app.encord.com"], "checkers": {"gcp": {"member": CI}}}
    settings = msgspec.structs.replace(msgspec.convert(plain, Settings), integrations={"images": one})
    return GrantQuestions(clients, one, Environment("dev", settings, "Pulumi.dev.yaml"), one.buckets[0])


def test_the_stated_grants_are_right():
    questions = asked((READER, ENCORD), (WRITER, ENCORD), imageSequences=True)
    for ask in (
        questions.named, questions.exactly_named, questions.read_granted, questions.write_granted, questions.narrow
    ):  # fmt: skip
        assert ask().status is Status.PASS


def test_any_role_that_reads_will_do():
    assert asked((VIEWER, ENCORD)).read_granted().status is Status.PASS


@pytest.mark.parametrize("members", ["", CI, "allUsers"])
def test_what_others_are_granted_is_not_encords(members):
    answer = asked((VIEWER, members)).named()
    assert answer.status is Status.FAIL
    assert "organisation policy administrator" in answer.fix


def test_a_role_of_the_organisations_own_is_neither_right_nor_wrong():
    questions = asked((THEIRS, ENCORD))
    for ask in (questions.read_granted, questions.write_granted, questions.narrow):
        answer = ask()
        assert (answer.status, answer.obstacle) == (Status.UNKNOWN, Obstacle.RIGHTS)
        assert THEIRS in answer.reason


def test_beside_a_known_role_that_reads_it_does_not_matter_for_reading():
    assert asked((THEIRS, ENCORD), (READER, ENCORD)).read_granted().status is Status.PASS


@pytest.mark.parametrize(
    "role", [WRITER, "roles/storage.objectUser", "roles/storage.admin", "roles/storage.legacyBucketWriter"]
)
def test_without_image_sequences_any_role_that_changes_something_is_too_much(role):
    answer = asked((READER, ENCORD), (role, ENCORD)).write_granted()
    assert answer.status is Status.FAIL
    assert "granted, image sequences off" in answer.seen


def test_writing_under_a_condition_of_somebody_elses_is_too_much_where_none_is_wanted_and_too_little_where_some_is():
    elsewhere = 'resource.name.startsWith("projects/_/buckets/acme-eu/objects/elsewhere/")'
    bindings = ((READER, ENCORD), (WRITER, ENCORD, elsewhere))
    assert asked(*bindings).write_granted().status is Status.FAIL
    assert asked(*bindings, imageSequences=True).write_granted().status is Status.FAIL
    assert asked(*bindings, imageSequences=True, writePrefix="elsewhere/").write_granted().status is Status.PASS


@pytest.mark.parametrize(
    ("role", "status", "seen"),
    [
        ("roles/storage.objectUser", Status.FAIL, "storage.objects.delete"),
        ("roles/storage.objectAdmin", Status.FAIL, "storage.objects.setIamPolicy"),
        ("roles/storage.admin", Status.FAIL, "storage.buckets.delete"),
        (VIEWER, Status.WARNING, "storage.objects.list"),
        ("roles/storage.bucketViewer", Status.WARNING, "storage.buckets.get"),
        (WRITER, Status.PASS, ""),  # writing is a question of its own
    ],
)
def test_what_encord_is_granted_besides_is_named_with_the_role_that_grants_it(role, status, seen):
    answer = asked((READER, ENCORD), (role, ENCORD)).narrow()
    assert answer.status is status and seen in answer.seen
    if status is not Status.PASS:
        assert f"--member={ENCORD} --role={role} --condition=None" in answer.fix


def test_a_role_beyond_the_prefixes_is_too_wide_and_one_under_an_unknown_condition_only_suspect():
    prefixes = {"prefixes": ["released/"]}
    exact = 'resource.name.startsWith( "projects/_/buckets/acme-eu/objects/released/" )'
    assert asked((VIEWER, ENCORD, exact), **prefixes).narrow().status is Status.PASS
    wide = asked((VIEWER, ENCORD), **prefixes).narrow()
    assert wide.status is Status.FAIL and "in the whole bucket" in wide.seen
    assert asked((VIEWER, ENCORD, "resource.name != 'x'"), **prefixes).narrow().status is Status.WARNING
    # Where everything may be read, no condition makes it more.
    assert asked((VIEWER, ENCORD, "resource.name != 'x'"), cloudSyncedFolders=True).narrow().status is Status.PASS


def test_who_else_may_read_is_told_with_the_command_that_ends_it():
    answer = asked((READER, ENCORD), (VIEWER, "allUsers")).exactly_named()
    assert answer.status is Status.FAIL
    assert "gs://acme-eu --member=allUsers --role=roles/storage.objectViewer --all" in answer.fix


def test_project_members_and_the_checker_may_be_there_and_others_may_not():
    convenience = ("roles/storage.legacyObjectOwner", "projectOwner:acme-media projectEditor:acme-media")
    assert asked((READER, ENCORD), convenience, (VIEWER, CI)).exactly_named().status is Status.PASS
    answer = asked((READER, f"{ENCORD} user:jo@acme.example")).exactly_named()
    assert answer.status is Status.FAIL
    assert "user:jo@acme.example may read objects too" in answer.seen


def test_whom_an_owner_lets_into_their_own_bucket_is_their_business():
    theirs = [{"name": "acme-eu", "location": "EU", "ownership": "existing"}]
    assert asked((READER, f"{ENCORD} user:jo@acme.example"), buckets=theirs).exactly_named().status is Status.PASS


@pytest.mark.parametrize("check", [(), ((VIEWER, CHECK),), ((READER, CHECK, "resource.type == 'x'"),)])
def test_a_check_principal_with_other_grants_than_encords_proves_nothing(check):
    answer = asked((READER, ENCORD), *check, checkPrincipal=CHECK.partition(":")[2]).exactly_named()
    assert answer.status is Status.FAIL
    assert "proves nothing for Encord" in answer.seen


def test_a_check_principal_that_has_more_than_encord_is_told_what_to_give_up():
    answer = asked(
        (READER, f"{ENCORD} {CHECK}"), (WRITER, CHECK), checkPrincipal=CHECK.partition(":")[2]
    ).exactly_named()
    assert answer.status is Status.FAIL
    assert f"--member={CHECK} --role={WRITER} --condition=None" in answer.fix and READER not in answer.fix


def test_before_encords_dialog_the_questions_wait():
    questions = asked(encord={}, checkPrincipal=CHECK.partition(":")[2])
    for ask in (questions.named, questions.impersonated):
        assert (ask().status, ask().reason) == (Status.SKIP, "awaiting Encord")


# -- the bucket's settings ---------------------------------------------------------------


def of_bucket(settings, refusal=None, **changes):
    """The questions about a bucket with these settings, or of which Google refuses to tell them."""
    from google.cloud.storage import Bucket

    def get_bucket(name, **_):
        if refusal:
            raise refusal
        bucket = Bucket(SimpleNamespace(), name)
        bucket._set_properties(settings)
        return bucket

    one = integration(**changes)
    clients = SimpleNamespace(own=SimpleNamespace(get_bucket=get_bucket))
    plain = msgspec.convert({"integrations": {}, "corsOrigins": ["https://app.encord.com"]}, Settings)
    settings_ = msgspec.structs.replace(plain, integrations={"images": one})
    return BucketQuestions(clients, one, Environment("dev", settings_, "Pulumi.dev.yaml"), one.buckets[0])


def test_who_is_told_that_somebody_must_pay_is_told_that_the_requester_pays():
    from google.api_core.exceptions import BadRequest

    refused = of_bucket({}, BadRequest("Bucket is a requester pays bucket but no user project provided."))
    assert refused.found().status is Status.PASS
    assert refused.owner_pays().status is Status.FAIL
    assert of_bucket({"billing": {"requesterPays": True}}).owner_pays().status is Status.FAIL
    assert of_bucket({"billing": {"requesterPays": False}}).owner_pays().status is Status.PASS
    for ask in (of_bucket({}, BadRequest("other")).found, of_bucket({}, BadRequest("other")).owner_pays):
        with pytest.raises(BadRequest):
            ask()


EXISTING = [{"name": "acme-eu", "location": "EU", "ownership": "existing"}]


@pytest.mark.parametrize(
    ("settings", "status", "fix"),
    [
        ({}, Status.PASS, ""),
        ({"softDeletePolicy": {"retentionDurationSeconds": "604800"}}, Status.PASS, ""),
        ({"retentionPolicy": {"retentionPeriod": "60"}}, Status.FAIL, "--clear-retention-period"),
        ({"defaultEventBasedHold": True}, Status.FAIL, "--no-default-event-based-hold"),
        ({"retentionPolicy": {"retentionPeriod": "60", "isLocked": True}}, Status.FAIL, "another bucket"),
    ],
)
def test_what_keeps_a_sequences_video_from_being_replaced_is_told_and_whether_it_can_be_mended(settings, status, fix):
    answer = of_bucket(settings, buckets=EXISTING).written_not_held()
    assert answer.status is status and fix in answer.fix


@pytest.mark.parametrize(
    ("rule", "status"),
    [
        ({"age": 30}, Status.WARNING),
        ({"age": 30, "isLive": True}, Status.WARNING),
        ({"age": 30, "matchesPrefix": ["released/old/"]}, Status.WARNING),
        ({"age": 30, "matchesPrefix": ["temporary/"]}, Status.PASS),
        ({"age": 30, "isLive": False}, Status.PASS),
        ({"numNewerVersions": 3}, Status.PASS),
    ],
)
def test_a_rule_that_deletes_what_encord_may_read_is_told_and_one_for_old_versions_is_not(rule, status):
    rules = [{"action": {"type": "Delete"}, "condition": rule}]
    questions = of_bucket({"lifecycle": {"rule": rules}}, prefixes=["released/"], buckets=EXISTING)
    answer = questions.objects_stay()
    assert answer.status is status
    assert ("--clear-lifecycle" in answer.fix) is (status is Status.WARNING)
    colder = [{"action": {"type": "SetStorageClass", "storageClass": "ARCHIVE"}, "condition": rule}]
    assert of_bucket({"lifecycle": {"rule": colder}}).objects_stay().status is Status.PASS


KEY = "projects/acme-media/locations/eu/keyRings/r/cryptoKeys/k"


def test_another_key_than_the_configured_one_is_told_both_ways():
    encrypted = {"encryption": {"defaultKmsKeyName": KEY}}
    theirs = [{**EXISTING[0], "kmsKey": KEY}]
    assert of_bucket(encrypted, buckets=theirs).encrypted().status is Status.PASS
    assert f"set `kmsKey: {KEY}`" in of_bucket(encrypted, buckets=EXISTING).encrypted().fix
    assert f"--default-encryption-key={KEY}" in of_bucket({}, buckets=theirs).encrypted().fix


# -- a key that Google may not use: recorded answers ---------------------------------------

DENIED = (
    "Permission denied on Cloud KMS key. Please ensure that your Cloud Storage service account has been authorized to"
    " use this key."
)


def as_check(error):
    """The questions of a check principal whom Google always answers so."""

    def refuse(*_, **__):
        raise error

    theirs = [{"name": "acme-eu", "location": "EU", "ownership": "create", "kmsKey": KEY}]
    questions = asked(buckets=theirs, imageSequences=True, probeObject="probe/pixel.png")
    blob = SimpleNamespace(name="x", download_as_bytes=refuse, upload_from_string=refuse)
    questions.clients.check = SimpleNamespace(bucket=lambda _: SimpleNamespace(blob=lambda _: blob))
    return questions


def test_a_key_that_cannot_be_used_is_no_missing_grant():
    from google.api_core.exceptions import BadRequest, Forbidden

    for error in (Forbidden(DENIED), BadRequest("the Cloud KMS key version is disabled")):
        error._errors = [{"message": str(error)}]
        for ask in (as_check(error).probe_object_read, as_check(error).write_probe):
            answer = ask()
            assert answer.status is Status.FAIL and "the bucket's key cannot be used" in answer.seen
            assert f"gcloud storage service-agent --project=acme-media --authorize-cmek={KEY}" in answer.fix
    plain = as_check(Forbidden("no")).probe_object_read()
    assert "is not readable" in plain.seen


# -- patience --------------------------------------------------------------------------------


def test_tokens_and_signatures_are_asked_for_no_more_patiently_than_anything_else(monkeypatch):
    from google.auth.exceptions import TransportError
    from google.auth.transport.requests import Request
    from google.oauth2.service_account import Credentials

    waited = []

    def silence(self, url, timeout=120, **_):
        waited.append((url.rpartition(":")[2].rpartition("/")[2], timeout))
        raise TransportError("no answer")

    monkeypatch.setattr(Request, "__call__", silence)
    monkeypatch.setenv("INTEGRATIONS_TIMEOUT", "6")
    one = integration(checkPrincipal=CHECK.partition(":")[2])
    clients = Clients(one)
    signer = SimpleNamespace(key_id="1", sign=lambda message: b"")
    clients._credentials = Credentials(signer, "ci@acme-media.iam.gserviceaccount.com", "https://oauth2.example/token")
    clients._own = object()
    with pytest.raises(TransportError):
        clients.become_check_principal()
    with pytest.raises(TransportError):
        clients.signer.sign_bytes(b"a URL")
    assert waited == [("token", 3.0), ("token", 3.0)]
    assert limits()["timeout"] == limits()["retry"].timeout == 3.0


# -- what Google's refusals mean --------------------------------------------------------


def refusal(error):
    def ask():
        raise error

    return guarded(ask, integration())()


def test_an_answer_is_passed_on():
    assert guarded(lambda: passed("yes"), integration())() == passed("yes")


def test_refusals_and_silences_are_unknown_with_their_reason():
    from google.api_core import exceptions
    from google.auth.exceptions import DefaultCredentialsError, RefreshError, TransportError
    from requests import ConnectionError as NoConnection

    expected = {
        DefaultCredentialsError("none"): Obstacle.AUTHENTICATION,
        RefreshError("invalid_grant: Invalid JWT Signature."): Obstacle.AUTHENTICATION,
        exceptions.Unauthorized("GET https://x?secret=1: Invalid Credentials"): Obstacle.AUTHENTICATION,
        exceptions.Forbidden("GET https://x?secret=1: no"): Obstacle.RIGHTS,
        exceptions.ServiceUnavailable("GET https://x?secret=1: later"): Obstacle.NETWORK,
        exceptions.RetryError("15 s", None): Obstacle.NETWORK,
        TransportError("no proxy"): Obstacle.NETWORK,
        NoConnection(): Obstacle.NETWORK,
    }
    for error, obstacle in expected.items():
        answer = refusal(error)
        assert (answer.status, answer.obstacle) == (Status.UNKNOWN, obstacle), error
        assert "secret" not in answer.reason
        assert "https://" not in answer.reason


def test_a_bug_is_no_answer():
    with pytest.raises(KeyError):
        refusal(KeyError("bug"))


def test_loading_googles_libraries_warns_nobody():
    program = "from integrations import google_cloud; google_cloud.load()"
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
