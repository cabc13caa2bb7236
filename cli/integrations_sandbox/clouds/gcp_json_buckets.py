"""The JSON API's calls on buckets and their policies: https://cloud.google.com/storage/docs/json_api/v1/buckets"""

from __future__ import annotations

from msgspec.structs import replace
from starlette.responses import JSONResponse, Response

from integrations_sandbox.clouds import gcp_buckets, gcp_policies
from integrations_sandbox.clouds import gcp_refusals as refusals
from integrations_sandbox.clouds.gcp_call import Call
from integrations_sandbox.clouds.gcp_objects import now
from integrations_sandbox.clouds.gcp_records import Bucket
from integrations_sandbox.clouds.gcp_roles import Target
from integrations_sandbox.clouds.gcp_store import END

PAGE = 1000
TAKEN = (
    "The requested bucket name is not available. The bucket namespace is shared by all users of the system. "
    "Please select a different name and try again."
)
YOURS = "Your previous request to create the named bucket succeeded and you already own it."


async def insert(call: Call) -> Response:
    """Make a bucket."""
    project = call.query.get("project")
    if not project:
        raise refusals.Refusal(400, "required", "InvalidArgument", "Required parameter: project")
    call.require_in_project("storage.buckets.create", project)
    given = await call.json()
    name = given.get("name")
    if fault := gcp_buckets.fault_of_name(name):
        raise refusals.invalid(fault)
    if taken := call.store.get(Bucket, str(name)):
        yours = taken.project == project
        raise refusals.conflict(
            YOURS if yours else TAKEN, "BucketAlreadyOwnedByYou" if yours else "BucketAlreadyExists"
        )
    stamp = now()
    settings = gcp_buckets.settle(given, stamp)
    bucket = Bucket(str(name), project, settings, (), stamp, stamp)
    bucket = replace(bucket, bindings=gcp_policies.initial(project, bucket.uniform))
    call.store.put(bucket.name, bucket)
    return JSONResponse(gcp_buckets.show(bucket))


async def index(call: Call) -> Response:
    """The buckets of a project."""
    project = call.query.get("project", "")
    call.require_in_project("storage.buckets.list", project)
    prefix, limit = call.query.get("prefix", ""), min(call.number("maxResults") or PAGE, PAGE)
    found = [b for b in call.store.all(Bucket, call.query.get("pageToken", "")) if b.project == project]
    found = [bucket for bucket in found if bucket.name.startswith(prefix)]
    page = {"kind": "storage#buckets", "items": [gcp_buckets.show(bucket) for bucket in found[:limit]]}
    return JSONResponse(page | ({"nextPageToken": found[limit - 1].name} if len(found) > limit else {}))


async def get(call: Call, name: str) -> Response:
    """One bucket."""
    bucket = call.bucket(name)
    call.require("storage.buckets.get", bucket)
    return JSONResponse(gcp_buckets.show(bucket))


async def patch(call: Call, name: str) -> Response:
    """Change some settings of a bucket."""
    bucket = call.bucket(name)
    call.require("storage.buckets.update", bucket)
    return _changed(call, bucket, gcp_buckets.change(bucket.settings, await call.json()))


async def update(call: Call, name: str) -> Response:
    """Replace the settings of a bucket: what is not named goes back to the default."""
    bucket = call.bucket(name)
    call.require("storage.buckets.update", bucket)
    fixed = {key: bucket.settings[key] for key in gcp_buckets.FIXED if key in bucket.settings}
    gcp_buckets.change(fixed, given := await call.json())
    return _changed(call, bucket, gcp_buckets.settle(given | fixed, bucket.created))


def _changed(call: Call, bucket: Bucket, settings: dict[str, object]) -> Response:
    _check_metageneration(call, bucket)
    changed = replace(bucket, settings=settings, updated=now(), metageneration=bucket.metageneration + 1)
    call.store.put(bucket.name, changed)
    return JSONResponse(gcp_buckets.show(changed))


async def delete(call: Call, name: str) -> Response:
    """Delete an empty bucket: https://cloud.google.com/storage/docs/json_api/v1/buckets/delete"""
    bucket = call.bucket(name)
    call.require("storage.buckets.delete", bucket)
    _check_metageneration(call, bucket)
    if call.objects.page(name, "", "", "", END, 1).objects:
        raise refusals.conflict("The bucket you tried to delete is not empty.", "BucketNotEmpty")
    call.store.remove(Bucket, name)
    return Response(status_code=204)


def _check_metageneration(call: Call, bucket: Bucket) -> None:
    wanted, unwanted = call.number("ifMetagenerationMatch"), call.number("ifMetagenerationNotMatch")
    if wanted not in (None, bucket.metageneration) or unwanted == bucket.metageneration:
        raise refusals.condition_not_met()


async def get_policy(call: Call, name: str) -> Response:
    """Who may do what."""
    bucket = call.bucket(name)
    call.require("storage.buckets.getIamPolicy", bucket)
    return JSONResponse(gcp_policies.show(bucket, call.number("optionsRequestedPolicyVersion") or 1))


async def set_policy(call: Call, name: str) -> Response:
    """Replace who may do what."""
    bucket = call.bucket(name)
    call.require("storage.buckets.setIamPolicy", bucket)
    body = await call.json()
    bindings = gcp_policies.accept(call.store, bucket, body)
    changed = replace(bucket, bindings=bindings, policy_version=bucket.policy_version + 1)
    call.store.put(bucket.name, changed)
    return JSONResponse(gcp_policies.show(changed, gcp_policies.CONDITIONAL))


async def test_permissions(call: Call, name: str) -> Response:
    """Which of some permissions the caller has; nobody needs a permission to ask.

    https://cloud.google.com/storage/docs/json_api/v1/buckets/testIamPermissions
    """
    bucket = call.bucket(name)
    given = call.granted(bucket, Target(name))
    held = [wanted for wanted in call.query.getlist("permissions") if wanted in given]
    body = {"kind": "storage#testIamPermissionsResponse"} | ({"permissions": held} if held else {})
    return JSONResponse(body)


async def access_control(call: Call, name: str, *_rest: str) -> Response:
    """Access control lists, which uniform access turns off and the sandbox has not.

    https://cloud.google.com/storage/docs/uniform-bucket-level-access
    """
    refuse_access_control(call.bucket(name))
    raise refusals.not_played("access control lists: turn uniform bucket-level access on")


def refuse_access_control(bucket: Bucket) -> None:
    """Raises Refusal where uniform access has turned access control lists off."""
    if bucket.uniform:
        raise refusals.invalid(
            "Cannot use ACL API to update bucket policy when uniform bucket-level access is enabled. "
            "Read more at https://cloud.google.com/storage/docs/uniform-bucket-level-access"
        )
