"""A boto3 client for OBS or another S3-compatible store, and whose credentials it uses.

Credentials come from the environment of the process or from a file outside of the project, never from the
project's own files or from a stack's state: a client is told the name of a profile, and looks them up itself.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from integrations.environment.s3_compatible import Store
from integrations.errors import ConfigurationError, NotAuthorisedError

if TYPE_CHECKING:
    import boto3

CHECK = "-check"  # behind the name of a profile, the check principal's
TIMEOUT_SECONDS = 15.0
ATTEMPTS = 3
# OBS demands the digest for these and current AWS libraries have stopped sending it; to the others it does no harm.
# https://docs.otc.t-systems.com/object-storage-service/api-ref/apis/static_website_hosting/configuring_bucket_cors.html
# https://docs.otc.t-systems.com/object-storage-service/api-ref/apis/operations_on_objects/deleting_objects.html
WITH_DIGEST = ("PutBucketCors", "DeleteObjects")
CHECKSUMS = "x-amz-checksum-"


def variables(profile: str) -> tuple[str, str]:
    """The variables that hold a profile's access key id and secret key."""
    name = profile.upper().replace("-", "_")
    return f"{name}_ACCESS_KEY_ID", f"{name}_SECRET_ACCESS_KEY"


def session(profile: str, region: str, environ: Mapping[str, str] = os.environ) -> boto3.Session:
    """The session of a profile: by its two variables, else by the AWS credentials file.

    Raises ConfigurationError if boto3 is missing or only one variable is set, NotAuthorisedError if there is neither.
    """
    key, secret = variables(profile)
    if bool(environ.get(key)) != bool(environ.get(secret)):
        raise ConfigurationError(f"only one of {key} and {secret} is set: set both, or neither")
    if environ.get(key):
        return session_of(region, aws_access_key_id=environ[key], aws_secret_access_key=environ[secret])
    if profile in session_of(region).available_profiles:
        return session_of(region, profile_name=profile)
    raise NotAuthorisedError(
        f"there are no credentials for profile {profile!r}:"
        f" set {key} and {secret}, or add [{profile}] to the AWS credentials file"
    )


def session_of(region: str, **whose: str) -> boto3.Session:
    """A session; `whose` in boto3's words. Raises ConfigurationError if boto3 is missing."""
    try:
        import boto3
        from botocore.session import Session
    except ModuleNotFoundError:
        raise ConfigurationError("S3-compatible stores need boto3: pip install 'encord-integrations[s3]'") from None
    core = Session(profile=whose.pop("profile_name", None))
    core.register_component("data_loader", _loader())
    return boto3.Session(region_name=region, botocore_session=core, **whose)


@cache
def _loader() -> Any:
    """What reads AWS's descriptions of its services: one for all sessions, because it takes them a tenth of a second."""
    from botocore.loaders import create_loader

    return create_loader()


def client(store: Store, whose: boto3.Session, *, seconds: float = TIMEOUT_SECONDS, attempts: int = ATTEMPTS) -> Any:
    """An S3 client for the store; `whose` may come from `session`.

    seconds: how long one attempt of a request may wait. attempts: how many there are.
    """
    from botocore.config import Config

    config = Config(
        connect_timeout=seconds,
        read_timeout=seconds,
        retries={"total_max_attempts": attempts, "mode": "standard"},
        max_pool_connections=32,
        signature_version="s3v4",
        s3={"addressing_style": store.addressing},
        # The newer checksums are AWS's own; many stores answer them with an error.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    made: Any = whose.client("s3", endpoint_url=store.endpoint, region_name=store.region, config=config)
    for operation in WITH_DIGEST:
        made.meta.events.register(f"before-sign.s3.{operation}", add_digest)
    return made


def add_digest(request: Any, **_: Any) -> None:
    """Send the body's MD5 in place of AWS's newer checksums; it is added before signing, so it is signed too."""
    body = request.data or b""
    body = body.encode() if isinstance(body, str) else body
    for header in [name for name in request.headers if name.lower().startswith(CHECKSUMS)]:
        del request.headers[header]
    del request.headers["x-amz-sdk-checksum-algorithm"]
    del request.headers["Content-MD5"]
    # A checksum of transport that the protocol fixes, no protection.
    digest = hashlib.md5(body, usedforsecurity=False).digest()
    request.headers["Content-MD5"] = base64.b64encode(digest).decode()


def code_of(error: Exception) -> str:
    """The error code in the store's words, empty if it did not answer."""
    response: dict[str, Any] = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))
