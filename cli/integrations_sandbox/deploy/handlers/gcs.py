"""Google Cloud Storage: a bucket with its settings, and one member's role on a bucket.

Names on the wire: https://www.pulumi.com/registry/packages/gcp/api-docs/storage/; the JSON API:
https://cloud.google.com/storage/docs/json_api/v1
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from integrations_sandbox.deploy import wire
from integrations_sandbox.deploy.handler import Handler, Target
from integrations_sandbox.deploy.handlers.gcp import GcpError, GcpHandler
from integrations_sandbox.deploy.plan import Seen
from integrations_sandbox.deploy.records import AlreadyExistsError, StepError
from integrations_sandbox.deploy.wire import Props

TRIES = 5  # to change a policy that others change as well
CONDITIONAL = 3  # the version of a policy that shows its conditions
SOFT_DELETE_SECONDS = 604_800  # Google's default: https://cloud.google.com/storage/docs/soft-delete
CORS_NAMES = {
    "origins": "origin", "methods": "method", "responseHeaders": "responseHeader", "maxAgeSeconds": "maxAgeSeconds"
}  # fmt: skip


class Bucket(GcpHandler):
    """gcp:storage/bucket:Bucket. The id is the bucket's name."""

    understands = frozenset({
        "name", "location", "project", "storageClass", "cors", "uniformBucketLevelAccess", "publicAccessPrevention",
        "softDeletePolicy", "versioning", "labels", "encryption", "forceDestroy", "requesterPays", "retentionPolicy",
        "defaultEventBasedHold",
    })  # fmt: skip
    required = frozenset({"name", "location"})
    replace_on = frozenset({"name", "location", "project"})
    exclusive = True
    loss = "every object in it, and every registered URL that names it"

    def identify(self, target: Target) -> str:
        return str(target.inputs["name"])

    def desired(self, target: Target) -> Props:
        given = target.inputs
        soft_delete = given.get("softDeletePolicy") or {}
        return {
            "location": str(given.get("location", "")).upper(),
            "storageClass": given.get("storageClass") or "STANDARD",
            "cors": [{name: rule[name] for name in CORS_NAMES if name in rule} for rule in given.get("cors") or []],
            "uniformBucketLevelAccess": bool(given.get("uniformBucketLevelAccess")),
            "publicAccessPrevention": given.get("publicAccessPrevention") or "inherited",
            "softDeletePolicy": {
                "retentionDurationSeconds": soft_delete.get("retentionDurationSeconds", SOFT_DELETE_SECONDS)
            },
            "versioning": {"enabled": bool((given.get("versioning") or {}).get("enabled"))},
            "labels": given.get("labels") or {},
            "encryption": {"defaultKmsKeyName": (given.get("encryption") or {}).get("defaultKmsKeyName")},
            "lifecycle": [],  # the sandbox understands no rules, and takes away those that others made
            "requesterPays": bool(given.get("requesterPays")),
            "retentionPolicy": {"retentionPeriod": (given.get("retentionPolicy") or {}).get("retentionPeriod", 0)},
            "defaultEventBasedHold": bool(given.get("defaultEventBasedHold")),
        }

    def replacing(self, target: Target, old: Props, changed: set[str]) -> set[str]:
        """A location that is only spelt otherwise is the same."""
        same = str(old.get("location", "")).upper() == str(target.inputs.get("location", "")).upper()
        return super().replacing(target, old, changed - {"location"} if same else changed)

    def read(self, target: Target) -> Seen | None:
        found = target.cloud.find(_path(target.id))
        if found is None:
            return None
        outputs = {"url": f"gs://{target.id}", "selfLink": found["selfLink"], "project": _project(target)}
        return Seen(_inputs(found), outputs)

    def create(self, target: Target) -> tuple[str, Props]:
        body = {"name": target.id, "location": target.inputs["location"], **_document(self.desired(target))}
        try:
            target.cloud.call("POST", "/b", {"project": _project(target)}, body)
        except GcpError as error:
            if error.status == 409:
                raise AlreadyExistsError(f"{target.id} exists already, and this stack did not make it") from error
            raise
        return target.id, self._seen(target).outputs

    def update(self, target: Target) -> Props:
        wanted = self.desired(target)
        surplus = self._seen(target).inputs["labels"].keys() - wanted["labels"].keys()
        body = _document(wanted)
        body["labels"] |= dict.fromkeys(surplus)
        target.cloud.call("PATCH", _path(target.id), body=body)
        return self._seen(target).outputs

    def delete(self, target: Target) -> None:
        if target.cloud.find(_path(target.id)) is None:
            return
        if target.inputs.get("forceDestroy"):
            _empty(target)
        target.cloud.call("DELETE", _path(target.id))

    def _seen(self, target: Target) -> Seen:
        found = self.read(target)
        if found is None:
            raise StepError(f"Google Cloud accepted {target.id} and does not show it")
        return found


def _project(target: Target) -> str:
    project = target.inputs.get("project") or target.cloud.project
    if not project:
        raise StepError("the bucket has no project: set `gcp:project`")
    return str(project)


def _path(bucket: str) -> str:
    return f"/b/{quote(bucket, safe='')}"


def _inputs(found: Props) -> Props:
    """A bucket's document as the program's inputs."""
    access = found.get("iamConfiguration", {})
    rules = [
        {name: rule[google] for name, google in CORS_NAMES.items() if google in rule} for rule in found.get("cors", [])
    ]
    return {
        "location": found["location"],
        "storageClass": found["storageClass"],
        "cors": rules,
        "uniformBucketLevelAccess": access.get("uniformBucketLevelAccess", {}).get("enabled", False),
        "publicAccessPrevention": access.get("publicAccessPrevention", "inherited"),
        "softDeletePolicy": {
            "retentionDurationSeconds": int(found.get("softDeletePolicy", {}).get("retentionDurationSeconds", 0))
        },
        "versioning": {"enabled": found.get("versioning", {}).get("enabled", False)},
        "labels": found.get("labels", {}),
        "encryption": {"defaultKmsKeyName": found.get("encryption", {}).get("defaultKmsKeyName")},
        "lifecycle": found.get("lifecycle", {}).get("rule", []),
        "requesterPays": found.get("billing", {}).get("requesterPays", False),
        "retentionPolicy": {"retentionPeriod": int(found.get("retentionPolicy", {}).get("retentionPeriod", 0))},
        "defaultEventBasedHold": found.get("defaultEventBasedHold", False),
    }


def _document(wanted: Props) -> Props:
    """The inputs as a bucket's document; without the location, which cannot be changed."""
    return {
        "storageClass": wanted["storageClass"],
        "cors": [{CORS_NAMES[name]: value for name, value in rule.items()} for rule in wanted["cors"]],
        "iamConfiguration": {
            "publicAccessPrevention": wanted["publicAccessPrevention"],
            "uniformBucketLevelAccess": {"enabled": wanted["uniformBucketLevelAccess"]},
        },
        "softDeletePolicy": wanted["softDeletePolicy"],
        "versioning": wanted["versioning"],
        "labels": dict(wanted["labels"]),
        "encryption": wanted["encryption"] if wanted["encryption"]["defaultKmsKeyName"] else None,
        "lifecycle": {"rule": wanted["lifecycle"]} if wanted["lifecycle"] else None,
        "billing": {"requesterPays": wanted["requesterPays"]},
        "retentionPolicy": wanted["retentionPolicy"] if wanted["retentionPolicy"]["retentionPeriod"] else None,
        "defaultEventBasedHold": wanted["defaultEventBasedHold"],
    }


def _empty(target: Target) -> None:
    """Delete every version of every object of a bucket."""
    path = f"{_path(target.id)}/o"
    while items := target.cloud.call("GET", path, {"versions": "true"}).get("items"):
        for item in items:
            version = {"generation": item["generation"]}
            target.cloud.call("DELETE", f"{path}/{quote(item['name'], safe='')}", version)


class BucketMember(GcpHandler):
    """gcp:storage/bucketIAMMember:BucketIAMMember: adds one member, and leaves everybody else's roles alone.

    The id is `b/<bucket>/<role>/<member>`, as pulumi-gcp has it, and the condition's title behind it.
    """

    understands = frozenset({"bucket", "role", "member", "condition"})
    required = frozenset({"bucket", "role", "member"})
    replace_on = understands

    def identify(self, target: Target) -> str:
        parts = [target.inputs.get(name) for name in ("bucket", "role", "member")]
        if wire.has_unknown(parts):
            return ""
        title = (target.inputs.get("condition") or {}).get("title")
        return "/".join(["b", *map(str, parts), *([title] if title else [])])

    def desired(self, target: Target) -> Props:  # noqa: ARG002 - it is there, or it is not
        return {}

    def read(self, target: Target) -> Seen | None:
        """The grant that was made, which need not be the one that is wanted now."""
        made = target.known or target.inputs
        policy = target.cloud.find(f"{_path(made['bucket'])}/iam", _version())
        binding = _binding(policy, made) if policy else None
        if policy is None or binding is None or made["member"] not in binding["members"]:
            return None
        return Seen({}, {"etag": policy["etag"]})

    def create(self, target: Target) -> tuple[str, Props]:
        return self.identify(target), _change(target, _with)

    def update(self, target: Target) -> Props:
        return _change(target, _with)

    def delete(self, target: Target) -> None:
        try:
            _change(target, _without)
        except GcpError as error:
            if error.status != 404:  # the bucket is gone, and its policy with it
                raise


def _version() -> Props:
    return {"optionsRequestedPolicyVersion": CONDITIONAL}


def _change(target: Target, change: Callable[[Props, Props], bool]) -> Props:
    """Read the policy, change it and write it back, again if somebody else was faster."""
    cloud, path = target.cloud, f"{_path(target.inputs['bucket'])}/iam"
    with cloud.policies:
        for _ in range(TRIES):
            policy = cloud.call("GET", path, _version())
            if not change(policy, target.inputs):
                return {"etag": policy["etag"]}
            try:
                return {"etag": cloud.call("PUT", path, body=policy)["etag"]}
            except GcpError as error:
                # The same status refuses a member, and then the policy is as it was.
                if error.status != 412 or cloud.call("GET", path, _version())["etag"] == policy["etag"]:
                    raise
    raise StepError(f"the policy of {target.inputs['bucket']} was changed by somebody else {TRIES} times in a row")


def _binding(policy: Props, wanted: Props) -> Props | None:
    """The binding of the role under the same condition."""
    condition = wanted.get("condition") or None
    fitting = (
        binding
        for binding in policy.get("bindings", [])
        if binding["role"] == wanted["role"] and (binding.get("condition") or None) == condition
    )
    return next(fitting, None)


def _with(policy: Props, wanted: Props) -> bool:
    """Add the member to the policy; whether that changed it."""
    binding = _binding(policy, wanted)
    if binding is None:
        condition = {"condition": wanted["condition"]} if wanted.get("condition") else {}
        binding = {"role": wanted["role"], "members": [], **condition}
        policy["bindings"] = [*policy.get("bindings", []), binding]
        policy["version"] = CONDITIONAL if condition else policy.get("version", 1)
    if wanted["member"] in binding["members"]:
        return False
    binding["members"] = [*binding["members"], wanted["member"]]
    return True


def _without(policy: Props, wanted: Props) -> bool:
    """Take the member out of the policy; whether that changed it."""
    binding = _binding(policy, wanted)
    if binding is None or wanted["member"] not in binding["members"]:
        return False
    binding["members"] = [member for member in binding["members"] if member != wanted["member"]]
    policy["bindings"] = [one for one in policy["bindings"] if one["members"]]
    return True


HANDLERS: dict[str, Handler] = {
    "gcp:storage/bucket:Bucket": Bucket(),
    "gcp:storage/bucketIAMMember:BucketIAMMember": BucketMember(),
}
