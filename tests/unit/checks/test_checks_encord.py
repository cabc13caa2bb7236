"""What is asked of Encord, and what its silence and its refusals mean."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from integrations.checks import encord
from integrations.checks.catalogue import CheckId
from integrations.checks.records import Obstacle, Status
from integrations.encord_client import connection, probe
from integrations.encord_client import integrations as at_encord
from integrations.encord_client.integrations import KnownIntegration
from integrations.environment.model import AwsBucket, AwsEncord, AwsIntegration, Encord, Environment, Settings
from integrations.errors import ConfigurationError, NotAuthorisedError, UnreachableError

EU, US = "https://api.encord.com", "https://api.us.encord.com"
BUCKET = AwsBucket(name="acme-eu", region="eu-west-2", ownership="create")
IMAGES = AwsIntegration(
    name="images", account="123456789012", role="encord", buckets=(BUCKET,), encord=AwsEncord(title="acme")
)


@pytest.fixture
def workspaces(monkeypatch):
    """What each workspace answers: a list of integrations, or an error; and which were asked."""
    answers, asked = {}, []

    def list_integrations(client, domain):
        asked.append(domain)
        if isinstance(answers[domain], Exception):
            raise answers[domain]
        return answers[domain]

    monkeypatch.setattr(at_encord, "list_integrations", list_integrations)
    monkeypatch.setattr(encord.Connection, "client", lambda self, domain=None: domain or self.domain)
    answers["asked"] = asked
    return answers


def ask(check, domain=EU, origins=("https://app.encord.com",), connection=None):
    settings = Settings(integrations={"images": IMAGES}, cors_origins=origins, encord=Encord(domain=domain))
    environment = Environment("prod", settings, "Pulumi.prod.yaml")
    questions = encord.questions(IMAGES, environment, connection or encord.Connection(domain))
    return next(question for question in questions if question.id is check).ask()


REFUSED, SILENT = NotAuthorisedError("does not know this key"), UnreachableError("does not answer")


def test_a_key_that_the_domain_knows_is_of_its_workspace(workspaces):
    workspaces[EU] = [KnownIntegration("1", "acme")]
    assert ask(CheckId.ENCORD_WORKSPACE).status is Status.PASS
    assert workspaces["asked"] == [EU], "the other workspace is none of its business"


@pytest.mark.parametrize(("domain", "other"), [(EU, US), (US, EU)])
def test_a_key_of_the_other_workspace_is_told_with_the_line_that_mends_it(workspaces, domain, other):
    workspaces |= {domain: REFUSED, other: []}
    answer = ask(CheckId.ENCORD_WORKSPACE, domain)
    assert answer.status is Status.FAIL
    assert f'`encord-integrations:encord: {{domain: "{other}"}}` in Pulumi.prod.yaml' in answer.fix
    assert ask(CheckId.ENCORD_CONNECTED, domain).obstacle is Obstacle.AUTHENTICATION


@pytest.mark.parametrize("there", [REFUSED, SILENT])
def test_a_key_that_no_workspace_knows_is_nobodys(workspaces, there):
    workspaces |= {EU: REFUSED, US: there}
    assert ask(CheckId.ENCORD_WORKSPACE).status is Status.SKIP


def test_silence_says_nothing_of_the_workspace(workspaces):
    workspaces[EU] = SILENT
    for check in (CheckId.ENCORD_WORKSPACE, CheckId.ENCORD_CONNECTED):
        assert ask(check).obstacle is Obstacle.NETWORK


def test_a_key_that_is_no_key_is_a_wrong_configuration_whichever_question_comes_upon_it(workspaces):
    workspaces[EU] = ConfigurationError("the file does not exist")
    for check in (CheckId.ENCORD_WORKSPACE, CheckId.ENCORD_CONNECTED):
        assert ask(check).obstacle is Obstacle.CONFIGURATION


def test_a_refusal_is_remembered_so_that_a_score_of_integrations_does_not_wait_a_score_of_times(workspaces):
    workspaces[EU] = SILENT
    connection = encord.Connection(EU)
    for _ in range(3):
        assert ask(CheckId.ENCORD_CONNECTED, connection=connection).status is Status.UNKNOWN
    assert workspaces["asked"] == [EU]


@pytest.mark.parametrize(("timeout", "waits"), [("", 120), ("5", 20)])
def test_a_registration_may_take_four_times_as_long_as_an_answer(workspaces, monkeypatch, timeout, waits):
    waited = []
    monkeypatch.setattr(connection, "connect", lambda domain: domain)
    monkeypatch.setattr(probe, "register_probe", lambda *words: waited.append(words[-1]) or [])
    monkeypatch.setenv("INTEGRATIONS_TIMEOUT", timeout)
    workspaces[EU] = [KnownIntegration("1", "acme")]
    assert encord._registered(encord.Connection(EU), replace(IMAGES, probe_object="a.png")).status is Status.PASS
    assert waited == [waits]


@pytest.mark.parametrize(
    ("domain", "origins", "status"),
    [
        (EU, ("https://app.encord.com",), Status.PASS),
        (US, ("https://app.encord.com", "https://app.us.encord.com"), Status.PASS),
        (US, ("https://app.encord.com",), Status.FAIL),
        (EU, ("https://app.us.encord.com",), Status.FAIL),
        ("https://encord.acme.example", ("https://app.encord.com",), Status.SKIP),
    ],
)
def test_the_origins_name_the_web_application_of_the_workspace(domain, origins, status):
    assert ask(CheckId.ENCORD_ORIGIN, domain, origins).status is status
