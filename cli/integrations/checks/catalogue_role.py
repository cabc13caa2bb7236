"""The entries of the catalogue about the identity that Encord works as: who may become it, and what it may do."""

from __future__ import annotations

from integrations.checks.ids import ERROR, LIVE, STATIC, Check, CheckId

CHECKS = (
    Check(
        CheckId.ROLE_FOUND, "the role is there", ERROR, LIVE,
        claim="The role that Encord assumes exists.",
        how="The cloud is asked for the role.",
        symptom="Every registration fails.",
    ),
    Check(
        CheckId.TRUST_DOCUMENT, "exactly the configured identities are let in", ERROR, STATIC,
        claim="The document that lets Encord in (on AWS the role's trust, with the external ID as a condition; on"
        " S3-compatible stores the bucket's policy) names exactly the configured identities.",
        how="The document is read and compared with what it must be.",
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
        CheckId.STRANGER_REFUSED, "nobody gets in without Encord's key", ERROR, LIVE,
        claim="The probe object is refused to who has the id of an access key and not its secret, and to who has neither.",
        how="On S3-compatible stores: the probe object is asked for with a secret made up for this run, and unsigned.",
        symptom="None for annotators; others could read these buckets.",
    ),
    Check(
        CheckId.READ_GRANTED, "the identity's policies grant reading", ERROR, STATIC,
        claim="The policies allow Encord's identity to read, as far as they go: on AWS the role's, without the bucket's;"
        " on S3-compatible stores the bucket's, without the user's own.",
        how="On AWS, IAM simulates the role's policies; elsewhere the document is judged for Encord's identity.",
        symptom="Objects answer 403 and registrations report them as not readable.",
    ),
    Check(
        CheckId.WRITE_GRANTED_EXACTLY, "writing is granted exactly for image sequences", ERROR, STATIC,
        claim="The same policies allow writing if image sequences are on, and do not if they are off.",
        how="As for reading.",
        symptom="Sequences fail while images work; or Encord may change data that it should only read.",
    ),
    Check(
        CheckId.PROBE_OBJECT_READ, "the probe object is read as Encord would", ERROR, LIVE,
        claim="The probe object was read by an identity that may do what Encord may: on AWS the role itself, elsewhere"
        " the check principal.",
        how="That identity reads the probe object, in each bucket.",
        symptom="Registrations report objects as missing or not readable.",
    ),
    Check(
        CheckId.WRITE_PROBE, "an object can be written exactly for image sequences", ERROR, LIVE,
        claim="The same identity wrote an object if image sequences are on, and was refused if they are off.",
        how="Only with --write-probe: it writes one tiny object under a prefix of its own, which is removed.",
        symptom="Sequences fail while images work; or Encord may change data that it should only read.",
    ),
)  # fmt: skip
