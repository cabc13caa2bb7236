"""What the owner of an existing bucket has there now, read with the operator's own credentials."""

from __future__ import annotations

import json
from typing import Any

from integrations.access.aws_documents import Existing
from integrations.environment.model import AwsBucket
from integrations.errors import ConfigurationError


def read_existing(bucket: AwsBucket) -> Existing:
    """The bucket's policy and CORS rules; what may not be read is said, and never taken for empty."""
    try:
        import boto3
    except ModuleNotFoundError:
        raise ConfigurationError("AWS needs boto3: pip install 'encord-integrations[aws]'") from None
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    config = Config(connect_timeout=10, read_timeout=10, retries={"total_max_attempts": 2})
    try:
        s3 = boto3.Session().client("s3", region_name=bucket.region, config=config)
    except BotoCoreError as error:
        return Existing(unread=f"there is no way to ask AWS: {error}")

    def read(operation: str, nothing: str) -> dict[str, Any]:
        try:
            return dict(getattr(s3, operation)(Bucket=bucket.name))
        except ClientError as error:
            if error.response["Error"]["Code"] == nothing:
                return {}
            raise

    try:
        policy = read("get_bucket_policy", "NoSuchBucketPolicy").get("Policy")
        rules = read("get_bucket_cors", "NoSuchCORSConfiguration").get("CORSRules", [])
    except ClientError as error:
        return Existing(unread=f"the bucket's documents could not be read ({error.response['Error']['Code']})")
    except BotoCoreError as error:
        return Existing(unread=f"the bucket's documents could not be read ({type(error).__name__})")
    return Existing(json.loads(policy) if policy else None, tuple(rules))
