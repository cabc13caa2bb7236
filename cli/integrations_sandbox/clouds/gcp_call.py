"""One request to Cloud Storage: who sends it, and whether they may have what it asks for."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import msgspec
from starlette.requests import Request

from integrations_sandbox.clouds import gcp_refusals as refusals
from integrations_sandbox.clouds import gcp_retention, gcp_roles, gcp_signed_urls, gcp_tokens
from integrations_sandbox.clouds.gcp_objects import CONDITIONS, Objects
from integrations_sandbox.clouds.gcp_records import Account, Bucket, Project, Settings, StoredObject
from integrations_sandbox.clouds.gcp_roles import Target
from integrations_sandbox.clouds.gcp_store import Store

LONGEST_JSON = 1024 * 1024  # bytes of a request that is no object


class Services(msgspec.Struct, frozen=True):
    """What every request works with."""

    settings: Settings
    store: Store
    objects: Objects

    def keys_of(self, email: str) -> tuple[str, ...] | None:
        """The public keys of a service account; None if there is no such account."""
        account = self.store.get(Account, email)
        return None if account is None else account.known_keys


class Call:
    """A request, with what its sender is allowed."""

    def __init__(self, services: Services, request: Request, caller: gcp_tokens.Caller | None) -> None:
        self.store = services.store
        self.objects = services.objects
        self.request = request
        self.query = request.query_params
        self.caller = caller

    @property
    def email(self) -> str | None:
        """Who is asking; None for nobody in particular."""
        return self.caller.email if self.caller else None

    @property
    def member(self) -> str | None:
        """Who is asking, as a policy names them."""
        return f"serviceAccount:{self.email}" if self.caller else None

    def bucket(self, name: str) -> Bucket:
        """The bucket of this name. Raises Refusal; that a name is free is told to everybody, as Google does."""
        found = self.store.get(Bucket, name)
        if found is None:
            raise refusals.no_bucket()
        if found.requester_pays:
            self._require_payer(found)
        return found

    def _require_payer(self, bucket: Bucket) -> None:
        """Raises Refusal if nobody pays: a project that the request names, or the bucket's, for those who may say so.

        https://cloud.google.com/storage/docs/requester-pays#requirements
        """
        payer = self.query.get("userProject") or self.request.headers.get("x-goog-user-project")
        permission = "serviceusage.services.use" if payer else "resourcemanager.projects.createBillingAssignment"
        project = self.store.get(Project, payer or bucket.project)
        names = {self.member} if self.member else set()
        if project and permission in gcp_roles.permissions(project.bindings, names):
            return
        raise refusals.denied(self.email, permission, "project") if payer else refusals.no_payer()

    def granted(self, bucket: Bucket, target: Target) -> set[str]:
        """What the sender may do there."""
        project = self.store.get(Project, bucket.project)
        return gcp_roles.on_bucket(self.member, project, bucket, target)

    def may(self, permission: str, bucket: Bucket, name: str | None = None, list_prefix: str = "") -> bool:
        """Whether the sender may do this with a bucket, or with an object in it."""
        reaches = self.caller is None or self.caller.may_try(permission)
        return reaches and permission in self.granted(bucket, Target(bucket.name, name, list_prefix))

    def require(self, permission: str, bucket: Bucket, name: str | None = None, list_prefix: str = "") -> None:
        """Raises Refusal if the sender may not."""
        if not self.may(permission, bucket, name, list_prefix):
            self._check_scope(permission)
            raise refusals.denied(self.email, permission, "bucket" if name is None else "object")

    def require_in_project(self, permission: str, project_id: str) -> None:
        """Raises Refusal if the project is not there, or the sender may not do this in it."""
        project = self.store.get(Project, project_id)
        names = gcp_roles.identities(self.member, project) - set(gcp_roles.PUBLIC)
        if project is None or permission not in gcp_roles.permissions(project.bindings, names):
            raise refusals.denied(self.email, permission, "project")
        self._check_scope(permission)

    def _check_scope(self, permission: str) -> None:
        if self.caller is not None and not self.caller.may_try(permission):
            message = "Provided scope(s) are not authorized"
            raise refusals.Refusal(403, "forbidden", "AccessDenied", message, "Access denied.")

    def existing(self, bucket: Bucket, name: str) -> StoredObject:
        """The object of this name, which the sender may act on already.

        Raises Refusal. That it is missing is told to those only who may list the bucket:
        https://cloud.google.com/storage/docs/troubleshooting and the 403 of
        https://cloud.google.com/storage/docs/xml-api/get-object-download
        """
        found = self.store.object(bucket.name, name)
        wanted = self.query.get("generation")
        if found is None or (wanted and wanted != str(found.generation)):
            self.require("storage.objects.list", bucket)
            raise refusals.no_object(bucket.name, name)
        return found

    def require_write(self, bucket: Bucket, name: str) -> None:
        """Raises Refusal if the sender may not make this object, or not replace the one that is there.

        Replacing takes the permission to delete: https://cloud.google.com/storage/docs/access-control/iam-json
        """
        self.require("storage.objects.create", bucket, name)
        if (old := self.store.object(bucket.name, name)) is not None:
            self.require("storage.objects.delete", bucket, name)
            gcp_retention.require_free(bucket, old)

    def number(self, name: str) -> int | None:
        """A number of the query. Raises Refusal if it is none."""
        text = self.query.get(name)
        if text is None:
            return None
        try:
            return int(text)
        except ValueError:
            raise refusals.invalid(f"Invalid value for {name}: {text!r}") from None

    def conditions(self) -> dict[str, int]:
        """The preconditions of the query."""
        return {name: value for name in CONDITIONS if (value := self.number(name)) is not None}

    async def json(self) -> dict[str, Any]:
        """The body, an object in JSON; an empty body is an empty object. Raises Refusal."""
        return decode(await read_small(self.request))


def decode(body: bytes) -> dict[str, Any]:
    """An object in JSON. Raises Refusal."""
    try:
        return msgspec.json.decode(body or b"{}", type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise refusals.Refusal(400, "parseError", "InvalidArgument", f"Parse Error: {error}") from error


async def read_small(request: Request, limit: int = LONGEST_JSON) -> bytes:
    """A body of at most `limit` bytes. Raises Refusal."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise refusals.Refusal(413, "uploadTooLarge", "EntityTooLarge", f"the body is larger than {limit} bytes")
    return bytes(body)


def authenticate(services: Services, request: Request) -> gcp_tokens.Caller | None:
    """Who sent the request: by a signed URL, an access token, or a JWT of their own; None for nobody in particular.

    Raises Refusal for a proof that does not hold.
    """
    if gcp_signed_urls.is_signed(request.query_params):
        path, query = raw_target(request)
        email = gcp_signed_urls.verify(
            request.method, path, query, request.headers, services.keys_of, time.time()
        )  # fmt: skip
        return gcp_tokens.Caller(email, gcp_tokens.FULL_SCOPES)
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    caller = None
    if scheme.lower() == "bearer" and token.startswith(gcp_tokens.PREFIX):
        caller = gcp_tokens.read(services.settings.token_secret, token, time.time())
    elif scheme.lower() == "bearer":
        caller = gcp_tokens.self_signed(token, services.keys_of, time.time())
    if caller is None or services.store.get(Account, caller.email) is None:
        raise refusals.unauthenticated()
    return caller


def raw_target(request: Request) -> tuple[str, str]:
    """Path and query as they were sent, still percent-encoded."""
    return request.scope["raw_path"].decode("latin-1"), request.scope["query_string"].decode("latin-1")


def segments(path: str) -> list[str]:
    """The parts of a path, each decoded by itself: a `%2F` belongs to a name and does not part it."""
    return [unquote(part) for part in path.split("/")[1:]]


def header_conditions(headers: Mapping[str, str]) -> dict[str, int]:
    """The preconditions of the XML API: https://cloud.google.com/storage/docs/xml-api/reference-headers"""
    names = {"x-goog-if-generation-match": CONDITIONS[0], "x-goog-if-metageneration-match": CONDITIONS[2]}
    try:
        return {key: int(headers[name]) for name, key in names.items() if name in headers}
    except ValueError:
        raise refusals.invalid("a precondition is not a number") from None
