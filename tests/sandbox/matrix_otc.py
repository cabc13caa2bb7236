"""Open Telekom Cloud: ways to break the integration `telekom`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from matrix import Case, Elsewhere, Stage, Table, ids
from otc_stage import BUCKET, CHECK, DENY_HTTP, ENCORD, PIXEL, empty, obs, policy, put_policy, without

from integrations_sandbox.clouds.s3_store import OTC_ACCOUNT

OBJECTS = f"arn:aws:s3:::{BUCKET}/*"
OURS = {"AllowedOrigins": ["https://app.encord.com"], "AllowedMethods": ["GET", "HEAD"], "AllowedHeaders": ["*"]}
EXPOSED = {**OURS, "ExposeHeaders": ["Accept-Ranges", "Content-Length", "Content-Range", "ETag"]}
# A user of somebody else's domain.
STRANGER = "arn:aws:iam::00000000000000000000000000000001:user/encord"
# Everything that waits for the object to be read as the check principal, for Encord to be named, or for the bucket.
OF_SIGNED = "COR205 COR206 COR207"
OF_READING = f"TRU306 COR203 {OF_SIGNED}"
OF_NAMED = "ACC401 ACC402 ACC408"
OF_BUCKET = f"BKT102 BKT103 BKT105 TRU302 {OF_NAMED} ACC403 ACC404 ACC406 ACC407 COR201 COR202 COR204 {OF_READING}"

Statements = list[dict[str, Any]]


def cors(*rules: dict[str, Any]) -> Callable[[Stage], object]:
    return lambda stage: obs(stage).put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": list(rules)})


def besides(
    sid: str, principal: object, action: str = "s3:GetObject", effect: str = "Allow", **more: Any
) -> Callable[[Stage], object]:
    """One statement more in the bucket's policy."""
    one = {"Sid": sid, "Effect": effect, "Principal": principal, "Action": action, "Resource": OBJECTS, **more}

    def breaks(stage: Stage) -> None:
        document = policy(stage)
        put_policy(stage, {**document, "Statement": [*document["Statement"], one]})

    return breaks


def missing(sid: str) -> Callable[[Stage], object]:
    return lambda stage: put_policy(stage, without(policy(stage), sid))


def changed(sid: str, **fields: Any) -> Callable[[Stage], object]:
    def breaks(stage: Stage) -> None:
        document = policy(stage)
        kept = [{**one, **fields} if one["Sid"] == sid else one for one in document["Statement"]]
        put_policy(stage, {**document, "Statement": kept})

    return breaks


def named_otherwise(principal: str, other: str) -> Callable[[Stage], object]:
    """Another name in place of this one, in the whole policy."""
    return lambda stage: put_policy(
        stage, json.loads(json.dumps(policy(stage)).replace(f'"{principal}"', f'"{other}"'))
    )


def rewrite(old: str, new: str) -> Callable[[Stage], object]:
    return lambda stage: stage.rewrite(old, new)


def acl(name: str) -> Callable[[Stage], object]:
    return lambda stage: obs(stage).put_bucket_acl(Bucket=BUCKET, ACL=name)


def delete_bucket(stage: Stage) -> None:
    empty(stage)
    obs(stage).delete_bucket(Bucket=BUCKET)


def put_object(stage: Stage, **more: str) -> None:
    obs(stage).put_object(Bucket=BUCKET, Key=PIXEL, Body=b"a picture", **more)


def remake_the_outputs(stage: Stage) -> None:
    """A saved file of outputs from before Encord's user was made anew."""
    path = stage.sandbox.layout.outputs
    path.write_text(path.read_text().replace(ENCORD, f"{ENCORD}-of-last-year"))


CASES = (
    Case("another origin in the CORS rules", cors({**EXPOSED, "AllowedOrigins": ["https://other.example"]}),
         ids("COR201 COR202 COR203"), skips=ids(f"COR204 {OF_SIGNED}")),
    Case("no CORS rules", lambda stage: obs(stage).delete_bucket_cors(Bucket=BUCKET),
         ids("COR201 COR202 COR203"), skips=ids(f"COR204 {OF_SIGNED}")),
    Case("HEAD is missing in the CORS rules", cors({**EXPOSED, "AllowedMethods": ["GET"]}),
         ids("COR201 COR202 COR205"), skips=ids("COR204 COR206")),
    Case("a pattern lets look-alikes of the origin in", cors({**EXPOSED, "AllowedOrigins": ["https://app.encord.com*"]}),
         ids("COR204"), ids("COR201")),
    Case("a second rule lets every site in", cors(EXPOSED, {**OURS, "AllowedOrigins": ["*"]}),
         ids("COR204"), ids("COR201")),
    Case("no headers are exposed", cors(OURS), ids("COR206")),
    Case("the object may be kept in caches", lambda stage: put_object(stage, CacheControl="max-age=86400"),
         warns=ids("COR207"), mend=put_object),
    Case("no right to read", missing("EncordIntegrationsRead"), ids("ACC401 ACC403"), skips=ids(OF_READING)),
    Case("no right to write, though sequences are on", missing("EncordIntegrationsWrite"), ids("ACC402 ACC404")),
    Case("a right to write, though sequences are off", rewrite("imageSequences: true", "imageSequences: false"),
         ids("ACC402 ACC404")),
    Case("a right to everything in the bucket", besides("More", {"AWS": ENCORD}, action="s3:*"), ids("ACC408")),
    Case("reading is granted on the bucket instead of its objects",
         changed("EncordIntegrationsRead", Resource=f"arn:aws:s3:::{BUCKET}"),
         ids("ACC401 ACC403 ACC407"), skips=ids(OF_READING)),
    Case("the policy refuses everybody", besides("Denial", "*", action="s3:*", effect="Deny"),
         ids("ACC403 ACC404 ACC406"), skips=ids(f"ACC401 ACC402 {OF_READING}")),
    Case("the policy refuses Encord's user, and not the check principal",
         besides("Denial", {"AWS": ENCORD}, effect="Deny"), ids("ACC406"), skips=ids("ACC401 ACC402")),
    Case("the policy refuses Encord's user on a condition",
         besides("Denial", {"AWS": ENCORD}, effect="Deny", Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
         warns=ids("ACC406")),
    Case("another user is let in, and Encord's is not", named_otherwise(ENCORD, ENCORD.replace("/encord", "/somebody")),
         ids("TRU302"), skips=ids(OF_NAMED)),
    Case("a user of another account is let in too", besides("Stranger", {"AWS": STRANGER}),
         ids("TRU302"), skips=ids(OF_NAMED)),
    Case("the check principal is named by an account's number instead of the domain",
         named_otherwise(CHECK, f"arn:aws:iam::{OTC_ACCOUNT}:user/check"),
         ids("TRU302 ACC403 ACC404"), skips=ids(f"{OF_NAMED} {OF_READING}")),
    Case("the policy lets everybody in", besides("Public", "*"), ids("BKT103 TRU302 TRU306"), skips=ids(OF_NAMED)),
    Case("the ACL lets everybody in", acl("public-read"), ids("BKT103"), mend=acl("private")),
    Case("plain HTTP is not denied", missing(DENY_HTTP), warns=ids("BKT105")),
    Case("the bucket is gone", delete_bucket, ids("BKT101"), skips=ids(OF_BUCKET)),
    Case("the object is missing", lambda stage: obs(stage).delete_object(Bucket=BUCKET, Key=PIXEL),
         ids("ACC403"), skips=ids(OF_READING), mend=put_object),
    Case("the file names another user for Encord than the stack granted",
         rewrite(":user/encord", ":user/encord-of-this-year"), ids("TRU302 DRF701"), skips=ids(OF_NAMED)),
    Case("the saved outputs are older than the file", remake_the_outputs, ids("DRF701")),
)  # fmt: skip

RECORDED = "tests/unit/s3_compatible/test_s3_compatible_checks.py"
UNKNOWN = "tests/sandbox/test_check_otc.py"
TABLE = Table(
    "Open Telekom Cloud",
    "telekom",
    CASES,
    (
        Elsewhere("a region where nobody answers here, so that nothing is known", ids("BKT101"), UNKNOWN),
        Elsewhere("the check principal's key is revoked, so that nothing is known", ids("ACC403 ACC404"), UNKNOWN),
        Elsewhere("a store that hangs, so that nothing is known", ids("BKT101 CLK901"), RECORDED),
        Elsewhere("a bucket in another region than the file says", ids("BKT102"), RECORDED),
        Elsewhere("encrypted with another key, or with one that the file does not name", ids("BKT104"), RECORDED),
        Elsewhere("a store that accepts a wrong secret key", ids("TRU306"), RECORDED),
        Elsewhere("answers for different origins that are not told apart (`Vary`)", ids("COR207"),
                  "tests/unit/checks/test_checks_browser_media.py"),
    ),
)  # fmt: skip
