"""The smaller parts of the local Azure: CORS documents, tokens, state, sign-in, whether it is there at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from integrations_sandbox.clouds import azure, azure_cors
from integrations_sandbox.clouds.azure_azurite import path_parts, query_of, shared_key
from integrations_sandbox.clouds.azure_entra import LoginError, authenticate
from integrations_sandbox.clouds.azure_state import Account, Application, ServicePrincipal, State, Store, digest
from integrations_sandbox.clouds.azure_tokens import Issuer, TokenError

RULE: dict[str, Any] = {
    "allowedOrigins": ["https://app.encord.com", "https://app.us.encord.com"],
    "allowedMethods": ["GET"],
    "allowedHeaders": [],
    "exposedHeaders": ["ETag"],
    "maxAgeInSeconds": 3600,
}
PRINCIPAL = ServicePrincipal("object", "application", "tenant")
FORM = {"grant_type": "client_credentials", "client_id": "application", "client_secret": "s"}
SCOPE = {"scope": "https://storage.azure.com/.default"}


def test_cors_rules_survive_the_way_to_the_service_and_back():
    assert azure_cors.from_xml(azure_cors.to_xml([RULE, RULE])) == [RULE, RULE]
    assert azure_cors.from_xml(azure_cors.to_xml([])) == []
    with pytest.raises(ValueError, match="unclosed token"):
        azure_cors.from_xml(b"<Cors")


def test_a_cors_rule_says_everything():
    assert azure_cors.fault([RULE]) is None
    for key in RULE:
        assert key in str(azure_cors.fault([{k: v for k, v in RULE.items() if k != key}]))


def test_a_token_is_this_issuers_unaltered_and_of_this_hour(tmp_path):
    issuer = Issuer(tmp_path)
    token = issuer.issue(PRINCIPAL, "https://storage.azure.com/")
    caller = issuer.verify(f"Bearer {token}")
    assert (caller.object_id, caller.application, caller.tenant) == ("object", "application", "tenant")
    assert caller.audience == "https://storage.azure.com"
    assert Issuer(tmp_path).verify(f"Bearer {token}") == caller  # the key is kept
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(TokenError, match="Signature validation failed"):
        Issuer(other).verify(f"Bearer {token}")
    with pytest.raises(TokenError, match="expired"):
        issuer.verify(f"Bearer {issuer.issue(PRINCIPAL, 'x', lifetime=-1)}")
    for wrong in ("", f"Basic {token}", "Bearer", "Bearer rubbish"):
        with pytest.raises(TokenError):
            issuer.verify(wrong)


def directory() -> State:
    state = State(tenants={"tenant": "acme"})
    state.applications["application"] = Application("application", "app", "tenant", (digest("s"),))
    state.principals["object"] = PRINCIPAL
    return state


def test_client_credentials_make_a_principal_and_an_audience():
    assert authenticate(directory(), "tenant", {**FORM, **SCOPE}) == (PRINCIPAL, "https://storage.azure.com")


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ({"grant_type": "password"}, 70003),
        ({"client_id": "other"}, 700016),
        ({"client_secret": ""}, 7000218),
        ({"client_secret": "S"}, 7000215),
        ({"scope": "https://storage.azure.com/user_impersonation"}, 1002012),
        ({"scope": "https://vault.azure.net/.default"}, 500011),
    ],
)
def test_a_sign_in_is_refused_with_its_number(change, number):
    with pytest.raises(LoginError) as caught:
        authenticate(directory(), "tenant", {**FORM, **SCOPE, **change})
    assert caught.value.number == number
    assert str(caught.value).startswith(f"AADSTS{number}: ")


def test_the_state_is_what_it_was_after_a_restart(tmp_path):
    store = Store(tmp_path)
    store.state.accounts["acme"] = Account("s", "rg", "acme", "l", "sku", "kind", "", ("a2V5MQ==", "a2V5Mg=="))
    store.save()
    again = Store(tmp_path)
    assert again.state == store.state
    assert again.emulator_accounts.read_text() == "acme:a2V5MQ==:a2V5Mg=="
    assert not list(tmp_path.glob("*.new"))


def test_a_request_is_signed_as_microsoft_documents_it():
    """The documentation gives no key, so this holds the parts: each of them changes the signature."""
    made = Account("s", "rg", "acme", "l", "sku", "kind", "", ("a2V5MQ==", ""))
    headers = {"x-ms-date": "now", "x-ms-version": "v", "Content-Length": "0"}
    plain = shared_key(made, "GET", "/c/b?comp=list&restype=x", headers)
    assert plain.startswith("SharedKey acme:")
    assert shared_key(made, "GET", "/c/b?restype=x&comp=list", headers) == plain
    assert shared_key(made, "GET", "/c/b?comp=list&restype=x", {**headers, "Content-Length": ""}) == plain
    for method, target, sent in (
        ("PUT", "/c/b?comp=list&restype=x", headers),
        ("GET", "/c/b2?comp=list&restype=x", headers),
        ("GET", "/c/b?comp=list&restype=y", headers),
        ("GET", "/c/b?comp=list&restype=x", {**headers, "x-ms-meta-a": "1"}),
    ):
        assert shared_key(made, method, target, sent) != plain


def test_a_path_is_container_and_blob():
    assert path_parts("/media/a%20b/c?x=1") == ("media", "a b/c")
    assert path_parts("/media") == ("media", "")
    assert path_parts("/?comp=list") == ("", "")
    assert query_of("/?Comp=list&sig=a%2Bb") == {"comp": "list", "sig": "a+b"}


@pytest.fixture
def _asked_anew():
    azure.available.cache_clear()
    yield
    azure.available.cache_clear()


@pytest.mark.usefixtures("_asked_anew")
def test_without_node_the_reason_is_said(monkeypatch):
    monkeypatch.setattr(azure.shutil, "which", lambda _: None)
    assert azure.available() == "Azure is left out of the sandbox: Node.js 20 or newer is not installed"


@pytest.mark.usefixtures("_asked_anew")
@pytest.mark.parametrize(
    ("node", "package", "reason"),
    [
        ("v18.1.0", None, "Node.js 20 or newer is needed, and this is v18.1.0"),
        ("v22.1.0", None, "Azurite is not installed; run `npm ci`"),
        ("v22.1.0", {"version": "3.35.0"}, "Azurite 3.35.0 is installed, not 3.37.0; run `npm ci`"),
    ],
)
def test_with_an_old_node_or_another_azurite_the_reason_is_said(tmp_path, monkeypatch, node, package, reason):
    program = tmp_path / "node"
    program.write_text(f"#!/bin/sh\necho {node}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(azure, "ROOT", tmp_path)
    if package:
        (tmp_path / "node_modules" / "azurite").mkdir(parents=True)
        (tmp_path / "node_modules" / "azurite" / "package.json").write_text(json.dumps(package))
    assert reason in str(azure.available())


def test_the_pinned_version_is_one_and_the_lock_names_no_registry():
    root = Path(__file__).parents[3]
    assert json.loads((root / "package.json").read_text())["dependencies"] == {"azurite": azure.AZURITE_VERSION}
    lock = json.loads((root / "package-lock.json").read_text())
    assert lock["packages"]["node_modules/azurite"]["version"] == azure.AZURITE_VERSION
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]
    assert all("integrity" in package for name, package in lock["packages"].items() if name)
