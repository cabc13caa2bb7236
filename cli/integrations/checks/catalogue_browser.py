"""The entries of the catalogue about what a browser gets, with CORS and with signed URLs."""

from __future__ import annotations

from integrations.checks.ids import ERROR, LIVE, STATIC, WARNING, Check, CheckId

CHECKS = (
    Check(
        CheckId.CORS_RULES, "the CORS rules let Encord's web application in", ERROR, STATIC,
        claim="The bucket's CORS rules name every origin with GET and HEAD.",
        how="The bucket's CORS rules are read and judged as the cloud's documentation says it applies them.",
        symptom="Pictures stay grey, the browser's console says CORS.",
        runbook="images-do-not-load",
    ),
    Check(
        CheckId.CORS_PREFLIGHT, "a browser's preflight is answered", ERROR, LIVE,
        claim="A preflight from every origin is answered with leave to GET.",
        how="OPTIONS is sent to the bucket as a browser does, once for every origin.",
        symptom="Pictures stay grey, the browser's console says CORS.",
        runbook="images-do-not-load",
    ),
    Check(
        CheckId.CORS_SIGNED_GET, "a signed GET may be used by the web application", ERROR, LIVE,
        claim="A signed URL of the probe object, fetched with an origin, comes with leave for that origin.",
        how="The probe object's URL is signed and fetched with the Origin header, once for every origin.",
        symptom="Pictures stay grey though the preflight is right; videos cannot be searched.",
        runbook="images-do-not-load",
    ),
    Check(
        CheckId.CORS_FOREIGN_REFUSED, "foreign origins are refused", ERROR, LIVE,
        claim="A foreign origin, and one that only begins like Encord's, get no leave.",
        how="OPTIONS is sent to the bucket with both origins.",
        symptom="None for annotators; any web site can use a signed URL that it got hold of.",
    ),
    Check(
        CheckId.CORS_PARTS, "HEAD and parts may be used by the web application", ERROR, LIVE,
        claim="HEAD, and a GET of one byte, are answered with leave for every origin, the latter with 206.",
        how="Signed URLs of the probe object are asked for with HEAD and with Range, with each origin.",
        symptom="Pictures appear, and long videos do not start or cannot be searched.",
        runbook="images-do-not-load",
    ),
    Check(
        CheckId.CORS_EXPOSED, "a player may look at the headers it needs", WARNING, LIVE,
        claim="The headers that a script needs to jump within a video are exposed to every origin.",
        how="The answer to a GET of one byte with an origin is searched for Access-Control-Expose-Headers.",
        symptom="Videos play from the beginning, and jumping within them fails or loads everything before.",
        runbook="images-do-not-load",
    ),
    Check(
        CheckId.CORS_KEPT_APART, "a browser cannot mix up answers", WARNING, LIVE,
        claim="Answers say that they depend on the origin, or may not be kept without asking.",
        how="The signed URL is fetched with each origin and without one; Vary and Cache-Control are read.",
        symptom="Pictures are there sometimes: a browser that saw one before without CORS takes it from its cache.",
        runbook="works-on-the-second-try",
    ),
)  # fmt: skip
