"""Buckets as registration files need them opened: with the credentials that the cloud's own SDK would find."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.errors import ConfigurationError
from integrations.registration.build import listing
from integrations.registration.build.source import Source

# How long obstore may keep credentials before it asks again; boto3 refreshes them in time by itself.
_KEPT = timedelta(minutes=5)


def open_store(source: Source) -> Any:
    """The obstore store of a bucket. On AWS credentials are those of boto3, if it is there and finds any.

    obstore by itself knows the variables AWS_ACCESS_KEY_ID and so on and the metadata of
    instances and containers, but no AWS_PROFILE, no role to assume and no single sign-on.
    Raises ConfigurationError for a profile that does not exist, and as listing.open_store does.
    """
    return listing.open_store(source, aws_credentials() if source.scheme == "s3" else None)


def aws_credentials() -> Callable[[], dict[str, Any]] | None:
    """Gives boto3's credentials in obstore's words; None if there are none.

    https://developmentseed.org/obstore/latest/authentication/
    """
    try:
        import boto3
        from botocore.exceptions import ProfileNotFound
    except ModuleNotFoundError:
        return None
    try:
        found = boto3.Session().get_credentials()
    except ProfileNotFound as error:
        raise ConfigurationError(f"AWS_PROFILE: {error}; `aws configure list-profiles` lists those there are") from None
    if found is None:
        return None

    def current() -> dict[str, Any]:
        frozen = found.get_frozen_credentials()
        return {
            "access_key_id": frozen.access_key,
            "secret_access_key": frozen.secret_key,
            "token": frozen.token,
            "expires_at": datetime.now(UTC) + _KEPT,
        }

    return current
