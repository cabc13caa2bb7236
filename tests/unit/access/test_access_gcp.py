"""What Encord needs on Google Cloud, and what it must not get."""

from __future__ import annotations

import msgspec
import pytest

from integrations.access import gcp
from integrations.access.documents import documents
from integrations.access.gcp_documents import Existing
from integrations.access.gcp_roles import BUCKET_ROLES, changing, held
from integrations.access.handshake import steps
from integrations.access.record import OWNER, STACK
from integrations.environment.model import GcpChecker, GcpIntegration, Settings

ENCORD = "encord@encord-platform.iam.gserviceaccount.com"
CHECK = "check@acme-media.iam.gserviceaccount.com"
CI = "serviceAccount:ci@acme-media.iam.gserviceaccount.com"
PLACE = "projects/_/buckets/acme-eu/objects/"


def integration(**changes):
    plain = {
        "cloud": "gcp",
        "name": "images",
        "project": "acme-media",
        "buckets": [{"name": "acme-eu", "location": "EU", "ownership": "create"}],
        "encord": {"serviceAccount": ENCORD},
    }
    return msgspec.convert({**plain, **changes}, GcpIntegration)


def grants(**changes):
    one = integration(**changes)
    return gcp.encord_grants(one, one.buckets[0])


def permissions(found, name):
    """What the one grant of this name gives."""
    (grant,) = [grant for grant in found if grant.name == name]
    return BUCKET_ROLES[grant.role]


def test_encord_reads_and_does_nothing_else():
    (grant,) = grants()
    assert (grant.bucket, grant.member, grant.condition) == ("acme-eu", f"serviceAccount:{ENCORD}", None)
    assert permissions([grant], "encord-read") == {"storage.objects.get"}


def test_cloud_synced_folders_may_list():
    assert permissions(grants(cloudSyncedFolders=True), "encord-read") == {
        "storage.objects.get",
        "storage.objects.list",
    }


def test_image_sequences_may_write_new_objects_and_replace_or_delete_none():
    found = grants(imageSequences=True)
    assert [grant.name for grant in found] == ["encord-read", "encord-write"]
    written = permissions(found, "encord-write")
    assert "storage.objects.create" in written
    assert not {"storage.objects.delete", "storage.objects.update", "storage.objects.get"} & written


def test_a_write_prefix_and_prefixes_are_conditions_on_objects_names():
    read, write = grants(imageSequences=True, prefixes=["a/", "b/"], writePrefix="w/")
    assert write.condition.expression == f'resource.name.startsWith("{PLACE}w/")'
    assert read.condition.expression.split(" || ") == [
        f'resource.name.startsWith("{PLACE}{prefix}")' for prefix in ("a/", "b/", "w/")
    ]
    assert "objectListPrefix" not in read.condition.expression


def test_under_prefixes_only_these_are_listed():
    (read,) = grants(prefixes=["a/"], cloudSyncedFolders=True)
    _, listed = read.condition.expression.split(" || ")
    assert listed == 'api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith("a/")'


def test_writing_anywhere_means_reading_anywhere_and_listing_nowhere():
    read, write = grants(prefixes=["a/"], imageSequences=True)
    assert read.condition is None
    assert write.condition is None
    assert permissions([read], "encord-read") == {"storage.objects.get"}


def test_the_check_principal_gets_exactly_what_encord_gets():
    found = grants(checkPrincipal=CHECK, imageSequences=True, writePrefix="w/", prefixes=["a/"])
    by_member = {
        member: [(g.role, g.condition) for g in found if g.member == member] for member in {g.member for g in found}
    }
    assert set(by_member) == {f"serviceAccount:{ENCORD}", f"serviceAccount:{CHECK}"}
    assert by_member[f"serviceAccount:{ENCORD}"] == by_member[f"serviceAccount:{CHECK}"]
    assert len({grant.name for grant in found}) == len(found)


def test_without_encords_service_account_nothing_is_granted_to_anybody():
    with pytest.raises(ValueError, match="images awaits Encord's service account"):
        grants(encord={}, checkPrincipal=CHECK)


def test_the_checker_may_ask_and_neither_read_nor_write_objects():
    one = integration()
    found = gcp.checker_grants(one, one.buckets[0], GcpChecker(member=CI))
    given = set().union(*(BUCKET_ROLES[grant.role] for grant in found))
    assert {"storage.buckets.get", "storage.buckets.getIamPolicy"} <= given
    assert not {p for p in given if p.rpartition(".")[2] not in ("get", "list", "getIamPolicy")}
    assert "storage.objects.get" not in given


def test_the_checker_removes_write_probes_and_nothing_else():
    one = integration(imageSequences=True, checkPrincipal=CHECK, writePrefix="w/")
    *_, remove = gcp.checker_grants(one, one.buckets[0], GcpChecker(member=CI))
    assert "storage.objects.delete" in BUCKET_ROLES[remove.role]
    assert remove.condition.expression == f'resource.name.startsWith("{PLACE}w/.encord-check/")'


@pytest.mark.parametrize("changes", [{"imageSequences": True}, {"checkPrincipal": CHECK}])
def test_where_nothing_is_written_there_is_nothing_to_remove(changes):
    one = integration(**changes)
    found = gcp.checker_grants(one, one.buckets[0], GcpChecker(member=CI))
    assert "checker-remove" not in {grant.name for grant in found}


def test_the_cors_rule_names_origins_methods_and_what_a_video_needs():
    rule = gcp.cors_rule(("https://app.encord.com",))
    assert rule["origin"] == ["https://app.encord.com"]
    assert rule["method"] == ["GET", "HEAD"]
    assert {"Range", "Content-Range", "Accept-Ranges", "Content-Length", "ETag"} <= set(rule["responseHeader"])


# -- what a policy gives somebody -------------------------------------------------------


def binding(role, *members, condition=None):
    return {"role": role, "members": list(members), **({"condition": {"expression": condition}} if condition else {})}


def test_only_what_names_the_member_counts():
    found = held(
        [binding("roles/storage.objectViewer", "user:a"), binding("roles/storage.admin", "user:b")], "user:a", ()
    )
    assert found.certain == {"storage.objects.get", "storage.objects.list"}
    assert changing(found.possible) == []


def test_a_condition_that_was_asked_for_is_as_good_as_none_and_any_other_is_only_possible():
    bindings = [binding("roles/storage.objectCreator", "user:a", condition='resource.name.startsWith("x")')]
    assert "storage.objects.create" in held(bindings, "user:a", ['resource.name.startsWith( "x" )']).certain
    other = held(bindings, "user:a", ['resource.name.startsWith("y")'])
    assert other.certain == frozenset()
    assert "storage.objects.create" in changing(other.possible)


def test_a_role_of_somebodys_own_is_unknown():
    assert held([binding("projects/acme/roles/reader", "user:a")], "user:a", ()).unknown == (
        "projects/acme/roles/reader",
    )


# -- the documents and the steps --------------------------------------------------------


def settings(one, **more):
    plain = {"integrations": {}, "corsOrigins": ["https://app.encord.com"], **more}
    return msgspec.structs.replace(msgspec.convert(plain, Settings), integrations={one.name: one})


def test_every_document_says_who_applies_it():
    one = integration(checkPrincipal=CHECK)
    found = documents(one, settings(one, checkers={"gcp": {"member": CI}}))
    assert [(d.id, d.subject, d.reader == STACK) for d in found] == [
        ("cors", "acme-eu", True),
        ("encord-grants", "acme-eu", True),
        ("checker-grants", "acme-eu", True),
        ("impersonation", CHECK, False),
    ]
    assert CI in found[-1].apply


def test_before_encords_dialog_there_is_no_document_about_encord():
    one = integration(encord={})
    assert [d.id for d in documents(one, settings(one))] == ["cors"]


def test_an_existing_bucket_keeps_its_rules_and_its_owner_adds_ours():
    one = integration(buckets=[{"name": "acme-eu", "location": "EU", "ownership": "existing"}])
    theirs = {"origin": ["https://shop.example"], "method": ["PUT"]}
    cors, encord = documents(one, settings(one), {"acme-eu": Existing((theirs,))})
    assert cors.reader == OWNER
    assert cors.body == [theirs, gcp.cors_rule(("https://app.encord.com",))]
    assert encord.reader == STACK  # a grant adds, and changes nothing of the owner's


def test_merging_twice_adds_ours_once():
    ours = gcp.cors_rule(("https://app.encord.com",))
    once = gcp.merged_cors([{"origin": ["https://shop.example"]}], ours)
    assert gcp.merged_cors(once, ours) == once


def test_rules_that_could_not_be_read_are_said_to_be_unmerged():
    one = integration(buckets=[{"name": "acme-eu", "location": "EU", "ownership": "existing"}])
    (cors, _) = documents(one, settings(one), {"acme-eu": Existing(unread="it is 403")})
    assert cors.apply.endswith("not merged, because it is 403")


def test_the_steps_say_where_the_service_account_goes_and_whom_to_ask_if_google_refuses_it():
    waiting = steps(integration(encord={}), "dev")
    assert "serviceAccount: <" in waiting
    assert "constraint iam.allowedPolicyMemberDomains" in waiting
    assert "organisation policy administrator" in waiting
    assert "acme-eu" in waiting
    assert "serviceAccount: <" not in steps(integration(), "dev")
