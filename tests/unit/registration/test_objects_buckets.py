"""What `validate --objects` says of objects whose bucket is not there, or elsewhere than their URLs say."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from integrations.registration.build.listing import open_store
from integrations.registration.validate import Options, validate

# bucket: status and code of S3's answers, and the region that its header names
# (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html)
BUCKETS = {
    "moved": (301, "PermanentRedirect", "eu-west-2"),
    "signed": (400, "AuthorizationHeaderMalformed</Code><Region>eu-west-2</Region><Code>", ""),
    "silent": (301, "PermanentRedirect", ""),
    "none": (404, "NoSuchBucket", ""),
    "stale": (400, "ExpiredToken", "us-east-1"),
}


class S3(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        bucket = self.path.split("?")[0].split("/")[1]
        listed = (200, "", "") if self.command == "GET" else (404, "", "")
        status, code, region = BUCKETS.get(bucket, listed)
        body = f"<Error><Code>{code}</Code></Error>" if code else "<ListBucketResult></ListBucketResult>"
        self.send_response(status)
        if region:
            self.send_header("x-amz-bucket-region", region)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body.encode())


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), S3)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    yield
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("bucket", "finding", "message", "fix"),
    [
        ("moved", "REG317", "the bucket moved is not in us-east-1 but in eu-west-2", "write eu-west-2 in the URL"),
        ("signed", "REG317", "the bucket signed is not in us-east-1 but in eu-west-2", "write eu-west-2 in the URL"),
        ("silent", "REG317", "the bucket silent is not in us-east-1", "write the right region in the URL"),
        ("none", "REG316", "there is no bucket none", "correct the bucket's name"),
        ("here", "REG316", "there is no such object in here", "correct the key, or upload it"),
        ("stale", "REG318", "whether the object can be read is not known", "ask again"),
    ],
)
def test_what_is_the_buckets_fault_is_said_of_the_bucket(asked, tmp_path, bucket, finding, message, fix):
    items = [{"objectUrl": f"https://{bucket}.s3.us-east-1.amazonaws.com/{key}.png"} for key in "ab"]
    (tmp_path / "f.json").write_text(json.dumps({"images": items}))
    found = validate([tmp_path / "f.json"], Options(open_store=open_store)).findings
    assert [one.id for one in found] == [finding, finding]
    assert found[0].message.startswith(message)
    assert found[0].fix.startswith(fix)
