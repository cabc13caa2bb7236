"""Objects by URL: signatures of every kind, CORS, anonymous access, tiers, the account's firewall."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
import requests
from azure.storage.blob import (
    AccountSasPermissions,
    BlobSasPermissions,
    ResourceTypes,
    generate_account_sas,
    generate_blob_sas,
)
from azure_stage import CONTAINER, CONTENT, DELEGATOR, OBJECT, READER, Account, code_of

from integrations_sandbox.clouds import azure as local_azure

pytest_plugins = ("azure_fixtures",)

ENCORD = local_azure.ENCORD
APP = "https://app.encord.com"
RULE = {
    "allowedOrigins": [APP],
    "allowedMethods": ["GET", "HEAD"],
    "allowedHeaders": ["range"],
    "exposedHeaders": ["ETag", "Content-Length"],
    "maxAgeInSeconds": 3600,
}
HOUR = timedelta(hours=1)


def path(name: str = OBJECT) -> str:
    return f"/{CONTAINER}/{quote(name)}"


def signature(account: Account, lifetime: timedelta = HOUR, permission: str = "r", **more: Any) -> str:
    """A SAS for one object, by the account's key or by a user delegation key."""
    if "user_delegation_key" not in more:
        more["account_key"] = account.key()
    return generate_blob_sas(
        account.name, CONTAINER, OBJECT,
        permission=BlobSasPermissions.from_string(permission), expiry=datetime.now(UTC) + lifetime, **more,
    )  # fmt: skip


def account_signature(account: Account, permission: str = "rl", **more: Any) -> str:
    """The account SAS that Encord documents: containers and objects."""
    return generate_account_sas(
        account.name, account.key(), ResourceTypes(container=True, object=True),
        AccountSasPermissions.from_string(permission), datetime.now(UTC) + HOUR, **more,
    )  # fmt: skip


def get(account: Account, query: str = "", name: str = OBJECT, **headers: str) -> requests.Response:
    return requests.get(f"{account.url}{path(name)}?{query}", headers=headers, timeout=10)


def refusal(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.headers["x-ms-error-code"]


def test_a_signed_url_reads_ranges_and_heads(account):
    url = f"{account.url}{path()}?{signature(account)}"
    assert requests.get(url, timeout=10).content == CONTENT
    part = requests.get(url, headers={"Range": "bytes=0-3"}, timeout=10)
    assert (part.status_code, part.content, part.headers["Content-Range"]) == (206, b"what", "bytes 0-3/13")
    head = requests.head(url, timeout=10)
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(CONTENT)))


def test_an_expired_url_is_refused_with_the_reason(account):
    answer = get(account, signature(account, -HOUR))
    assert refusal(answer) == (403, "AuthenticationFailed")
    assert "<AuthenticationErrorDetail>Signature not valid in the specified time frame: Expiry [" in answer.text
    early = get(account, signature(account, 2 * HOUR, start=datetime.now(UTC) + HOUR))
    assert refusal(early) == (403, "AuthenticationFailed")
    assert "Start [" in early.text


def test_an_altered_url_is_refused_with_the_reason(account):
    query = signature(account)
    for altered in (query.replace("sp=r", "sp=rw"), query[:-8] + "AAAAA%3D", query.replace("sig=", "sig=A")):
        answer = get(account, altered)
        assert refusal(answer) == (403, "AuthenticationFailed")
        assert "Signature did not match" in answer.text
    assert refusal(get(account, query, name="another")) == (403, "AuthenticationFailed")


def test_a_url_that_reads_does_not_write(account):
    url = f"{account.url}{path()}?{signature(account)}"
    answer = requests.put(url, data=b"x", headers={"x-ms-blob-type": "BlockBlob"}, timeout=10)
    assert refusal(answer) == (403, "AuthorizationPermissionMismatch")
    assert get(account, signature(account)).content == CONTENT


def test_a_signed_url_writes_where_it_says_so(account):
    url = f"{account.url}{path()}?{signature(account, permission='cw')}"
    assert requests.put(url, data=b"new", headers={"x-ms-blob-type": "BlockBlob"}, timeout=10).status_code == 201
    assert get(account, signature(account)).content == b"new"


def test_a_missing_object_and_a_missing_container_are_said_so(account):
    query = account_signature(account)
    assert refusal(get(account, query, name="missing")) == (404, "BlobNotFound")
    answer = requests.get(f"{account.url}/missing/{quote(OBJECT)}?{query}", timeout=10)
    assert refusal(answer) == (404, "ContainerNotFound")


def test_an_account_sas_lists_and_reads_and_writes_only_with_permission(account):
    reading = account.service(account_signature(account)).get_container_client(CONTAINER)
    assert [b.name for b in reading.list_blobs()] == [OBJECT]
    assert code_of(lambda: reading.upload_blob("new", b"x")) == (403, "AuthorizationPermissionMismatch")
    writing = account.service(account_signature(account, "rlwac")).get_container_client(CONTAINER)
    assert writing.upload_blob("new", b"x").exists()


def test_an_address_outside_of_the_signature_is_refused(account):
    assert get(account, signature(account, ip="127.0.0.0-127.0.0.9")).status_code == 200
    answer = get(account, signature(account, ip="203.0.113.0-203.0.113.9"))
    assert refusal(answer) == (403, "AuthorizationSourceIPMismatch")


def user_signature(account: Account, **more: Any) -> str:
    now = datetime.now(UTC)
    service = account.service(account.azure.credential(ENCORD))
    key = service.get_user_delegation_key(now - timedelta(minutes=5), now + HOUR)
    return signature(account, user_delegation_key=key, **more)


def test_a_url_signed_for_a_principal_gives_what_the_principal_has(account):
    account.grant(ENCORD, DELEGATOR)
    query = user_signature(account)
    assert refusal(get(account, query)) == (403, "AuthorizationPermissionMismatch")
    made = account.grant(ENCORD, READER, account.container_id)
    assert get(account, query).content == CONTENT
    account.azure.arm("DELETE", made.json()["id"])
    assert refusal(get(account, query)) == (403, "AuthorizationPermissionMismatch")


def test_a_url_signed_for_a_principal_expires_and_cannot_be_altered(account):
    account.grant(ENCORD, READER)
    expired = get(account, user_signature(account, lifetime=-HOUR))
    assert refusal(expired) == (403, "AuthenticationFailed")
    altered = get(account, user_signature(account).replace("sp=r", "sp=rw"))
    assert refusal(altered) == (403, "AuthenticationFailed")


def test_keys_can_be_turned_off_and_then_only_people_get_in(account):
    by_key, key = signature(account), account.key()
    account.grant(ENCORD, READER)
    by_person = user_signature(account)
    account.put(allowSharedKeyAccess=False)
    assert refusal(get(account, by_key)) == (403, "KeyBasedAuthenticationNotPermitted")
    assert code_of(lambda: list(account.service(key).list_containers())) == (403, "KeyBasedAuthenticationNotPermitted")
    assert get(account, by_person).content == CONTENT
    assert account.arm("GET", "/blobServices/default").status_code == 200


def test_nobody_gets_in_without_credentials(account):
    answer = get(account)
    assert refusal(answer) == (409, "PublicAccessNotPermitted")
    told = get(account, **{"x-ms-version": "2021-12-02"})
    assert refusal(told) == (401, "NoAuthenticationInformation")
    assert local_azure.TENANT in told.headers["WWW-Authenticate"]


def test_anonymous_access_needs_the_account_and_the_container(account):
    account.put(allowBlobPublicAccess=True)
    assert refusal(get(account)) == (404, "ResourceNotFound")
    account.azure.arm("PUT", account.container_id, {"properties": {"publicAccess": "Blob"}})
    assert get(account).content == CONTENT
    listing = requests.get(f"{account.url}/{CONTAINER}?restype=container&comp=list", timeout=10)
    assert refusal(listing) == (404, "ResourceNotFound")
    account.put(allowBlobPublicAccess=False)
    assert refusal(get(account)) == (409, "PublicAccessNotPermitted")


def test_a_container_is_not_made_public_by_the_service_either(account):
    service = account.service(account.key())
    forbidden = (409, "PublicAccessNotPermitted")
    assert code_of(lambda: service.create_container("open", public_access="blob")) == forbidden
    container = service.get_container_client(CONTAINER)
    assert code_of(lambda: container.set_container_access_policy({}, public_access="container")) == forbidden


def test_a_firewall_leaves_everybody_else_out(account):
    query = signature(account)
    rules = [{"value": "203.0.113.0/24", "action": "Allow"}]
    account.put(networkAcls={"defaultAction": "Deny", "ipRules": rules})
    assert refusal(get(account, query)) == (403, "AuthorizationFailure")
    account.put(networkAcls={"defaultAction": "Deny", "ipRules": [*rules, {"value": "127.0.0.1", "action": "Allow"}]})
    assert get(account, query).status_code == 200


def preflight(account: Account, origin: str, method: str = "GET", headers: str = "") -> requests.Response:
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    if headers:
        asked["Access-Control-Request-Headers"] = headers
    return requests.options(f"{account.url}{path()}", headers=asked, timeout=10)


def test_cors_lets_the_named_origin_in_and_no_other(account):
    assert refusal(preflight(account, APP)) == (403, "CorsPreflightFailure")
    account.arm("PUT", "/blobServices/default", {"properties": {"cors": {"corsRules": [RULE]}}})
    allowed = preflight(account, APP, headers="range")
    assert (allowed.status_code, allowed.headers["Access-Control-Allow-Origin"]) == (200, APP)
    for answer in (
        preflight(account, "https://evil.example"),
        preflight(account, "http://app.encord.com"),
        preflight(account, APP, method="PUT"),
        preflight(account, APP, headers="x-other"),
    ):
        assert refusal(answer) == (403, "CorsPreflightFailure")


def test_a_browser_may_read_the_answer_only_on_the_named_origin(account):
    account.arm("PUT", "/blobServices/default", {"properties": {"cors": {"corsRules": [RULE]}}})
    query = signature(account)
    seen = get(account, query, Origin=APP)
    assert seen.headers["Access-Control-Allow-Origin"] == APP
    assert {"etag", "content-length"} <= set(seen.headers["Access-Control-Expose-Headers"].lower().split(","))
    assert "Access-Control-Allow-Origin" not in get(account, query, Origin="https://evil.example").headers
    expired = get(account, signature(account, -HOUR), Origin=APP)
    assert (expired.status_code, expired.headers["Access-Control-Allow-Origin"]) == (403, APP)


def test_an_archived_object_is_not_read(account):
    blob = account.service(account.key()).get_blob_client(CONTAINER, OBJECT)
    for tier in ("Cool", "Hot"):
        blob.set_standard_blob_tier(tier)
        assert blob.download_blob().readall() == CONTENT
    blob.set_standard_blob_tier("Archive")
    assert refusal(get(account, signature(account))) == (409, "BlobArchived")
    assert blob.get_blob_properties().blob_tier == "Archive"


def test_a_browser_reads_signed_urls_on_plain_loopback(account):
    query = signature(account)
    url = f"{account.azure.browser}/{account.name}{path()}?"
    assert requests.get(url + query, timeout=10).content == CONTENT
    assert refusal(requests.get(url + query.replace("sp=r", "sp=w"), timeout=10)) == (403, "AuthenticationFailed")
    assert refusal(requests.get(url, timeout=10)) == (409, "PublicAccessNotPermitted")


def test_a_stream_and_its_encoding_pass_as_they_are(account):
    import gzip

    from azure.storage.blob import ContentSettings

    blob = account.service(account.key()).get_blob_client(CONTAINER, "packed.json")
    content = gzip.compress(b'{"a": 1}')
    blob.upload_blob(content, content_settings=ContentSettings("application/json", content_encoding="gzip"))
    with requests.get(f"{blob.url}?{account_signature(account)}", stream=True, timeout=10) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.raw.read() == content


def test_what_is_uploaded_in_blocks_comes_back_whole(account):
    blob = account.service(account.key()).get_blob_client(CONTAINER, "large.bin")
    content = bytes(range(256)) * 60_000
    blob._config.max_single_put_size = blob._config.max_block_size = 4 * 1024 * 1024
    blob.upload_blob(content)
    assert blob.download_blob().readall() == content


@pytest.mark.parametrize("name", ["plain", "a b", "ümlaut/日本", "100%", "a+b&c=d", "dots./x..y"])
def test_names_arrive_as_they_were_written(account, name):
    blob = account.service(account.key()).get_blob_client(CONTAINER, name)
    blob.upload_blob(b"x")
    listed = [b.name for b in account.service(account.key()).get_container_client(CONTAINER).list_blobs()]
    assert name in listed
    assert blob.download_blob().readall() == b"x"
