"""Who may write."""

from __future__ import annotations

import json
from typing import Any

from court import ACCOUNT, ENCORD, IMAGES, MEDIA, OBS_USER, SCANS, SEQUENCES, SUBSCRIPTION, VIDEOS, Thing, settings
from msgspec.structs import replace
from things import (
    BOUND,
    MEDIA_WRITES,
    OBS,
    OFF,
    ON,
    SOMEBODY,
    STORE_OFF,
    STORE_ON,
    about,
    allow,
    assume,
    document,
    obs,
    point_policy,
    s3_policy,
    stated_for,
    trusting,
)

import kinds
from integrations.access import aws, azure, gcp
from integrations.access import s3_compatible as store
from integrations.environment.azure import AzureChecker
from integrations.environment.gcp import GcpChecker
from integrations.environment.model import Checkers, Settings

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

SCANS_WRITE = replace(
    SCANS, image_sequences=True, write_prefix="w/", check_principal="check@example.iam.gserviceaccount.com"
)
ASKING = "serviceAccount:checker@example.iam.gserviceaccount.com"
GCS_OFF, GCS_ON = (
    settings(SCANS),
    settings(
        SCANS_WRITE, checkers=Checkers(gcp=GcpChecker(member="serviceAccount:checker@example.iam.gserviceaccount.com"))
    ),
)
WRITE = {"role": gcp.WRITE_ROLE, "member": gcp.member("encord@example.iam.gserviceaccount.com")}


def gcs(**grant: Any) -> Thing:
    return Thing(kinds.GCS_MEMBER, {"bucket": "acme-scans", **grant})


def as_stated(integration: Any, environment: Settings) -> list[Thing]:
    (bucket,) = integration.buckets
    grants = gcp.encord_grants(integration, bucket)
    if environment.checkers.gcp:
        grants += gcp.checker_grants(integration, bucket, environment.checkers.gcp)
    conditions = [
        one.condition and {"title": one.condition.title, "expression": one.condition.expression} for one in grants
    ]
    return [gcs(role=one.role, member=one.member, condition=when) for one, when in zip(grants, conditions, strict=True)]


def whole(**binding: Any) -> Thing:
    return Thing(kinds.GCS_POLICY, {"bucket": "acme-scans", "policyData": json.dumps({"bindings": [binding]})})


breaks, keeps = about("writing-needs-image-sequences", kinds.GOOGLE, GCS_OFF)
keeps("what access states", *as_stated(SCANS, GCS_OFF))
keeps(
    "what access states, with sequences, a check principal and a checker", *as_stated(SCANS_WRITE, GCS_ON), under=GCS_ON
)
keeps("writing, sequences on", gcs(**WRITE), under=GCS_ON)
keeps("somebody reads", gcs(role="roles/storage.objectViewer", member="group:all@example.com"))
keeps("a project's reader", Thing(kinds.GCP_PROJECT_MEMBER, {"role": "roles/storage.objectViewer"}))
keeps("a project's writer, sequences on", Thing(kinds.GCP_PROJECT_MEMBER, {"role": gcp.WRITE_ROLE}), under=GCS_ON)
breaks("writing, sequences off", "image sequences are off for this bucket", gcs(**WRITE))
breaks(
    "replacing, sequences on", "do not need that", gcs(**{**WRITE, "role": "roles/storage.objectUser"}), under=GCS_ON
)
breaks(
    "somebody else writes",
    "group:all@example.com gets",
    gcs(**{**WRITE, "member": "group:all@example.com"}),
    under=GCS_ON,
)
breaks("a role of one's own", "projects/p/roles/x", gcs(**{**WRITE, "role": "projects/p/roles/x"}), under=GCS_ON)
breaks("a bucket of no integration", "image sequences are off", gcs(**WRITE), under=OFF)
breaks(
    "a binding",
    "roles/storage.admin",
    Thing(kinds.GCS_BINDING, {"bucket": "acme-scans", "role": "roles/storage.admin", "members": [SOMEBODY]}),
)
breaks("a whole policy", "roles/storage.admin", whole(role="roles/storage.admin", members=[SOMEBODY]))
breaks("a project's writer", "not on everywhere", Thing(kinds.GCP_PROJECT_MEMBER, {"role": gcp.WRITE_ROLE}))
breaks("a project's editor", "roles/editor", Thing(kinds.GCP_PROJECT_MEMBER, {"role": "roles/editor"}))
breaks, keeps = about("writing-stays-under-its-prefix", kinds.GOOGLE, GCS_ON)
keeps("what access states", *as_stated(SCANS_WRITE, GCS_ON))
keeps("sequences off is another rule's", gcs(**WRITE), under=GCS_OFF)
keeps("no prefix", gcs(**WRITE), under=settings(replace(SCANS_WRITE, write_prefix="")))
breaks("no condition", "outside of writePrefix", gcs(**WRITE))
breaks("another condition", "outside of writePrefix", gcs(**WRITE, condition={"title": "x", "expression": "true"}))
breaks("in a whole policy", "outside of writePrefix", whole(role=WRITE["role"], members=[WRITE["member"]]))

AZURE_WRITES = replace(VIDEOS, image_sequences=True, check_principal=f"{SUBSCRIPTION[:-1]}3")
AZURE_CHECKER = AzureChecker(tenant=SUBSCRIPTION, object_id=f"{SUBSCRIPTION[:-1]}4")
AZURE_OFF, AZURE_ON = settings(VIDEOS), settings(AZURE_WRITES, checkers=Checkers(azure=(AZURE_CHECKER,)))
ACME_ACCOUNT, ACME_VIDEOS = azure.account_id(VIDEOS), azure.container_id(VIDEOS, VIDEOS.containers[0])


def assigned(role: str, scope: str = ACME_VIDEOS, principal: str | None = VIDEOS.encord.object_id) -> Thing:
    definition = f"/subscriptions/{SUBSCRIPTION}{azure.DEFINITIONS}/{role}"
    return Thing(kinds.ROLE_ASSIGNMENT, {"roleDefinitionId": definition, "scope": scope, "principalId": principal})


def as_granted(integration: Any, checker: AzureChecker | None) -> list[Thing]:
    return [assigned(one.role.id, one.scope, one.principal) for one in azure.grants(integration, checker)]


READER, CONTRIBUTOR = azure.READS.id, azure.WRITES.id
breaks, keeps = about("writing-needs-image-sequences", kinds.AZURE, AZURE_OFF)
keeps("what access states", *as_granted(VIDEOS, None))
keeps(
    "what access states, with sequences, a check principal and a checker",
    *as_granted(AZURE_WRITES, AZURE_CHECKER),
    under=AZURE_ON,
)
keeps("somebody reads", assigned(READER, ACME_ACCOUNT, "somebody"))
keeps("in capitals", assigned(CONTRIBUTOR.upper(), ACME_VIDEOS.upper()), under=AZURE_ON)
breaks("writing, sequences off", "image sequences are off", assigned(CONTRIBUTOR))
breaks("the whole account", "image sequences do not need that", assigned(CONTRIBUTOR, ACME_ACCOUNT), under=AZURE_ON)
breaks("another container", "videos2: image sequences do not", assigned(CONTRIBUTOR, f"{ACME_VIDEOS}2"), under=AZURE_ON)
breaks("somebody else", "somebody gets the role", assigned(CONTRIBUTOR, principal="somebody"), under=AZURE_ON)
breaks("a role of one's own", "gets the role 9999", assigned("99999999-0000-0000-0000-000000000000"), under=AZURE_ON)
breaks("an account of no integration", "image sequences are off", assigned(CONTRIBUTOR), under=OFF)


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
