"""Objects of an integration on Azure or Google Cloud are its own; those of another container, account or bucket are found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from integrations.commands.app import run
from integrations.errors import ExitCode

ENVIRONMENT = """\
config:
  encord-integrations:corsOrigins: [https://app.encord.com]
  encord-integrations:integrations:
    pictures:
      cloud: azure
      tenant: 00000000-0000-4000-8000-000000000001
      subscription: 00000000-0000-4000-8000-000000000002
      resourceGroup: {name: rg-acme, ownership: create}
      account: {name: acmeimages, location: westeurope, ownership: create}
      containers:
        - {name: images, ownership: create}
        - {name: scans, ownership: create}
    studio:
      cloud: gcp
      project: acme-media
      buckets:
        - {name: acme-images, location: europe-west2, ownership: create}
      prefixes: [a/]
"""
IMAGES = "https://acmeimages.blob.core.windows.net/images/a.png"
SCANS = "https://acmeimages.blob.core.windows.net/scans/deep/a%20b.png"
STUDIO = "https://storage.cloud.google.com/acme-images/a/b.png"


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Validates a file with these URLs against the environment: its exit code, and line and id of each finding."""
    (tmp_path / "Pulumi.yaml").write_text("name: encord-integrations\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(ENVIRONMENT)
    monkeypatch.chdir(tmp_path)

    def ask(urls: list[str], *words: str) -> tuple[int, list[tuple[int, str]]]:
        items = ",\n".join(json.dumps({"objectUrl": url}) for url in urls)
        Path("files.json").write_text(f'{{"images": [\n{items}\n]}}')
        code = run(["registration", "validate", "files.json", "--env", "dev", "--format", "json", *words])
        return code, [(one["line"], one["id"]) for one in json.loads(capsys.readouterr().out)["findings"]]

    return ask


@pytest.mark.parametrize(("integration", "urls"), [("pictures", [IMAGES, SCANS]), ("studio", [STUDIO])])
def test_objects_of_the_integration_are_clean(found, integration, urls):
    assert found(urls, "--integration", integration) == (ExitCode.CLEAN, [])


@pytest.mark.parametrize("url", [IMAGES, SCANS, STUDIO])
def test_without_an_integration_any_of_the_environment_will_do(found, url):
    assert found([url]) == (ExitCode.CLEAN, [])


@pytest.mark.parametrize(
    ("integration", "mine", "other"),
    [
        ("pictures", IMAGES, "https://acmeimages.blob.core.windows.net/other/a.png"),
        ("pictures", IMAGES, "https://acmeother.blob.core.windows.net/images/a.png"),
        ("studio", STUDIO, "https://storage.cloud.google.com/acme-other/a/b.png"),
        ("studio", STUDIO, "https://storage.cloud.google.com/acme-images/c/b.png"),
    ],
)
def test_another_container_account_bucket_or_prefix_is_a_finding_on_its_line(found, integration, mine, other):
    assert found([mine, other], "--integration", integration) == (ExitCode.FINDINGS, [(3, "REG311")])
    assert found([mine, other]) == (ExitCode.FINDINGS, [(3, "REG311")])


@pytest.mark.parametrize(("integration", "url"), [("pictures", STUDIO), ("studio", IMAGES)])
def test_an_object_of_the_environments_other_cloud_is_not_this_integrations(found, integration, url):
    assert found([url], "--integration", integration) == (ExitCode.FINDINGS, [(2, "REG311")])


def test_the_variable_names_the_environment_of_an_integration_and_of_nothing_else(found, monkeypatch):
    assert found([STUDIO]) == (ExitCode.CLEAN, [])
    monkeypatch.setenv("INTEGRATIONS_ENV", "dev")
    assert run(["registration", "validate", "files.json", "-i", "pictures"]) == ExitCode.FINDINGS
    assert run(["registration", "validate", "files.json", "-i", "studio"]) == ExitCode.CLEAN
    monkeypatch.setenv("INTEGRATIONS_ENV", "none")
    assert run(["registration", "validate", "files.json"]) == ExitCode.CLEAN


def test_a_bucket_of_no_integration_is_said_to_be_so_before_its_region_is_asked_for(found, capsys):
    found([STUDIO])
    assert run(["registration", "build", "s3://acme-other/", "out", "-i", "studio", "-e", "dev"]) == ExitCode.USAGE
    assert "is no bucket of the integration studio" in capsys.readouterr().err
