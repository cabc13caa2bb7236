"""The entries of the catalogue about the bucket itself."""

from __future__ import annotations

from integrations.checks.ids import ERROR, LIVE, STATIC, WARNING, Check, CheckId

CHECKS = (
    Check(
        CheckId.BUCKET_FOUND, "the bucket is there", ERROR, LIVE,
        claim="The bucket exists and this identity may ask about it.",
        how="The cloud is asked for the bucket itself, by name.",
        symptom="Nothing of the integration works.",
        runbook="images-do-not-load",
    ),
    Check(
        CheckId.BUCKET_REGION, "the bucket is in its region", ERROR, LIVE,
        claim="The bucket lives in the region that the environment file names.",
        how="The region that the cloud states is compared; client libraries follow a redirect in silence.",
        symptom="URLs with the wrong region answer with a redirect, which a browser does not follow for a signed URL.",
        runbook="images-do-not-load",
    ),
    Check(
        CheckId.BUCKET_PRIVATE, "public access is blocked", ERROR, STATIC,
        claim="The bucket's own settings block public access altogether; where a store has no such settings, neither its"
        " ACL nor its policy lets everybody in.",
        how="The bucket's public access settings are read, or its ACL and its policy.",
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
        CheckId.OBJECTS_AT_HAND, "new objects are kept where they can be read at once", ERROR, STATIC,
        claim="New objects are kept in the tier that Encord reads from, and no rule moves them: on Azure the Hot tier. On"
        " Google Cloud, where every class is read at once, no rule deletes them.",
        how="On Azure the account's default tier and its lifecycle policy are read, on Google Cloud the bucket's lifecycle"
        " rules; objects that were moved before are not looked for.",
        symptom="Objects in a cooler tier are reported as not readable; those in an archive answer 409.",
        runbook="images-do-not-load",
    ),
    Check(
        CheckId.OBJECTS_OWNED, "the bucket owns its objects", ERROR, STATIC,
        claim="Whatever is put into the bucket belongs to its owner, so that the bucket's policies hold for it.",
        how="The bucket's object ownership is read; where it does not decide, the owner of the probe object.",
        symptom="Objects that another account uploaded answer 403, and those beside them work.",
        runbook="images-do-not-load",
    ),
    Check(
        CheckId.WRITTEN_NOT_HELD, "what a sequence writes is not held", WARNING, STATIC,
        claim="No retention, hold or immutability of the bucket keeps what Encord writes from being written again or"
        " removed.",
        how="The bucket's retention, holds and immutability policies are read, if image sequences are on.",
        symptom="A sequence is made once and fails when it is made again; what was written cannot be removed.",
        runbook="sequence-fails-images-work",
    ),
    Check(
        CheckId.NETWORK_OPEN, "the network rules let browsers and Encord in", ERROR, STATIC,
        claim="Whoever has a right gets in from anywhere: no rule of the network refuses who comes from the internet.",
        how="On Azure the account's public network access and its firewall's rules are read.",
        symptom="Everything answers 403 though every right is granted; or it works in the office and nowhere else.",
        runbook="images-do-not-load",
    ),
    Check(
        CheckId.OWNER_PAYS, "the bucket's owner pays for requests", ERROR, STATIC,
        claim="A request need not name who pays for it: those of Encord and of browsers name nobody.",
        how="On Google Cloud the bucket's Requester Pays setting is read, or told by the refusal of who names no project.",
        symptom="Everything answers 400, and says that no user project was provided, though every right is granted.",
        runbook="images-do-not-load",
    ),
    Check(
        CheckId.SIGNATURES_LIVE, "the bucket's policy lets signatures live", ERROR, STATIC,
        claim="The bucket's policy does not refuse a signature before a URL that was signed for an hour has ended; on Azure"
        " the account's policy for signatures lets one live as long as it must.",
        how="The bucket's policy is searched for denials by the age of a signature; on Azure the account's SAS policy is"
        " read.",
        symptom="Pictures that were there a while ago are gone after a few minutes.",
        runbook="url-expires-early",
    ),
)  # fmt: skip
