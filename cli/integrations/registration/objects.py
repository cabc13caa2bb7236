"""Asks the cloud whether each object of a file is there and readable, many at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, BinaryIO

from integrations.errors import IntegrationsError
from integrations.registration.build.bucket import bucket_problem
from integrations.registration.build.listing import Problem, Trouble, heads
from integrations.registration.build.source import Source
from integrations.registration.csv_scan import Cell, CsvScanner, Layout
from integrations.registration.findings import Defect, FindingId
from integrations.registration.model import KINDS, URL_FIELD
from integrations.registration.nodes import Member, Node
from integrations.registration.object_url import ObjectUrl, ObjectUrlError, UrlForm, mrap_arn, parse_object_url
from integrations.registration.scan import Scanner
from integrations.registration.source import Format
from integrations.registration.url_rules import is_placeholder_url

_BATCH = 1000
_RENEW = "renew the URL if it is signed; name its host with --s3-endpoint or --env if that is a store of yours"
_LOOK = "look at the permissions: integrations check"
# What a URL signed for S3 or OBS (in its newer or older form), Cloud Storage or Azure has in its query.
_SIGNATURE = re.compile(r"(?:^|&)(?:X-(?:Amz|Goog|Obs)-Signature|Signature|sig)=", re.IGNORECASE)
_REDIRECTED = re.compile(r"redirect without LOCATION|status code: (?:301|307|400)\b")
# The account only makes the ARN whole where a URL does not say it: the alias alone is the host that is asked.
_ANY_ACCOUNT = "0" * 12

OpenStore = Callable[[Source], Any]


class ObjectCheck:
    """Gathers the objects of a file and asks for them in batches; URLs that name none are left to the other rules."""

    def __init__(
        self, open_store: OpenStore, report: Callable[[Defect], None], s3_endpoints: tuple[str, ...] = ()
    ) -> None:
        self._open_store, self._report, self._endpoints = open_store, report, s3_endpoints
        self._stores: dict[Source, Any] = {}
        self._buckets: dict[Source, Problem | None] = {}  # what is wrong with those that were asked for
        self._waiting: dict[Source, dict[str, list[tuple[str, int, str]]]] = {}
        self._count = 0

    def read(self, file: BinaryIO, form: Format) -> None:
        """Ask for every object of a file."""
        file.seek(0)
        if form == "json":
            Scanner(file, self, lambda _: None).run()
        else:
            CsvScanner(file, _Rows(self), lambda _: None, fast=False).run()
        self._ask()

    def take(self, url: str, path: str, offset: int) -> None:
        """Note one object."""
        try:
            parsed = parse_object_url(url, s3_endpoints=self._endpoints)
        except ObjectUrlError:
            return
        if is_placeholder_url(url):
            return
        source, key = place_of(parsed, url)
        self._waiting.setdefault(source, {}).setdefault(key, []).append((path, offset, url))
        self._count += 1
        if self._count >= _BATCH:
            self._ask()

    def _ask(self) -> None:
        for source, keys in self._waiting.items():
            for key, problem in self._answers(source, keys).items():
                finding, text, fix = _told(problem, source)
                for path, offset, url in keys[key]:
                    self._report(Defect(finding, offset, path, url[:120], text, fix))
        self._waiting.clear()
        self._count = 0

    def _answers(self, source: Source, keys: Iterable[str]) -> dict[str, Problem]:
        if source not in self._stores:
            self._stores[source] = self._open_store(source)
        try:
            problems = heads(self._stores[source], keys)
        except IntegrationsError as error:
            return dict.fromkeys(keys, Problem(Trouble.UNKNOWN, str(error)))
        doubtful = [key for key, problem in problems.items() if _may_be_the_buckets(problem)]
        if doubtful and source.scheme not in ("arn", "url"):
            if source not in self._buckets:
                self._buckets[source] = bucket_problem(source, self._stores[source])
            if found := self._buckets[source]:
                problems.update(dict.fromkeys(doubtful, found))
        return problems

    # -- what the scanner of JSON calls -----------------------------------------------------------

    def key(self, key: Node) -> None:
        pass

    def setting(self, member: Member) -> None:
        pass

    def chunk(self, section: str, first: int, offset: int, text: bytes) -> int | None:  # noqa: ARG002
        return None

    def item(self, section: str, index: int, node: Node, raw: bytes) -> None:  # noqa: ARG002
        for member in node.value if section in KINDS and node.kind == "object" else []:
            is_url = member.key == "objectUrl" or URL_FIELD.fullmatch(member.key)
            if is_url and member.value.kind == "string":
                path = f"$.{section}[{index}].{member.key}"
                self.take(member.value.value, path, member.value.start)


def _may_be_the_buckets(problem: Problem) -> bool:
    """Whether the bucket may be what is wrong: the object is missing, or the cloud answers 301, 307 or 400."""
    return problem.trouble is Trouble.MISSING or bool(_REDIRECTED.search(problem.reason))


def _told(problem: Problem, source: Source) -> tuple[FindingId, str, str]:
    """The finding that a problem is, in words, and what to do."""
    match problem.trouble:
        case Trouble.MISSING:
            text = f"there is no such object in {source.bucket}"
            return FindingId.OBJECT_MISSING, text, "correct the key, or upload it"
        case Trouble.NO_BUCKET:
            text = f"there is no bucket {source.bucket}"
            return FindingId.OBJECT_MISSING, text, "correct the bucket's name"
        case Trouble.ELSEWHERE:
            text = f"the bucket {source.bucket} is not in {source.region or 'this region'}"
            text += f" but in {problem.reason}" if problem.reason else ""
            fix = f"write {problem.reason or 'the right region'} in the URL"
            return FindingId.OBJECT_UNREADABLE, text, fix
        case Trouble.REFUSED:
            text = f"the object cannot be read: {problem.reason}"
            return FindingId.OBJECT_UNREADABLE, text, _RENEW if source.scheme == "url" else _LOOK
        case Trouble.UNKNOWN:
            text = f"whether the object can be read is not known: {problem.reason}"
            return FindingId.OBJECT_UNKNOWN, text, "ask again; if it stays so, integrations doctor"


class _Rows:
    """What the scanner of CSV calls."""

    def __init__(self, check: ObjectCheck) -> None:
        self._check = check

    def headings(self, layout: Layout, offset: int) -> None:
        pass

    def block(self, layout: Layout, columns: list[list[str]], start: int, end: int) -> bool:  # noqa: ARG002
        return False

    def row(self, layout: Layout, cells: list[Cell], start: int, end: int) -> None:  # noqa: ARG002
        url = cells[layout.url]
        self._check.take(url.text, "ObjectURL", url.start)


def place_of(url: ObjectUrl, text: str) -> tuple[Source, str]:
    """Where to ask for an object, and by which key: a public or signed URL is asked as it is."""
    if url.form is UrlForm.DIRECT or _SIGNATURE.search(url.query):
        return Source("url", url.host), text
    return _source_of(url), url.key


def _source_of(url: ObjectUrl) -> Source:
    match url.form:
        case UrlForm.S3_VIRTUAL | UrlForm.S3_PATH:
            return Source("s3", url.bucket, region=url.region or "us-east-1")
        case UrlForm.GCS:
            return Source("gs", url.bucket)
        case UrlForm.AZURE:
            return Source("az", url.bucket, account=url.account or "")
        case UrlForm.OTC:
            return Source("obs", url.bucket, region=url.region or "")
        case UrlForm.S3_COMPATIBLE:
            return Source("https", url.bucket, endpoint=url.host)
        case UrlForm.S3_MRAP:
            return Source("arn", mrap_arn(url.account or _ANY_ACCOUNT, url.bucket))
        case UrlForm.DIRECT:
            return Source("url", url.host)
