"""Who may become whom, and no grant to everybody."""

from __future__ import annotations

import json

from court import ACCOUNT, ENCORD, IMAGES, OTHER, Thing
from things import BOUND, DENIAL, OBS, SOMEBODY, about, allow, assume, document, point_policy, s3_policy, trusting

import kinds
from integrations.access import aws

# -- foreign-trust-needs-external-id, ci-trust-names-its-subject -----------------------


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


# -- nothing-for-everybody -------------------------------------------------------------


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
