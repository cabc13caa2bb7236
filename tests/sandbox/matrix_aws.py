"""AWS: ways to break the integration `media`, and `global` where it takes an access point."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from matrix import Case, Edit, Elsewhere, Stage, Table, ids

BUCKET, ROLE, POLICY = "acme-media-eu", "encord-media", "encord-objects"
OURS = {"AllowedOrigins": ["https://app.encord.com"], "AllowedMethods": ["GET", "HEAD"], "AllowedHeaders": ["*"]}
EXPOSED = {**OURS, "ExposeHeaders": ["Accept-Ranges", "Content-Length", "Content-Range", "ETag"]}
# Everything that waits for the role to be assumed, for the object to be read, or for the bucket.
OF_SIGNED = "COR203 COR205 COR206 COR207"
OF_READING = f"ACC403 ACC404 {OF_SIGNED}"
OF_SESSION = f"TRU304 TRU305 URL801 {OF_READING}"
OF_ROLE = f"TRU302 TRU303 TRU308 ACC401 ACC402 ACC407 ACC408 {OF_SESSION}"
OF_BUCKET = f"BKT103 BKT104 BKT105 BKT107 ACC406 ACC407 URL802 COR201 COR202 COR204 {OF_READING}"


def cors(*rules: dict[str, Any]) -> Callable[[Stage], object]:
    return lambda stage: stage.client("s3").put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": list(rules)})


def grants(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Callable[[Stage], object]:
    """Change the statements of the role's policy."""

    def breaks(stage: Stage) -> None:
        iam = stage.client("iam")
        policy = iam.get_role_policy(RoleName=ROLE, PolicyName=POLICY)["PolicyDocument"]
        policy["Statement"] = change(policy["Statement"])
        iam.put_role_policy(RoleName=ROLE, PolicyName=POLICY, PolicyDocument=json.dumps(policy))

    return breaks


def without(sid: str) -> Callable[[Stage], object]:
    return grants(lambda statements: [s for s in statements if s["Sid"] != sid])


def besides(action: str, resource: str) -> Callable[[Stage], object]:
    more = {"Sid": "More", "Effect": "Allow", "Action": action, "Resource": resource}
    return grants(lambda statements: [*statements, more])


def changed(sid: str, **fields: Any) -> Callable[[Stage], object]:
    return grants(lambda statements: [{**s, **fields} if s["Sid"] == sid else s for s in statements])


def trust(change: Callable[[dict[str, Any]], object]) -> Callable[[Stage], object]:
    """Change the statement of the role's trust."""

    def breaks(stage: Stage) -> None:
        iam = stage.client("iam")
        document = iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
        change(document["Statement"][0])
        iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(document))

    return breaks


def bucket_policy(*statements: dict[str, Any], bucket: str = BUCKET) -> Callable[[Stage], object]:
    """Add statements to the bucket's policy."""

    def breaks(stage: Stage) -> None:
        s3 = stage.client("s3")
        policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
        policy["Statement"] += statements
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))

    return breaks


def denial(principal: object = "*", **more: Any) -> dict[str, Any]:
    resource = [f"arn:aws:s3:::{BUCKET}/*"]
    return {
        "Sid": "Denial", "Effect": "Deny", "Principal": principal, "Action": "s3:*", "Resource": resource, **more,
    }  # fmt: skip


def rewrite(old: str, new: str) -> Callable[[Stage], object]:
    return lambda stage: stage.rewrite(old, new)


def delete_role(stage: Stage) -> None:
    iam = stage.client("iam")
    iam.delete_role_policy(RoleName=ROLE, PolicyName=POLICY)
    iam.delete_role(RoleName=ROLE)


def delete_bucket(stage: Stage) -> None:
    s3 = stage.client("s3")
    listed = s3.list_object_versions(Bucket=BUCKET)
    for one in (*listed.get("Versions", []), *listed.get("DeleteMarkers", [])):
        s3.delete_object(Bucket=BUCKET, Key=one["Key"], VersionId=one["VersionId"])
    s3.delete_bucket(Bucket=BUCKET)


def attach(stage: Stage) -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}]}
    iam = stage.client("iam")
    made = iam.create_policy(PolicyName="convenient", PolicyDocument=json.dumps(policy))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=made)


def detach(stage: Stage) -> None:
    iam = stage.client("iam")
    (made,) = iam.list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"]
    iam.detach_role_policy(RoleName=ROLE, PolicyArn=made["PolicyArn"])
    iam.delete_policy(PolicyArn=made["PolicyArn"])


def encrypt_with_another_key(stage: Stage) -> None:
    key = stage.client("kms").create_key()["KeyMetadata"]["Arn"]
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    stage.client("s3").put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})


def keep_in_caches(stage: Stage) -> None:
    s3 = stage.client("s3")
    body = s3.get_object(Bucket=BUCKET, Key="probe/pixel.png")["Body"].read()
    s3.put_object(Bucket=BUCKET, Key="probe/pixel.png", Body=body, CacheControl="max-age=86400")


def put_object(stage: Stage) -> None:
    stage.client("s3").put_object(Bucket=BUCKET, Key="probe/pixel.png", Body=b"a picture")


def own_again(stage: Stage) -> None:
    rules = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    stage.client("s3").put_bucket_ownership_controls(Bucket=BUCKET, OwnershipControls=rules)


def let_writers_own(stage: Stage) -> None:
    rules = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    stage.client("s3").put_bucket_ownership_controls(Bucket=BUCKET, OwnershipControls=rules)


def alias(stage: Stage) -> str:
    outputs = json.loads(stage.sandbox.layout.outputs.read_text())
    return str(outputs["global"]["multiRegionAccessPoint"]["alias"])


def dial(percentage: int) -> Callable[[Stage], object]:
    return lambda stage: stage.client("s3control", region="us-west-2").submit_multi_region_access_point_routes(
        AccountId="222222222222", Mrap=f"arn:aws:s3::222222222222:accesspoint/{alias(stage)}",
        RouteUpdates=[{"Bucket": "acme-global-us", "TrafficDialPercentage": percentage}],
    )  # fmt: skip


def refuse_at_the_point(stage: Stage) -> None:
    point = f"arn:aws:s3::222222222222:accesspoint/{alias(stage)}"
    policy = {"Version": "2012-10-17", "Statement": [denial(Resource=[f"{point}/object/*"])]}
    stage.client("s3control", region="us-west-2").put_multi_region_access_point_policy(
        AccountId="222222222222", ClientToken="matrix", Details={"Name": "acme-global", "Policy": json.dumps(policy)}
    )


def stop_copying(stage: Stage) -> None:
    stage.client("s3").delete_bucket_replication(Bucket="acme-global-eu")


def forget_the_second_bucket(stage: Stage) -> None:
    stage.client("s3", region="us-east-1").delete_bucket_cors(Bucket="acme-global-us")


def remake_the_outputs(stage: Stage) -> None:
    """A saved file of outputs from before the access point was made anew."""
    path = stage.sandbox.layout.outputs
    path.write_text(path.read_text().replace(alias(stage), "mfzwi23gnjvgw.mrap"))


CASES = (
    Case("another origin in the CORS rules", cors({**EXPOSED, "AllowedOrigins": ["https://other.example"]}),
         ids("COR201 COR202 COR203"), skips=ids("COR204 COR205 COR206 COR207")),
    Case("no CORS rules", lambda stage: stage.client("s3").delete_bucket_cors(Bucket=BUCKET),
         ids("COR201 COR202 COR203"), skips=ids("COR204 COR205 COR206 COR207")),
    Case("HEAD is missing in the CORS rules", cors({**EXPOSED, "AllowedMethods": ["GET"]}),
         ids("COR201 COR202 COR205"), skips=ids("COR204 COR206")),
    Case("a pattern lets look-alikes of the origin in", cors({**EXPOSED, "AllowedOrigins": ["https://app.encord.com*"]}),
         ids("COR204"),
        ids("COR201")),
    Case("a second rule lets every site in", cors(EXPOSED, {**OURS, "AllowedOrigins": ["*"]}),
         ids("COR204"), ids("COR201")),
    Case("no headers are exposed", cors(OURS), ids("COR206")),
    Case("the object may be kept in caches", keep_in_caches, warns=ids("COR207"), mend=put_object),
    Case("no right to read", without("ReadObjects"), ids("ACC401 ACC403"), skips=ids(OF_SIGNED)),
    Case("no right to write, though sequences are on", without("WriteImageSequences"), ids("ACC402 ACC404")),
    Case("a right to write, though sequences are off", rewrite("imageSequences: true", "imageSequences: false"),
         ids("ACC402 ACC404")),
    Case("a right to delete", besides("s3:DeleteObject", f"arn:aws:s3:::{BUCKET}/*"), ids("ACC408")),
    Case("a right to everything", besides("s3:*", "*"), ids("ACC408")),
    Case("another policy is attached", attach, warns=ids("ACC408"), mend=detach),
    Case("reading is granted on the bucket instead of its objects",
         changed("ReadObjects", Resource=f"arn:aws:s3:::{BUCKET}"),
         ids("ACC401 ACC403 ACC407"), skips=ids(OF_SIGNED)),
    Case("another external ID in the trust",
         trust(lambda s: s.update(Condition={"StringEquals": {"sts:ExternalId": "somebody-elses"}})),
         ids("TRU302 TRU303"), skips=ids(OF_SESSION)),
    Case("no external ID in the trust", trust(lambda s: s.pop("Condition")), ids("TRU302 TRU304 TRU305")),
    Case("any external ID will do", trust(lambda s: s.update(Condition={"StringLike": {"sts:ExternalId": "*"}})),
         ids("TRU304 TRU308")),
    Case("another account is trusted too",
         trust(lambda s: s["Principal"].update(AWS=[*s["Principal"]["AWS"], "arn:aws:iam::111111111111:root"])),
         ids("TRU308")),
    Case("Encord is not trusted",
         trust(lambda s: s["Principal"].update(AWS="arn:aws:iam::222222222222:role/integrations-checker")),
         ids("TRU302")),
    Case("the role is gone", delete_role, ids("TRU301"), skips=ids(OF_ROLE)),
    Case("the bucket is gone", delete_bucket, ids("BKT101"), skips=ids(f"BKT102 {OF_BUCKET}")),
    Case("the wrong region in the environment file",
         rewrite("{name: acme-media-eu, region: eu-west-2", "{name: acme-media-eu, region: eu-west-1"),
         ids("BKT102 DRF701"), skips=ids(OF_BUCKET), mend=Edit("region: eu-west-1", "region: eu-west-2")),
    Case("public access is not blocked", lambda stage: stage.client("s3").delete_public_access_block(Bucket=BUCKET),
         ids("BKT103")),
    Case("encrypted with another key", encrypt_with_another_key, ids("BKT104")),
    Case("plain HTTP is not denied", lambda stage: stage.client("s3").delete_bucket_policy(Bucket=BUCKET),
         warns=ids("BKT105")),
    Case("whoever writes an object owns it", let_writers_own, warns=ids("BKT107"), mend=own_again),
    Case("the bucket's policy refuses the role",
         bucket_policy(denial({"AWS": f"arn:aws:iam::222222222222:role/{ROLE}"})),
         ids("ACC406"), skips=ids(OF_READING)),
    Case("the bucket's policy refuses signatures older than five minutes",
         bucket_policy(denial(Condition={"NumericGreaterThan": {"s3:signatureAge": "300000"}})), ids("URL802")),
    Case("the object is missing", lambda stage: stage.client("s3").delete_object(Bucket=BUCKET, Key="probe/pixel.png"),
         ids("ACC403"), skips=ids(OF_SIGNED), mend=put_object),
    Case("Encord knows the integration by another title", rewrite("title: acme-media", "title: acme-mistyped"),
         ids("ENC602"), mend=rewrite("title: acme-mistyped", "title: acme-media")),
    Case("the US workspace with the EU's origin", rewrite("domain: https://api.encord.com", "domain: https://api.us.encord.com"),
         ids("ENC605"), mend=Edit("- https://app.encord.com", "- https://app.us.encord.com")),
    Case("CORS is missing on the second bucket under the access point", forget_the_second_bucket,
         ids("COR201 COR202 COR203"), skips=ids("COR202 COR203 COR204 COR205 COR206 COR207"), integration="global"),
    Case("a region of the access point gets no requests", dial(0), warns=ids("MRP503"), mend=dial(100),
         integration="global"),
    Case("the access point's policy refuses everybody", refuse_at_the_point, ids("MRP504"),
         skips=ids("MRP502 COR203"), integration="global"),
    Case("one bucket does not replicate to the other", stop_copying, ids("MRP506"), integration="global"),
    Case("the saved outputs are those of an earlier access point", remake_the_outputs, ids("DRF702"),
         integration="global"),
)  # fmt: skip

TABLE = Table(
    "AWS",
    "media",
    CASES,
    (
        Elsewhere("a key that the role may not use, that is disabled, or whose policy leaves the role out",
                  ids("ACC409 ACC410"), "tests/unit/checks/test_checks_aws_more.py"),
        Elsewhere("a session that ends before the URL", ids("URL801"), "tests/unit/checks/test_checks_aws_more.py"),
        Elsewhere("an access point that does not block public access, or is not ready", ids("MRP501 MRP505"),
                  "tests/unit/checks/test_checks_aws_more.py"),
        Elsewhere("answers for different origins that are not told apart (`Vary`)", ids("COR207"),
                  "tests/unit/checks/test_checks_browser_media.py"),
        Elsewhere("a clock that is wrong", ids("CLK901"), "tests/unit/checks/test_checks_browser_media.py"),
        Elsewhere("a key of the other workspace", ids("ENC604"), "tests/unit/checks/test_checks_encord.py"),
    ),
)  # fmt: skip
