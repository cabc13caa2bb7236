"""ministack, with what it judges otherwise than AWS put right. Served by hypercorn as `aws_server:app`.

SimulatePrincipalPolicy is authorised on the principal that is simulated
(https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html);
ministack asks for a grant on everything, so that least privilege could not be rehearsed.

A missing object is a 404 only for who may list the bucket, and a 403 for everybody else
(https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, "Permissions");
ministack answers 404 to all.

A Multi-Region Access Point sends a browser's request to a bucket, whose CORS rules then hold
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html: rules belong to buckets);
ministack lets every origin in on the point's host. Which bucket it is, is decided as for a signed request.

A bucket of another account is opened by its policy and the caller's own together
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html);
ministack judges the bucket's by the caller's account alone, so a policy that names a role let nobody in.

And it saves its state (people, roles, settings of buckets) only when it is asked to end; here also half a
second after a change, because a sandbox is killed now and then, and a bucket must not forget its region.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from ministack import app as server
from ministack.app import app as ministack
from ministack.core import iam_actions, iam_evaluator, persistence
from ministack.services import s3

SAVE_SECONDS = 0.5

_resource_arn = iam_actions.extract_resource_arn
_handle_s3 = s3.handle_request
_cors_target = server._s3_cors_target
_foreign_bucket_allows = s3._foreign_bucket_allows


def _extract_resource_arn(service: str, *request: Any, **more: Any) -> str:
    arn: str = _resource_arn(service, *request, **more)
    query = next((part for part in request if isinstance(part, dict) and "PolicySourceArn" in part), None)
    if service == "iam" and arn == "*" and query is not None:
        source: str = iam_actions._query_param(query, "PolicySourceArn")
        return source
    return arn


iam_actions.extract_resource_arn = _extract_resource_arn


async def _handle_request(
    method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any], **more: Any
) -> Any:
    answer = await _handle_s3(method, path, headers, body, query_params, **more)
    bucket, _, key = path.lstrip("/").partition("/")
    if answer[0] == 404 and key and method in ("GET", "HEAD") and s3.bucket_region(bucket):
        arn = f"arn:aws:s3:::{bucket}"
        return server._enforce_data_plane("s3", "s3:ListBucket", headers, query_params, "", resource_arn=arn) or answer
    return answer


s3.handle_request = _handle_request


def _s3_cors_target(host: str, path: str, path_style: bool = True) -> tuple[str, str] | None:
    match = server._MRAP_HOST_RE.match(host.split(":")[0])
    if match is None:
        target: tuple[str, str] | None = _cors_target(host, path, path_style)
        return target
    # A preflight is not signed, so it comes without an account: the alias is looked for in all of them.
    for (account, alias), _ in list(s3._mraps._data.items()):
        if alias == match[1].lower():
            with s3._in_account(account):
                bucket = s3.resolve_mrap_bucket(alias)
            return (bucket, path.lstrip("/")) if bucket else None
    return None


server._s3_cors_target = _s3_cors_target


def _bucket_lets_in(
    owner: str, bucket: str, key: str, method: str, query_params: dict[str, Any], caller: str, headers: Any = None
) -> bool:
    policy = s3._bucket_policies.get_scoped(owner, None, bucket)
    access_key = server.extract_access_key_id(headers or {}, query_params)
    otherwise = partial(_foreign_bucket_allows, owner, bucket, key, method, query_params, caller, headers)
    if not (policy and caller and access_key):
        return bool(otherwise())
    principal = iam_evaluator.resolve_principal(access_key, caller)
    path = f"/{bucket}/{key}" if key else f"/{bucket}"
    action = f"s3:{iam_actions._s3_action(method, path, query_params)}"
    with s3.request_scope(owner, s3.get_region()):
        conditions = iam_actions.s3_service_context(action, query_params, path, headers or {})
    asked = iam_evaluator.EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=caller,
        action=action,
        resource_arn=f"arn:aws:s3:::{path[1:]}",
        region=s3.get_region(),
        service_context={name.lower(): value for name, value in conditions.items()},
    )
    decision = iam_evaluator.evaluate_resource_policy(policy, asked).decision
    return decision == "Allow" or (decision != "Deny" and bool(otherwise()))


s3._foreign_bucket_allows = _bucket_lets_in


class _Saver:
    """Saves the state a moment after a change, once for many changes."""

    def __init__(self) -> None:
        self._planned: asyncio.TimerHandle | None = None

    def changed(self) -> None:
        if self._planned is None:
            self._planned = asyncio.get_running_loop().call_later(SAVE_SECONDS, self._save)

    def _save(self) -> None:
        self._planned = None
        persistence.save_all(server._build_persistence_save_dict())


_saver = _Saver()


async def app(scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
    """ministack, as it is served."""
    await ministack(scope, receive, send)
    if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS") and not _is_object(scope):
        _saver.changed()


def _is_object(scope: dict[str, Any]) -> bool:
    """Whether the request is about one object of a virtual-hosted bucket: those are on disk at once."""
    host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
    return ".s3." in host and scope["path"] != "/"
