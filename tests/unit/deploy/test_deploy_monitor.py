"""What the SDK may ask of the sandbox's engine, and what is refused by name."""

from __future__ import annotations

import json

import pulumi
import pytest
from memory_cloud import THING, did, thing
from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2, resource_pb2_grpc
from pulumi_aws import get_caller_identity, s3

from integrations_sandbox.deploy import wire
from integrations_sandbox.deploy.monitor import REFUSED, Monitor, seconds
from integrations_sandbox.deploy.records import StepError


def methods(servicer):
    return {name for name in vars(servicer) if name[0].isupper()}


def test_every_question_of_the_sdk_has_an_answer():
    asked = methods(resource_pb2_grpc.ResourceMonitorServicer) | methods(engine_pb2_grpc.EngineServicer)
    assert methods(Monitor) == asked


# Fields of a registration that are honoured, or that say nothing about what is to be done.
HONOURED = {
    "type", "name", "parent", "custom", "object", "protect", "dependencies", "provider", "deleteBeforeReplace",
    "additionalSecretOutputs", "customTimeouts", "retainOnDelete", "aliases", "hooks",
}  # fmt: skip
SAYS_NOTHING = {
    "propertyDependencies", "version", "acceptSecrets", "deleteBeforeReplaceDefined", "supportsPartialValues",
    "acceptResources", "providers", "pluginDownloadURL", "pluginChecksums", "aliasSpecs", "sourcePosition",
    "stackTrace", "parentStackTraceHandle", "supportsResultReporting", "hideDiffs", "snippetId", "accepts_byte_string",
}  # fmt: skip


def test_every_field_of_a_registration_is_honoured_refused_or_without_meaning_here():
    fields = {field.name for field in resource_pb2.RegisterResourceRequest.DESCRIPTOR.fields}
    assert HONOURED | SAYS_NOTHING | set(REFUSED) == fields
    assert not (SAYS_NOTHING & set(REFUSED))


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"import_": "x"}, "import_"),
        ({"ignore_changes": ["colour"]}, "ignore_changes"),
        ({"replace_on_changes": ["colour"]}, "replace_on_changes"),
        ({"aliases": [pulumi.Alias(name="old")]}, "aliases"),
        ({"aliases": ["urn:pulumi:t::d::a:b:C::old"]}, "aliases"),
        ({"aliases": [pulumi.Alias(parent="urn:pulumi:t::d::a:b:C::old")]}, "aliases"),
    ],
)
def test_options_that_the_sandbox_would_get_wrong_are_refused(stack, options, name):
    outcome = stack.up(lambda: thing("a", pulumi.ResourceOptions(**options)))
    assert outcome.errors == (f"{THING} 'a': the sandbox does not know the option {name}",)
    assert stack.cloud.things == {}


def test_the_name_that_a_package_once_had_for_its_type_is_no_alias_of_the_program(stack):
    alias = pulumi.Alias(type_="memory:index:Older")
    assert did(stack.up(lambda: thing("a", pulumi.ResourceOptions(aliases=[alias])))) == ["create a"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (lambda: {"deleted_with": thing("other")}, "the DeletedWith option"),
        (lambda: {"transforms": [lambda args: None]}, "transforms"),
        (lambda: {"hooks": pulumi.ResourceHookBinding(before_create=[lambda args: None])}, "resource hooks"),
    ],
)
def test_features_that_are_not_advertised_are_refused_by_the_sdk(stack, options, said):
    (error,) = stack.up(lambda: thing("a", pulumi.ResourceOptions(**options()))).errors
    assert f"does not support {said}" in error
    assert "a" not in stack.cloud.things


@pytest.mark.parametrize(
    ("program", "name"),
    [
        (get_caller_identity, "the function aws:index/getCallerIdentity:getCallerIdentity"),
        (lambda: pulumi.StackReference("org/demo/other"), "stack references"),
        (lambda: s3.Bucket.get("b", "bucket"), "`get` of a aws:s3/bucket:Bucket"),
        (lambda: pulumi.require_pulumi_version(">=3"), "to require a version of Pulumi (>=3)"),
    ],
)
def test_questions_that_the_sandbox_cannot_answer_are_refused(stack, program, name):
    assert f"the sandbox does not know {name}" in stack.up(program).errors


def test_a_type_that_nobody_handles_is_refused(stack):
    (error,) = stack.up(lambda: pulumi.CustomResource("x:y:Z", "a", {})).errors
    assert error == "x:y:Z 'a': the sandbox has no resource type x:y:Z"


def test_an_input_without_which_it_cannot_be_made_is_asked_for(stack):
    (error,) = stack.up(lambda: thing("a", name=None)).errors
    assert error == f"{THING} 'a': it has no name, and the sandbox invents no names"


def test_custom_timeouts_are_read():
    assert (seconds("1h30m"), seconds("45s"), seconds("0.5m")) == (5400, 45, 30)


@pytest.mark.parametrize("text", ["", "5", "5 m", "1d"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(StepError, match="no duration"):
        seconds(text)


def test_outputs_may_be_declared_secret(stack):
    def deployed(names):
        stack.up(lambda: thing("a", pulumi.ResourceOptions(additional_secret_outputs=names)))
        (found,) = json.loads(stack.state.read_text())["resources"]
        return found["outputs"]["arn"]

    assert deployed([]) == "arn:a"
    assert set(deployed(["arn"])) == {wire.SIGNATURE, "ciphertext"}
