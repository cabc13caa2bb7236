"""The entries of the catalogue about access points and Encord."""

from __future__ import annotations

from integrations.checks.ids import ERROR, LIVE, Check, CheckId

CHECKS = (
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
