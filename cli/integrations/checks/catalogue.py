"""Every question, once: its id, what it claims, how that is found out, and what a failure means.

Ids are never renamed and never used again. The pages in docs/checks are generated from here.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from integrations.checks.records import Evidence, Severity


class CheckId(StrEnum):
    """The ids. The letters name the subject, so that `--select COR` takes all questions about CORS."""

    BUCKET_FOUND = "BKT101"
    BUCKET_REGION = "BKT102"
    BUCKET_PRIVATE = "BKT103"
    BUCKET_ENCRYPTED = "BKT104"
    BUCKET_TLS_ONLY = "BKT105"
    CORS_RULES = "COR201"
    CORS_PREFLIGHT = "COR202"
    CORS_SIGNED_GET = "COR203"
    CORS_FOREIGN_REFUSED = "COR204"
    ROLE_FOUND = "TRU301"
    TRUST_DOCUMENT = "TRU302"
    ROLE_ASSUMED = "TRU303"
    WRONG_EXTERNAL_ID_REFUSED = "TRU304"
    NO_EXTERNAL_ID_REFUSED = "TRU305"
    READ_GRANTED = "ACC401"
    WRITE_GRANTED_EXACTLY = "ACC402"
    PROBE_OBJECT_READ = "ACC403"
    WRITE_PROBE = "ACC404"
    ACCESS_POINT_READY = "MRP501"
    ACCESS_POINT_READ = "MRP502"
    ENCORD_CONNECTED = "ENC601"
    ENCORD_KNOWS_INTEGRATION = "ENC602"
    ENCORD_READS_OBJECT = "ENC603"


class Check(Struct, frozen=True):
    """One question. claim: what a pass says, and no more. how: how it is found out. symptom: what a failure looks like.

    evidence is what a pass rests on when it is asked of a real cloud.
    """

    id: CheckId
    title: str
    severity: Severity
    evidence: Evidence
    claim: str
    how: str
    symptom: str

    @property
    def page(self) -> str:
        return f"docs/checks/{self.id}.md"


LIVE, STATIC = Evidence.LIVE, Evidence.STATIC
ERROR, WARNING = Severity.ERROR, Severity.WARNING

_CHECKS = (
    Check(
        CheckId.BUCKET_FOUND, "the bucket is there", ERROR, LIVE,
        claim="The bucket exists and this identity may ask about it.",
        how="The cloud is asked for the bucket itself, by name.",
        symptom="Nothing of the integration works.",
    ),
    Check(
        CheckId.BUCKET_REGION, "the bucket is in its region", ERROR, LIVE,
        claim="The bucket lives in the region that the environment file names.",
        how="The region that the cloud states is compared; client libraries follow a redirect in silence.",
        symptom="URLs with the wrong region answer with a redirect, which a browser does not follow for a signed URL.",
    ),
    Check(
        CheckId.BUCKET_PRIVATE, "public access is blocked", ERROR, STATIC,
        claim="The bucket's own settings block public access altogether.",
        how="The bucket's public access settings are read.",
        symptom="None for annotators; the data may become readable by anybody.",
    ),
    Check(
        CheckId.BUCKET_ENCRYPTED, "the bucket is encrypted as configured", ERROR, STATIC,
        claim="New objects are encrypted with the key that the environment file names, or with the cloud's own.",
        how="The bucket's default encryption is read.",
        symptom="With another key than the role may use, objects answer 403 though the policy looks right.",
    ),
    Check(
        CheckId.BUCKET_TLS_ONLY, "plain HTTP is denied", WARNING, STATIC,
        claim="The bucket's policy denies requests over plain HTTP.",
        how="The bucket's policy is read.",
        symptom="None for annotators; signed URLs could travel in clear.",
    ),
    Check(
        CheckId.CORS_RULES, "the CORS rules let Encord's web application in", ERROR, STATIC,
        claim="The bucket's CORS rules name every origin with GET and HEAD.",
        how="The bucket's CORS rules are read and judged as the cloud's documentation says it applies them.",
        symptom="Pictures stay grey, the browser's console says CORS.",
    ),
    Check(
        CheckId.CORS_PREFLIGHT, "a browser's preflight is answered", ERROR, LIVE,
        claim="A preflight from every origin is answered with leave to GET.",
        how="OPTIONS is sent to the bucket as a browser does, once for every origin.",
        symptom="Pictures stay grey, the browser's console says CORS.",
    ),
    Check(
        CheckId.CORS_SIGNED_GET, "a signed GET may be used by the web application", ERROR, LIVE,
        claim="A signed URL of the probe object, fetched with an origin, comes with leave for that origin.",
        how="The probe object's URL is signed and fetched with the Origin header, once for every origin.",
        symptom="Pictures stay grey though the preflight is right; videos cannot be searched.",
    ),
    Check(
        CheckId.CORS_FOREIGN_REFUSED, "foreign origins are refused", ERROR, LIVE,
        claim="A foreign origin, and one that only begins like Encord's, get no leave.",
        how="OPTIONS is sent to the bucket with both origins.",
        symptom="None for annotators; any web site can use a signed URL that it got hold of.",
    ),
    Check(
        CheckId.ROLE_FOUND, "the role is there", ERROR, LIVE,
        claim="The role that Encord assumes exists.",
        how="The cloud is asked for the role.",
        symptom="Every registration fails.",
    ),
    Check(
        CheckId.TRUST_DOCUMENT, "the trust names Encord and its external ID", ERROR, STATIC,
        claim="The trust document names exactly the configured principals, with the external ID as a condition.",
        how="The role's trust document is read and compared with what it must be.",
        symptom="Every registration fails; or, if the trust is too wide, others can read the buckets.",
    ),
    Check(
        CheckId.ROLE_ASSUMED, "the role can be assumed with the external ID", ERROR, LIVE,
        claim="The check principal, which is trusted like Encord, assumed the role with the external ID.",
        how="The role is assumed by the check principal.",
        symptom="Every registration fails.",
    ),
    Check(
        CheckId.WRONG_EXTERNAL_ID_REFUSED, "a wrong external ID is refused", ERROR, LIVE,
        claim="The same principal with another external ID is refused.",
        how="The role is assumed by the check principal with an external ID made up for this run.",
        symptom="None for annotators; another customer of Encord could have it read these buckets.",
    ),
    Check(
        CheckId.NO_EXTERNAL_ID_REFUSED, "a missing external ID is refused", ERROR, LIVE,
        claim="The same principal without an external ID is refused.",
        how="The role is assumed by the check principal without one.",
        symptom="None for annotators; another customer of Encord could have it read these buckets.",
    ),
    Check(
        CheckId.READ_GRANTED, "the identity's policies grant reading", ERROR, STATIC,
        claim="The cloud's simulation says that the role's policies allow reading; the bucket's policy is not in it.",
        how="IAM simulates the role's policies.",
        symptom="Objects answer 403 and registrations report them as not readable.",
    ),
    Check(
        CheckId.WRITE_GRANTED_EXACTLY, "writing is granted exactly for image sequences", ERROR, STATIC,
        claim="The simulation says that writing is allowed if image sequences are on, and not allowed if they are off.",
        how="IAM simulates the role's policies.",
        symptom="Sequences fail while images work; or Encord may change data that it should only read.",
    ),
    Check(
        CheckId.PROBE_OBJECT_READ, "the probe object is read as Encord would", ERROR, LIVE,
        claim="The probe object was read with the role's own credentials.",
        how="The assumed role reads the probe object, in each bucket.",
        symptom="Registrations report objects as missing or not readable.",
    ),
    Check(
        CheckId.WRITE_PROBE, "an object can be written exactly for image sequences", ERROR, LIVE,
        claim="The role wrote an object if image sequences are on, and was refused if they are off.",
        how="Only with --write-probe: the role writes one tiny object under a prefix of its own, which is removed.",
        symptom="Sequences fail while images work; or Encord may change data that it should only read.",
    ),
    Check(
        CheckId.ACCESS_POINT_READY, "the Multi-Region Access Point is ready", ERROR, LIVE,
        claim="The access point is ready and stands over exactly the configured buckets.",
        how="The access point's status and regions are read from the control plane.",
        symptom="URLs with the access point's ARN fail.",
    ),
    Check(
        CheckId.ACCESS_POINT_READ, "the probe object is read through the access point", ERROR, LIVE,
        claim="The probe object was read through the access point's ARN with the role's own credentials.",
        how="The assumed role reads the probe object through the ARN.",
        symptom="URLs with the access point's ARN fail while those of the buckets work.",
    ),
    Check(
        CheckId.ENCORD_CONNECTED, "Encord answers to this key", ERROR, LIVE,
        claim="The configured Encord domain accepted the key.",
        how="The integrations that the key may see are listed with Encord's own SDK.",
        symptom="No command that needs Encord works.",
    ),
    Check(
        CheckId.ENCORD_KNOWS_INTEGRATION, "Encord knows the integration", ERROR, LIVE,
        claim="Exactly one integration at Encord has the configured title, or the configured id.",
        how="The list of integrations is searched.",
        symptom="Registrations cannot name the integration; with two of one title, they may use the wrong one.",
    ),
    Check(
        CheckId.ENCORD_READS_OBJECT, "Encord reads the probe object", ERROR, LIVE,
        claim="Encord itself registered the probe object through the integration.",
        how="Only with --register-probe: the probe object is registered in a folder of its own, and removed again.",
        symptom="Whatever stands between Encord and the object: this is the last word.",
    ),
)  # fmt: skip

CATALOGUE: dict[CheckId, Check] = {check.id: check for check in _CHECKS}
