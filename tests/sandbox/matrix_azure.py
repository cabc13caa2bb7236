"""Azure: ways to break the integration `clinic`, with Encord's application or with an account SAS."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from matrix import Case, Edit, Elsewhere, Printed, Stage, Table, ids

OBJECT, APPLICATION = "5a6db000-0000-4000-8000-0000000000b3", "5a6db000-0000-4000-8000-0000000000a3"
CHECK, DEPLOYER = "5a6db000-0000-4000-8000-0000000000b2", "5a6db000-0000-4000-8000-0000000000b1"
NOBODY = "5a6db000-0000-4000-8000-0000000000ff"
CONTAINER = "/blobServices/default/containers/clinic"
POLICY = f"{CONTAINER}/immutabilityPolicies/default"
LIFECYCLE = "/managementPolicies/default"
PIXEL = "probe/pixel.png"
OWNER, CONTRIBUTOR = (
    ("b7e6dc6d-f1e8-4753-8033-0f276bb0955b", "owns"),
    ("b24988ac-6180-42a0-ab88-20f7382dd24c", "manages"),
)
READER, SEER = ("2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", "reads"), ("acdd72a7-3385-48ef-bd42-f606fba81ae7", "sees")
ORIGIN = "https://app.encord.com"
# Where an account SAS is looked for in these cases; the tests set the variable to this file of the project.
SAS_FILE = "signature"
# Everything that waits for a signed URL, for the blob to be read, for Encord's roles, or for the container.
OF_PICTURE = "COR205 COR206 COR207"
OF_SIGNED = f"TRU306 COR203 {OF_PICTURE}"
OF_READING = f"ACC403 ACC404 {OF_SIGNED}"
OF_SIGNATURE = f"TRU303 ACC401 ACC402 ACC408 {OF_READING}"


def rig() -> Any:
    """How the tests change the sandbox's Azure; not imported above, because the pages are written without a sandbox."""
    import azure_rig

    return azure_rig


def cors(*origins: tuple[str, ...], **changes: Any) -> Callable[[Stage], object]:
    """Other CORS rules than the stack's, one for each group of origins, with these fields changed."""

    def breaks(stage: Stage) -> None:
        rules = [{**rig().access.cors_rule(group), **changes} for group in origins]
        rig().arm(stage, "PUT", "/blobServices/default", {"properties": {"cors": {"corsRules": rules}}})

    return breaks


def account(**properties: Any) -> Callable[[Stage], object]:
    return lambda stage: rig().arm(stage, "PATCH", "", {"properties": properties})


def public_container(stage: Stage) -> None:
    account(allowBlobPublicAccess=True)(stage)
    rig().arm(stage, "PATCH", CONTAINER, {"properties": {"publicAccess": "Blob"}})


def keep_days(stage: Stage) -> None:
    rig().arm(stage, "PUT", POLICY, {"properties": {"immutabilityPeriodSinceCreationInDays": 2}})


def keep_no_longer(stage: Stage) -> None:
    rig().arm(stage, "DELETE", POLICY)


def archive_later(stage: Stage) -> None:
    actions = {"baseBlob": {"tierToArchive": {"daysAfterModificationGreaterThan": 90}}}
    rule = {"name": "aging", "type": "Lifecycle", "definition": {"filters": {}, "actions": actions}}
    rig().arm(stage, "PUT", LIFECYCLE, {"properties": {"policy": {"rules": [rule]}}})


def archive_no_more(stage: Stage) -> None:
    rig().arm(stage, "DELETE", LIFECYCLE)


def without(*does: str, people: tuple[str, ...] = (OBJECT, CHECK)) -> Callable[[Stage], object]:
    """Take roles away, by what they do."""

    def breaks(stage: Stage) -> None:
        for role in (rig().READS, rig().WRITES, rig().SIGNS):
            if role.does in does:
                rig().revoke(stage, role, *people)

    return breaks


def without_reading(stage: Stage) -> None:
    """The role that writes reads as well."""
    stage.rewrite("imageSequences: true", "imageSequences: false")
    stage.up()
    without("reads")(stage)


def besides(
    role: tuple[str, str], below: str = "", people: tuple[str, ...] = (OBJECT, CHECK)
) -> Callable[[Stage], object]:
    """Another role for Encord, and for who stands for it; on the account, or on something below it."""

    def breaks(stage: Stage) -> None:
        scope = rig().access.account_id(rig().integration(stage)) + below
        for principal in people:
            rig().grant(stage, principal, rig().access.Role(role[0], role[1], role[1]), scope)

    return breaks


def take_back(stage: Stage) -> None:
    """The roles that the stack did not give."""
    ours = {grant["id"] for grant in rig().granted(stage)}
    for name in rig().assignments(stage):
        if name not in ours:
            rig().arm(stage, "DELETE", name)


def obey(stage: Stage) -> None:
    """What is printed is about Encord; who stands for it must not keep more than it has."""
    rig().obey(stage)
    take_back(stage)


def rewrite(old: str, new: str) -> Callable[[Stage], object]:
    return lambda stage: stage.rewrite(old, new)


def named_by_its_application(stage: Stage) -> None:
    stage.rewrite(f"        applicationId: {APPLICATION}\n", "")
    stage.rewrite(f"objectId: {OBJECT}\n", f"objectId: {APPLICATION}\n")


def delete_container(stage: Stage) -> None:
    rig().arm(stage, "DELETE", CONTAINER)


def make_container(stage: Stage) -> None:
    stage.up()
    put_object(stage)


def put_object(stage: Stage) -> None:
    with rig().blobs(stage) as service:
        service.get_blob_client("clinic", PIXEL).upload_blob(b"a picture", overwrite=True)


def delete_object(stage: Stage) -> None:
    with rig().blobs(stage) as service:
        service.get_blob_client("clinic", PIXEL).delete_blob()


def tier(name: str) -> Callable[[Stage], object]:
    def breaks(stage: Stage) -> None:
        with rig().blobs(stage) as service:
            service.get_blob_client("clinic", PIXEL).set_standard_blob_tier(name)

    return breaks


def forget_a_grant(stage: Stage) -> None:
    """A saved file of outputs from before the consent."""
    path = stage.sandbox.layout.outputs
    outputs = json.loads(path.read_text())
    outputs["clinic"]["granted"].remove(OBJECT)
    path.write_text(json.dumps(outputs))


def sign(stage: Stage, **terms: Any) -> None:
    """An account SAS as the file wants it, with other terms of its own, where the check looks for it."""
    (stage.root / SAS_FILE).write_text(rig().signature(stage, **terms))


def signed(expiry: str = "2099-12-31", **terms: Any) -> Callable[[Stage], object]:
    """The integration with an account SAS, which has these terms."""

    def breaks(stage: Stage) -> None:
        stage.rewrite(f"objectId: {OBJECT}\n", f"access: account-sas\n        sasExpiry: '{expiry}'\n")
        stage.rewrite(f"      checkPrincipal: {CHECK}\n", "")
        stage.up()
        sign(stage, **terms)

    return breaks


def signed_without_keys(stage: Stage) -> None:
    signed()(stage)
    account(allowSharedKeyAccess=False)(stage)


def soon() -> str:
    import datetime

    return str(datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=9))


def sign_for_longer(stage: Stage) -> None:
    text = (stage.root / "Pulumi.sandbox.yaml").read_text()
    begin = text.index("sasExpiry: '")
    stage.rewrite(text[begin : begin + 23], "sasExpiry: '2099-12-31'")
    sign(stage)


CASES = (
    Case("another origin in the CORS rules", cors(("https://other.example",)),
         ids("COR201 COR202 COR203"), skips=ids(f"COR204 {OF_PICTURE}")),
    Case("no CORS rules", cors(), ids("COR201 COR202 COR203"), skips=ids(f"COR204 {OF_PICTURE}")),
    Case("HEAD is missing in the CORS rules", cors((ORIGIN,), allowedMethods=["GET"]),
         ids("COR201 COR202 COR205"), skips=ids("COR204 COR206")),
    Case("a pattern lets look-alikes of the origin in", cors((ORIGIN, "https://*.example")), ids("COR204"), ids("COR201")),
    Case("a second rule lets every site in", cors((ORIGIN,), ("*",)), ids("COR204"), ids("COR201")),
    Case("no headers are exposed", cors((ORIGIN,), exposedHeaders=[]), ids("COR206")),
    Case("no right to read", without_reading, ids("ACC401 ACC403"), skips=ids(OF_SIGNED)),
    Case("no right to write, though sequences are on", without("writes"), ids("ACC402 ACC404")),
    Case("a right to write, though sequences are off", rewrite("imageSequences: true", "imageSequences: false"),
         ids("ACC402 ACC404")),
    Case("no right to a user delegation key, with which URLs are signed", without("signs"),
         ids("ACC405"), skips=ids(OF_SIGNED)),
    Case("Encord alone may not write", without("writes", people=(OBJECT,)),
         ids("ACC402"), skips=ids(f"TRU303 {OF_READING}")),
    Case("Encord has no role at all, and who stands for it has all", without("reads", "writes", "signs", people=(OBJECT,)),
         ids("TRU302"), skips=ids(f"TRU303 ACC401 ACC402 ACC405 ACC408 {OF_READING}")),
    Case("a role that manages the account (Contributor)", besides(CONTRIBUTOR), ids("ACC408"), mend=Printed(obey)),
    Case("a role that owns the blobs (Storage Blob Data Owner)", besides(OWNER, CONTAINER), ids("ACC408"), mend=Printed(obey)),
    Case("reading is granted on the account instead of the container", besides(READER), warns=ids("ACC408"), mend=Printed(obey)),
    Case("a role that only sees settings (Reader)", besides(SEER, people=(OBJECT,)), warns=ids("ACC408"), mend=Printed(obey)),
    Case("the application id in place of the object id", named_by_its_application,
         ids("TRU301 TRU302 DRF701"), skips=ids(f"TRU303 ACC401 ACC402 ACC405 ACC408 {OF_READING}"),
         mend=Edit(f"objectId: {APPLICATION}", f"objectId: {OBJECT}")),
    Case("the object id of another application", rewrite(f"objectId: {OBJECT}\n", f"objectId: {DEPLOYER}\n"),
         ids("TRU301 ACC401 ACC402 ACC408 DRF701"), skips=ids(f"TRU303 {OF_READING}"),
         mend=rewrite(f"objectId: {DEPLOYER}\n", f"objectId: {OBJECT}\n")),
    Case("nobody has consented: an object id that nobody has", rewrite(f"objectId: {OBJECT}\n", f"objectId: {NOBODY}\n"),
         ids("TRU301 TRU302 DRF701"), skips=ids(f"TRU303 ACC401 ACC402 ACC405 ACC408 {OF_READING}"),
         mend=rewrite(f"objectId: {NOBODY}\n", f"objectId: {OBJECT}\n")),
    Case("the wrong region in the environment file", rewrite("location: westeurope", "location: northeurope"),
         ids("BKT102"), mend=Edit("location: northeurope", "location: westeurope")),
    Case("the container is gone", delete_container, ids("BKT101"),
         skips=ids(f"BKT103 BKT108 ACC401 ACC402 {OF_READING}"), mend=make_container),
    Case("the account allows public containers", account(allowBlobPublicAccess=True), ids("BKT103")),
    Case("the container is public", public_container, ids("BKT103 TRU306")),
    Case("plain HTTP is answered", account(supportsHttpsTrafficOnly=False), warns=ids("BKT105")),
    Case("new blobs go to the Cool tier", account(accessTier="Cool"), ids("BKT106")),
    Case("a lifecycle rule will archive the blobs", archive_later, warns=ids("BKT106"), mend=archive_no_more),
    Case("the blob is in the Cool tier", tier("Cool"), ids("ACC403"), skips=ids(OF_SIGNED), mend=Printed(obey)),
    Case("the blob is archived", tier("Archive"), ids("ACC403"), skips=ids(OF_SIGNED), mend=Printed(obey)),
    Case("the container keeps for days what is written", keep_days, ids("BKT108"), skips=ids("ACC404"), mend=keep_no_longer),
    Case("the firewall lets nobody in", account(networkAcls={"defaultAction": "Deny"}),
         ids("BKT109"), skips=ids(OF_READING), mend=Printed(obey)),
    Case("the firewall lets some addresses in",
         account(networkAcls={"defaultAction": "Deny", "ipRules": [{"value": "127.0.0.0/8", "action": "Allow"}]}),
         warns=ids("BKT109"), mend=Printed(obey)),
    Case("the object is missing", delete_object, ids("ACC403"), skips=ids(OF_SIGNED), mend=put_object),
    Case("the saved outputs are from before the consent", forget_a_grant, ids("DRF701")),
    Case("an account SAS that has ended", signed("2026-01-31"), ids("TRU307 ACC403 ACC404"), skips=ids(OF_SIGNED),
         mend=sign_for_longer),
    Case("an account SAS that ends in nine days", signed(soon()), warns=ids("TRU307"), mend=sign_for_longer),
    Case("an account SAS that does not list", signed(permissions="rwac"), ids("ACC401"), mend=sign),
    Case("an account SAS that deletes", signed(permissions="rlwacd"), ids("ACC402"), mend=sign),
    Case("an account SAS for the service's settings too, and over plain HTTP", signed(resourceTypes="sco", protocol="https,http"),
         ids("ACC408"), mend=sign),
    Case("the account refuses its keys, with which an account SAS is signed", signed_without_keys,
         ids("TRU302"), skips=ids(OF_SIGNATURE), mend=Printed(obey)),
)  # fmt: skip

RECORDED = "tests/unit/checks/test_checks_azure.py"
TABLE = Table(
    "Azure",
    "clinic",
    CASES,
    (
        Elsewhere("an account that is gone: with it goes the checker's right to ask for it", ids("BKT101"),
                  "tests/sandbox/test_check_azure.py"),
        Elsewhere("the encryption of blobs is switched off", ids("BKT104"), RECORDED),
        Elsewhere("the account's own key is gone, disabled, or shut to it", ids("ACC403"), RECORDED),
        Elsewhere("a legal hold on the container", ids("BKT108"), RECORDED),
        Elsewhere("a role with a condition", ids("ACC401 ACC402"), RECORDED),
        Elsewhere("a policy of the account that refuses signatures for so long", ids("URL802"), RECORDED),
        Elsewhere("an account SAS for some addresses alone", ids("ACC401"), RECORDED),
        Elsewhere("answers for different origins that are not told apart (`Vary`)", ids("COR207"),
                  "tests/unit/checks/test_checks_browser_media.py"),
        Elsewhere("a clock that is wrong", ids("CLK901"), "tests/unit/checks/test_checks_browser_media.py"),
    ),
)  # fmt: skip
