"""AWS: whether what the role is granted, and whom it trusts, is no more than needed and says what it means."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from integrations.access import aws as access
from integrations.access import aws_excess, aws_grammar
from integrations.checks.aws_sessions import Sessions
from integrations.checks.records import Answer, failed, passed, warned
from integrations.environment.model import AwsIntegration


class Grants:
    """The questions about the documents of the role, which are read once each time."""

    def __init__(self, sessions: Sessions, integration: AwsIntegration, up: str) -> None:
        self.sessions, self.integration, self.up = sessions, integration, up

    @property
    def _iam(self) -> Any:
        return self.sessions.client("iam")

    def _inline(self) -> dict[str, dict[str, Any]]:
        """The role's inline policies by name."""
        role = self.integration.role
        names = self._iam.list_role_policies(RoleName=role)["PolicyNames"]
        documents = ((name, self._iam.get_role_policy(RoleName=role, PolicyName=name)) for name in names)
        return {name: document(got["PolicyDocument"]) for name, got in documents}

    def _trust(self) -> dict[str, Any]:
        return document(self._iam.get_role(RoleName=self.integration.role)["Role"]["AssumeRolePolicyDocument"])

    def trust_is_narrow(self) -> Answer:
        found = aws_excess.strangers(self._trust(), self.integration)
        if found:
            return failed(
                "; ".join(found), f"{self.up}, which sets the trust to Encord's principal and external ID alone"
            )
        return passed("nobody but the configured principals, with the one external ID")

    def grants_are_narrow(self) -> Answer:
        attached = self._iam.list_attached_role_policies(RoleName=self.integration.role)["AttachedPolicies"]
        found = aws_excess.excess(self._inline().values(), self.integration)
        said = [one.what for one in found] + [f"the attached policy {one['PolicyName']}" for one in attached]
        if not said:
            return passed("the role's policies grant what Encord needs, and nothing else")
        seen = f"not needed: {', '.join(said)}"
        wanted = json.dumps(access.role_policy(self.integration)["Statement"])
        fix = f"{self.up}; take the rest away, so that the role's only policy grants: {wanted}"
        return failed(seen, fix) if any(one.grave for one in found) else warned(seen, fix)

    def well_formed(self) -> Answer:
        found = [f"trust: {one}" for one in aws_grammar.problems(self._trust(), aws_grammar.Kind.TRUST)]
        for name, policy in self._inline().items():
            found += [f"{name}: {one}" for one in aws_grammar.problems(policy, aws_grammar.Kind.IDENTITY)]
        if found:
            return failed("; ".join(found), f"{self.up}, or correct what is not the stack's")
        return passed("the role's documents say what they mean")


def document(given: Any) -> dict[str, Any]:
    """A policy document as AWS gives it: parsed by boto3, or still text."""
    return dict(json.loads(unquote(given)) if isinstance(given, str) else given)
