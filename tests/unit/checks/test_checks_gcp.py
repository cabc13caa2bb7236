"""How a bucket's policy on Google Cloud is judged for Encord's service account, and what Google's refusals mean."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import msgspec
import pytest

from integrations import google_cloud
from integrations.checks.gcp_grants import GrantQuestions
from integrations.checks.gcp_sessions import guarded
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
    for ask in (questions.named, questions.exactly_named, questions.read_granted, questions.write_granted):
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
    for ask in (questions.read_granted, questions.write_granted):
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


def test_before_encords_dialog_the_questions_wait():
    questions = asked(encord={}, checkPrincipal=CHECK.partition(":")[2])
    for ask in (questions.named, questions.impersonated):
        assert (ask().status, ask().reason) == (Status.SKIP, "awaiting Encord")


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
