"""An unmodified policy pack in a process of its own, and the whole door: files, program, pack, cloud."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import psutil
import pytest

from integrations.errors import ConfigurationError
from integrations_sandbox.deploy import Credentials, Outcome, deploy, stack_outputs
from integrations_sandbox.deploy.policies import PolicyPack
from integrations_sandbox.deploy.project import Project

PROGRAM = """
    import pulumi
    from pulumi_aws import s3

    import names  # a module of the program's own

    config = pulumi.Config()
    made = s3.Bucket("b", bucket=names.BUCKET, tags=config.get_object("tags"))
    pulumi.export("arn", made.arn)
    pulumi.export("token", config.get_secret("token"))
"""
PACK = """
    from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy, StackValidationPolicy

    def owned(args, report):
        if args.resource_type == "aws:s3/bucket:Bucket" and "owner" not in (args.props.get("tags") or {}):
            report("every bucket needs an owner", None)

    def few(args, report):
        if any(r.props.get("tags", {}).get("owner") == "nobody" for r in args.resources):
            report("nobody owns something", None)

    PolicyPack("test", [
        ResourceValidationPolicy("owned", "buckets are owned", owned, EnforcementLevel.MANDATORY),
        StackValidationPolicy("few", "somebody owns it", few, EnforcementLevel.ADVISORY),
    ])
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {
        "Pulumi.yaml": "{name: demo, main: stacks/, config: {token: {type: string, secret: true, default: hush-hush}}}",
        "Pulumi.test.yaml": "config: {aws:region: eu-west-2, demo:tags: {}}",
        "stacks/__main__.py": PROGRAM,
        "stacks/names.py": 'BUCKET = "deploy-door"\n',
        "pack/PulumiPolicy.yaml": "{runtime: python}",
        "pack/__main__.py": PACK,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(dedent(text))
    return tmp_path


def children() -> set[int]:
    return {process.pid for process in psutil.Process().children(recursive=True)}


def test_a_pack_judges_before_anything_is_done_and_leaves_no_process(aws: Any, root: Path) -> None:
    before = children()

    def go(verb: Any, tags: str) -> Outcome:
        return deploy(
            verb,
            root,
            "test",
            credentials=Credentials(aws=aws.session()),
            state=root / "s.json",
            config={"tags": tags},
            policy_packs=[root / "pack"],
        )

    for verb in ("preview", "up"):
        outcome = go(verb, "{}")
        assert not outcome.ok
        assert [(v.policy, v.mandatory) for v in outcome.violations] == [("owned", True)]
        assert "every bucket needs an owner" in outcome.violations[0].message
    assert outcome.errors == ("aws:s3/bucket:Bucket 'b': a mandatory policy forbids it: owned",)
    advised = go("up", '{"owner": "nobody"}')
    assert advised.ok
    assert [(v.policy, v.mandatory) for v in advised.violations] == [("few", False)]
    clean = go("up", '{"owner": "us"}')
    assert (clean.ok, clean.violations, [step.op for step in clean.steps]) == (True, (), ["update"])
    assert clean.outputs["arn"].value == "arn:aws:s3:::deploy-door"
    assert stack_outputs(root / "s.json")["token"].secret
    assert "hush-hush" not in (root / "s.json").read_text()
    assert go("destroy", "{}").ok
    assert children() == before


def test_the_program_is_read_anew_in_every_run(aws: Any, root: Path) -> None:
    def go(verb: Any) -> Outcome:
        return deploy(verb, root, "test", credentials=Credentials(aws=aws.session()), state=root / "s.json")

    assert go("preview").errors == ()
    (root / "stacks/names.py").write_text("raise ImportError('broken on purpose')")
    (error,) = go("preview").errors
    assert error.startswith("the program failed: ImportError: broken on purpose (")
    assert error.endswith("names.py:1)")


def test_a_pack_that_does_not_start_is_told(root: Path) -> None:
    before = children()
    (root / "pack/__main__.py").write_text("raise RuntimeError('broken pack')")
    pack = PolicyPack(root / "pack", Project("demo", root, {}), "test", dry_run=True)
    with pytest.raises(ConfigurationError, match=r"did not start: .*broken pack"), pack:
        pass
    assert children() == before
