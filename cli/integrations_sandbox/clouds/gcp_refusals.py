"""What the local Google Cloud answers when it refuses, in Google's words and both of its dialects.

JSON: https://cloud.google.com/storage/docs/json_api/v1/status-codes
XML: https://cloud.google.com/storage/docs/xml-api/reference-status
"""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

DENIED = "Permission '{permission}' denied on resource (or it may not exist)."


class Refusal(Exception):  # noqa: N818 - it is the answer, not a fault of ours
    """An answer that is not what was asked for.

    reason: the JSON API's word for it. code: the XML API's. message: the JSON API's sentence,
    and the details of the XML API. summary: the XML API's own sentence, if it has another.
    """

    def __init__(self, status: int, reason: str, code: str, message: str, summary: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.code = code
        self.message = message
        self.summary = summary

    def as_json(self) -> dict[str, Any]:
        """The body that the JSON API gives."""
        error = {"message": self.message, "domain": "global", "reason": self.reason}
        return {"error": {"code": self.status, "message": self.message, "errors": [error]}}

    def as_xml(self) -> str:
        """The body that the XML API gives."""
        details = f"<Details>{escape(self.message)}</Details>" if self.summary else ""
        return (
            "<?xml version='1.0' encoding='UTF-8'?>"
            f"<Error><Code>{self.code}</Code><Message>{escape(self.summary or self.message)}</Message>{details}</Error>"
        )


def denied(email: str | None, permission: str, resource: str) -> Refusal:
    """The caller lacks a permission. resource: `bucket`, `object` or `project`.

    Nobody in particular is asked by the JSON API who they are (401); the XML API just refuses (403).
    """
    place = f"the Google Cloud {'project' if resource == 'project' else f'Storage {resource}'}"
    message = f"{email or 'Anonymous caller'} does not have {permission} access to {place}. "
    message += DENIED.format(permission=permission)
    if email is None:
        return Refusal(401, "required", "AccessDenied", message, "Access denied.")
    return Refusal(403, "forbidden", "AccessDenied", message, "Access denied.")


def unauthenticated() -> Refusal:
    """The token is none that was given out, or has expired."""
    return Refusal(401, "authError", "AuthenticationRequired", "Invalid Credentials", "Authentication required.")


def invalid(message: str) -> Refusal:
    """Something in the request is not allowed."""
    return Refusal(400, "invalid", "InvalidArgument", message, "Invalid argument.")


def malformed(message: str) -> Refusal:
    """A signed URL lacks a part, or one of its parts makes no sense."""
    return Refusal(400, "invalid", "MalformedSecurityHeader", message, "Your request has a malformed header.")


def conflict(message: str, code: str) -> Refusal:
    """What is there already is in the way."""
    return Refusal(409, "conflict", code, message)


def condition_not_met(
    message: str = "At least one of the pre-conditions you specified did not hold.",
) -> Refusal:
    """A precondition of the request, or of the policies around it, does not hold."""
    return Refusal(412, "conditionNotMet", "PreconditionFailed", message)


def no_bucket() -> Refusal:
    """There is no bucket of this name."""
    return Refusal(404, "notFound", "NoSuchBucket", "The specified bucket does not exist.")


def no_payer() -> Refusal:
    """Requester Pays is on, and the request names no project that pays."""
    message = "Bucket is a requester pays bucket but no user project provided."
    return Refusal(400, "required", "UserProjectMissing", message)


def no_object(bucket: str, name: str) -> Refusal:
    """There is no object of this name, and the caller may know."""
    return Refusal(
        404, "notFound", "NoSuchKey", f"No such object: {bucket}/{name}", "The specified key does not exist."
    )


def no_upload() -> Refusal:
    """There is no such upload, or it has ended."""
    return Refusal(404, "notFound", "NoSuchUpload", "The requested upload was not found.")


def no_range() -> Refusal:
    """Nothing of the object is in the requested range."""
    message = "The requested range cannot be satisfied."
    return Refusal(416, "requestedRangeNotSatisfiable", "InvalidRange", message)


def not_played(what: str) -> Refusal:
    """Google has it and the sandbox does not: said, never pretended."""
    return Refusal(501, "notImplemented", "NotImplemented", f"the sandbox's Google Cloud has no {what}")
