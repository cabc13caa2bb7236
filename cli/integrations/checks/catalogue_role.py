"""The entries of the catalogue about the identity that Encord works as: who may become it, and what it may do."""

from __future__ import annotations

from integrations.checks.ids import ERROR, LIVE, STATIC, Check, CheckId

CHECKS = (
    Check(
        CheckId.ROLE_FOUND, "the identity that Encord works as is there", ERROR, LIVE,
        claim="The identity exists: on AWS the role that Encord assumes, on Azure its service principal in your tenant."
        " On Google Cloud, where others' service accounts cannot be asked for: it has some role on the bucket.",
        how="The cloud is asked for it, on Google Cloud the bucket's policy; on Azure, Microsoft Graph, which these"
        " credentials must be allowed to read.",
        symptom="Every registration fails.",
        runbook="role-cannot-be-assumed",
    ),
    Check(
        CheckId.TRUST_DOCUMENT, "the configured identities are let in", ERROR, STATIC,
        claim="The document that lets Encord in (on AWS the role's trust, with the external ID as a condition; on"
        " S3-compatible stores the bucket's policy) names the configured identities; on S3-compatible stores no other. On Azure,"
        " Encord's object id has a role on the account or its containers, where others may have roles too; or the account"
        " takes what is signed with its keys. On Google Cloud nobody"
        " else is named who reads a bucket of the stack's own, and the check principal is granted exactly what Encord is.",
        how="The document is read and compared with what it must be; on Azure the role assignments are listed.",
        symptom="Every registration fails; or others can read the buckets.",
        runbook="role-cannot-be-assumed",
    ),
    Check(
        CheckId.ROLE_ASSUMED, "the check principal works as Encord does", ERROR, LIVE,
        claim="On AWS the check principal, which is trusted like Encord, assumed the role with the external ID. On Azure"
        " this run is the check principal, and its roles allow exactly what Encord's allow. On Google Cloud this run"
        " impersonated the check principal.",
        how="On AWS the role is assumed; on Azure the run's own object id and both identities' roles are compared;"
        " on Google Cloud a token for the check principal is asked for.",
        symptom="Every registration fails.",
        runbook="role-cannot-be-assumed",
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
        how="The probe object is asked for with a secret or a signature made up for this run, and without one.",
        symptom="None for annotators; others could read these buckets.",
    ),
    Check(
        CheckId.SIGNATURE_IN_TIME, "the signature that Encord was given is in time", ERROR, STATIC,
        claim="The account SAS ends on the day that the environment file names, and that day is far enough away.",
        how="On Azure, with an account SAS: the configured day, and the signature's own if it is here, are compared with"
        " the clock.",
        symptom="From one day to the next every object answers 403.",
        runbook="url-expires-early",
    ),
    Check(
        CheckId.READ_GRANTED, "the identity's policies grant reading", ERROR, STATIC,
        claim="The policies allow Encord's identity to read, as far as they go: on AWS the role's, without the bucket's;"
        " on S3-compatible stores the bucket's, without the user's own; on Google Cloud the bucket's, without the"
        " project's; on Azure all role assignments or the account SAS.",
        how="On AWS, IAM simulates the role's policies; elsewhere the document is judged for Encord's identity.",
        symptom="Objects answer 403 and registrations report them as not readable.",
        runbook="images-do-not-load",
    ),
    Check(
        CheckId.WRITE_GRANTED_EXACTLY, "writing is granted exactly for image sequences", ERROR, STATIC,
        claim="The same policies allow writing if image sequences are on, and do not if they are off.",
        how="As for reading.",
        symptom="Sequences fail while images work; or Encord may change data that it should only read.",
        runbook="sequence-fails-images-work",
    ),
    Check(
        CheckId.PROBE_OBJECT_READ, "the probe object is read as Encord would", ERROR, LIVE,
        claim="The probe object was read by an identity that may do what Encord may: on AWS the role itself, elsewhere"
        " the check principal.",
        how="That identity reads the probe object, in each bucket.",
        symptom="Registrations report objects as missing or not readable.",
        runbook="images-do-not-load",
    ),
    Check(
        CheckId.WRITE_PROBE, "an object can be written exactly for image sequences", ERROR, LIVE,
        claim="The same identity wrote an object if image sequences are on, and was refused if they are off.",
        how="Only with --write-probe: it writes one tiny object under a prefix of its own, which is removed.",
        symptom="Sequences fail while images work; or Encord may change data that it should only read.",
        runbook="sequence-fails-images-work",
    ),
    Check(
        CheckId.SIGNING_GRANTED, "signing URLs is granted for the account", ERROR, STATIC,
        claim="Encord's roles allow it to get a key of the account's to sign URLs with, which reading does not include:"
        " on Azure a user delegation key, at account scope.",
        how="Encord's role assignments at the account, and the definitions of their roles, are read and judged.",
        symptom="Registrations succeed, and no picture is shown: what signs a URL is refused.",
        runbook="images-do-not-load",
    ),
    Check(
        CheckId.TRUST_NARROW, "the trust lets nobody else in", ERROR, STATIC,
        claim="Nobody but the configured principals is trusted, and the external ID's condition binds.",
        how="The trust document is searched for other principals, NotPrincipal, and conditions that let others through.",
        symptom="None for annotators; others can read the buckets through the role.",
    ),
    Check(
        CheckId.POLICY_LETS_IN, "the bucket's policy does not refuse Encord's identity", ERROR, STATIC,
        claim="No statement of the bucket's policy refuses what Encord needs: on AWS to the role, which one lets in if the"
        " bucket is in another account; on S3-compatible stores to Encord's user.",
        how="The bucket's policy is read and judged for that identity; conditions are not evaluated.",
        symptom="Objects answer 403 though the identity's grants look right.",
        runbook="images-do-not-load",
    ),
    Check(
        CheckId.DOCUMENTS_WELL_FORMED, "policy documents say what they mean", ERROR, STATIC,
        claim="The documents have none of the mistakes that the cloud accepts without a word.",
        how="Elements, actions, resources and operators are held against AWS's grammar, and actions against resources.",
        symptom="A grant that everybody can read in the document has no effect.",
        runbook="images-do-not-load",
    ),
    Check(
        CheckId.GRANTS_NARROW, "the identity's grants are no wider than needed", ERROR, STATIC,
        claim="The identity's grants are what Encord needs, and nothing else: on AWS the role's own policies, with no"
        " other policy attached; on S3-compatible stores what the bucket's policy grants Encord's user, without the user's"
        " own; on Google Cloud its roles in the bucket's policy, without the project's;"
        " on Azure none of its roles reaches beyond the integration's containers, or the account SAS is for blobs alone.",
        how="The documents are read and compared with what they must be. Writing is a question of its own.",
        symptom="None for annotators; Encord could delete or read what is none of its business.",
    ),
    Check(
        CheckId.KEY_GRANTED, "the identity may use the bucket's key", ERROR, STATIC,
        claim="The simulation says that the role's policies allow what S3 does with the key on its behalf.",
        how="IAM simulates the role's policies for the configured key, as if S3 asked.",
        symptom="Objects answer 403 though reading is granted; only those encrypted with the key.",
        runbook="images-do-not-load",
    ),
    Check(
        CheckId.KEY_LETS_IN, "the key lets the identity in", ERROR, STATIC,
        claim="The key is enabled, and its own policy lets the role in, or leaves it to the account's policies.",
        how="The key's state and policy are read.",
        symptom="Objects answer 403 though reading is granted; only those encrypted with the key.",
        runbook="images-do-not-load",
    ),
    Check(
        CheckId.URL_LIFE, "a signed URL lives as long as it says", ERROR, LIVE,
        claim="The session in which URLs are signed lives at least an hour: a URL dies with it.",
        how="The role is assumed, and the end of the session is compared with the clock.",
        symptom="Pictures that were there a while ago are gone before their URL says so.",
        runbook="url-expires-early",
    ),
)  # fmt: skip
