"""The entries of the catalogue about access points, Encord and the environment file."""

from __future__ import annotations

from integrations.checks.ids import ERROR, LIVE, STATIC, WARNING, Check, CheckId

CHECKS = (
    Check(
        CheckId.ACCESS_POINT_READY, "the Multi-Region Access Point is ready", ERROR, LIVE,
        claim="The access point is ready and stands over exactly the configured buckets.",
        how="The access point's status and regions are read from the control plane.",
        symptom="URLs with the access point's ARN fail.",
        runbook="images-do-not-load",
    ),
    Check(
        CheckId.ACCESS_POINT_READ, "the probe object is read through the access point", ERROR, LIVE,
        claim="The probe object was read through the access point's ARN with the role's own credentials.",
        how="The assumed role reads the probe object through the ARN.",
        symptom="URLs with the access point's ARN fail while those of the buckets work.",
        runbook="images-do-not-load",
    ),
    Check(
        CheckId.ENCORD_CONNECTED, "Encord answers to this key", ERROR, LIVE,
        claim="The configured Encord domain accepted the key.",
        how="The integrations that the key may see are listed with Encord's own SDK.",
        symptom="No command that needs Encord works.",
        runbook="registration-stuck",
    ),
    Check(
        CheckId.ENCORD_KNOWS_INTEGRATION, "Encord knows the integration", ERROR, LIVE,
        claim="Exactly one integration at Encord has the configured title, or the configured id.",
        how="The list of integrations is searched.",
        symptom="Registrations cannot name the integration; with two of one title, they may use the wrong one.",
        runbook="registration-stuck",
    ),
    Check(
        CheckId.ENCORD_READS_OBJECT, "Encord reads the probe object", ERROR, LIVE,
        claim="Encord itself registered the probe object through the integration.",
        how="Only with --register-probe: the probe object is registered in a folder of its own, and removed again. A run that"
        " is killed leaves the folder, `integrations check` with eight characters after it, which may then be deleted.",
        symptom="Whatever stands between Encord and the object: this is the last word.",
        runbook="images-do-not-load",
    ),
    Check(
        CheckId.ENCORD_WORKSPACE, "the key belongs to this workspace", ERROR, LIVE,
        claim="The configured domain knows the key. Encord's workspaces in the EU and in the US know different keys.",
        how="Where the domain refuses the key, the other workspace's domain is asked whether it knows it.",
        symptom="A key that is right is refused, or nothing that was registered can be found.",
        runbook="nothing-in-the-us-workspace",
    ),
    Check(
        CheckId.ENCORD_ORIGIN, "the origins name the workspace's web application", ERROR, STATIC,
        claim="The CORS origins of the environment name the web application that belongs to its Encord domain.",
        how="The environment file's domain and origins are compared.",
        symptom="Registrations work and nobody in that workspace sees a picture.",
        runbook="nothing-in-the-us-workspace",
    ),
    Check(
        CheckId.ENCORD_FOLDERS, "folders at Encord can be reached", ERROR, LIVE,
        claim="The key may list folders, into which registrations go.",
        how="The first folder is listed.",
        symptom="Registrations cannot be sent.",
        runbook="registration-stuck",
    ),
    Check(
        CheckId.SUPPRESSION_EXPIRED, "no suppression has expired", WARNING, STATIC,
        claim="There is only a result if a suppression in the environment file is past its last day.",
        how="The day in `expires` is compared with today.",
        symptom="What was suppressed counts again.",
    ),
    Check(
        CheckId.SUPPRESSION_UNUSED, "every suppression holds for something", WARNING, STATIC,
        claim="There is only a result if nothing fails that a suppression in the environment file is for.",
        how="Each suppression is held against the results of this run, if the run asks what it is about.",
        symptom="None; it would hide the same finding when it comes back.",
    ),
    Check(
        CheckId.ACCESS_POINT_ROUTES, "the access point sends requests to every region", WARNING, LIVE,
        claim="Every bucket of the access point is active.",
        how="The routes are read from the control plane.",
        symptom="None, or slow pictures far from the region that is left.",
    ),
    Check(
        CheckId.ACCESS_POINT_POLICY, "the access point's policy does not refuse the role", ERROR, STATIC,
        claim="No statement of the access point's policy refuses the role.",
        how="The policy in force is read and judged for the role; conditions are not evaluated.",
        symptom="URLs with the access point's ARN answer 403 while those of the buckets work.",
        runbook="images-do-not-load",
    ),
    Check(
        CheckId.ACCESS_POINT_PRIVATE, "the access point blocks public access", ERROR, STATIC,
        claim="The access point's own settings block public access altogether. They cannot be changed later.",
        how="The settings are read from the control plane.",
        symptom="None for annotators; the data may become readable by anybody.",
    ),
    Check(
        CheckId.ACCESS_POINT_REPLICATION, "what is in one bucket comes to every other", ERROR, STATIC,
        claim="Each bucket under the access point has a rule that replicates to every other. When, is not said.",
        how="The replication rules of every bucket are read.",
        symptom="An object is there for some people and missing for others.",
        runbook="works-on-the-second-try",
    ),
    Check(
        CheckId.OUTPUTS_AGREE, "the stack's outputs agree with the environment file", ERROR, STATIC,
        claim="Role, buckets and access point in the stack's outputs are those of the environment file.",
        how="The outputs are read from the saved file or the Pulumi CLI, and compared. Without either this is skipped; a file"
        " that is named and cannot be read is a wrong configuration (exit code 2).",
        symptom="Commands work with names that are no longer right.",
        runbook="images-do-not-load",
    ),
    Check(
        CheckId.OUTPUTS_HOLD, "the stack's outputs are what is there", ERROR, LIVE,
        claim="The access point's alias in the outputs is the one that it has now.",
        how="The control plane is asked for the alias.",
        symptom="URLs built from the outputs name an access point that is gone.",
        runbook="images-do-not-load",
    ),
    Check(
        CheckId.CLOCK, "this machine's clock is right", WARNING, LIVE,
        claim="This machine's clock is within a minute of the cloud's.",
        how="The Date of any answer is compared with this machine's time.",
        symptom="Signatures are refused, here if not at Encord; and no other answer of this run can be trusted.",
        runbook="role-cannot-be-assumed",
    ),
)  # fmt: skip
