"""What an environment may say of Azure, and what contradicts itself."""

from __future__ import annotations

import re

import pytest

from integrations.environment.load import parse_environment
from integrations.errors import ConfigurationError
from integrations.registration.locations import first_url, locations
from integrations.registration.object_url import parse_object_url

ENCORD, APPLICATION, CHECK = (f"00000000-0000-4000-8000-0000000000a{n}" for n in (1, 2, 3))
SMALLEST = """\
config:
  encord-integrations:corsOrigins: [https://app.encord.com]
  encord-integrations:integrations:
    images:
      cloud: azure
      tenant: 00000000-0000-4000-8000-000000000001
      subscription: 00000000-0000-4000-8000-000000000002
      resourceGroup: {name: rg-acme, ownership: create}
      account: {name: acmeimages, location: westeurope, ownership: create}
      containers:
        - {name: images, ownership: create}
"""


def read(text):
    return parse_environment("dev", text, "Pulumi.dev.yaml")


def one(rest=""):
    return read(SMALLEST + rest).integrations[0]


def test_the_smallest_awaits_encord_and_has_its_containers_as_buckets():
    integration = one()
    assert (integration.cloud, integration.awaiting_encord) == ("azure", True)
    assert [bucket.name for bucket in integration.buckets] == ["images"]
    assert integration.account.redundancy == "LRS"


def test_an_object_id_ends_the_wait_and_an_application_id_does_not():
    assert one(f"      encord: {{applicationId: {APPLICATION}}}\n").awaiting_encord
    assert not one(f"      encord: {{objectId: {ENCORD}}}\n").awaiting_encord
    assert not one("      encord: {access: account-sas, sasExpiry: '2031-12-31'}\n").awaiting_encord


def test_the_application_id_is_no_object_id_and_the_look_up_is_printed():
    with pytest.raises(ConfigurationError, match=f"az ad sp show --id {APPLICATION} --query id --output tsv"):
        one(f"      encord: {{applicationId: {APPLICATION}, objectId: {APPLICATION}}}\n")


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("      encord: {access: account-sas}\n", "an account SAS needs `sasExpiry`"),
        ("      encord: {access: account-sas, sasExpiry: '2031-02-31'}\n", "no day of the calendar"),
        ("      encord: {access: account-sas, sasExpiry: soon}\n", "this is not a date"),
        (f"      encord: {{access: account-sas, sasExpiry: '2031-12-31', objectId: {ENCORD}}}\n", "remove `objectId`"),
        (f"      encord: {{objectId: {ENCORD}}}\n      checkPrincipal: {ENCORD}\n", "must be one of yours"),
        (
            f"      encord: {{access: account-sas, sasExpiry: '2031-12-31'}}\n      checkPrincipal: {CHECK}\n",
            "remove `checkPrincipal`",
        ),
        ("      encord: {objectId: acme}\n", "this is not an id"),
        ("        - {name: images, ownership: create}\n", "container images is named twice"),
        ("        - {name: a--b, ownership: create}\n", "this is not a blob container's name"),
        ("        - {name: theirs, ownership: existing}\n", "so its containers are too"),
        ("      prefixes: [a/]\n", "there is no field `prefixes`"),
    ],
)
def test_what_contradicts_itself_is_refused(rest, said):
    with pytest.raises(ConfigurationError, match=re.escape(said)):
        one(rest)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("name: acmeimages", "name: Acme-Images", "this is not a storage account's name"),
        ("westeurope", "West Europe", "this is not an Azure region"),
        ("name: rg-acme", "name: rg/acme", "this is not a resource group's name"),
        ("westeurope, ownership: create", "westeurope, ownership: existing", "so its resource group does"),
        ("0001\n", "0001X\n", "this is not an id"),
    ],
)
def test_what_azure_refuses_is_refused_here(old, new, said):
    with pytest.raises(ConfigurationError, match=re.escape(said)):
        read(SMALLEST.replace(old, new))


def test_a_container_may_be_made_in_an_owners_account():
    text = SMALLEST.replace("westeurope, ownership: create", "westeurope, ownership: existing")
    assert read(text.replace("rg-acme, ownership: create", "rg-acme, ownership: existing")).integrations


def test_a_tenant_has_one_checker():
    checker = "{tenant: 00000000-0000-4000-8000-000000000001, objectId: 00000000-0000-4000-8000-0000000000a3}"
    text = SMALLEST + "  encord-integrations:checkers: {azure: [%s]}\n"
    settings = read(text % checker).settings
    assert settings.azure_checker("00000000-0000-4000-8000-000000000001").object_id == CHECK
    assert settings.azure_checker("00000000-0000-4000-8000-000000000002") is None
    with pytest.raises(ConfigurationError, match="the tenant of a checker"):
        read(text % f"{checker}, {checker}")


def test_urls_of_its_containers_are_its_own_and_others_are_not():
    integration = one()
    assert first_url(integration, "a b.jpg") == "https://acmeimages.blob.core.windows.net/images/a%20b.jpg"
    (place,) = locations([integration])
    assert place.holds(parse_object_url(first_url(integration, "a.jpg")))
    for other in (
        "https://acmeimages.blob.core.windows.net/other/a",
        "https://acmeother.blob.core.windows.net/images/a",
    ):
        assert not place.holds(parse_object_url(other))
