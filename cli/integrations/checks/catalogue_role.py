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
)  # fmt: skip
