"""Buckets as registration files need them opened: with the credentials that the cloud's own SDK would find."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.environment.model import (
    AwsIntegration,
    AzureIntegration,
    GcpIntegration,
    Integration,
    OtcIntegration,
    S3Integration,
)
from integrations.errors import ConfigurationError, NotAuthorisedError, UnreachableError
from integrations.object_doors import AccessPoint, PublicUrls
from integrations.registration.build import listing
from integrations.registration.build.listing import Credentials
from integrations.registration.build.source import Source

# How long obstore may keep credentials before it asks again; the clouds' libraries refresh them in time by themselves.
_KEPT = timedelta(minutes=5)
# https://learn.microsoft.com/en-us/entra/identity-platform/scopes-oidc#the-default-scope
_AZURE_STORAGE = "https://storage.azure.com/.default"


def open_store(source: Source, integrations: Iterable[Integration] = ()) -> Any:
    """The store of a bucket. On AWS credentials are those of boto3, if it is there and finds any.

    obstore by itself knows the variables AWS_ACCESS_KEY_ID and so on and the metadata of
    instances and containers, but no AWS_PROFILE, no role to assume and no single sign-on.
    A bucket of one of the integrations is opened with that integration's endpoint and credentials.
    Raises ConfigurationError for a profile that does not exist, NotAuthorisedError or
    UnreachableError if an integration's credentials cannot be had, and as listing.open_store does.
    """
    match next((one for one in integrations if reads(one, source)), None):
        case OtcIntegration() | S3Integration() as owner:
            return _s3_compatible(source, owner)
        case AzureIntegration() as owner:
            return listing.open_store(source, _azure_credentials(owner))
        case GcpIntegration():
            return listing.open_store(source, _google_credentials())
    match source.scheme:
        case "s3":
            return listing.open_store(source, aws_credentials())
        case "arn":
            return AccessPoint(source.bucket)
        case "url":
            return PublicUrls()
    return listing.open_store(source)


def reads(integration: Integration, source: Source) -> bool:
    """Whether the source is one of the integration's places; its prefixes do not matter."""
    match integration:
        case AwsIntegration():
            behind = integration.multi_region_access_point and source.bucket.split(":")[4:5] == [integration.account]
            return bool(behind) if source.scheme == "arn" else _has(integration, source, "s3")
        case AzureIntegration():
            containers = [one.name for one in integration.containers]
            return source.scheme == "az" and source.account == integration.account.name and source.bucket in containers
        case GcpIntegration():
            return _has(integration, source, "gs")
        case OtcIntegration():
            return _has(integration, source, "obs")
        case S3Integration():
            return source.endpoint == integration.store.host and _has(integration, source, "https")


def _has(
    integration: AwsIntegration | GcpIntegration | OtcIntegration | S3Integration, source: Source, by: str
) -> bool:
    return source.scheme == by and source.bucket in [one.name for one in integration.buckets]


def region_of(integration: Integration, bucket: str) -> str | None:
    """The region of a bucket, as far as the integration says it."""
    if isinstance(integration, AwsIntegration):
        return next((one.region for one in integration.buckets if one.name == bucket), None)
    return integration.region if isinstance(integration, OtcIntegration) else None


def aws_credentials() -> Credentials | None:
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
    return None if found is None else _from_boto3(found)


def _from_boto3(found: Any) -> Credentials:
    def current() -> dict[str, Any]:
        frozen = found.get_frozen_credentials()
        return {
            "access_key_id": frozen.access_key,
            "secret_access_key": frozen.secret_key,
            "token": frozen.token,
            "expires_at": _soon(),
        }

    return current


def _soon() -> datetime:
    return datetime.now(UTC) + _KEPT


def _s3_compatible(source: Source, owner: OtcIntegration | S3Integration) -> Any:
    """The endpoint, the way of addressing and the profile that `check` uses too."""
    from integrations.s3_compatible.client import session

    store = owner.store
    found = session(owner.profile, store.region).get_credentials()
    if found is None:  # a profile may be there and hold none
        raise NotAuthorisedError(f"profile {owner.profile} holds no access key")
    virtual = store.addressing == "virtual"
    endpoint = store.endpoint.replace("://", f"://{source.bucket}.", 1) if virtual else store.endpoint
    return listing.open_store(
        source, _from_boto3(found), endpoint=endpoint, region=store.region, virtual_hosted_style_request=virtual
    )


def _azure_credentials(owner: AzureIntegration) -> Credentials:
    """Encord's own signature where that is how it comes and it is here; else whoever azure-identity finds."""
    from integrations.azure_client import why
    from integrations.checks.azure_sessions import Sessions

    sessions = Sessions(owner)
    if signature := sessions.signature:
        return lambda: {"sas_token": signature, "expires_at": None}

    def current() -> dict[str, Any]:
        return {"token": sessions.azure.get_token(_AZURE_STORAGE).token, "expires_at": _soon()}

    from azure.core.exceptions import ClientAuthenticationError
    from requests import RequestException

    return _tried(current, ClientAuthenticationError, RequestException, f"Azure tenant {owner.tenant}", why)


def _google_credentials() -> Credentials:
    from integrations import google_cloud

    google_cloud.load()
    from google.auth.exceptions import GoogleAuthError, TransportError
    from google.auth.transport.requests import Request

    found: list[Any] = []

    def current() -> dict[str, Any]:
        credentials = found[0] if found else google_cloud.own_credentials()
        found[:] = [credentials]
        if not credentials.valid:
            credentials.refresh(Request())
        return {"token": credentials.token, "expires_at": _soon()}

    return _tried(current, GoogleAuthError, TransportError, "Google Cloud", str)


def _tried(
    current: Credentials, refused: type[Exception], silent: type[Exception], where: str, why: Callable[[Any], str]
) -> Credentials:
    """The same credentials, asked for once now: obstore would call a refusal a server that does not answer."""
    try:
        current()
    except silent as error:
        raise UnreachableError(f"{where}: nobody could sign in, there was no answer ({type(error).__name__})") from None
    except refused as error:
        raise NotAuthorisedError(f"{where} does not accept these credentials: {why(error)}") from None
    return current
