"""ministack, with what it judges otherwise than AWS put right. Served by hypercorn as `aws_server:app`.

SimulatePrincipalPolicy is authorised on the principal that is simulated
(https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html);
ministack asks for a grant on everything, so that least privilege could not be rehearsed.
"""

from __future__ import annotations

from typing import Any

from ministack.app import app
from ministack.core import iam_actions

__all__ = ["app"]

_resource_arn = iam_actions.extract_resource_arn


def _extract_resource_arn(service: str, *request: Any, **more: Any) -> str:
    arn: str = _resource_arn(service, *request, **more)
    query = next((part for part in request if isinstance(part, dict) and "PolicySourceArn" in part), None)
    if service == "iam" and arn == "*" and query is not None:
        source: str = iam_actions._query_param(query, "PolicySourceArn")
        return source
    return arn


iam_actions.extract_resource_arn = _extract_resource_arn
