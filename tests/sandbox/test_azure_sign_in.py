"""Who gets a token, from the real azure-identity, and what the directory tells about an application."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential, EnvironmentCredential

from integrations_sandbox.clouds import azure as local_azure
from integrations_sandbox.clouds.azure_state import Application

pytest_plugins = ("azure_fixtures",)

MANAGEMENT = "https://management.azure.com/.default"
STRANGER = "5a6db000-0000-4000-8000-0000000000ff"


def claims(token: str) -> dict[str, Any]:
    middle = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4))))


def test_a_token_names_the_object_id_which_is_not_the_application_id(azure):
    encord = azure.people[local_azure.ENCORD]
    found = claims(azure.credential(local_azure.ENCORD).get_token("https://storage.azure.com/.default").token)
    assert found["oid"] == encord.object_id
    assert found["appid"] == encord.client_id
    assert encord.object_id != encord.client_id
    assert found["tid"] == local_azure.TENANT
    assert found["aud"] == "https://storage.azure.com"


def test_the_standard_environment_variables_are_enough(azure, monkeypatch):
    for name, value in azure.people[local_azure.CHECKER].environment().items():
        monkeypatch.setenv(name, value)
    token = EnvironmentCredential().get_token(MANAGEMENT).token
    assert claims(token)["oid"] == azure.people[local_azure.CHECKER].object_id


def test_a_wrong_secret_is_refused(azure):
    person = azure.people[local_azure.DEPLOYER]
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        ClientSecretCredential(person.tenant, person.client_id, "wrong").get_token(MANAGEMENT)


def test_a_secret_that_was_renewed_is_refused(azure):
    old = azure.people[local_azure.CHECKER]
    new = next(p for p in local_azure.seed(azure.folder) if p.name == local_azure.CHECKER)
    try:
        with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
            ClientSecretCredential(old.tenant, old.client_id, old.client_secret).get_token(MANAGEMENT)
        assert ClientSecretCredential(new.tenant, new.client_id, new.client_secret).get_token(MANAGEMENT).token
    finally:
        azure.people.update({person.name: person for person in local_azure.seed(azure.folder)})


def test_an_unknown_application_is_refused(azure):
    with pytest.raises(ClientAuthenticationError, match="AADSTS700016"):
        ClientSecretCredential(local_azure.TENANT, STRANGER, "any").get_token(MANAGEMENT)


def test_an_application_without_consent_in_the_tenant_is_refused(azure):
    azure.admit(applications=(Application(STRANGER[:-2] + "f0", "not-consented", local_azure.ENCORD_TENANT),))
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000229"):
        ClientSecretCredential(local_azure.TENANT, STRANGER[:-2] + "f0", "any").get_token(MANAGEMENT)


def test_an_unknown_tenant_is_refused(azure):
    person = azure.people[local_azure.DEPLOYER]
    with pytest.raises(ClientAuthenticationError):
        ClientSecretCredential(STRANGER, person.client_id, person.client_secret).get_token(MANAGEMENT)
    answer = requests.get(
        f"https://login.microsoftonline.com/{STRANGER}/v2.0/.well-known/openid-configuration", timeout=10
    )
    assert answer.status_code == 400
    assert "AADSTS90002" in answer.json()["error_description"]


def test_a_scope_of_nobody_is_refused(azure):
    with pytest.raises(ClientAuthenticationError, match="AADSTS500011"):
        azure.credential().get_token("https://vault.azure.net/.default")


def graph(azure: Any, who: str, application: str) -> requests.Response:
    token = azure.credential(who).get_token("https://graph.microsoft.com/.default").token
    return requests.get(
        "https://graph.microsoft.com/v1.0/servicePrincipals",
        params={"$filter": f"appId eq '{application}'"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    )


def test_graph_leads_from_an_application_id_to_the_object_id(azure):
    encord = azure.people[local_azure.ENCORD]
    found = graph(azure, local_azure.DEPLOYER, encord.client_id).json()["value"]
    assert [(p["id"], p["displayName"]) for p in found] == [(encord.object_id, "cord-integrator")]
    assert graph(azure, local_azure.DEPLOYER, STRANGER).json()["value"] == []


def test_graph_refuses_who_may_not_read_applications(azure):
    answer = graph(azure, local_azure.CHECKER, azure.people[local_azure.ENCORD].client_id)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "Authorization_RequestDenied")


def test_graph_refuses_a_token_for_somebody_else(azure):
    token = azure.credential().get_token(MANAGEMENT).token
    url = "https://graph.microsoft.com/v1.0/servicePrincipals"
    answer = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=10)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")


def test_the_admin_door_opens_with_the_token_of_its_file_only(azure):
    url = "https://management.azure.com/_sandbox/directory"
    assert requests.post(url, data=b"{}", timeout=10).status_code == 403
    assert requests.post(url, data=b"{}", headers={"Authorization": "Bearer x"}, timeout=10).status_code == 403
    assert (azure.folder / "admin.token").stat().st_mode & 0o777 == 0o600
    azure.admit()


def test_what_is_secret_is_readable_by_its_owner_only_and_secrets_are_not_kept_at_all(azure):
    for name in ("state.json", "accounts", "signing.key"):
        assert (azure.folder / name).stat().st_mode & 0o777 == 0o600
    state = (azure.folder / "state.json").read_text()
    assert not any(person.client_secret in state for person in azure.people.values())
