"""AWS: who asks, and what it means when AWS does not answer the question."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from integrations.access import aws as access
from integrations.checks import patience
from integrations.checks.records import Answer, Obstacle, unknown
from integrations.environment.model import AwsIntegration
from integrations.errors import ConfigurationError

if TYPE_CHECKING:
    from botocore.config import Config

Credentials = dict[str, Any]  # as STS gives them

# How long Encord signs its URLs for is not documented; an hour is what a role's session gives by default.
URL_SECONDS = 3600
# https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and its S3 and STS counterparts
NOT_AUTHENTICATED = {
    "ExpiredToken", "ExpiredTokenException", "InvalidAccessKeyId", "InvalidClientTokenId", "InvalidToken",
    "SignatureDoesNotMatch", "UnrecognizedClientException",
}  # fmt: skip
NOT_ALLOWED = {"AccessDenied", "AccessDeniedException", "403", "UnauthorizedAccess"}


def code_of(error: Exception) -> str:
    """The error code in AWS's words, empty if AWS did not answer."""
    response: dict[str, Any] = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))


def _config() -> Config:
    from botocore.config import Config

    return Config(
        connect_timeout=patience.each(),
        read_timeout=patience.each(),
        retries={"total_max_attempts": patience.ATTEMPTS, "mode": "standard"},
        max_pool_connections=32,
        s3={"us_east_1_regional_endpoint": "regional", "addressing_style": "virtual"},
    )


class Operator:
    """Whoever runs the checks: one session for all integrations, because making sessions and clients takes its time.

    Clients may be shared by threads; they are made one at a time, because sessions may not.
    """

    def __init__(self) -> None:
        try:
            import boto3
        except ModuleNotFoundError:
            raise ConfigurationError("AWS needs boto3: pip install 'encord-integrations[aws]'") from None
        from botocore.exceptions import ProfileNotFound
        from botocore.session import Session

        base = Session()
        # Whoever gets credentials for a profile, by assuming a role, is to be no more patient than we are.
        base.set_default_client_config(_config())
        try:
            self._session = boto3.Session(botocore_session=base)
        except ProfileNotFound as error:
            raise ConfigurationError(
                f"AWS_PROFILE: {error}; `aws configure list-profiles` lists those there are"
            ) from None
        self._lock = threading.Lock()
        self._credentials_lock = threading.Lock()
        self._no_credentials: Exception | None = None
        self._clients: dict[tuple[str, str, str], Any] = {}

    def client(self, service: str, region: str, credentials: Credentials | None = None) -> Any:
        """A client with short timeouts, of these credentials or of the operator's own."""
        if credentials is None:
            self._require_credentials()
        key = (service, region, credentials["AccessKeyId"] if credentials else "")
        maker: Any = self._session  # the stubs know no service by a variable's name
        with self._lock:
            if key not in self._clients:
                self._clients[key] = maker.client(service, region_name=region, config=_config(), **_keys(credentials))
            return self._clients[key]

    def _require_credentials(self) -> None:
        """Get the operator's credentials once for all questions: if that takes its time and fails, it fails for all."""
        from botocore.exceptions import BotoCoreError, ClientError

        with self._credentials_lock:
            if self._no_credentials is None:
                try:
                    credentials = self._session.get_credentials()
                    if credentials is not None:
                        credentials.get_frozen_credentials()
                except (BotoCoreError, ClientError) as error:
                    self._no_credentials = error
            if self._no_credentials is not None:
                raise self._no_credentials


def _keys(credentials: Credentials | None) -> dict[str, str]:
    if credentials is None:
        return {}
    return {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }


class Sessions:
    """The operator, and the role, assumed once and shared by all questions of an integration."""

    def __init__(self, integration: AwsIntegration, operator: Operator) -> None:
        self.integration, self._operator = integration, operator
        self._role: Credentials | None = None
        self.role_expires = datetime.min.replace(tzinfo=UTC)

    def client(self, service: str, region: str | None = None, credentials: Credentials | None = None) -> Any:
        """A client in this region, or in that of the first bucket."""
        return self._operator.client(service, region or self.integration.buckets[0].region, credentials)

    def assume(self, external_id: str | None) -> Credentials:
        """The role's credentials, got with this external ID. Raises what STS raises."""
        request = {"RoleArn": access.role_arn(self.integration), "RoleSessionName": f"check-{secrets.token_hex(4)}"}
        if external_id is not None:
            request["ExternalId"] = external_id
        return dict(self.client("sts").assume_role(**request)["Credentials"])

    def become_role(self) -> None:
        """Assume the role as Encord does, and keep the credentials."""
        self._role = self.assume(self.integration.encord.external_id)
        self.role_expires = self._role["Expiration"]

    @property
    def role(self) -> Credentials:
        """The role's credentials; only for questions that presuppose that it was assumed."""
        if self._role is None:
            raise RuntimeError("the role was not assumed")
        return self._role

    @property
    def reader(self) -> Credentials | None:
        """The role's credentials if it was assumed, else the operator's own."""
        return self._role


def guarded(ask: Callable[[], Answer], integration: AwsIntegration) -> Callable[[], Answer]:
    """The same question, with AWS's refusals and silences turned into *unknown* and its reason."""

    def answer() -> Answer:
        from botocore.exceptions import BotoCoreError, ClientError, CredentialRetrievalError, NoCredentialsError

        try:
            return ask()
        except (NoCredentialsError, CredentialRetrievalError):
            return unknown(
                "there are no AWS credentials", Obstacle.AUTHENTICATION, "set AWS_PROFILE, or run in CI as the checker"
            )
        except ClientError as error:
            return _refused(error, integration)
        except BotoCoreError as error:
            return unknown(f"AWS did not answer: {type(error).__name__}", Obstacle.NETWORK)

    return answer


def _refused(error: Any, integration: AwsIntegration) -> Answer:
    code, operation = code_of(error), error.operation_name
    if code in NOT_AUTHENTICATED:
        return unknown(
            f"AWS does not accept these credentials ({code})", Obstacle.AUTHENTICATION, "renew the credentials"
        )
    if code == "RequestTimeTooSkewed":
        return unknown("this machine's clock is more than 15 minutes off", Obstacle.AUTHENTICATION, "set the clock")
    if code in NOT_ALLOWED:
        fix = f"grant what `integrations access show {integration.name} --document checker-policy` prints"
        return unknown(f"these credentials may not call {operation}", Obstacle.RIGHTS, fix)
    return unknown(f"{operation}: {code or 'no code'}", Obstacle.NETWORK)
