"""The project's own pack, unmodified, in a process of its own, before every step of a deployment."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import psutil
import pytest
import yaml
from pulumi.runtime.proto import analyzer_pb2

from integrations_sandbox.clouds.aws import CUSTOMER_ACCOUNT
from integrations_sandbox.deploy import Credentials, Outcome, deploy
from integrations_sandbox.deploy.policies import PolicyPack
from integrations_sandbox.deploy.project import load_project
from integrations_sandbox.deploy.state import Resource
from integrations_sandbox.deploy.wire import UNKNOWN

ROOT = Path(__file__).parents[2]
CORS = "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
PROVIDER = """
from pulumi_aws import Provider, iam, s3
import pulumi

to = pulumi.ResourceOptions(provider=Provider("here", region="eu-west-2"))
kept = pulumi.ResourceOptions(provider=to.provider, protect=True)
"""


@pytest.fixture
def judged(aws: Any, tmp_path: Path) -> Callable[..., Outcome]:
    """Previews a program (the project's own, if none is given) under the project's pack."""

    def go(program: str | None = None, stack: str = "sandbox") -> Outcome:
        shutil.copytree(ROOT / "stacks", tmp_path / "stacks", ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("Pulumi.yaml", f"Pulumi.{stack}.yaml"):
            shutil.copy(ROOT / name, tmp_path / name)
        at_home(tmp_path / f"Pulumi.{stack}.yaml")
        if program is not None:
            (tmp_path / "stacks/__main__.py").write_text(PROVIDER + dedent(program))
        packs = [ROOT / "policies"]
        return deploy(
            "preview",
            tmp_path,
            stack,
            credentials=Credentials(aws=aws.session()),
            state=tmp_path / "s.json",
            policy_packs=packs,
        )

    return go


def at_home(path: Path) -> None:
    """Leave the integrations of other clouds out, whose servers do not run here, and name the account that does."""
    document = yaml.safe_load(path.read_text().replace("123456789012", CUSTOMER_ACCOUNT))
    key = "encord-integrations:integrations"
    kept = {name: one for name, one in document["config"][key].items() if one["cloud"] == "aws"}
    path.write_text(yaml.safe_dump({"config": {**document["config"], key: kept}}))


def broken(outcome: Outcome) -> set[str]:
    """The mandatory rules that are broken."""
    return {violation.policy for violation in outcome.violations if violation.mandatory}


@pytest.mark.parametrize("stack", ["sandbox", "prod"])
def test_the_projects_own_program_keeps_every_rule_at_its_first_preview(judged: Any, stack: str) -> None:
    outcome = judged(stack=stack)
    assert outcome.errors == ()
    assert outcome.ok and broken(outcome) == set()
    # The alias of an access point is AWS's to invent: what names it is judged when it is known.
    assert all("can't be known during preview" in violation.message for violation in outcome.violations)
    assert outcome.violations


BREAKS = {
    "cors-names-its-origins": """
        rule = {"allowed_methods": ["GET"], "allowed_origins": ["*"]}
        s3.BucketCorsConfiguration("wild", bucket="acme-media-eu", cors_rules=[rule], opts=to)
    """,
    "foreign-trust-needs-external-id": """
        iam.Role("open", name="open", opts=to, assume_role_policy=pulumi.Output.json_dumps({"Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "999999999999"}, "Action": "sts:AssumeRole"}]}))
    """,
    "buckets-are-private": """
        s3.BucketPublicAccessBlock("half", bucket="acme-media-eu", block_public_acls=True, opts=to)
    """,
    "nothing-for-everybody": """
        iam.Role("public", name="public", opts=to, assume_role_policy=pulumi.Output.json_dumps({"Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole",
             "Condition": {"StringEquals": {"sts:ExternalId": "x"}}}]}))
    """,
    "every-bucket-blocks-public-access": """
        s3.Bucket("bare", bucket="acme-bare", opts=kept)
    """,
}


@pytest.mark.parametrize("rule", BREAKS)
def test_a_program_that_breaks_a_rule_is_refused_by_name(judged: Any, rule: str) -> None:
    outcome = judged(BREAKS[rule])
    assert not outcome.ok
    assert rule in broken(outcome)


def test_what_holds_data_must_be_protected_outside_of_the_sandbox(judged: Any) -> None:
    outcome = judged('s3.Bucket("bare", bucket="acme-bare", opts=to)', stack="prod")
    assert "data-is-protected" in broken(outcome)
    assert not outcome.ok


# The pack alone, over the protocol


@pytest.fixture(scope="module")
def pack() -> Iterator[PolicyPack]:
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    with PolicyPack(ROOT / "policies", load_project(ROOT, "prod"), "prod", dry_run=True) as running:
        yield running
    assert {process.pid for process in psutil.Process().children(recursive=True)} == before


def resource(type_: str, **inputs: Any) -> Resource:
    return Resource(f"urn:pulumi:prod::encord-integrations::{type_}::it", type_, inputs=inputs)


def granting(role: str, *actions: str) -> Resource:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "arn:aws:s3:::example-videos-eu/encord/*"}
    return resource(ROLE_POLICY, role=role, policy=json.dumps({"Statement": [statement]}))


def test_the_environment_reaches_the_rules_as_pulumis_own_configuration(pack: PolicyPack) -> None:
    assert pack.analyze(granting("encord-videos", "s3:PutObject")) == []  # image sequences are on
    (said,) = pack.analyze(granting("encord-scans", "s3:PutObject"))  # and here they are off
    assert (said.policy, said.mandatory) == ("writing-needs-image-sequences", True)
    assert "set `imageSequences: true` for scans" in said.message


def test_what_is_not_known_for_certain_is_advice(pack: PolicyPack) -> None:
    wide = granting("encord-videos", "s3:PutObject")
    wide.inputs["policy"] = wide.inputs["policy"].replace("/encord/*", "/*")
    (said,) = pack.analyze(wide)
    assert (said.policy, said.mandatory) == ("writing-stays-under-its-prefix", False)


def test_what_a_preview_cannot_know_is_said_to_be_unknown(pack: PolicyPack) -> None:
    (said,) = pack.analyze(resource(CORS, bucket="b", corsRules=[{"allowedOrigins": [UNKNOWN]}]))
    assert (said.policy, said.mandatory) == ("cors-names-its-origins", False)
    assert "can't be known during preview" in said.message


def test_the_pack_tells_severity_and_remediation_to_whoever_asks(pack: PolicyPack) -> None:
    told = pack._stub.GetAnalyzerInfo(analyzer_pb2.google_dot_protobuf_dot_empty__pb2.Empty())
    assert told.name == "encord-integrations"
    for policy in told.policies:
        assert policy.severity != analyzer_pb2.POLICY_SEVERITY_UNSPECIFIED
        assert f"docs/policies/{policy.name}.md" in policy.remediation_steps
        assert (ROOT / f"docs/policies/{policy.name}.md").exists()
