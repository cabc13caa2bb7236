"""The local Google Cloud as a browser meets it: signed URLs, and the bucket's rules for other origins."""

from __future__ import annotations

import datetime
import xml.etree.ElementTree as ET

import pytest
import requests
from gcp_stage import CONTENT, DEPLOYER, ENCORD, OBJECT, ORIGIN, Gcp, grant

pytest_plugins = ["gcp_fixtures"]


def signed(bucket, name: str = OBJECT, **more) -> str:
    return bucket.blob(name).generate_signed_url(version="v4", **({"expiration": 60} | more))


def refusal(answer: requests.Response) -> tuple[int, str | None]:
    """Status and Google's code."""
    return answer.status_code, ET.fromstring(answer.content).findtext("Code")


def test_a_signed_url_opens_what_its_signer_may_read(gcp, bucket):
    answer = requests.get(signed(bucket), timeout=10)
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["Content-Type"] == "image/jpeg"


def test_a_video_is_read_in_ranges(bucket):
    def part(span: str) -> requests.Response:
        return requests.get(signed(bucket), headers={"Range": span}, timeout=10)

    middle = part("bytes=2-4")
    assert (middle.status_code, middle.content) == (206, CONTENT[2:5])
    assert middle.headers["Content-Range"] == f"bytes 2-4/{len(CONTENT)}"
    assert part("bytes=-3").content == CONTENT[-3:]
    assert part("bytes=5-").content == CONTENT[5:]
    assert refusal(part("bytes=100-")) == (416, "InvalidRange")
    assert requests.head(signed(bucket, method="HEAD"), timeout=10).headers["Content-Length"] == str(len(CONTENT))


def test_an_expired_url_is_refused(bucket, monkeypatch):
    long_ago = datetime.datetime.now(datetime.UTC).replace(tzinfo=None) - datetime.timedelta(minutes=10)
    monkeypatch.setattr("google.cloud.storage._signing._NOW", lambda *_: long_ago.replace(tzinfo=datetime.UTC))
    answer = requests.get(signed(bucket, expiration=datetime.timedelta(minutes=1)), timeout=10)
    assert refusal(answer) == (400, "ExpiredToken")


def altered(url: str, old: str, new: str) -> str:
    assert old in url
    return url.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("images/1%20", "images/2%20", (403, "SignatureDoesNotMatch")),
        ("X-Goog-Expires=60", "X-Goog-Expires=600", (403, "SignatureDoesNotMatch")),
        ("X-Goog-Expires=60", "X-Goog-Expires=604801", (400, "MalformedSecurityHeader")),
        ("X-Goog-Expires=60", "X-Goog-Expires=soon", (400, "MalformedSecurityHeader")),
        ("X-Goog-Signature=", "X-Goog-Signature=00", (403, "SignatureDoesNotMatch")),
        ("X-Goog-Signature=", "X-Goog-Signature=xx", (403, "SignatureDoesNotMatch")),
        ("deployer%40acme-media", "encord%40encord-platform", (403, "SignatureDoesNotMatch")),
        ("deployer%40acme-media", "nobody%40acme-media", (403, "InvalidSecurity")),
        ("X-Goog-SignedHeaders=host", "X-Goog-SignedHeaders=range", (400, "MalformedSecurityHeader")),
        ("X-Goog-Date=2", "X-Goog-Date=x", (400, "MalformedSecurityHeader")),
        ("GOOG4-RSA-SHA256", "GOOG4-HMAC-SHA256", (501, "NotImplemented")),
        ("&X-Goog-SignedHeaders=host", "", (400, "MalformedSecurityHeader")),
    ],
)
def test_an_altered_url_is_refused(bucket, old, new, expected):
    answer = requests.get(altered(signed(bucket), old, new), timeout=10)
    assert refusal(answer) == expected


def test_a_url_for_reading_does_not_write(bucket):
    assert refusal(requests.put(signed(bucket), data=b"x", timeout=10)) == (403, "SignatureDoesNotMatch")
    writing = signed(bucket, "new.txt", method="PUT", content_type="text/plain")
    made = requests.put(writing, data=b"made", headers={"Content-Type": "text/plain"}, timeout=10)
    assert made.status_code == 200
    assert bucket.blob("new.txt").download_as_bytes() == b"made"
    refused = requests.put(writing, data=b"x", headers={"Content-Type": "text/html"}, timeout=10)
    assert refusal(refused) == (403, "SignatureDoesNotMatch")


def test_a_url_signed_by_somebody_without_permission_is_refused(gcp, bucket):
    theirs = gcp.client(ENCORD).bucket(bucket.name)
    answer = requests.get(signed(theirs), timeout=10)
    assert refusal(answer) == (403, "AccessDenied")
    assert f"{ENCORD} does not have storage.objects.get access" in answer.text
    grant(bucket, ENCORD, "roles/storage.objectViewer")
    assert requests.get(signed(theirs), timeout=10).content == CONTENT
    assert refusal(requests.put(signed(theirs, "x", method="PUT"), data=b"x", timeout=10)) == (403, "AccessDenied")


def test_a_missing_object_is_only_told_to_whoever_may_list(gcp, bucket):
    assert refusal(requests.get(signed(bucket, "missing"), timeout=10)) == (404, "NoSuchKey")
    grant(bucket, ENCORD, "roles/storage.legacyObjectReader")
    theirs = gcp.client(ENCORD).bucket(bucket.name)
    assert refusal(requests.get(signed(theirs, "missing"), timeout=10)) == (403, "AccessDenied")


def test_nobody_in_particular_is_refused(gcp, bucket):
    url = f"https://storage.googleapis.com/{bucket.name}/images/1%20%2832%29.jpg"
    assert refusal(requests.get(url, timeout=10)) == (403, "AccessDenied")
    assert refusal(requests.get("https://storage.googleapis.com/acme-nowhere/x", timeout=10)) == (404, "NoSuchBucket")


def test_a_bucket_has_a_host_name_of_its_own(bucket):
    url = bucket.blob(OBJECT).generate_signed_url(version="v4", expiration=60, virtual_hosted_style=True)
    assert url.startswith(f"https://{bucket.name}.storage.googleapis.com/")
    assert requests.get(url, timeout=10).content == CONTENT


def test_a_browser_reads_signed_urls_on_plain_loopback(gcp, bucket):
    url = signed(bucket, api_access_endpoint=gcp.browser)
    assert url.startswith(f"{gcp.browser}/{bucket.name}/")
    assert requests.get(url, timeout=10).content == CONTENT
    assert requests.get(url.replace("%2832%29", "%2833%29"), timeout=10).status_code == 403


def test_older_signed_urls_are_refused_by_name(bucket):
    url = bucket.blob(OBJECT).generate_signed_url(version="v2", expiration=datetime.timedelta(minutes=1))
    answer = requests.get(url, timeout=10)
    assert refusal(answer) == (400, "MalformedSecurityHeader")
    assert "V4 signatures only" in answer.text


def preflight(url: str, origin: str, method: str = "GET", headers: str = "") -> requests.Response:
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return requests.options(url, headers={name: value for name, value in asked.items() if value}, timeout=10)


def test_a_preflight_that_a_rule_fits_is_let_pass(bucket):
    answer = preflight(signed(bucket), ORIGIN, headers="content-type")
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Access-Control-Allow-Methods"] == "GET"
    assert answer.headers["Access-Control-Allow-Headers"] == "content-type"
    assert answer.headers["Access-Control-Max-Age"] == "600"


@pytest.mark.parametrize(
    ("origin", "method", "headers"),
    [
        ("https://foreign.example", "GET", ""),
        (f"{ORIGIN}.evil.example", "GET", ""),
        (ORIGIN.replace("https", "http"), "GET", ""),
        (ORIGIN, "PUT", ""),
        (ORIGIN, "GET", "range, content-type"),
    ],
)
def test_a_preflight_that_no_rule_fits_has_no_headers(bucket, origin, method, headers):
    answer = preflight(signed(bucket), origin, method, headers)
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_an_answer_is_let_through_to_the_origins_of_the_rules_only(bucket):
    def get(origin: str) -> requests.Response:
        return requests.get(signed(bucket), headers={"Origin": origin}, timeout=10)

    ours, foreign = get(ORIGIN), get(f"{ORIGIN}.evil.example")
    assert ours.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert ours.headers["Access-Control-Expose-Headers"] == "Content-Type, ETag"
    assert ours.headers["Vary"] == "Origin"
    assert foreign.content == CONTENT
    assert "Access-Control-Allow-Origin" not in foreign.headers


def test_a_page_may_read_why_it_was_refused(bucket):
    answer = requests.get(signed(bucket, "missing"), headers={"Origin": ORIGIN}, timeout=10)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (404, ORIGIN)


def test_without_rules_no_origin_is_let_in(bucket):
    bucket.cors = []
    bucket.patch()
    assert "Access-Control-Allow-Origin" not in preflight(signed(bucket), ORIGIN).headers
    answer = requests.get(signed(bucket), headers={"Origin": ORIGIN}, timeout=10)
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_the_json_api_lets_every_origin_in_whatever_the_rules_say(gcp: Gcp, bucket):
    url = f"https://storage.googleapis.com/storage/v1/b/{bucket.name}"
    foreign = "https://foreign.example"
    answer = gcp.session(DEPLOYER).get(url, headers={"Origin": foreign}, timeout=10)
    assert answer.headers["Access-Control-Allow-Origin"] == foreign
    assert preflight(url, foreign, headers="authorization").headers["Access-Control-Allow-Headers"] == "authorization"


def test_an_answer_that_the_browser_has_already_is_not_sent_again(bucket):
    tag = requests.get(signed(bucket), timeout=10).headers["ETag"]
    again = requests.get(signed(bucket), headers={"If-None-Match": tag}, timeout=10)
    assert (again.status_code, again.content) == (304, b"")


def test_what_the_xml_api_lacks_is_said(gcp, bucket):
    session, url = gcp.session(DEPLOYER), f"https://storage.googleapis.com/{bucket.name}"
    for answer in (
        session.get("https://storage.googleapis.com/", timeout=10),
        session.get(f"{url}?cors", timeout=10),
        session.get(f"{url}?prefix=a", timeout=10),
        session.put(url, timeout=10),
        session.get(f"{url}/images/1?acl", timeout=10),
        session.post(f"{url}/x", timeout=10),
    ):
        assert refusal(answer) == (501, "NotImplemented")
    assert session.head(url, timeout=10).status_code == 200
