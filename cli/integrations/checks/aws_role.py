"""AWS: the role, who may assume it, and what its policies grant."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from functools import partial
from typing import Protocol
from urllib.parse import unquote

from integrations.access import aws as access
from integrations.access import compare
from integrations.checks.aws_sessions import NOT_ALLOWED, Sessions, code_of
from integrations.checks.catalogue import CheckId
from integrations.checks.records import Answer, awaiting_encord, failed, passed, skipped
from integrations.checks.runner import Key
from integrations.environment.model import AwsIntegration, Environment


class Add(Protocol):
    """Adds one question; returns its key, so that others can presuppose it."""

    def __call__(self, check: CheckId, subject: str, ask: Callable[[], Answer], *needs: Key) -> Key: ...


def add_questions(add: Add, sessions: Sessions, integration: AwsIntegration, environment: Environment) -> Key:
    """Adds the questions about the role. Returns the key of the one that assumes it: others work as the role."""
    arn, up = access.role_arn(integration), f"pulumi up --stack {environment.name}"
    if integration.awaiting_encord:
        return add(CheckId.ROLE_FOUND, arn, lambda: awaiting_encord(environment.name))
    found = add(CheckId.ROLE_FOUND, arn, lambda: _found(sessions, integration, up))
    add(CheckId.TRUST_DOCUMENT, arn, lambda: _trust(sessions, integration, up), found)
    assumed = add(CheckId.ROLE_ASSUMED, arn, lambda: _assumed(sessions, integration, up), found)
    for check, external_id in (
        (CheckId.WRONG_EXTERNAL_ID_REFUSED, f"wrong-{secrets.token_hex(8)}"),
        (CheckId.NO_EXTERNAL_ID_REFUSED, None),
    ):
        # Only a principal that gets in with the right external ID proves anything by being refused without it.
        add(check, arn, partial(_refused, sessions, external_id, up), assumed)
    for bucket in integration.buckets:
        asked = (sessions, integration, bucket.name, up)
        add(CheckId.READ_GRANTED, bucket.name, partial(_read_granted, *asked), found)
        add(CheckId.WRITE_GRANTED_EXACTLY, bucket.name, partial(_write_granted, *asked), found)
    return assumed


def _found(sessions: Sessions, integration: AwsIntegration, up: str) -> Answer:
    from botocore.exceptions import ClientError

    try:
        sessions.client("iam").get_role(RoleName=integration.role)
    except ClientError as error:
        if code_of(error) == "NoSuchEntity":
            return failed("there is no such role", up)
        raise
    return passed("the role exists")


def _trust(sessions: Sessions, integration: AwsIntegration, up: str) -> Answer:
    document = sessions.client("iam").get_role(RoleName=integration.role)["Role"]["AssumeRolePolicyDocument"]
    have = json.loads(unquote(document)) if isinstance(document, str) else document
    wanted = access.trust_policy(integration)["Statement"][0]
    fix = f"{up}, which sets the trust to: {json.dumps(_masked(wanted))}"
    admitting = [s for s in compare.statements(have) if s.get("Effect") == "Allow"]
    seen = set().union(*map(compare.principals, admitting)) if admitting else set()
    missing = compare.principals(wanted) - seen
    if missing:
        return failed(f"{', '.join(sorted(missing))} is not trusted", fix)
    if extra := seen - compare.principals(wanted):
        return failed(f"{', '.join(sorted(extra))} is trusted too", fix)
    ids = [s.get("Condition", {}).get("StringEquals", {}).get("sts:ExternalId") for s in admitting]
    if any(one is None for one in ids):
        return failed("the trust does not ask for an external ID", fix)
    if any(one != integration.encord.external_id for one in ids):
        return failed("the trust asks for another external ID than the environment file has", fix)
    return passed(f"{', '.join(sorted(seen))}, with the external ID")


def _masked(statement: dict[str, object]) -> dict[str, object]:
    """External IDs are no secret, but they are nobody's business in a CI log."""
    return {**statement, "Condition": {"StringEquals": {"sts:ExternalId": "***"}}}


def _assumed(sessions: Sessions, integration: AwsIntegration, up: str) -> Answer:
    from botocore.exceptions import ClientError

    if integration.check_principal is None:
        return skipped("no checkPrincipal is trusted with the role, so only Encord can assume it", unproven=True)
    try:
        sessions.become_role()
    except ClientError as error:
        if code_of(error) in NOT_ALLOWED:
            caller = sessions.client("sts").get_caller_identity()["Arn"]
            return failed(
                f"{caller} is refused with the configured external ID", f"run as {integration.check_principal}, or {up}"
            )
        raise
    return passed(f"assumed as {integration.check_principal}")


def _refused(sessions: Sessions, external_id: str | None, up: str) -> Answer:
    from botocore.exceptions import ClientError

    try:
        sessions.assume(external_id)
    except ClientError as error:
        if code_of(error) in NOT_ALLOWED:
            return passed("refused")
        raise
    return failed("the role was assumed all the same", f"{up}, which puts the external ID's condition back")


def _decision(sessions: Sessions, integration: AwsIntegration, action: str, resource: str) -> str:
    """IAM's own judgement of the role's policies: allowed, implicitDeny or explicitDeny."""
    got = sessions.client("iam").simulate_principal_policy(
        PolicySourceArn=access.role_arn(integration), ActionNames=[action], ResourceArns=[resource]
    )
    return str(got["EvaluationResults"][0]["EvalDecision"])


def _read_granted(sessions: Sessions, integration: AwsIntegration, bucket: str, up: str) -> Answer:
    prefix = integration.prefixes[0] if integration.prefixes else ""
    resource = f"arn:aws:s3:::{bucket}/{prefix}any-object"
    decision = _decision(sessions, integration, "s3:GetObject", resource)
    if decision == "allowed":
        return passed(f"s3:GetObject on {resource}: allowed")
    statement = json.dumps(access.role_policy(integration)["Statement"][0])
    return failed(f"s3:GetObject on {resource}: {decision}", f"{up}, which grants: {statement}")


def _write_granted(sessions: Sessions, integration: AwsIntegration, bucket: str, up: str) -> Answer:
    resource = f"arn:aws:s3:::{bucket}/{integration.write_prefix}any-object"
    decision = _decision(sessions, integration, "s3:PutObject", resource)
    seen = f"s3:PutObject on {resource}: {decision}, image sequences {'on' if integration.image_sequences else 'off'}"
    if (decision == "allowed") == integration.image_sequences:
        return passed(seen)
    if integration.image_sequences:
        statement = next(s for s in access.role_policy(integration)["Statement"] if s["Sid"] == "WriteImageSequences")
        return failed(seen, f"{up}, which grants: {json.dumps(statement)}")
    return failed(seen, f"set `imageSequences: true` for {integration.name}, or {up} to take the grant away")
