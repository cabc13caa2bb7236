"""Who may write."""

from __future__ import annotations

import json
from typing import Any

from court import ACCOUNT, ENCORD, IMAGES, MEDIA, OBS_USER, SEQUENCES, Thing, elsewhere, settings
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
from integrations.access import aws
from integrations.access import s3_compatible as store

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
