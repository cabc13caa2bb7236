"""Every rule has, for each cloud that it concerns, resources that break it and resources that keep it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from court import (
    ACCOUNT,
    BY_ID,
    ENCORD,
    IMAGES,
    MEDIA,
    OBS_USER,
    OTHER,
    SEQUENCES,
    Thing,
    elsewhere,
    settings,
    violations,
)
from msgspec.structs import replace

import kinds
from integrations.access import aws
from integrations.access import s3_compatible as store
from integrations.environment.model import Checkers, Settings
from integrations.environment.s3_compatible import OtcChecker, S3Integration

OFF, ON = settings(IMAGES), settings(SEQUENCES)
ORIGIN = "https://app.encord.com"
CHECKER = f"domain/{'0' * 32}:user/checker"
OBS = "pulumi-python:dynamic/encord:ObsBucket"
BLOCK = dict.fromkeys(("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True)


@dataclass
class Case:
    rule: str
    cloud: str
    what: str
    said: str  # a piece of the message; empty if the rule is kept
    things: list[Thing]
    environment: Settings

    def __str__(self) -> str:
        return f"{self.rule}-{self.cloud}-{self.what}"


CASES: list[Case] = []


def about(rule: str, cloud: str, environment: Settings = OFF) -> tuple[Callable[..., None], Callable[..., None]]:
    """Two words for the table below: `breaks(what, said, things…)` and `keeps(what, things…)`."""

    def breaks(what: str, said: str, *things: Thing, under: Settings = environment) -> None:
        CASES.append(Case(rule, cloud, what, said, list(things), under))

    def keeps(what: str, *things: Thing, under: Settings = environment) -> None:
        CASES.append(Case(rule, cloud, what, "", list(things), under))

    return breaks, keeps


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


# -- cors-names-its-origins ------------------------------------------------------------


def s3_cors(*origins: str) -> Thing:
    return Thing(kinds.BUCKET_CORS, {"bucket": "acme-eu", "corsRules": [{"allowedOrigins": list(origins)}]})


def azure_cors(*origins: str, version: str = "") -> Thing:
    rules = [{"allowedOrigins": list(origins), "allowedMethods": ["GET"]}]
    return Thing(kinds.BLOB_SERVICE.replace("storage:", f"storage{version}:"), {"cors": {"corsRules": rules}})


breaks, keeps = about("cors-names-its-origins", kinds.AWS)
keeps("named", s3_cors(ORIGIN))
keeps("none", Thing(kinds.BUCKET_CORS, {"corsRules": []}))
breaks("star", "'*' is a wildcard", s3_cors(ORIGIN, "*"))
breaks("star inside", "'https://*.encord.com'", s3_cors("https://*.encord.com"))
breaks("former type", "wildcard", Thing(kinds.BUCKET_CORS + "V2", s3_cors("*").props))
breaks("former argument", "wildcard", Thing(kinds.BUCKET, {"corsRules": [{"allowedOrigins": ["*"]}]}))
breaks, keeps = about("cors-names-its-origins", kinds.GOOGLE)
keeps("named", Thing(kinds.GCS_BUCKET, {"cors": [{"origins": [ORIGIN]}]}))
breaks("star", "wildcard", Thing(kinds.GCS_BUCKET, {"cors": [{"origins": ["*"]}]}))
breaks, keeps = about("cors-names-its-origins", kinds.AZURE)
keeps("named", azure_cors(ORIGIN))
breaks("star", "wildcard", azure_cors("*"))
breaks("star in a versioned type", "wildcard", azure_cors("*", version="/v20230101"))
breaks, keeps = about("cors-names-its-origins", kinds.OTC)
keeps("named", Thing(OBS, {"corsOrigins": [ORIGIN]}))
breaks("star", "wildcard", Thing(OBS, {"corsOrigins": ["https://*.encord.com"]}))

# -- foreign-trust-needs-external-id, ci-trust-names-its-subject -----------------------


def trusting(*statements: dict[str, Any], **props: Any) -> Thing:
    tags = {"account": ACCOUNT}
    return Thing(
        kinds.ROLE, {"name": "encord-images", "tags": tags, "assumeRolePolicy": document(*statements), **props}
    )


def assume(principal: Any, **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    return {**statement, "Condition": condition} if condition else statement


BOUND = {"StringEquals": {"sts:ExternalId": "id-1"}}
breaks, keeps = about("foreign-trust-needs-external-id", kinds.AWS)
keeps("what access states", Thing(kinds.ROLE, {"assumeRolePolicy": json.dumps(aws.trust_policy(IMAGES))}))
keeps("bound", trusting(assume({"AWS": ENCORD}, **BOUND)))
keeps("bound in another case", trusting(assume({"AWS": ENCORD}, StringEquals={"sts:externalid": "id-1"})))
keeps("own account", trusting(assume({"AWS": f"arn:aws:iam::{ACCOUNT}:user/ci"})))
keeps("own account as a number", trusting(assume({"AWS": ACCOUNT})))
keeps("a service", trusting(assume({"Service": "s3.amazonaws.com"})))
keeps("a denial", trusting({**assume("*"), "Effect": "Deny"}))
breaks("unbound", f"{ENCORD} may assume this role without", trusting(assume({"AWS": ENCORD})))
breaks("unbound number", f"arn:aws:iam::{OTHER}:root", trusting(assume({"AWS": OTHER})))
breaks("one of two", ENCORD, trusting(assume({"AWS": [f"arn:aws:iam::{ACCOUNT}:root", ENCORD]})))
breaks("everybody", "* may assume", trusting(assume("*")))
breaks("by likeness only", ENCORD, trusting(assume({"AWS": ENCORD}, StringLike={"sts:ExternalId": "*"})))
breaks("second statement", ENCORD, trusting(assume({"AWS": ENCORD}, **BOUND), assume({"AWS": ENCORD})))
breaks("account unknown", "may assume", trusting(assume({"AWS": ACCOUNT}), tags=None))

PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/ci.example"
breaks, keeps = about("ci-trust-names-its-subject", kinds.AWS)
keeps("named", trusting(assume({"Federated": PROVIDER}, StringLike={"ci.example:sub": "repo:acme/*"})))
keeps("nobody federated", trusting(assume({"AWS": ENCORD}, **BOUND)))
breaks(
    "no subject", "ci.example:sub", trusting(assume({"Federated": PROVIDER}, StringEquals={"ci.example:aud": "sts"}))
)
breaks("any subject", "ci.example:sub", trusting(assume({"Federated": PROVIDER}, StringLike={"ci.example:sub": "*"})))

# -- buckets-are-private, every-bucket-blocks-public-access ----------------------------

breaks, keeps = about("buckets-are-private", kinds.AWS)
keeps("all four", Thing(kinds.PUBLIC_ACCESS_BLOCK, {"bucket": "b", **BLOCK}))
keeps("no ACL", Thing(kinds.BUCKET, {"bucket": "b"}))
keeps("private ACL", Thing(kinds.BUCKET_ACL, {"bucket": "b", "acl": "private"}))
for one in BLOCK:
    breaks(f"without {one}", f"{one} is not on", Thing(kinds.PUBLIC_ACCESS_BLOCK, {**BLOCK, one: False}))
breaks("nothing said", "blockPublicAcls is not on", Thing(kinds.PUBLIC_ACCESS_BLOCK, {"bucket": "b"}))
breaks("public ACL", "'public-read'", Thing(kinds.BUCKET_ACL, {"bucket": "b", "acl": "public-read"}))
breaks, keeps = about("buckets-are-private", kinds.GOOGLE)
PRIVATE_GCS = {"uniformBucketLevelAccess": True, "publicAccessPrevention": "enforced"}
keeps("both", Thing(kinds.GCS_BUCKET, PRIVATE_GCS))
breaks(
    "not uniform",
    "uniformBucketLevelAccess",
    Thing(kinds.GCS_BUCKET, {**PRIVATE_GCS, "uniformBucketLevelAccess": False}),
)
breaks(
    "inherited",
    "publicAccessPrevention",
    Thing(kinds.GCS_BUCKET, {**PRIVATE_GCS, "publicAccessPrevention": "inherited"}),
)
breaks("nothing said", "publicAccessPrevention", Thing(kinds.GCS_BUCKET, {}))
breaks, keeps = about("buckets-are-private", kinds.AZURE)
keeps("account", Thing(kinds.STORAGE_ACCOUNT, {"allowBlobPublicAccess": False}))
keeps("container", Thing(kinds.CONTAINER, {"publicAccess": "None"}))
keeps("container, nothing said", Thing(kinds.CONTAINER, {}))
breaks("account allows", "allowBlobPublicAccess", Thing(kinds.STORAGE_ACCOUNT, {"allowBlobPublicAccess": True}))
breaks("account, nothing said", "allowBlobPublicAccess", Thing(kinds.STORAGE_ACCOUNT, {}))
breaks("public container", "'Blob'", Thing(kinds.CONTAINER, {"publicAccess": "Blob"}))
breaks, keeps = about("buckets-are-private", kinds.OTC)
keeps("nothing said", Thing(OBS, {"bucket": "acme-media"}))
breaks("public ACL", "'public-read'", Thing(OBS, {"bucket": "acme-media", "acl": "public-read"}))


def bucket(name: str = "acme-eu", **props: Any) -> Thing:
    return Thing(kinds.BUCKET, {"bucket": name, **props}, name=name)


def companions(rule: str, kind: str, **props: Any) -> None:
    breaks, keeps = about(rule, kinds.AWS)
    keeps(
        "one each",
        bucket("a"),
        Thing(kind, {"bucket": "a", **props}),
        bucket("b"),
        Thing(kind, {"bucket": "b", **props}),
    )
    breaks("none", "bucket a ", bucket("a"))
    breaks("another bucket's", "bucket a ", bucket("a"), Thing(kind, {"bucket": "b", **props}))


companions("every-bucket-blocks-public-access", kinds.PUBLIC_ACCESS_BLOCK, **BLOCK)
companions("every-bucket-states-its-encryption", kinds.BUCKET_ENCRYPTION)
companions("every-bucket-is-tls-only", kinds.BUCKET_POLICY)

# -- nothing-for-everybody -------------------------------------------------------------


def s3_policy(*statements: dict[str, Any]) -> Thing:
    return Thing(kinds.BUCKET_POLICY, {"bucket": "acme-eu", "policy": document(*statements)})


def point_policy(*statements: dict[str, Any]) -> Thing:
    return Thing(kinds.ACCESS_POINT_POLICY, {"details": {"name": "acme", "policy": document(*statements)}})


DENIAL = aws.deny_plain_http(IMAGES.buckets[0])
breaks, keeps = about("nothing-for-everybody", kinds.AWS)
keeps("a denial", s3_policy(DENIAL))
keeps("somebody", s3_policy(allow("s3:GetObject", Principal={"AWS": ENCORD})))
breaks("star", "allows everybody s3:GetObject", s3_policy(allow("s3:GetObject", Principal="*")))
breaks("star among others", "everybody", s3_policy(allow("s3:GetObject", Principal={"AWS": [ENCORD, "*"]})))
breaks("with a condition", "everybody", s3_policy(allow("s3:*", Principal="*", Condition={"Bool": {"a": "b"}})))
breaks("everybody but", "everybody", s3_policy(allow("s3:*", NotPrincipal={"AWS": ENCORD})))
breaks("access point", "everybody", point_policy(allow("s3:GetObject", Principal={"AWS": "*"})))
breaks("trust", "everybody sts:AssumeRole", trusting(assume("*", **BOUND)))
breaks, keeps = about("nothing-for-everybody", kinds.GOOGLE)
VIEWER = {"bucket": "acme-media", "role": "roles/storage.objectViewer"}
SOMEBODY = "serviceAccount:encord@example.iam.gserviceaccount.com"
keeps("somebody", Thing(kinds.GCS_MEMBER, {**VIEWER, "member": SOMEBODY}))
keeps("some", Thing(kinds.GCS_BINDING, {**VIEWER, "members": [SOMEBODY]}))
breaks("all users", "allUsers", Thing(kinds.GCS_MEMBER, {**VIEWER, "member": "allUsers"}))
breaks(
    "all who are logged in",
    "allAuthenticatedUsers",
    Thing(kinds.GCS_BINDING, {**VIEWER, "members": ["allAuthenticatedUsers"]}),
)
breaks("access control", "allUsers", Thing(kinds.GCS_ACCESS_CONTROL, {"bucket": "b", "entity": "allUsers"}))
PUBLIC = json.dumps({"bindings": [{"role": "r", "members": [SOMEBODY, "allUsers"]}]})
breaks("whole policy", "allUsers", Thing(kinds.GCS_POLICY, {"bucket": "b", "policyData": PUBLIC}))
breaks, keeps = about("nothing-for-everybody", kinds.OTC)
keeps("somebody", Thing(OBS, {"policy": document(allow("GetObject", Principal={"ID": "domain/1:user/2"}))}))
breaks("star", "everybody GetObject", Thing(OBS, {"policy": document(allow("GetObject", Principal={"ID": "*"}))}))

# -- writing-needs-image-sequences, writing-stays-under-its-prefix ---------------------


def granted(*statements: dict[str, Any], role: str = "encord-images", kind: str = kinds.ROLE_POLICY) -> Thing:
    return Thing(kind, {"role": role, "policy": document(*statements)})


OBJECTS = "arn:aws:s3:::acme-eu/*"
breaks, keeps = about("writing-needs-image-sequences", kinds.AWS)
for environment, integration in ((OFF, IMAGES), (ON, SEQUENCES)):
    stated = [aws.role_policy(integration), aws.access_point_role_policy(integration, "abc.mrap")]
    for number, one in enumerate(stated):
        state = "on" if integration.image_sequences else "off"
        keeps(f"what access states {number} {state}", granted(*one["Statement"]), under=environment)
keeps(
    "checker",
    Thing(
        kinds.ROLE_POLICY, {"role": "checker", "policy": json.dumps(aws.checker_policy(OFF.checkers.aws[0], [IMAGES]))}
    ),
)
keeps("written anywhere in the bucket", granted(allow("s3:PutObject", OBJECTS)), under=ON)
keeps("somebody else, elsewhere", granted(allow("s3:*", "arn:aws:s3:::other/*"), role="ingest"))
keeps("somebody else, with sequences on", granted(allow("s3:PutObject", OBJECTS), role="ingest"), under=ON)
keeps("another service", granted(allow("kms:GenerateDataKey")))
keeps("a denial", granted({**allow("s3:*"), "Effect": "Deny"}))
keeps(
    "owner's own pipeline",
    s3_policy(allow("s3:PutObject", OBJECTS, Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/ingest"})),
)
keeps(
    "encord writes sequences",
    s3_policy(allow("s3:PutObject", OBJECTS, Principal={"AWS": aws.role_arn(IMAGES)})),
    under=ON,
)
keeps(
    "policy of ones own attached",
    Thing(kinds.ROLE_ATTACHMENT, {"role": "encord-images", "policyArn": f"arn:aws:iam::{ACCOUNT}:policy/p"}),
)
breaks(
    "put",
    "may s3:PutObject on arn:aws:s3:::acme-eu/*: image sequences are off",
    granted(allow("s3:PutObject", OBJECTS)),
)
breaks("put, by wildcard", "s3:Put*", granted(allow(["s3:GetObject", "s3:Put*"], OBJECTS)))
breaks("everything", "may s3:* on *", granted(allow("*")))
breaks("everything but", "may s3:*", granted({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}))
breaks("by the role's ARN", "may s3:PutObject", granted(allow("s3:PutObject"), role=aws.role_arn(IMAGES)))
breaks(
    "deleting, with sequences on",
    "image sequences do not need that",
    granted(allow("s3:DeleteObject", OBJECTS)),
    under=ON,
)
breaks(
    "another bucket, with sequences on",
    "may s3:PutObject on arn:aws:s3:::other/*",
    granted(allow("s3:PutObject", "arn:aws:s3:::other/*")),
    under=ON,
)
breaks("checker writes", "role checker may s3:PutObject", granted(allow("s3:PutObject", OBJECTS), role="checker"))
breaks(
    "somebody else",
    "image sequences are not on everywhere in images",
    granted(allow("s3:PutObject", OBJECTS), role="ingest"),
)
for kind in (kinds.IAM_POLICY, kinds.USER_POLICY, kinds.GROUP_POLICY):
    breaks(f"a {kind}", "s3:PutObject is granted on", Thing(kind, {"policy": document(allow("s3:PutObject", OBJECTS))}))
breaks(
    "inline",
    "may s3:PutObject",
    trusting(
        assume({"AWS": ENCORD}, **BOUND), inlinePolicies=[{"name": "x", "policy": document(allow("s3:PutObject"))}]
    ),
)
breaks(
    "managed by AWS",
    "AmazonS3FullAccess",
    Thing(kinds.ROLE_ATTACHMENT, {"role": "encord-images", "policyArn": "arn:aws:iam::aws:policy/AmazonS3FullAccess"}),
)
breaks(
    "managed, on the role",
    "AdministratorAccess",
    trusting(assume({"AWS": ENCORD}, **BOUND), managedPolicyArns=["arn:aws:iam::aws:policy/AdministratorAccess"]),
)
breaks(
    "bucket's own policy",
    "Encord may s3:PutObject",
    s3_policy(allow("s3:PutObject", OBJECTS, Principal={"AWS": aws.role_arn(IMAGES)})),
)
breaks("to encord itself", "Encord may s3:*", s3_policy(allow("s3:*", Principal={"AWS": ENCORD})))
breaks(
    "access point's own policy",
    "Encord may s3:PutObject",
    point_policy(allow("s3:PutObject", Principal={"AWS": ENCORD})),
)
breaks(
    "deleting by the bucket's policy",
    "image sequences do not need",
    s3_policy(allow("s3:DeleteObject", Principal={"AWS": ENCORD})),
    under=ON,
)

breaks, keeps = about("writing-stays-under-its-prefix", kinds.AWS, ON)
keeps("what access states", granted(*aws.role_policy(SEQUENCES)["Statement"]))
keeps("through the access point", granted(*aws.access_point_role_policy(SEQUENCES, "abc.mrap")["Statement"]))
keeps("narrower", granted(allow("s3:PutObject", "arn:aws:s3:::acme-eu/w/deeper/*")))
keeps("no prefix", granted(allow("s3:PutObject", OBJECTS)), under=settings(replace(SEQUENCES, write_prefix="")))
keeps("sequences off is another rule's", granted(allow("s3:PutObject", OBJECTS)), under=OFF)
breaks("whole bucket", "outside of writePrefix 'w/'", granted(allow("s3:PutObject", OBJECTS)))

for cloud, word in ((kinds.GOOGLE, "gcp"), (kinds.AZURE, "azure")):
    breaks, keeps = about("writing-needs-image-sequences", cloud)
    off, on = (settings(elsewhere(word, sequences=value)) for value in (False, True))
    none = settings(IMAGES)
    match cloud:
        case kinds.GOOGLE:
            member = {"bucket": "acme-media", "member": SOMEBODY}
            reads = Thing(kinds.GCS_MEMBER, {**member, "role": "roles/storage.objectViewer"})
            writes = Thing(kinds.GCS_MEMBER, {**member, "role": "roles/storage.objectUser"})
            more = [
                Thing(kinds.GCS_BINDING, {"bucket": "acme-media", "role": "roles/storage.objectAdmin"}),
                Thing(kinds.GCS_MEMBER, {**member, "role": "projects/p/roles/unknown"}),
                Thing(
                    kinds.GCS_POLICY,
                    {"bucket": "acme-media", "policyData": '{"bindings": [{"role": "roles/storage.admin"}]}'},
                ),
                Thing(kinds.GCP_PROJECT_MEMBER, {"role": "roles/editor"}),
            ]
        case kinds.AZURE:
            scope = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a"
            inside = f"{scope}/blobServices/default/containers/acme-media"
            definition = "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/"
            reader, contributor = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
            reads = Thing(kinds.ROLE_ASSIGNMENT, {"roleDefinitionId": definition + reader, "scope": inside})
            writes = Thing(kinds.ROLE_ASSIGNMENT, {"roleDefinitionId": definition + contributor, "scope": inside})
            more = [Thing(kinds.ROLE_ASSIGNMENT, {"roleDefinitionId": definition + contributor, "scope": scope})]
    keeps("reading", reads, under=off)
    keeps("writing, sequences on", writes, under=on)
    breaks("writing, sequences off", "image sequences", writes, under=off)
    breaks("writing, no integration", "image sequences", writes, under=none)
    for number, one in enumerate(more):
        breaks(f"writing {number}", "image sequences", one, under=off)
        keeps(f"writing {number}, sequences on", one, under=on)

STORE_OFF = settings(MEDIA)
MEDIA_WRITES = replace(MEDIA, image_sequences=True, write_prefix="w/")
STORE_ON = settings(MEDIA_WRITES, checkers=Checkers(otc=OtcChecker(principal=CHECKER)))


def obs(*statements: dict[str, Any], **props: Any) -> Thing:
    return Thing(OBS, {"bucket": "acme-media", "policy": document(*statements), **props})


def stated_for(integration: Any, environment: Settings) -> list[dict[str, Any]]:
    checker = store.checker_principal(integration, environment)
    found = store.bucket_policy(integration, integration.buckets[0], checker)
    assert found
    return found["Statement"]


USER = {"AWS": store.principal_arn(OBS_USER)}
ALL_MEDIA, UNDER_W = ("arn:aws:s3:::acme-media/*", "arn:aws:s3:::acme-media/w/*")
breaks, keeps = about("writing-needs-image-sequences", kinds.OTC, STORE_OFF)
keeps("what access states", obs(*stated_for(MEDIA, STORE_OFF)))
keeps("what access states, with sequences and a checker", obs(*stated_for(MEDIA_WRITES, STORE_ON)), under=STORE_ON)
keeps("anywhere in the bucket", obs(allow("s3:PutObject", ALL_MEDIA, Principal=USER)), under=STORE_ON)
keeps("reading", obs(allow("GetObject", Principal={"ID": OBS_USER})))
keeps("no policy", Thing(OBS, {"bucket": "acme-media", "policy": None}))
breaks("writing, sequences off", "image sequences are off", obs(allow("s3:PutObject", ALL_MEDIA, Principal=USER)))
breaks("in OBS's own words", "may s3:PutObject", obs(allow("PutObject", ALL_MEDIA, Principal={"ID": OBS_USER})))
breaks("everything", "may s3:*", obs(allow("s3:*", ALL_MEDIA, Principal=USER)), under=STORE_ON)
breaks(
    "somebody else",
    "user/other may",
    obs(allow("s3:PutObject", ALL_MEDIA, Principal={"AWS": "arn:aws:iam::1:user/other"})),
    under=STORE_ON,
)
breaks("a bucket of no integration", "image sequences are off", obs(allow("s3:PutObject", Principal=USER)), under=OFF)
breaks, keeps = about("writing-stays-under-its-prefix", kinds.OTC, STORE_ON)
keeps("what access states", obs(*stated_for(MEDIA_WRITES, STORE_ON)))
keeps("under the prefix", obs(allow("s3:PutObject", UNDER_W, Principal=USER)))
keeps("sequences off is another rule's", obs(allow("s3:PutObject", ALL_MEDIA, Principal=USER)), under=STORE_OFF)
breaks("whole bucket", "outside of writePrefix", obs(allow("s3:PutObject", ALL_MEDIA, Principal=USER)))

# -- encrypted-as-configured -----------------------------------------------------------

KEY, OTHER_KEY = "arn:aws:kms:eu-west-2:123456789012:key/k", "arn:aws:kms:eu-west-2:123456789012:key/other"
KEYED = settings(replace(IMAGES, buckets=(replace(IMAGES.buckets[0], kms_key=KEY), IMAGES.buckets[1])))


def encrypted(**default: str) -> Thing:
    return Thing(
        kinds.BUCKET_ENCRYPTION, {"bucket": "acme-eu", "rules": [{"applyServerSideEncryptionByDefault": default}]}
    )


breaks, keeps = about("encrypted-as-configured", kinds.AWS)
keeps("S3's own key", encrypted(sseAlgorithm="AES256"))
keeps("the configured key", encrypted(sseAlgorithm="aws:kms", kmsMasterKeyId=KEY), under=KEYED)
breaks("another key", OTHER_KEY, encrypted(sseAlgorithm="aws:kms", kmsMasterKeyId=OTHER_KEY), under=KEYED)
breaks("no key", f"the environment names {KEY}", encrypted(sseAlgorithm="AES256"), under=KEYED)
breaks("an unnamed key", "names none", encrypted(sseAlgorithm="aws:kms", kmsMasterKeyId=KEY))
breaks("nothing", "names no algorithm", Thing(kinds.BUCKET_ENCRYPTION, {"bucket": "acme-eu", "rules": []}))
breaks, keeps = about("encrypted-as-configured", kinds.OTC, STORE_OFF)
STORE_KEYED = settings(replace(MEDIA, buckets=(replace(MEDIA.buckets[0], kms_key="key-1"),)))
keeps("none configured", obs())
keeps("the configured key", obs(kmsKey="key-1"), under=STORE_KEYED)
breaks("an unnamed key", "names none", obs(kmsKey="key-1"))
breaks("no key", "names key-1", obs(), under=STORE_KEYED)
breaks, keeps = about("encrypted-as-configured", kinds.AZURE)
keeps("nothing said", Thing(kinds.STORAGE_ACCOUNT, {}))
breaks("off", "switched off", Thing(kinds.STORAGE_ACCOUNT, {"encryption": {"services": {"blob": {"enabled": False}}}}))

# -- tls-only --------------------------------------------------------------------------

breaks, keeps = about("tls-only", kinds.AWS)
keeps("what access states", s3_policy(DENIAL))
keeps("beside others", s3_policy(allow("s3:GetObject", Principal={"AWS": ENCORD}), DENIAL))
keeps("access point", point_policy(*aws.access_point_policy(IMAGES, "abc.mrap")["Statement"]))
breaks("nothing", '"aws:SecureTransport": "false"', s3_policy(allow("s3:GetObject", Principal={"AWS": ENCORD})))
breaks("another bucket's", "arn:aws:s3:::acme-eu", s3_policy(aws.deny_plain_http(IMAGES.buckets[1])))
breaks("some only", "does not deny plain HTTP", s3_policy({**DENIAL, "Principal": {"AWS": ENCORD}}))
breaks("reading only", "does not deny plain HTTP", s3_policy({**DENIAL, "Action": "s3:GetObject"}))
breaks("access point", "does not deny plain HTTP", point_policy(allow("s3:GetObject", Principal={"AWS": ENCORD})))
breaks, keeps = about("tls-only", kinds.AZURE)
keeps("modern", Thing(kinds.STORAGE_ACCOUNT, {"minimumTlsVersion": "TLS1_2", "enableHttpsTrafficOnly": True}))
breaks(
    "plain",
    "enableHttpsTrafficOnly",
    Thing(kinds.STORAGE_ACCOUNT, {"minimumTlsVersion": "TLS1_2", "enableHttpsTrafficOnly": False}),
)
breaks("old", "TLS1_0", Thing(kinds.STORAGE_ACCOUNT, {"minimumTlsVersion": "TLS1_0"}))
breaks("nothing said", "which means TLS 1.0", Thing(kinds.STORAGE_ACCOUNT, {}))
breaks, keeps = about("tls-only", kinds.OTC, STORE_OFF)
keeps("what access states", obs(*stated_for(MEDIA, STORE_OFF)))
breaks("no policy", "does not deny plain HTTP", Thing(OBS, {"bucket": "acme-media"}))
breaks("another bucket's", "acme-media", obs(DENIAL))
WITHOUT_POLICIES = settings(
    S3Integration(name="minio", endpoint="https://minio.example", grants="user-policy", buckets=MEDIA.buckets)
)
keeps("a store without bucket policies", Thing(OBS, {"bucket": "acme-media", "policy": None}), under=WITHOUT_POLICIES)

# -- access points ---------------------------------------------------------------------


def point(*names: str, **block: bool) -> Thing:
    details = {"name": "acme", "regions": [{"bucket": name} for name in names], "publicAccessBlock": block}
    return Thing(kinds.ACCESS_POINT, {"details": details}, name="point")


breaks, keeps = about("access-point-blocks-public-access", kinds.AWS)
keeps("all four", point(**BLOCK))
breaks("one off", "restrictPublicBuckets", point(**{**BLOCK, "restrictPublicBuckets": False}))
breaks("nothing said", "blockPublicAcls", point())
breaks, keeps = about("access-point-members-have-cors", kinds.AWS)
keeps(
    "both",
    point("acme-eu", "acme-us"),
    bucket("acme-eu"),
    s3_cors(ORIGIN),
    bucket("acme-us"),
    Thing(kinds.BUCKET_CORS, {"bucket": "acme-us", "corsRules": [{}]}),
)
keeps("somebody else's member", point("acme-eu", "theirs"), bucket("acme-eu"), s3_cors(ORIGIN))
keeps("not under the point", point("acme-eu"), bucket("acme-eu"), s3_cors(ORIGIN), bucket("alone"))
breaks(
    "one",
    "bucket acme-us under the access point",
    point("acme-eu", "acme-us"),
    bucket("acme-eu"),
    s3_cors(ORIGIN),
    bucket("acme-us"),
)
breaks(
    "empty rules",
    "bucket acme-eu",
    point("acme-eu"),
    bucket("acme-eu"),
    Thing(kinds.BUCKET_CORS, {"bucket": "acme-eu", "corsRules": []}),
)

# -- data-is-protected -----------------------------------------------------------------

SANDBOX = settings(IMAGES, disposable=True)
HOLDS = {
    kinds.AWS: [kinds.BUCKET, kinds.ACCESS_POINT],
    kinds.GOOGLE: [kinds.GCS_BUCKET],
    kinds.AZURE: [kinds.RESOURCE_GROUP, kinds.STORAGE_ACCOUNT, kinds.CONTAINER],
    kinds.OTC: [OBS],
}
for cloud, types in HOLDS.items():
    breaks, keeps = about("data-is-protected", cloud)
    for type_ in types:
        keeps(f"{type_} protected", Thing(type_, {"forceDestroy": False}, protect=True))
        keeps(f"{type_} in a disposable environment", Thing(type_, {"forceDestroy": True}), under=SANDBOX)
        breaks(f"{type_} not protected", "it is not protected", Thing(type_))
        breaks(f"{type_} with forceDestroy", "forceDestroy", Thing(type_, {"forceDestroy": True}, protect=True))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_case(case: Case) -> None:
    said = violations(case.rule, case.things, case.environment)
    if case.said:
        assert any(case.said in message for message in said), said
    else:
        assert said == []


@pytest.mark.parametrize("rule", BY_ID.values(), ids=lambda rule: rule.id)
def test_every_rule_is_broken_and_kept_in_each_cloud_that_it_concerns(rule: Any) -> None:
    for cloud in rule.demands:
        said = [bool(case.said) for case in CASES if (case.rule, case.cloud) == (rule.id, cloud)]
        assert {True, False} <= set(said), cloud
    assert {case.cloud for case in CASES if case.rule == rule.id} == set(rule.demands)
