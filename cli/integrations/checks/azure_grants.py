"""Azure: Encord's service principal, and what its roles allow.

Judged for Encord's object id from the role assignments, at the scope in question and above it, and from the
definitions of the roles, so that a role of one's own is judged too. Groups that it may be in are not looked into.
"""

from __future__ import annotations

import json
from functools import cache
from threading import Lock
from typing import Any

from integrations.access import azure as access
from integrations.access.azure_excess import excess
from integrations.access.azure_roles import CHANGES, READ, SIGN, WRITE, Held, judge, named, what
from integrations.access.judge import Verdict
from integrations.azure_client import AUTHORIZATION_VERSION, AzureError
from integrations.checks.azure_account import AboutAccount
from integrations.checks.azure_sessions import Sessions
from integrations.checks.records import NO_CHECK_PRINCIPAL, Answer, failed, passed, skipped, warned
from integrations.environment.azure import LOOK_UP, AzureContainer, AzureIntegration
from integrations.environment.model import Environment

APPLICATION = "cord-integrator"


class GrantQuestions(AboutAccount):
    """The questions about Encord's identity; only where there is an object id."""

    def __init__(self, sessions: Sessions, integration: AzureIntegration, environment: Environment) -> None:
        super().__init__(sessions, integration, environment)
        self.encord = str(integration.encord.object_id)
        self._definition, self._held = cache(self._read_definition), cache(self._read_held)
        self._lock = Lock()

    def principal_found(self) -> Answer:
        """The service principal, by Microsoft Graph
        (https://learn.microsoft.com/en-us/graph/api/serviceprincipal-get)."""
        tenant, known = self.integration.tenant, self.integration.encord.application_id
        try:
            shown = self.sessions.azure.directory(f"/v1.0/servicePrincipals/{self.encord}")
        except AzureError as error:
            if error.status == 403:
                look = LOOK_UP.format(known or "<application id>")
                return skipped("these credentials may not look into the directory", fix=look, unproven=True)
            if error.status != 404:
                raise
            return self._not_found(tenant)
        if known is not None and shown["appId"] != known:
            return failed(f"it is the service principal of application {shown['appId']}", LOOK_UP.format(known))
        return passed(f"{shown['displayName']}, application {shown['appId']}")

    def _not_found(self, tenant: str) -> Answer:
        found = self.sessions.azure.directory("/v1.0/servicePrincipals", **{"$filter": f"appId eq '{self.encord}'"})[
            "value"
        ]
        if found:
            fix = f"set `objectId: {found[0]['id']}`, which is the object id in this tenant"
            return failed("it is the application id, which no role can be given to", fix)
        fix = (
            f"integrations handshake {self.environment.name}: an administrator of the tenant consents to {APPLICATION}"
        )
        return failed(f"there is no such service principal in tenant {tenant}", fix)

    def named(self) -> Answer:
        held = [one for scope in self._scopes() for one in self._held(self.encord, scope)]
        return passed(named(held)) if held else failed("it has no role here", self._grant_fix(access.READS))

    def read_granted(self, container: AzureContainer) -> Answer:
        held = self._held(self.encord, access.container_id(self.integration, container))
        verdict = judge(held, READ)
        seen = f"reading: {verdict} ({named(held)})"
        return passed(seen) if verdict is Verdict.ALLOWED else failed(seen, self._grant_fix(access.READS, container))

    def write_granted(self, container: AzureContainer) -> Answer:
        held, wanted = (
            self._held(self.encord, access.container_id(self.integration, container)), self.integration.image_sequences,
        )  # fmt: skip
        state = f"image sequences {'on' if wanted else 'off'}"
        if wanted:
            verdict = judge(held, WRITE)
            seen = f"writing: {verdict} ({named(held)}), {state}"
            return (
                passed(seen) if verdict is Verdict.ALLOWED else failed(seen, self._grant_fix(access.WRITES, container))
            )
        changing = [one for one in held if any(one.allows(action) for action in CHANGES)]
        if not changing:
            return passed(f"writing: {Verdict.NOT_ALLOWED} ({named(held)}), {state}")
        where = ", ".join(sorted({f"{one.role} on {one.scope}" for one in changing}))
        fix = f"set `imageSequences: true` for {self.integration.name}, or {self.up} to take the stack's own grant away"
        return failed(f"writing is allowed by {where}, {state}", fix)

    def signing_granted(self) -> Answer:
        held = self._held(self.encord, access.account_id(self.integration))
        verdict = judge(held, SIGN)
        seen = f"a user delegation key: {verdict} ({named(held)})"
        return passed(seen) if verdict is Verdict.ALLOWED else failed(seen, self._grant_fix(access.SIGNS))

    def grants_are_narrow(self) -> Answer:
        """Writing in the containers is left out, which `write_granted` asks about."""
        account = access.account_id(self.integration)
        found = excess((one for scope in self._scopes() for one in self._held(self.encord, scope)), account)
        if not found:
            return passed("its roles allow what Encord needs, and nothing else")
        seen = f"not needed: {'; '.join(one.what for one in found)}"
        fix = f"az role assignment delete --ids {' '.join(one.assignment for one in found)}"
        return failed(seen, fix) if any(one.grave for one in found) else warned(seen, fix)

    def is_check_principal(self) -> Answer:
        """Whether what this run may do proves what Encord may."""
        principal = self.integration.check_principal
        if principal is None:
            return NO_CHECK_PRINCIPAL
        if (me := self.sessions.azure.object_id) != principal:
            return skipped(f"this runs as {me}", fix=f"run it as the checkPrincipal, {principal}", unproven=True)
        for scope in self._scopes():
            mine, theirs = (self._held(one, scope) for one in (principal, self.encord))
            if what(mine) != what(theirs):
                reason = f"the checkPrincipal has {named(mine)} there, and Encord {named(theirs)}: {_end(scope)}"
                return skipped(reason, fix="give the checkPrincipal no role but what the stack gives it", unproven=True)
        return passed(f"signed in as {principal}, with roles that allow what Encord's allow")

    # -- pieces ----------------------------------------------------------------------

    def _scopes(self) -> list[str]:
        containers = [access.container_id(self.integration, one) for one in self.integration.containers]
        return [access.account_id(self.integration), *containers]

    def _read_held(self, principal: str, scope: str) -> list[Held]:
        """What somebody has at a scope: what was given there or above."""
        wish = {"$filter": f"principalId eq '{principal}'"}
        found = self.sessions.azure.listed(f"{scope}{access.ASSIGNMENTS}", **wish)
        # The list has what was given below as well.
        return [self._shown(one) for one in found if _covers(str(one["properties"]["scope"]), scope)]

    def _shown(self, assignment: dict[str, Any]) -> Held:
        given = assignment["properties"]
        with self._lock:
            definition = self._definition(str(given["roleDefinitionId"]).rpartition("/")[2])
        permissions, conditional = tuple(definition["permissions"]), bool(given.get("condition"))
        return Held(definition["roleName"], given["scope"], permissions, conditional, str(assignment["id"]))

    def _read_definition(self, role: str) -> dict[str, Any]:
        """The definition as it is seen from the account, where the checker may read it."""
        path = f"{access.account_id(self.integration)}{access.DEFINITIONS}/{role}"
        return dict(self.sessions.azure.read(path, AUTHORIZATION_VERSION)["properties"])

    def _grant_fix(self, role: access.Role, container: AzureContainer | None = None) -> str:
        """The grant that is missing, exactly."""
        scope = access.container_id(self.integration, container) if container else None
        grant = next(
            one for one in access.encord_grants(self.integration) if one.role == role and scope in (None, one.scope)
        )
        return f"{self.up}, which assigns {role.name}: {json.dumps(grant.document)}"


def _covers(upper: str, lower: str) -> bool:
    """Whether a scope is the other or above it; ids are compared without regard to case."""
    return f"{lower}/".lower().startswith(f"{upper.rstrip('/')}/".lower())


def _end(scope: str) -> str:
    return "/".join(scope.split("/")[-2:])
