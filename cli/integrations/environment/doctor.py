"""This machine: what is installed, which credentials there are, what answers."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path

from msgspec import Struct

from integrations import __version__
from integrations.encord_client.connection import connect, domain_of, translated
from integrations.environment.load import environment_names, load_environment
from integrations.environment.model import AzureIntegration, Environment, OtcIntegration, S3Integration
from integrations.environment.s3_compatible import S3Compatible
from integrations.errors import IntegrationsError

PYTHON = (3, 11)
# distribution: the extra that brings it
PARTS = {
    "encord": "", "boto3": "aws", "azure-identity": "azure", "google-cloud-storage": "gcp", "pulumi": "stacks",
    "pulumi-aws": "stacks-aws", "pulumi-azure-native": "stacks-azure", "pulumi-gcp": "stacks-gcp", "ministack": "sandbox",
}  # fmt: skip
# Encord's signatures carry a time; a clock this far off is asking for trouble.
SKEW_SECONDS = 60
TIMEOUT_SECONDS = 10


class Diagnosis(Struct, frozen=True):
    """One thing about this machine. ok is None for something that is merely not there. fix: what to do."""

    subject: str
    ok: bool | None
    seen: str
    fix: str = ""


def diagnose(root: Path) -> Iterator[Diagnosis]:
    """Look at everything, one thing after the other; nothing is changed."""
    yield from _software()
    environments: list[Environment] = []
    for name in environment_names(root):
        try:
            environments.append(load_environment(name, root))
            yield Diagnosis(f"environment {name}", True, f"{len(environments[-1].integrations)} integrations")
        except IntegrationsError as error:
            yield Diagnosis(f"environment {name}", False, str(error), "mend the file")
    if not environments:
        yield Diagnosis("environments", None, f"no Pulumi.<environment>.yaml in {root}")
    if any(i.cloud == "aws" for environment in environments for i in environment.integrations):
        yield _aws()
    if any(i.cloud == "gcp" for environment in environments for i in environment.integrations):
        yield _gcp()
    accounts = (i for e in environments for i in e.integrations if isinstance(i, AzureIntegration))
    for one in {(account.subscription, account.resource_group.name): account for account in accounts}.values():
        yield from _azure(one)
    stores = (i for e in environments for i in e.integrations if isinstance(i, OtcIntegration | S3Integration))
    for integration in {(one.profile, one.store): one for one in stores}.values():
        yield _s3_compatible(integration)
    for domain in dict.fromkeys(domain_of(environment.settings.encord.domain) for environment in environments):
        yield from _encord(domain)


def _software() -> Iterator[Diagnosis]:
    python = platform.python_version()
    yield Diagnosis("python", sys.version_info >= PYTHON, python, f"install Python {PYTHON[0]}.{PYTHON[1]} or newer")
    yield Diagnosis("integrations", True, __version__)
    for name, extra in PARTS.items():
        try:
            yield Diagnosis(name, True, importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            yield Diagnosis(name, None, "not installed", f"pip install 'encord-integrations[{extra}]'")
    found = shutil.which("pulumi")
    if found is None:
        yield Diagnosis("pulumi CLI", None, "not on the PATH", "needed for `pulumi up`; see its own installation page")
        return
    done = subprocess.run([found, "version"], capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)
    yield Diagnosis("pulumi CLI", done.returncode == 0, done.stdout.strip() or done.stderr.strip())


def _aws() -> Diagnosis:
    fix = "set AWS_PROFILE, or log in"
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError
    except ModuleNotFoundError:
        return Diagnosis("AWS credentials", None, "boto3 is not installed", "pip install 'encord-integrations[aws]'")
    config = Config(connect_timeout=TIMEOUT_SECONDS, read_timeout=TIMEOUT_SECONDS, retries={"total_max_attempts": 1})
    try:
        caller = boto3.Session().client("sts", region_name="us-east-1", config=config).get_caller_identity()
        return Diagnosis("AWS credentials", True, caller["Arn"])
    except ClientError as error:
        return Diagnosis("AWS credentials", False, f"AWS says {error.response['Error']['Code']}", fix)
    except BotoCoreError as error:
        return Diagnosis("AWS credentials", False, str(error), fix)


def _gcp() -> Diagnosis:
    """Whether Google gives a token for these credentials, and whose they are where they say it."""
    from integrations import google_cloud

    subject = "Google Cloud credentials"
    try:
        google_cloud.load()
    except IntegrationsError as error:
        return Diagnosis(subject, None, "not installed", str(error))
    from google.auth.exceptions import GoogleAuthError
    from google.auth.transport.requests import Request

    try:
        own = google_cloud.own_credentials()
        own.refresh(Request())
    except GoogleAuthError as error:
        return Diagnosis(subject, False, str(error.args[0] if error.args else error), google_cloud.SIGN_IN)
    return Diagnosis(subject, True, getattr(own, "service_account_email", None) or "signed in")


def _azure(integration: AzureIntegration) -> Iterator[Diagnosis]:
    """Who this is, and whether it could run `pulumi up`: the right to assign roles is often not there."""
    from integrations.access.azure import MAY_ASSIGN
    from integrations.environment.azure_rights import rights

    subject = f"Azure {integration.resource_group.name}"
    try:
        found = rights(integration)
    except IntegrationsError as error:
        yield Diagnosis(subject, False, str(error), "log in (`az login`), or set AZURE_CLIENT_ID and its like")
        return
    yield Diagnosis(subject, True, f"signed in as {found.identity}")
    fix = f"who runs `pulumi up` needs {MAY_ASSIGN} on {found.scope}, as the role User Access Administrator has it"
    seen = "roles can be assigned" if found.may_assign else "no right to assign roles"
    yield Diagnosis(f"{subject}, roles", found.may_assign or None, seen, "" if found.may_assign else fix)


def _s3_compatible(integration: S3Compatible) -> Diagnosis:
    """Whether the store knows the profile's key: by asking for a bucket, which may be refused or missing."""
    from integrations.s3_compatible.client import client, code_of, session

    subject = f"profile {integration.profile}"
    try:
        s3 = client(integration.store, session(integration.profile, integration.region))
    except IntegrationsError as error:
        return Diagnosis(subject, False, str(error))
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        s3.get_bucket_location(Bucket=integration.buckets[0].name)
    except ClientError as error:
        if code_of(error) in ("InvalidAccessKeyId", "SignatureDoesNotMatch"):
            return Diagnosis(subject, False, f"{integration.store.host} says {code_of(error)}", "renew the key")
    except BotoCoreError as error:
        return Diagnosis(subject, False, str(error))
    return Diagnosis(subject, True, f"{integration.store.host} knows its key")


def _encord(domain: str) -> Iterator[Diagnosis]:
    def look(subject: str, ask: Callable[[], str]) -> Diagnosis:
        try:
            return Diagnosis(subject, True, ask())
        except IntegrationsError as error:
            return Diagnosis(subject, False, str(error))

    yield look(f"Encord {domain}", lambda: _integrations(domain))
    yield look("clock", lambda: _clock(domain))


def _integrations(domain: str) -> str:
    client = connect(domain)
    with translated(domain):
        return f"{len(client.get_cloud_integrations())} integrations"


def _clock(domain: str) -> str:
    """How far this machine's clock is from Encord's, by the Date of any answer."""
    import time

    import requests

    with translated(domain):
        answer = requests.head(domain, timeout=TIMEOUT_SECONDS)
    stated = answer.headers.get("Date")
    if stated is None:
        return "unknown: the server does not state its time"
    skew = abs(time.time() - parsedate_to_datetime(stated).timestamp())
    if skew > SKEW_SECONDS:
        raise IntegrationsError(
            f"this machine's clock is {skew:.0f} s off, and signatures carry the time: set the clock"
        )
    return f"within {SKEW_SECONDS} s of {domain}"


def proxy_settings() -> dict[str, str]:
    """The variables that lead this machine's requests elsewhere, as they are set."""
    names = (
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "NO_PROXY",
        "AWS_CA_BUNDLE",
        "REQUESTS_CA_BUNDLE",
        "SSL_CERT_FILE",
        "ENCORD_DOMAIN",
    )
    # A proxy's address may hold a password.
    return {name: re.sub(r"//[^/@]*@", "//***@", os.environ[name]) for name in names if os.environ.get(name)}
