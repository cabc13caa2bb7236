"""Which role allows which action where."""

from __future__ import annotations

import pytest

from integrations_sandbox.clouds.azure_roles import (
    BLOBS,
    BUILT_IN,
    CONTAINERS,
    DELEGATION_KEY,
    Assignment,
    allowed,
    covers,
)

ROLES = {role.name: role for role in BUILT_IN}
ACCOUNT = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/acme"
CONTAINER = f"{ACCOUNT}/blobServices/default/containers/media"
GRANT = "Microsoft.Authorization/roleAssignments/write"


@pytest.mark.parametrize(
    ("role", "reads", "writes", "signs"),
    [
        ("Storage Blob Data Reader", True, False, True),
        ("Storage Blob Data Contributor", True, True, True),
        ("Storage Blob Data Owner", True, True, True),
        ("Storage Blob Delegator", False, False, True),
        ("Owner", False, False, True),
        ("Contributor", False, False, True),
        ("Reader", False, False, False),
        ("User Access Administrator", False, False, False),
    ],
)
def test_data_is_for_data_roles_and_signing_for_those_with_its_action(role, reads, writes, signs):
    assert ROLES[role].allows(f"{BLOBS}/read", data=True) is reads
    assert ROLES[role].allows(f"{BLOBS}/write", data=True) is writes
    assert ROLES[role].allows(DELEGATION_KEY) is signs


def test_granting_is_for_owners_and_access_administrators():
    assert {name for name, role in ROLES.items() if role.allows(GRANT)} == {"Owner", "User Access Administrator"}


def test_actions_are_compared_without_regard_to_case():
    assert not ROLES["Contributor"].allows(GRANT.upper())
    assert ROLES["Reader"].allows("MICROSOFT.STORAGE/storageaccounts/READ")


def test_a_scope_covers_what_is_below_it_and_nothing_beside_it():
    assert covers(ACCOUNT, CONTAINER)
    assert covers(ACCOUNT.upper(), ACCOUNT)
    assert not covers(CONTAINER, ACCOUNT)
    assert not covers(ACCOUNT, f"{ACCOUNT}2")
    assert covers("/subscriptions/s", CONTAINER)
    assert not covers("/subscriptions/t", CONTAINER)


def test_an_assignment_is_for_its_principal_and_its_scope():
    given = [Assignment("n", CONTAINER, ROLES["Storage Blob Data Reader"].id, "encord")]
    assert allowed(given, "encord", f"{BLOBS}/read", CONTAINER, data=True)
    assert allowed(given, "encord", f"{CONTAINERS}/read", CONTAINER)
    assert not allowed(given, "encord", f"{BLOBS}/write", CONTAINER, data=True)
    assert not allowed(given, "encord", f"{BLOBS}/read", ACCOUNT, data=True)
    assert not allowed(given, "somebody", f"{BLOBS}/read", CONTAINER, data=True)
    assert not allowed([], "encord", f"{BLOBS}/read", CONTAINER, data=True)
