"""A stand-in for S3's ListObjectsV2: a hundred thousand keys under ten prefixes, pages rendered beforehand, 100 ms each."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PREFIXES, KEYS, PAGE, LATENCY = 10, 10_000, 1000, 0.1


def _contents(prefix: int, page: int) -> str:
    return "".join(
        f"<Contents><Key>prefix-{prefix}/frame-{number:06d}.jpg</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified>"
        f"<ETag>&quot;x&quot;</ETag><Size>100000</Size><StorageClass>STANDARD</StorageClass></Contents>"
        for number in range(page * PAGE, (page + 1) * PAGE)
    )


PAGES = {(prefix, page): _contents(prefix, page) for prefix in range(PREFIXES) for page in range(KEYS // PAGE)}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        time.sleep(LATENCY)
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        text = _answer(query).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


def _answer(query: dict[str, str]) -> str:
    if "delimiter" in query:
        folders = "".join(f"<CommonPrefixes><Prefix>prefix-{n}/</Prefix></CommonPrefixes>" for n in range(PREFIXES))
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{folders}</ListBucketResult>"
    only = int(query["prefix"].strip("/").rpartition("-")[2]) if query.get("prefix") else None
    places = [place for place in PAGES if only is None or place[0] == only]
    at = int(query.get("continuation-token", 0))
    token = f"<NextContinuationToken>{at + 1}</NextContinuationToken>" if at + 1 < len(places) else ""
    truncated = str(bool(token)).lower()
    return f"<ListBucketResult><IsTruncated>{truncated}</IsTruncated>{token}{PAGES[places[at]]}</ListBucketResult>"


@contextmanager
def bucket() -> Iterator[str]:
    """The server's address, while it runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
