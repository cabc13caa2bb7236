"""AWS: whether the stack's outputs are what is there; and this machine's clock."""

from __future__ import annotations

from integrations.access.outputs import ACCESS_POINT
from integrations.checks import browser_media, drift
from integrations.checks.aws_access_point import described
from integrations.checks.aws_sessions import Sessions
from integrations.checks.catalogue import CheckId
from integrations.checks.records import Answer, failed, passed
from integrations.checks.runner import Add, Key
from integrations.environment.model import AwsIntegration, Environment

THIS_MACHINE = "this machine"


def add_questions(
    add: Add, sessions: Sessions, integration: AwsIntegration, environment: Environment, point_ready: Key | None
) -> None:
    """Adds the questions. point_ready: the key of the question that the access point is ready, if there is one."""
    agree = drift.add_question(add, integration, environment)
    if point_ready:

        def hold() -> Answer:
            return _alias_holds(sessions, integration, environment)

        add(CheckId.OUTPUTS_HOLD, drift.subject(environment), hold, agree, point_ready)
    region = integration.buckets[0].region
    add(CheckId.CLOCK, THIS_MACHINE, lambda: browser_media.ask_clock(lambda: f"https://s3.{region}.amazonaws.com/"))


def _alias_holds(sessions: Sessions, integration: AwsIntegration, environment: Environment) -> Answer:
    """The outputs against what is there: AWS makes up the alias, and every URL through the point has it."""
    have = (drift.exported(integration, environment) or {})[ACCESS_POINT]["alias"]
    there = described(sessions, integration)["Alias"]
    if have == there:
        return passed(f"the access point's alias is {there}")
    return failed(
        f"the access point's alias is {there}, and {have} in the outputs: it was made anew",
        f"{drift.fix(environment)}; URLs that were registered with {have} have to be registered anew",
    )
