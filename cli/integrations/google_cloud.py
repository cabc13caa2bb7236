"""The door to Google's own libraries, which are imported when they are first needed."""

from __future__ import annotations

import warnings
from typing import Any

from integrations.errors import ConfigurationError

SCOPES = ("https://www.googleapis.com/auth/devstorage.read_write", "https://www.googleapis.com/auth/cloud-platform")
SIGN_IN = "set GOOGLE_APPLICATION_CREDENTIALS, run `gcloud auth application-default login`, or run in CI as the checker"
TIMEOUT_SECONDS = 15


def load() -> Any:
    """Import google.cloud.storage, and what it needs. Raises ConfigurationError if they are not installed."""
    try:
        with warnings.catch_warnings():
            # They warn, while they are imported, of the day on which they will stop knowing this Python.
            warnings.simplefilter("ignore")
            from google.cloud import storage
    except ModuleNotFoundError:
        raise ConfigurationError(
            "Google Cloud needs google-cloud-storage: pip install 'encord-integrations[gcp]'"
        ) from None
    return storage


def own_credentials() -> Any:
    """The operator's own (https://cloud.google.com/docs/authentication/application-default-credentials).

    Raises google.auth.exceptions.DefaultCredentialsError if there are none.
    """
    load()
    import google.auth

    return google.auth.default(scopes=SCOPES)[0]


def client(credentials: Any, project: str) -> Any:
    """A client for Cloud Storage with these credentials."""
    return load().Client(project=project, credentials=credentials)


def said(error: Any) -> str:
    """A refusal (google.api_core.exceptions.GoogleAPICallError) in Google's words, without the address that was asked."""
    told = error.errors[0].get("message") if error.errors else None
    return f"{told or type(error).__name__} ({int(error.code)})"
