"""What the owner of an existing bucket has there now, read with the operator's own credentials."""

from __future__ import annotations

import json
from typing import Any

from integrations.access import gcp_documents
from integrations.access.aws_documents import Existing
from integrations.environment import azure_existing
from integrations.environment.model import (
    AwsBucket,
    AwsIntegration,
    AzureIntegration,
    GcpIntegration,
    Integration,
    OtcIntegration,
    S3Integration,
)
from integrations.environment.s3_compatible import S3Compatible
from integrations.errors import ConfigurationError, NotAuthorisedError

ABSENT = {"NoSuchBucketPolicy", "NoSuchCORSConfiguration"}


def read_all(integration: Integration) -> dict[str, Any]:
    """What each existing bucket of the integration has there now, by the bucket's name."""
    match integration:
        case AwsIntegration():
            return {
                bucket.name: read_existing(bucket) for bucket in integration.buckets if bucket.ownership == "existing"
            }
        case AzureIntegration():
            return dict(azure_existing.read_existing(integration))
        case GcpIntegration():
            names = [bucket.name for bucket in integration.buckets if bucket.ownership == "existing"]
            return {name: _read_gcp(integration, name) for name in names}
        case OtcIntegration() | S3Integration():
            theirs = [bucket for bucket in integration.buckets if bucket.ownership == "existing"]
            return {bucket.name: _read_s3_compatible(integration, bucket.name) for bucket in theirs}


def read_existing(bucket: AwsBucket) -> Existing:
    """The bucket's policy and CORS rules; what may not be read is said, and never taken for empty."""
    try:
        import boto3
    except ModuleNotFoundError:
        raise ConfigurationError("AWS needs boto3: pip install 'encord-integrations[aws]'") from None
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    config = Config(connect_timeout=10, read_timeout=10, retries={"total_max_attempts": 2})
    try:
        s3 = boto3.Session().client("s3", region_name=bucket.region, config=config)
    except BotoCoreError as error:
        return Existing(unread=f"there is no way to ask AWS: {error}")
    return _documents(s3, bucket.name)


def _read_s3_compatible(integration: S3Compatible, bucket: str) -> Existing:
    from integrations.s3_compatible.client import client, session

    try:
        s3 = client(integration.store, session(integration.profile, integration.region))
    except NotAuthorisedError as error:
        return Existing(unread=str(error))
    return _documents(s3, bucket)


def _documents(s3: Any, bucket: str) -> Existing:
    """Policy and CORS rules of a bucket, as its store shows them."""
    from botocore.exceptions import BotoCoreError, ClientError

    def read(operation: str) -> dict[str, Any]:
        try:
            return dict(getattr(s3, operation)(Bucket=bucket))
        except ClientError as error:
            if error.response["Error"]["Code"] in ABSENT:
                return {}
            raise

    try:
        policy = read("get_bucket_policy").get("Policy")
        rules = read("get_bucket_cors").get("CORSRules", [])
    except ClientError as error:
        return Existing(unread=f"the bucket's documents could not be read ({error.response['Error']['Code']})")
    except BotoCoreError as error:
        return Existing(unread=f"the bucket's documents could not be read ({type(error).__name__})")
    return Existing(json.loads(policy) if policy else None, tuple(rules))


def _read_gcp(integration: GcpIntegration, bucket: str) -> gcp_documents.Existing:
    from integrations import google_cloud

    google_cloud.load()
    from google.api_core.exceptions import GoogleAPICallError
    from google.auth.exceptions import GoogleAuthError
    from requests import RequestException

    try:
        own = google_cloud.client(google_cloud.own_credentials(), integration.project)
        rules = own.get_bucket(bucket, timeout=google_cloud.TIMEOUT_SECONDS, retry=None).cors
    except GoogleAPICallError as error:
        return gcp_documents.Existing(unread=f"the bucket could not be asked: {google_cloud.said(error)}")
    except (GoogleAuthError, RequestException) as error:
        return gcp_documents.Existing(unread=f"Google Cloud could not be asked ({type(error).__name__})")
    return gcp_documents.Existing(tuple(dict(rule) for rule in rules))
