"""AWS: the questions about one integration, in the order a person would ask them."""

from __future__ import annotations

from collections.abc import Callable

from integrations.checks import aws_access_point, aws_buckets, aws_drift, aws_role
from integrations.checks.aws_sessions import Operator, Sessions, guarded
from integrations.checks.catalogue import CheckId
from integrations.checks.records import Answer
from integrations.checks.runner import Key, Question
from integrations.environment.model import AwsIntegration, Environment


def questions(
    integration: AwsIntegration, environment: Environment, operator: Operator, *, write_probe: bool = False
) -> list[Question]:
    """Every question about the integration. operator: shared by all integrations of a run."""
    sessions = Sessions(integration, operator)
    asked: list[Question] = []

    def add(check: CheckId, subject: str, ask: Callable[[], Answer], *needs: Key) -> Key:
        asked.append(Question(integration.name, "aws", check, subject, guarded(ask, integration), needs))
        return asked[-1].key

    role, assumed = aws_role.add_questions(add, sessions, integration, environment)
    preflights = [
        aws_buckets.add_questions(
            add, sessions, integration, environment, bucket, role, assumed, write_probe=write_probe
        )
        for bucket in integration.buckets
    ]
    ready = None
    if integration.multi_region_access_point:
        ready = aws_access_point.add_questions(add, sessions, integration, environment, assumed, preflights)
    aws_drift.add_questions(add, sessions, integration, environment, ready)
    return asked
