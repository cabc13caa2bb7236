"""How a request to Encord can fail, told apart by what is then known of the work that was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integrations.errors import NotAuthorisedError, UnreachableError

if TYPE_CHECKING:
    from integrations.errors import IntegrationsError


class NotSentError(UnreachableError):
    """No connection was made, so nothing was done."""


class RateLimitedError(UnreachableError):
    """Encord took nothing and wants to be asked later. after: seconds, if it said how many."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class RefusedError(UnreachableError):
    """Encord understood the request and will not do it, also not the next time."""


class GoneError(RefusedError):
    """What the request is about does not exist: a folder, a job."""


class TooLargeError(RefusedError):
    """The request has more bytes than Encord takes."""


def translate(error: BaseException, domain: str) -> IntegrationsError | None:
    """An error of the SDK as one of ours; None if it is not an error of the SDK.

    An UnreachableError that is none of the classes above leaves open whether the work was done.
    """
    import requests
    from encord import exceptions

    if isinstance(error, exceptions.AuthenticationError):
        return NotAuthorisedError(
            f"{domain} does not know this key: register its public half in Encord, and mind that the US"
            " workspace has a domain of its own (https://api.us.encord.com)"
        )
    if isinstance(error, exceptions.AuthorisationError):
        return NotAuthorisedError(f"{domain} refuses: {error.message}")
    if isinstance(error, exceptions.RateLimitExceededError):
        return RateLimitedError(f"{domain} is asked too often", error.retry_after)
    if isinstance(error, exceptions.PayloadTooLargeError):
        return TooLargeError(f"{domain} refuses: {error.message}")
    if isinstance(error, exceptions.ResourceNotFoundError):
        return GoneError(f"{domain} refuses: {error.message}")
    if isinstance(error, exceptions.InvalidArgumentsError):
        return RefusedError(f"{domain} refuses: {error.message}")
    if isinstance(error, (requests.RequestException, exceptions.RequestException, exceptions.TimeOutError)):
        if _never_connected(error):
            return NotSentError(f"{domain} cannot be reached")
        return UnreachableError(f"{domain} does not answer ({type(error.__cause__ or error).__name__})")
    if isinstance(error, exceptions.EncordException):
        return UnreachableError(f"{domain} answered with an error: {error.message}")
    return None


def _never_connected(error: BaseException) -> bool:
    """Whether the connection itself failed: the SDK keeps the reason two causes down."""
    from requests import ConnectTimeout
    from urllib3.exceptions import MaxRetryError, NewConnectionError

    cause = error.__cause__ or error
    if isinstance(cause, ConnectTimeout):
        return True
    inner = cause.args[0] if cause.args else None
    return isinstance(inner, MaxRetryError) and isinstance(inner.reason, NewConnectionError)
