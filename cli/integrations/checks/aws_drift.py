"""AWS: whether the environment file, the stack's outputs and what is there say the same; and this machine's clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from integrations.access import aws as access
from integrations.checks import browser_media
from integrations.checks.aws_access_point import described
from integrations.checks.aws_sessions import Sessions
from integrations.checks.catalogue import CheckId
from integrations.checks.records import Answer, failed, passed, skipped
from integrations.checks.runner import Add, Key
from integrations.environment.model import AwsIntegration, Environment
from integrations.environment.outputs import load_outputs
from integrations.errors import ConfigurationError, NothingMatchedError

THIS_MACHINE = "this machine"


def add_questions(
    add: Add, sessions: Sessions, integration: AwsIntegration, environment: Environment, point_ready: Key | None
) -> None:
    """Adds the questions. point_ready: the key of the question that the access point is ready, if there is one."""
    drift = _Drift(sessions, integration, environment)
    outputs = add(CheckId.OUTPUTS_AGREE, f"stack {environment.name}", drift.file)
    if point_ready:
        add(CheckId.OUTPUTS_HOLD, f"stack {environment.name}", drift.point, outputs, point_ready)
    region = integration.buckets[0].region
    add(CheckId.CLOCK, THIS_MACHINE, lambda: browser_media.ask_clock(lambda: f"https://s3.{region}.amazonaws.com/"))


class _Drift:
    def __init__(self, sessions: Sessions, integration: AwsIntegration, environment: Environment) -> None:
        self.sessions, self.integration, self.environment = sessions, integration, environment
        self.up = f"pulumi up --stack {environment.name}, and save its outputs anew if they are kept in a file"

    def _outputs(self) -> dict[str, Any] | None:
        """What the stack made of the integration; None if it made none. Raises NothingMatchedError without outputs."""
        every = load_outputs(self.environment.name, Path(self.environment.path).parent)
        found = every.get(self.integration.name)
        return found if isinstance(found, dict) else None

    def file(self) -> Answer:
        """The file against the outputs."""
        try:
            have = self._outputs()
        except (NothingMatchedError, ConfigurationError) as error:
            return skipped(str(error))
        if have is None:
            return failed("the stack's outputs do not have this integration", self.up)
        differ = [
            f"{what} is {got} there and {wanted} in the file"
            for what, got, wanted in self._pairs(have)
            if got != wanted
        ]
        if differ:
            return failed("; ".join(differ), self.up)
        return passed("role, buckets and access point are those of the file")

    def _pairs(self, have: dict[str, Any]) -> list[tuple[str, object, object]]:
        one = self.integration
        buckets = {name: bucket.get("region") for name, bucket in have.get("buckets", {}).items()}
        return [
            ("the role", have.get("roleArn"), access.role_arn(one)),
            ("whether the role exists", have.get("roleExists"), not one.awaiting_encord),
            ("the list of buckets", buckets, {bucket.name: bucket.region for bucket in one.buckets}),
            ("an access point", "multiRegionAccessPoint" in have, one.multi_region_access_point is not None),
        ]

    def point(self) -> Answer:
        """The outputs against what is there: AWS makes up the alias, and every URL through the point has it."""
        have = (self._outputs() or {})["multiRegionAccessPoint"]["alias"]
        there = described(self.sessions, self.integration)["Alias"]
        if have == there:
            return passed(f"the access point's alias is {there}")
        return failed(
            f"the access point's alias is {there}, and {have} in the outputs: it was made anew",
            f"{self.up}; URLs that were registered with {have} have to be registered anew",
        )
