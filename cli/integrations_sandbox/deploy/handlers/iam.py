"""IAM roles and their inline policies."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from integrations_sandbox.deploy.handler import Handler, Target
from integrations_sandbox.deploy.handlers.aws import AwsHandler, code_of, unless
from integrations_sandbox.deploy.plan import Seen
from integrations_sandbox.deploy.records import AlreadyExistsError
from integrations_sandbox.deploy.wire import Props

GONE = "NoSuchEntity"
SESSION_SECONDS = 3600  # https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html


class Role(AwsHandler):
    """aws:iam/role:Role. The id is the role's name."""

    understands = frozenset({"name", "assumeRolePolicy", "description", "maxSessionDuration", "tags"})
    required = frozenset({"name", "assumeRolePolicy"})
    replace_on = frozenset({"name"})
    exclusive = True
    loss = "everybody's access by it"

    def identify(self, target: Target) -> str:
        return str(target.inputs["name"])

    def desired(self, target: Target) -> Props:
        return {
            "assumeRolePolicy": target.inputs.get("assumeRolePolicy"),
            "description": target.inputs.get("description") or "",
            "maxSessionDuration": target.inputs.get("maxSessionDuration") or SESSION_SECONDS,
            "tags": target.inputs.get("tags") or {},
        }

    def read(self, target: Target) -> Seen | None:
        role: Any = None
        with unless(GONE):
            role = target.cloud.client("iam").get_role(RoleName=target.id)["Role"]
        if role is None:
            return None
        inputs = {
            "assumeRolePolicy": role["AssumeRolePolicyDocument"],
            "description": role.get("Description", ""),
            "maxSessionDuration": role.get("MaxSessionDuration", SESSION_SECONDS),
            "tags": {tag["Key"]: tag["Value"] for tag in role.get("Tags", [])},
        }
        outputs = {"arn": role["Arn"], "uniqueId": role["RoleId"], "path": role["Path"], "name": role["RoleName"]}
        return Seen(inputs, outputs)

    def create(self, target: Target) -> tuple[str, Props]:
        wanted = self.desired(target)
        try:
            target.cloud.client("iam").create_role(
                RoleName=target.id,
                AssumeRolePolicyDocument=wanted["assumeRolePolicy"],
                Description=wanted["description"],
                MaxSessionDuration=wanted["maxSessionDuration"],
                Tags=[{"Key": key, "Value": value} for key, value in wanted["tags"].items()],
            )
        except ClientError as error:
            if code_of(error) == "EntityAlreadyExists":
                raise AlreadyExistsError(f"{target.id} exists already, and this stack did not make it") from error
            raise
        return target.id, self.seen(target).outputs

    def update(self, target: Target) -> Props:
        iam, wanted, name = target.cloud.client("iam"), self.desired(target), target.id
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=wanted["assumeRolePolicy"])
        iam.update_role(
            RoleName=name, Description=wanted["description"], MaxSessionDuration=wanted["maxSessionDuration"]
        )
        if surplus := self.seen(target).inputs["tags"].keys() - wanted["tags"].keys():
            iam.untag_role(RoleName=name, TagKeys=sorted(surplus))
        if wanted["tags"]:
            iam.tag_role(RoleName=name, Tags=[{"Key": key, "Value": value} for key, value in wanted["tags"].items()])
        return self.seen(target).outputs

    def delete(self, target: Target) -> None:
        with unless(GONE):
            target.cloud.client("iam").delete_role(RoleName=target.id)


class RolePolicy(AwsHandler):
    """aws:iam/rolePolicy:RolePolicy. The id is `role:policy`, as pulumi-aws has it."""

    understands = frozenset({"name", "role", "policy"})
    required = understands
    replace_on = frozenset({"name", "role"})

    def identify(self, target: Target) -> str:
        return f"{target.inputs['role']}:{target.inputs['name']}"

    def desired(self, target: Target) -> Props:
        return {"policy": target.inputs.get("policy")}

    def read(self, target: Target) -> Seen | None:
        with unless(GONE):
            found = target.cloud.client("iam").get_role_policy(**_named(target.id))
            return Seen({"policy": found["PolicyDocument"]}, {})
        return None

    def create(self, target: Target) -> tuple[str, Props]:
        return target.id, self.update(target)

    def update(self, target: Target) -> Props:
        target.cloud.client("iam").put_role_policy(**_named(target.id), PolicyDocument=target.inputs["policy"])
        return self.seen(target).outputs

    def delete(self, target: Target) -> None:
        with unless(GONE):
            target.cloud.client("iam").delete_role_policy(**_named(target.id))


def _named(policy_id: str) -> dict[str, str]:
    role, name = policy_id.split(":", 1)
    return {"RoleName": role, "PolicyName": name}


HANDLERS: dict[str, Handler] = {"aws:iam/role:Role": Role(), "aws:iam/rolePolicy:RolePolicy": RolePolicy()}
