"""Replication keeps the buckets of an access point equal, both ways, and S3's role can do nothing else."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from integrations.access import aws_replication as replication
from integrations.environment.model import AwsBucket, MultiRegionAccessPoint

AP = AwsBucket(name="acme-ap", region="ap-southeast-1", ownership="create")


@pytest.mark.parametrize(("kind", "managed"), [("managed", True), ("external", False)])
def test_the_stack_replicates_only_if_it_is_asked_to(two_regions, kind, managed):
    assert (
        replication.is_managed(two_regions(multi_region_access_point=MultiRegionAccessPoint("acme", kind))) is managed
    )


def test_without_an_access_point_nothing_is_replicated(integration):
    assert not replication.is_managed(integration())


def test_every_bucket_replicates_to_every_other(two_regions):
    three = two_regions()
    three = replace(three, buckets=(*three.buckets, AP))
    for bucket in three.buckets:
        rules = replication.replication_configuration(three, bucket)["Rules"]
        targets = {rule["Destination"]["Bucket"].rpartition(":")[2] for rule in rules}
        assert targets == {other.name for other in three.buckets} - {bucket.name}
        assert len({rule["Priority"] for rule in rules}) == len(rules)


def test_deletions_and_changes_of_replicas_travel_too(two_regions):
    (rule,) = replication.replication_configuration(two_regions(), two_regions().buckets[0])["Rules"]
    assert rule["DeleteMarkerReplication"] == {"Status": "Enabled"}
    assert rule["SourceSelectionCriteria"] == {"ReplicaModifications": {"Status": "Enabled"}}


def test_encrypted_objects_are_replicated_with_the_targets_key(two_regions):
    eu, us = two_regions().buckets
    eu_key, us_key = (f"arn:aws:kms:{b.region}:123456789012:key/k" for b in (eu, us))
    both = two_regions(buckets=(replace(eu, kms_key=eu_key), replace(us, kms_key=us_key)))
    (rule,) = replication.replication_configuration(both, both.buckets[0])["Rules"]
    assert rule["SourceSelectionCriteria"]["SseKmsEncryptedObjects"] == {"Status": "Enabled"}
    assert rule["Destination"]["EncryptionConfiguration"] == {"ReplicaKmsKeyID": us_key}
    assert replication.replication_policy(both)["Statement"][-1]["Resource"] == [eu_key, us_key]


def test_only_s3_assumes_the_role_and_it_names_only_these_buckets(two_regions):
    (trust,) = replication.replication_trust_policy()["Statement"]
    assert trust["Principal"] == {"Service": "s3.amazonaws.com"}
    resources = {one for s in replication.replication_policy(two_regions())["Statement"] for one in s["Resource"]}
    assert resources == {f"arn:aws:s3:::{name}{rest}" for name in ("acme-eu", "acme-us") for rest in ("", "/*")}


def test_a_long_role_name_leaves_room_for_its_suffix(two_regions):
    assert len(replication.replication_role(two_regions(role="r" * 64))) <= 64
