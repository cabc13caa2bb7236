"""What an integration on Google Cloud may say in the environment file."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from integrations.environment.model import GcpIntegration
from integrations.errors import ConfigurationError

SMALLEST = """\
config:
  encord-integrations:corsOrigins: [https://app.encord.com]
  encord-integrations:checkers:
    gcp: {member: "MEMBER"}
  encord-integrations:integrations:
    images:
      cloud: gcp
      project: acme-media
      buckets:
        - {name: acme-images, location: europe-west2, ownership: create}
"""
CI = "serviceAccount:ci@acme-media.iam.gserviceaccount.com"
GITHUB = (
    "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/attribute.repository/a/b"
)
ENCORD = "encord@encord-platform.iam.gserviceaccount.com"


@pytest.fixture
def google(read):
    """Reads the smallest file with more lines in it, with a checker of this name."""
    return lambda more="", member=CI, **changes: read((_changed(SMALLEST.replace("MEMBER", member), changes)) + more)


def _changed(text, changes):
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


def test_the_smallest_integration_waits_for_encords_service_account(google):
    (integration,) = google().integrations
    assert isinstance(integration, GcpIntegration)
    assert integration.awaiting_encord
    assert integration.buckets[0].soft_delete_days == 7


def test_encords_service_account_ends_the_wait(google):
    (integration,) = google(f"      encord: {{serviceAccount: {ENCORD}}}\n").integrations
    assert not integration.awaiting_encord


@pytest.mark.parametrize("member", [CI, GITHUB, "group:ci@acme.example", "user:jo@acme.example"])
def test_a_checker_is_one_principal(google, member):
    assert google(member=member).settings.checkers.gcp.member == member


@pytest.mark.parametrize("member", ["allUsers", "allAuthenticatedUsers", "domain:acme.example", "ci@acme.example"])
def test_a_checker_is_never_everybody(google, member):
    with pytest.raises(ConfigurationError, match="this is not one principal"):
        google(member=member)


@pytest.mark.parametrize("location", ["EU", "eur4", "europe-west2", "US-CENTRAL1", "northamerica-northeast1"])
def test_locations_are_regions_and_groups_of_them(google, location):
    assert google(**{"europe-west2": location}).integrations[0].buckets[0].location == location


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (f"      encord: {{serviceAccount: {CI}}}\n", "this is not the e-mail address of a service account"),
        ("      encord: {serviceAccount: jo@acme.example}\n", "this is not the e-mail address of a service account"),
        (f"      encord: {{serviceAccount: {ENCORD}}}\n      checkPrincipal: {ENCORD}\n", "must be one of yours"),
        ("      prefixes: [/a]\n", "keys do not start with `/`"),
        ("      prefixes: ['a\"b/']\n", "cannot stand in the condition"),
        ("      writePrefix: 'a*'\n", "`*` and `?` are not allowed"),
        ("        - {name: acme-images, location: EU, ownership: create}\n", "acme-images is named twice"),
        ("        - {name: goog-images, location: EU, ownership: create}\n", "this is not a Cloud Storage bucket's name"),
        ("        - {name: a.b.com, location: EU, ownership: create}\n", "this is not a Cloud Storage bucket's name"),
        ("        - {name: other, location: europe_west, ownership: create}\n", "this is not a Cloud Storage location"),
        ("        - {name: other, location: EU, ownership: create, softDeleteDays: 3}\n", "it is 0, or 7 to 90"),
        ("        - {name: other, location: EU, ownership: create, kmsKey: k}\n", "this is not the name of a Cloud KMS key"),
        ("      role: encord\n", "there is no field `role`"),
    ],
)  # fmt: skip
def test_what_google_or_encord_would_refuse_is_refused_here(google, more, said):
    with pytest.raises(ConfigurationError, match=re.escape(said)):
        google(more)


def test_the_pages_example_is_a_whole_environment(read):
    page = (Path(__file__).parents[3] / "docs" / "google-cloud.md").read_text(encoding="utf-8")
    example = page.partition("```yaml\n")[2].partition("```")[0]
    origins = "  encord-integrations:corsOrigins: [https://app.encord.com]\n"
    (integration,) = read(f"config:\n{origins}{textwrap.indent(example, '  ')}").integrations
    assert integration.awaiting_encord
