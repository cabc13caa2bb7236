"""What holds for every rule: its policy, its words, and what it says when it cannot know."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from court import BY_ID, IMAGES, SEQUENCES, UNKNOWN, Thing, resource_args, settings, stack_args, violations
from pulumi_policy import EnforcementLevel, ResourceValidationPolicy, StackValidationPolicy
from pulumi_policy.proxy import UnknownValueError

import kinds
from rules import POLICIES, RULES

ROOT = Path(__file__).parents[3]
OFF = settings(IMAGES)
ADVISORY = {"writing-stays-under-its-prefix"}


# The pack


def test_the_pack_has_every_rule_once_and_nothing_else():
    assert [policy.name for policy in POLICIES] == [rule.id for rule in RULES]
    assert len({rule.id for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_policy_carries_level_severity_and_the_way_out(rule):
    (policy,) = [one for one in POLICIES if one.name == rule.id]
    assert policy.severity is rule.severity
    assert policy.enforcement_level is (EnforcementLevel.MANDATORY if rule.mandatory else EnforcementLevel.ADVISORY)
    assert rule.fix in policy.remediation_steps and f"docs/policies/{rule.id}.md" in policy.remediation_steps
    assert isinstance(policy, StackValidationPolicy if rule.judge_stack else ResourceValidationPolicy)
    assert (rule.judge is None) != (rule.judge_stack is None)


def test_a_rule_is_advice_only_where_encords_need_is_not_known_for_certain():
    assert {rule.id for rule in RULES if not rule.mandatory} == ADVISORY


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_says_what_it_demands_and_why_in_sentences(rule):
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", rule.id)
    for text in (rule.title, rule.why, rule.fix, *rule.demands.values(), *([rule.unseen] if rule.unseen else [])):
        assert text[0].isupper() or text[0] == "`", text
        assert text.endswith((".", ").")), text


def test_only_this_is_imported_by_the_packs_main():
    text = (ROOT / "policies/__main__.py").read_text()
    assert re.findall(r"^(?:from|import) (\w+)", text, re.MULTILINE) == ["pulumi_policy", "rules"]


# The environment


def test_what_a_rule_does_not_look_at_is_not_judged_and_no_settings_are_asked_for():
    def never():
        raise AssertionError("the settings were asked for")

    for rule in RULES:
        policy = rule.policy(never)
        thing = Thing("random:index/randomId:RandomId")
        if rule.judge_stack:
            policy.validate(stack_args([thing]), pytest.fail)
        else:
            policy.validate(resource_args(thing), pytest.fail)


def test_image_sequences_are_those_of_the_integration_that_has_the_bucket():
    grant = Thing(
        kinds.GCS_MEMBER, {"bucket": "acme-eu", "role": "roles/storage.objectUser", "member": "group:all@example.com"}
    )
    assert violations("writing-needs-image-sequences", [grant], settings(SEQUENCES))  # of another cloud


# What cannot be known


@pytest.mark.parametrize(
    ("rule", "thing"),
    [
        ("cors-names-its-origins", Thing(kinds.BUCKET_CORS, {"corsRules": [{"allowedOrigins": [UNKNOWN]}]})),
        ("cors-names-its-origins", Thing(kinds.BUCKET_CORS, {"corsRules": UNKNOWN})),
        ("foreign-trust-needs-external-id", Thing(kinds.ROLE, {"assumeRolePolicy": UNKNOWN})),
        ("ci-trust-names-its-subject", Thing(kinds.ROLE, {"assumeRolePolicy": UNKNOWN})),
        ("buckets-are-private", Thing(kinds.PUBLIC_ACCESS_BLOCK, {"blockPublicAcls": UNKNOWN})),
        ("buckets-are-private", Thing(kinds.GCS_BUCKET, {"uniformBucketLevelAccess": UNKNOWN})),
        ("buckets-are-private", Thing(kinds.STORAGE_ACCOUNT, {"allowBlobPublicAccess": UNKNOWN})),
        ("nothing-for-everybody", Thing(kinds.BUCKET_POLICY, {"policy": UNKNOWN})),
        ("nothing-for-everybody", Thing(kinds.GCS_MEMBER, {"member": UNKNOWN})),
        ("writing-needs-image-sequences", Thing(kinds.ROLE_POLICY, {"role": "encord-images", "policy": UNKNOWN})),
        ("writing-needs-image-sequences", Thing(kinds.ROLE_POLICY, {"role": UNKNOWN, "policy": "{}"})),
        ("writing-needs-image-sequences", Thing(kinds.ROLE_ASSIGNMENT, {"roleDefinitionId": "x", "scope": UNKNOWN})),
        ("writing-stays-under-its-prefix", Thing(kinds.ROLE_POLICY, {"role": UNKNOWN, "policy": "{}"})),
        ("encrypted-as-configured", Thing(kinds.BUCKET_ENCRYPTION, {"bucket": "acme-eu", "rules": UNKNOWN})),
        ("tls-only", Thing(kinds.BUCKET_POLICY, {"bucket": "acme-eu", "policy": UNKNOWN})),
        ("access-point-blocks-public-access", Thing(kinds.ACCESS_POINT, {"details": UNKNOWN})),
        ("data-is-protected", Thing(kinds.BUCKET, {"forceDestroy": UNKNOWN}, protect=True)),
        ("every-bucket-blocks-public-access", Thing(kinds.BUCKET, {"bucket": UNKNOWN})),
        ("every-bucket-states-its-encryption", Thing(kinds.BUCKET_ENCRYPTION, {"bucket": UNKNOWN})),
        ("every-bucket-is-tls-only", Thing(kinds.BUCKET, {"bucket": UNKNOWN})),
        ("access-point-members-have-cors", Thing(kinds.ACCESS_POINT, {"details": UNKNOWN})),
    ],
    ids=lambda value: value if isinstance(value, str) else value.type.rpartition(":")[2],
)
def test_what_a_preview_cannot_know_is_never_taken_for_right(rule, thing):
    with pytest.raises(UnknownValueError):  # which the pack reports as advice: pulumi_policy, Analyze
        violations(rule, [thing], OFF)


def test_every_rule_is_asked_what_it_says_of_the_unknown():
    (mark,) = [
        one for one in test_what_a_preview_cannot_know_is_never_taken_for_right.pytestmark if one.name == "parametrize"
    ]
    assert {rule for rule, _ in mark.args[1]} == set(BY_ID)


def test_an_unknown_bucket_does_not_hide_what_is_known_of_the_others():
    said = []
    policy = BY_ID["every-bucket-blocks-public-access"].policy(lambda: OFF)
    things = [Thing(kinds.BUCKET, {"bucket": name}, name="x") for name in (UNKNOWN, "open")]
    with pytest.raises(UnknownValueError):
        policy.validate(stack_args(things), lambda message, urn: said.append((message.split(":")[0], urn)))
    assert said == [("bucket open has no public access block", things[1].urn)]


def test_a_companion_whose_bucket_is_unknown_accuses_nobody():
    things = [Thing(kinds.BUCKET, {"bucket": "a"}), Thing(kinds.PUBLIC_ACCESS_BLOCK, {"bucket": UNKNOWN})]
    with pytest.raises(UnknownValueError):
        violations("every-bucket-blocks-public-access", things, OFF)


@pytest.mark.parametrize("document", ["{", "[]", '"text"'])
def test_a_document_that_is_none_is_a_violation(document):
    (said,) = violations("nothing-for-everybody", [Thing(kinds.BUCKET_POLICY, {"policy": document})], OFF)
    assert said.startswith("it cannot be judged: a policy document is no JSON")


# Kinds


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("azure-native:storage/v20230101:StorageAccount", kinds.STORAGE_ACCOUNT),
        ("azure-native:storage/v20230501preview:StorageAccount", kinds.STORAGE_ACCOUNT),
        ("azure-native:storage:StorageAccount", kinds.STORAGE_ACCOUNT),
        ("pulumi-python:dynamic/encord:ObsBucket", kinds.OBS_BUCKET),
        ("pulumi-python:dynamic:ObsBucket", kinds.OBS_BUCKET),
        ("aws:s3/bucketCorsConfigurationV2:BucketCorsConfigurationV2", kinds.BUCKET_CORS),
        ("aws:s3/bucketV2:BucketV2", kinds.BUCKET),
        ("aws:s3/bucket:Bucket", kinds.BUCKET),
    ],
)
def test_a_kind_has_one_name(type_, kind):
    assert kinds.kind_of(type_) == kind
