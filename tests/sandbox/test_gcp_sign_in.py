"""Tokens of the local Google Cloud: who gets one, and what one is good for."""

from __future__ import annotations

import time
from typing import Any

import google.auth.exceptions
import pytest
import requests
from gcp_stage import CI, CONTENT, DEPLOYER, ENCORD, OBJECT, SCOPE, Gcp, grant
from google.auth import crypt, impersonated_credentials, jwt
from google.auth.transport.requests import Request

from integrations_sandbox.clouds import gcp as local_gcp

pytest_plugins = ["gcp_fixtures"]

TOKEN_URI = "https://oauth2.googleapis.com/token"
READ_ONLY = "https://www.googleapis.com/auth/devstorage.read_only"


def ask(gcp: Gcp, signer: str = CI, **claims: Any) -> requests.Response:
    """Ask for a token with an assertion of the CI account, or one that differs from it."""
    now = int(time.time())
    assertion = {"iss": CI, "aud": TOKEN_URI, "iat": now, "exp": now + 600, "scope": SCOPE} | claims
    signed = jwt.encode(crypt.RSASigner.from_service_account_info(gcp.key(signer)), assertion)
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": signed.decode()}
    return requests.post(TOKEN_URI, data=form, timeout=10)


def test_a_service_account_gets_a_token_for_an_assertion_of_its_own(gcp):
    answer = ask(gcp)
    assert answer.status_code == 200
    assert answer.json()["token_type"] == "Bearer"


@pytest.mark.parametrize(
    ("difference", "error", "description"),
    [
        ({"signer": ENCORD}, "invalid_grant", "Invalid JWT Signature."),
        ({"iss": "nobody@acme-media.iam.gserviceaccount.com"}, "invalid_grant", "Invalid grant: account not found"),
        ({"aud": "https://storage.googleapis.com/"}, "invalid_grant", "Invalid JWT: Failed audience check."),
        ({"exp": int(time.time()) - 10}, "invalid_grant", "Invalid JWT: Token must be a short-lived token"),
        ({"exp": int(time.time()) + 7200}, "invalid_grant", "Invalid JWT: Token must be a short-lived token"),
        ({"iat": "now"}, "invalid_grant", "Invalid JWT: Token must be a short-lived token"),
        ({"scope": ""}, "invalid_scope", "Empty or missing scope not allowed."),
        ({"sub": "somebody@acme.example"}, "unauthorized_client", "Client is unauthorized"),
    ],
)
def test_an_assertion_that_proves_nothing_gets_none(gcp, difference, error, description):
    answer = ask(gcp, **difference)
    assert answer.status_code == 400
    assert answer.json()["error"] == error
    assert answer.json()["error_description"].startswith(description)


def test_no_other_grant_is_known(gcp):
    answer = requests.post(TOKEN_URI, data={"grant_type": "password"}, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"] == "unsupported_grant_type"


def test_googles_library_says_that_a_revoked_key_is_refused(gcp, monkeypatch):
    liar = gcp.credentials(CI)
    liar._signer = crypt.RSASigner.from_service_account_info(gcp.key(ENCORD))
    with pytest.raises(google.auth.exceptions.RefreshError, match="Invalid JWT Signature"):
        liar.refresh(Request())


@pytest.mark.parametrize("token", ["ya29.made.up", "ya29.", "a.b.c", "nonsense"])
def test_a_token_that_nobody_gave_out_is_refused(gcp, bucket, token):
    url = f"https://storage.googleapis.com/storage/v1/b/{bucket.name}"
    answer = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=10)
    assert answer.status_code == 401
    assert answer.json()["error"]["message"] == "Invalid Credentials"


def test_an_altered_token_is_refused(gcp, bucket):
    session = gcp.session(DEPLOYER)
    url = f"https://storage.googleapis.com/storage/v1/b/{bucket.name}"
    assert session.get(url, timeout=10).status_code == 200
    head, body, mac = session.headers["Authorization"].split(".")
    session.headers["Authorization"] = f"{head}.{body[:-2]}AA.{mac}"
    assert session.get(url, timeout=10).status_code == 401


def test_the_scope_of_a_token_limits_what_its_owner_may(gcp, bucket):
    url = f"https://storage.googleapis.com/storage/v1/b/{bucket.name}"
    reader = gcp.session(DEPLOYER, READ_ONLY)
    assert reader.get(f"{url}/o", timeout=10).status_code == 200
    refused = reader.patch(url, json={"labels": {"a": "b"}}, timeout=10)
    assert refused.status_code == 403
    assert refused.json()["error"]["message"] == "Provided scope(s) are not authorized"


def test_a_jwt_of_ones_own_stands_for_a_token(gcp, bucket):
    # What obstore and Google's gRPC clients send: https://google.aip.dev/auth/4111
    def status(signer: str, audience: str) -> int:
        now = int(time.time())
        claims = {"iss": DEPLOYER, "sub": DEPLOYER, "aud": audience, "iat": now, "exp": now + 600}
        signed = jwt.encode(crypt.RSASigner.from_service_account_info(gcp.key(signer)), claims).decode()
        url = f"https://storage.googleapis.com/storage/v1/b/{bucket.name}"
        return requests.get(url, headers={"Authorization": f"Bearer {signed}"}, timeout=10).status_code

    assert status(DEPLOYER, "https://storage.googleapis.com/") == 200
    assert status(DEPLOYER, "https://pubsub.googleapis.com/") == 401
    assert status(CI, "https://storage.googleapis.com/") == 401


def impersonate(gcp: Gcp, who: str, target: str) -> impersonated_credentials.Credentials:
    return impersonated_credentials.Credentials(gcp.credentials(who), target, [SCOPE], lifetime=300)


@pytest.fixture
def encord_lets_ci_act(gcp):
    """Encord lets the CI account act as its service account, until the end of the test."""
    creator = {"role": "roles/iam.serviceAccountTokenCreator", "members": [f"serviceAccount:{CI}"]}
    local_gcp.add_account(gcp.folder, ENCORD, local_gcp.PLATFORM_PROJECT, bindings=[creator])
    yield
    local_gcp.add_account(gcp.folder, ENCORD, local_gcp.PLATFORM_PROJECT, bindings=[])


def test_whoever_is_allowed_acts_as_another_account(gcp, bucket, encord_lets_ci_act):
    grant(bucket, ENCORD, "roles/storage.objectViewer")
    acting = impersonate(gcp, CI, ENCORD)
    acting.refresh(Request())
    url = f"https://storage.googleapis.com/storage/v1/b/{bucket.name}/o/images%2F1%20%2832%29.jpg?alt=media"
    assert requests.get(url, headers={"Authorization": f"Bearer {acting.token}"}, timeout=10).content == CONTENT


def test_whoever_is_not_allowed_does_not_act_as_another_account(gcp):
    with pytest.raises(google.auth.exceptions.RefreshError, match=r"iam.serviceAccounts.getAccessToken"):
        impersonate(gcp, CI, ENCORD).refresh(Request())


def test_nobody_acts_as_an_account_that_does_not_exist(gcp):
    with pytest.raises(google.auth.exceptions.RefreshError, match="Not found; Gaia id not found for email"):
        impersonate(gcp, CI, "nobody@acme-media.iam.gserviceaccount.com").refresh(Request())


def test_a_url_signed_in_the_name_of_another_account_works(gcp, bucket, encord_lets_ci_act):
    grant(bucket, ENCORD, "roles/storage.objectViewer")
    acting = impersonate(gcp, CI, ENCORD)
    url = bucket.blob(OBJECT).generate_signed_url(version="v4", expiration=60, credentials=acting)
    assert requests.get(url, timeout=10).content == CONTENT


def test_what_google_signed_still_holds_when_the_sandbox_is_started_again(gcp, bucket, encord_lets_ci_act):
    grant(bucket, ENCORD, "roles/storage.objectViewer")
    acting = impersonate(gcp, CI, ENCORD)
    url = bucket.blob(OBJECT).generate_signed_url(version="v4", expiration=60, credentials=acting)
    local_gcp.add_account(gcp.folder, ENCORD, local_gcp.PLATFORM_PROJECT)
    assert requests.get(url, timeout=10).content == CONTENT


def test_signing_in_the_name_of_another_account_is_refused_without_permission(gcp, bucket):
    with pytest.raises(google.auth.exceptions.TransportError, match=r"iam.serviceAccounts.signBlob"):
        bucket.blob("any").generate_signed_url(version="v4", expiration=60, credentials=impersonate(gcp, CI, ENCORD))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"lifetime": "300s"}, "Scope required."),
        ({"scope": [SCOPE], "lifetime": "7200s"}, "The lifetime must be 1s to 3600s."),
    ],
)
def test_what_a_token_for_another_account_may_be(gcp, encord_lets_ci_act, body, message):
    url = f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{ENCORD}:generateAccessToken"
    answer = gcp.session(CI).post(url, json=body, timeout=10)
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, message)


def test_the_admin_door_opens_to_its_token_only(gcp):
    url = "https://storage.googleapis.com/_sandbox/projects/acme-media"
    answer = gcp.session(DEPLOYER).put(url, json={"domain": "acme.example"}, timeout=10)
    assert answer.status_code == 401
    assert (gcp.folder / "settings.json").stat().st_mode & 0o777 == 0o600
    assert all(key.path.stat().st_mode & 0o777 == 0o600 for key in gcp.keys.values())
