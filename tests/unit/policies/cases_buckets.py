"""What a bucket itself must be: CORS, privacy, encryption, TLS, protection; and access points."""

from __future__ import annotations

from typing import Any

from court import ENCORD, IMAGES, MEDIA, SCANS, Thing, settings
from msgspec.structs import replace
from things import (
    BLOCK,
    DENIAL,
    OBS,
    ORIGIN,
    STORE_OFF,
    about,
    allow,
    bucket,
    obs,
    point_policy,
    s3_cors,
    s3_policy,
    stated_for,
)

import kinds
from integrations.access import aws, azure
from integrations.environment.s3_compatible import S3Integration

# -- cors-names-its-origins ------------------------------------------------------------


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
keeps("what access states", Thing(kinds.STORAGE_ACCOUNT, azure.account_properties()))
keeps("account", Thing(kinds.STORAGE_ACCOUNT, {"allowBlobPublicAccess": False}))
keeps("container", Thing(kinds.CONTAINER, {"publicAccess": "None"}))
keeps("container, nothing said", Thing(kinds.CONTAINER, {}))
breaks("account allows", "allowBlobPublicAccess", Thing(kinds.STORAGE_ACCOUNT, {"allowBlobPublicAccess": True}))
breaks("account, nothing said", "allowBlobPublicAccess", Thing(kinds.STORAGE_ACCOUNT, {}))
breaks("public container", "'Blob'", Thing(kinds.CONTAINER, {"publicAccess": "Blob"}))
breaks, keeps = about("buckets-are-private", kinds.OTC)
keeps("nothing said", Thing(OBS, {"bucket": "acme-media"}))
breaks("public ACL", "'public-read'", Thing(OBS, {"bucket": "acme-media", "acl": "public-read"}))


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
breaks, keeps = about("encrypted-as-configured", kinds.GOOGLE, settings(SCANS))
GCS_KEY = "projects/p/locations/eu/keyRings/r/cryptoKeys/k"
GCS_KEYED = settings(replace(SCANS, buckets=(replace(SCANS.buckets[0], kms_key=GCS_KEY),)))
WITH_GCS_KEY = Thing(kinds.GCS_BUCKET, {"name": "acme-scans", "encryption": {"defaultKmsKeyName": GCS_KEY}})
keeps("none configured", Thing(kinds.GCS_BUCKET, {"name": "acme-scans"}))
keeps("the configured key", WITH_GCS_KEY, under=GCS_KEYED)
breaks("an unnamed key", "names none", WITH_GCS_KEY)
breaks("no key", f"names {GCS_KEY}", Thing(kinds.GCS_BUCKET, {"name": "acme-scans"}), under=GCS_KEYED)
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
keeps("what access states", Thing(kinds.STORAGE_ACCOUNT, azure.account_properties()))
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
