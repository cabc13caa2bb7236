"""AWS: the role, who may assume it, and what its policies grant."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import partial

from integrations.access import aws as access
from integrations.access import aws_excess, compare
from integrations.checks.aws_grants import Grants, document
from integrations.checks.aws_sessions import NOT_ALLOWED, URL_SECONDS, Sessions, code_of
from integrations.checks.catalogue import CheckId
from integrations.checks.records import Answer, awaiting_encord, failed, passed, skipped
from integrations.checks.runner import Add, Key
from integrations.environment.model import AwsIntegration, Environment

CLOCK_MARGIN = 60  # seconds between the answer and the look at it, and between two clocks


def add_questions(
    add: Add, sessions: Sessions, integration: AwsIntegration, environment: Environment
) -> tuple[Key, Key]:
    """Adds the questions about the role. Returns the keys of the one that finds it, and of the one that assumes it."""
    arn, up = access.role_arn(integration), f"pulumi up --stack {environment.name}"
    if integration.awaiting_encord:
        waiting = add(CheckId.ROLE_FOUND, arn, lambda: awaiting_encord(environment.name))
        return waiting, waiting
    found = add(CheckId.ROLE_FOUND, arn, lambda: _found(sessions, integration, up))
    grants = Grants(sessions, integration, up)
    add(CheckId.TRUST_DOCUMENT, arn, lambda: _trust(sessions, integration, up), found)
    add(CheckId.TRUST_NARROW, arn, grants.trust_is_narrow, found)
    add(CheckId.GRANTS_NARROW, arn, grants.grants_are_narrow, found)
    add(CheckId.DOCUMENTS_WELL_FORMED, arn, grants.well_formed, found)
    assumed = add(CheckId.ROLE_ASSUMED, arn, lambda: _assumed(sessions, integration, up), found)
    add(CheckId.URL_LIFE, arn, lambda: _urls_live(sessions, integration), assumed)
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
    return found, assumed


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
    role = sessions.client("iam").get_role(RoleName=integration.role)["Role"]
    have = document(role["AssumeRolePolicyDocument"])
    wanted = access.trust_policy(integration)["Statement"][0]
    fix = f"{up}, which sets the trust to: {json.dumps(_masked(wanted))}"
    admitting = [s for s in compare.statements(have) if s.get("Effect") == "Allow"]
    seen = set().union(*map(compare.principals, admitting)) if admitting else set()
    missing = compare.principals(wanted) - seen
    if missing:
        return failed(f"{', '.join(sorted(missing))} is not trusted", fix)
    ids = [[one for _, given in aws_excess.external_id_conditions(s) for one in given] for s in admitting]
    if not all(ids):
        return failed("the trust does not ask for an external ID", fix)
    own = str(integration.encord.external_id)
    if not any(fnmatchcase(own, pattern) for given in ids for pattern in given):
        return failed("the trust asks for another external ID than the environment file has", fix)
    named = sorted(compare.principals(wanted))
    return passed(f"{', '.join(named)}, with the external ID")


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


def _urls_live(sessions: Sessions, integration: AwsIntegration) -> Answer:
    """A URL dies with the session that signed it, whatever it says of itself.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html#PresignedUrlUploadObject-LimitCapabilities
    """
    left = (sessions.role_expires - datetime.now(UTC)).total_seconds()
    longest = sessions.client("iam").get_role(RoleName=integration.role)["Role"].get("MaxSessionDuration", URL_SECONDS)
    seen = f"a session of {left / 60:.0f} minutes, at most {longest // 60}"
    if left < URL_SECONDS - CLOCK_MARGIN:
        return failed(
            f"{seen}: URLs signed for {URL_SECONDS // 60} minutes die with it",
            f"let sessions of {integration.role} last an hour: look at who assumes it, and at `sts:DurationSeconds`",
        )
    return passed(seen)


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
