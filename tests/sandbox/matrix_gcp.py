"""Google Cloud: ways to break the integration `studio`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gcp_rig as rig
from gcp_rig import BUCKET, CHECK, ENCORD, OTHER, PIXEL, READ, WRITE, rule
from matrix import Case, Edit, Elsewhere, Printed, Stage, Table, ids

ADMIN, USER = "roles/storage.admin", "roles/storage.objectUser"
OURS = "https://app.encord.com"
KEY = "projects/acme-media/locations/europe-west2/keyRings/r/cryptoKeys/k"
DELETING = {"action": {"type": "Delete"}, "condition": {"age": 30}}
PREFIXES = "imageSequences: true\n      prefixes: [probe/]\n      writePrefix: made/"
# Everything that waits for an object to be read, for the bucket, or for Encord to have a role there.
OF_SIGNED = "COR203 COR205 COR206 COR207"
OF_READING = f"TRU306 {OF_SIGNED}"
OF_ROLE = "TRU302 ACC401 ACC402 ACC408"
OF_BUCKET = f"BKT102 BKT103 BKT104 BKT106 BKT108 COR201 COR202 COR204 TRU301 {OF_ROLE} ACC403 ACC404 {OF_READING}"


def cors(*rules: dict[str, Any]) -> Callable[[Stage], object]:
    return lambda stage: rig.settings(stage, cors=list(rules))


def settings(**changes: Any) -> Callable[[Stage], object]:
    return lambda stage: rig.settings(stage, **changes)


def granted(role: str, *members: str) -> Callable[[Stage], object]:
    """Give them a role besides what they have."""
    return lambda stage: [rig.grant(stage, member, role) for member in members]


def taken(role: str, *members: str) -> Callable[[Stage], object]:
    return lambda stage: rig.revoke(stage, role, *members)


def both(*steps: Callable[[Stage], object]) -> Callable[[Stage], object]:
    return lambda stage: [step(stage) for step in steps]


def up(stage: Stage) -> None:
    stage.up()


def rewrite(old: str, new: str) -> Callable[[Stage], object]:
    return lambda stage: stage.rewrite(old, new)


def swap(stage: Stage) -> None:
    """What was granted to Encord is granted to another service account."""

    def change(found: list[dict[str, Any]]) -> None:
        for one in found:
            one["members"] = {OTHER if member == ENCORD else member for member in one["members"]}

    rig.change_policy(stage, change)


def only_under_probe(stage: Stage) -> None:
    """Reading is granted under a condition that somebody else thought of."""
    rig.revoke(stage, READ, ENCORD, CHECK)
    expression = f'resource.name.startsWith("projects/_/buckets/{BUCKET}/objects/probe/")'
    mine = {"role": READ, "members": {ENCORD, CHECK}, "condition": {"title": "theirs", "expression": expression}}
    rig.change_policy(stage, lambda found: found.append(mine))


def close_the_organisation(stage: Stage) -> None:
    rig.allow_domains(stage, "acme.example")
    for role in (READ, WRITE):
        rig.revoke(stage, role, ENCORD)


def delete_bucket(stage: Stage) -> None:
    with rig.deployer(stage) as client:
        client.bucket(BUCKET).delete(force=True)


def delete_object(stage: Stage) -> None:
    with rig.deployer(stage) as client:
        client.bucket(BUCKET).blob(PIXEL).delete()


def put_object(stage: Stage) -> None:
    with rig.deployer(stage) as client:
        client.bucket(BUCKET).blob(PIXEL).upload_from_string(b"a picture", content_type="image/png")


def keep_in_caches(stage: Stage) -> None:
    with rig.deployer(stage) as client:
        blob = client.bucket(BUCKET).blob(PIXEL)
        blob.cache_control = "max-age=86400"
        blob.patch()


CASES = (
    Case("another origin in the CORS rules", cors(rule("https://other.example")), ids("COR201 COR202 COR203"),
         skips=ids("COR204 COR205 COR206 COR207")),
    Case("no CORS rules", cors(), ids("COR201 COR202 COR203"), skips=ids("COR204 COR205 COR206 COR207")),
    Case("HEAD is missing in the CORS rules", cors({**rule(OURS), "method": ["GET"]}), ids("COR201 COR202 COR205"),
         skips=ids("COR204 COR206")),
    Case("a look-alike of the origin is let in", cors(rule(OURS, f"{OURS}.evil.example")), ids("COR204")),
    Case("a second rule lets every site in", cors(rule(OURS), rule("*")), ids("COR204"), ids("COR201")),
    Case("no headers are exposed", cors({**rule(OURS), "responseHeader": ["Content-Type"]}), ids("COR206")),
    Case("the object may be kept in caches", keep_in_caches, warns=ids("COR207"), mend=put_object),
    Case("no right to read", taken(READ, ENCORD, CHECK), ids("ACC401 ACC403"), skips=ids(OF_READING)),
    Case("no right to write, though sequences are on", taken(WRITE, ENCORD, CHECK), ids("ACC402 ACC404")),
    Case("Encord may not write, and the check principal may", taken(WRITE, ENCORD), ids("ACC402 TRU302")),
    Case("a right to write, though sequences are off", rewrite("imageSequences: true", "imageSequences: false"),
         ids("ACC402 ACC404")),
    Case("a right to delete, for Encord alone", granted(USER, ENCORD), ids("ACC408 TRU302"), mend=Printed(rig.obey)),
    Case("a right to everything in the bucket", granted(ADMIN, ENCORD, CHECK), ids("ACC408"),
         mend=both(rig.obey, taken(ADMIN, CHECK))),
    Case("the list is granted, though folders are not synced",
         rewrite("cloudSyncedFolders: true", "cloudSyncedFolders: false"), warns=ids("ACC408")),
    Case("reading is granted beyond the prefixes",
         both(rewrite("imageSequences: true", PREFIXES), up, granted(READ, ENCORD)), ids("ACC408 TRU302"),
         mend=Printed(rig.obey)),
    Case("reading is granted under somebody else's condition", only_under_probe, ids("ACC401"),
         mend=both(taken(READ, ENCORD, CHECK), up)),
    Case("another service account is granted what Encord should be", swap, ids("TRU301"), skips=ids(OF_ROLE),
         mend=both(taken(READ, OTHER), taken(WRITE, OTHER), up)),
    Case("the organisation lets in its own domain only", close_the_organisation, ids("TRU301"), skips=ids(OF_ROLE),
         mend=both(lambda stage: rig.allow_domains(stage), up)),
    Case("somebody else may read too", granted(READ, OTHER), ids("TRU302"), mend=Printed(rig.obey)),
    Case("the check principal has less than Encord", taken(WRITE, CHECK), ids("TRU302 ACC404")),
    Case("the check principal has more than Encord", granted(USER, CHECK), ids("TRU302"), mend=Printed(rig.obey)),
    Case("the checker may not become the check principal", lambda stage: rig.let_impersonate(stage, allowed=False),
         ids("TRU303"), skips=ids(f"ACC403 ACC404 {OF_READING}"),
         mend=lambda stage: rig.let_impersonate(stage, allowed=True)),
    Case("everybody may read the bucket",
         both(settings(public_access_prevention="inherited"), granted(READ, "allUsers")),
         ids("BKT103 TRU302 TRU306"), mend=Printed(rig.obey)),
    Case("public access is not prevented", settings(public_access_prevention="inherited"), ids("BKT103")),
    Case("access control lists count beside the policy", settings(uniform_bucket_level_access_enabled=False),
         ids("BKT103")),
    Case("encrypted with another key", settings(default_kms_key_name=KEY), ids("BKT104")),
    Case("a retention policy keeps what a sequence writes", settings(retention_period=3600), ids("BKT108"),
         skips=ids("ACC404")),
    Case("a lifecycle rule deletes objects", settings(lifecycle_rules=[DELETING]), warns=ids("BKT106")),
    Case("whoever asks has to pay", settings(requester_pays=True), ids("BKT110"), skips=ids(OF_BUCKET)),
    Case("the bucket is gone", delete_bucket, ids("BKT101"), skips=ids(f"BKT110 {OF_BUCKET}")),
    Case("the object is missing", delete_object, ids("ACC403"), skips=ids(OF_READING), mend=put_object),
    Case("the wrong location in the environment file", rewrite("location: europe-west2", "location: EU"),
         ids("BKT102 DRF701"), mend=Edit("location: EU", "location: EUROPE-WEST2")),
    Case("the environment file names another project", rewrite("project: acme-media", "project: acme-other"),
         ids("DRF701"), mend=rewrite("project: acme-other", "project: acme-media")),
)  # fmt: skip

TABLE = Table(
    "Google Cloud",
    "studio",
    CASES,
    (
        Elsewhere("a key that Cloud Storage's service agent may not use, or that is disabled",
                  ids("ACC403 ACC404"), "tests/unit/checks/test_checks_gcp.py"),
        Elsewhere("roles of the organisation's own, whose permissions a policy does not say",
                  ids("ACC401 ACC402 ACC408"), "tests/unit/checks/test_checks_gcp.py"),
        Elsewhere("a retention policy that is locked", ids("BKT108"), "tests/unit/checks/test_checks_gcp.py"),
        Elsewhere("credentials that Google does not accept, or that may not ask", ids("BKT101"),
                  "tests/unit/checks/test_checks_gcp.py"),
    ),
)  # fmt: skip
