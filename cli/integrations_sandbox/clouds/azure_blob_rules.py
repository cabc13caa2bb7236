"""What a request to the blob service needs to be allowed, and how it is refused. Pure.

Azurite lets any well-formed token do anything and knows neither roles nor the account's settings; these are the
rules that stand in front of it.
"""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Mapping
from email.utils import format_datetime
from xml.sax.saxutils import escape

from msgspec import Struct

from integrations_sandbox.clouds.azure_roles import BLOB_SERVICE, BLOBS, CONTAINERS, DELEGATION_KEY
from integrations_sandbox.clouds.azure_state import Account

MISMATCH = "This request is not authorized to perform this operation using this permission."
NOT_AUTHENTICATED = (
    "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly "
    "including the signature."
)
SEE_CHALLENGE = (
    "Server failed to authenticate the request. Please refer to the information in the www-authenticate header."
)
CHALLENGE_VERSION = "2019-12-12"


class Refusal(Exception):  # noqa: N818 - it is the answer, not a fault of ours
    """An answer of the blob service that is not yes.

    Codes: https://learn.microsoft.com/en-us/rest/api/storageservices/common-rest-api-error-codes and
    …/blob-service-error-codes.
    """

    def __init__(self, status: int, code: str, message: str, detail: str = "", challenge: str = "") -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.detail, self.challenge = status, code, message, detail, challenge

    def body(self, request_id: str) -> bytes:
        stamp = datetime.datetime.now(datetime.UTC).isoformat()
        text = f"{self.message}\nRequestId:{request_id}\nTime:{stamp}"
        detail = f"<AuthenticationErrorDetail>{escape(self.detail)}</AuthenticationErrorDetail>" if self.detail else ""
        head = '<?xml version="1.0" encoding="utf-8"?>'
        return f"{head}<Error><Code>{self.code}</Code><Message>{escape(text)}</Message>{detail}</Error>".encode()


class Need(Struct, frozen=True):
    """An action that must be allowed, at the account or at one of its containers. data: it is a data action."""

    action: str
    container: str = ""
    data: bool = False

    def scope(self, account: Account) -> str:
        return f"{account.id}/blobServices/default/containers/{self.container}" if self.container else account.id


def needs(method: str, container: str, blob: str, query: Mapping[str, str], copied_from: str = "") -> list[Need] | None:
    """Every action that the request needs, or None if it is no operation of the blob service that is known here.

    copied_from: the container of a blob that is copied within the account.
    https://learn.microsoft.com/en-us/rest/api/storageservices/authorize-with-azure-active-directory#permissions-for-calling-data-operations
    """
    comp, restype = query.get("comp", ""), query.get("restype", "")
    if comp == "properties" and restype == "account":
        return [Need(f"{BLOB_SERVICE}/getInfo/action")]
    if comp == "batch" and method == "POST":
        # Azure judges every part of a batch by itself; here the whole must be allowed for all it could hold.
        return [Need(f"{BLOBS}/{verb}", container, data=True) for verb in ("write", "delete")]
    if not container:
        found = SERVICE.get((method, restype, comp))
        return [Need(found)] if found else None
    if not blob and restype == "container":
        return _container(method, container, comp)
    if not blob:
        return None
    found = BLOB.get((method, comp))
    if found is None:
        return None
    source = [Need(f"{BLOBS}/read", copied_from, data=True)] if copied_from else []
    return [Need(f"{BLOBS}/{found}", container, data=True), *source]


SERVICE = {
    ("GET", "", "list"): f"{CONTAINERS}/read",
    ("GET", "service", "properties"): f"{BLOB_SERVICE}/read",
    ("PUT", "service", "properties"): f"{BLOB_SERVICE}/write",
    ("GET", "service", "stats"): f"{BLOB_SERVICE}/read",
    ("POST", "service", "userdelegationkey"): DELEGATION_KEY,
    ("GET", "", "blobs"): f"{BLOBS}/filter/action",
}
CONTAINER = {
    ("PUT", ""): "write",
    ("DELETE", ""): "delete",
    ("GET", ""): "read",
    ("HEAD", ""): "read",
    ("GET", "metadata"): "read",
    ("HEAD", "metadata"): "read",
    ("PUT", "metadata"): "write",
    ("PUT", "lease"): "write",
    ("GET", "acl"): "getAcl/action",
    ("HEAD", "acl"): "getAcl/action",
    ("PUT", "acl"): "setAcl/action",
}
BLOB = {
    **{("GET", comp): "read" for comp in ("", "metadata", "blocklist", "pagelist")},
    **{("HEAD", comp): "read" for comp in ("", "metadata")},
    **{
        ("PUT", comp): "write"
        for comp in (
            "", "properties", "metadata", "lease", "snapshot", "copy", "tier", "block", "blocklist", "page",
            "appendblock", "undelete",
        )
    },
    ("DELETE", ""): "delete",
    ("GET", "tags"): "tags/read",
    ("PUT", "tags"): "tags/write",
}  # fmt: skip


def _container(method: str, container: str, comp: str) -> list[Need] | None:
    if (method, comp) == ("GET", "list"):
        return [Need(f"{BLOBS}/read", container, data=True)]
    found = CONTAINER.get((method, comp))
    return [Need(f"{CONTAINERS}/{found}", container)] if found else None


def check_network(account: Account, address: str) -> None:
    """Refuse whom the account's firewall leaves out
    (https://learn.microsoft.com/en-us/azure/storage/common/storage-network-security)."""
    rules = account.properties.get("networkAcls", {})
    closed = account.properties.get("publicNetworkAccess") == "Disabled"
    listed = [str(rule.get("value")) for rule in rules.get("ipRules", [])]
    if closed or (rules.get("defaultAction") == "Deny" and not any(_inside(address, span) for span in listed)):
        raise Refusal(403, "AuthorizationFailure", "This request is not authorized to perform this operation.")


def check_keys(account: Account) -> None:
    """Refuse the account's keys, and what is signed with them, where the account does
    (https://learn.microsoft.com/en-us/azure/storage/common/shared-key-authorization-prevent)."""
    if account.properties.get("allowSharedKeyAccess") is False:
        text = "Key based authentication is not permitted on this storage account."
        raise Refusal(403, "KeyBasedAuthenticationNotPermitted", text)


def check_source(query: Mapping[str, str], address: str) -> None:
    """Refuse an address outside of a signature's `sip`, which Azurite overlooks
    (https://learn.microsoft.com/en-us/rest/api/storageservices/create-account-sas#specify-an-ip-address-or-ip-range)."""
    if "sip" in query and not _inside(address, query["sip"]):
        text = "This request is not authorized to perform this operation using this source IP"
        raise Refusal(403, "AuthorizationSourceIPMismatch", f"{text} {address}.")


def check_public_access(account: Account, wanted: str) -> None:
    """Refuse to make a container public where the account does not allow it
    (https://learn.microsoft.com/en-us/azure/storage/blobs/anonymous-read-access-prevent)."""
    if wanted and not account.properties.get("allowBlobPublicAccess"):
        raise _not_public()


def _not_public() -> Refusal:
    return Refusal(409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account.")


def anonymous(account: Account, tenant: str, version: str) -> Refusal:
    """How a request without credentials is refused.

    Newer clients are told where to get a token
    (https://learn.microsoft.com/en-us/rest/api/storageservices/authorize-with-azure-active-directory#bearer-challenge),
    a browser is not told whether there is anything
    (https://learn.microsoft.com/en-us/azure/storage/blobs/anonymous-read-access-prevent).
    """
    if version >= CHALLENGE_VERSION:
        return Refusal(401, "NoAuthenticationInformation", SEE_CHALLENGE, challenge=challenge(tenant))
    if not account.properties.get("allowBlobPublicAccess"):
        return _not_public()
    return Refusal(404, "ResourceNotFound", "The specified resource does not exist.")


def challenge(tenant: str) -> str:
    """Where to get a token for the blob service."""
    uri = f"https://login.microsoftonline.com/{tenant}/oauth2/authorize"
    return f"Bearer authorization_uri={uri} resource_id=https://storage.azure.com"


def not_authenticated(query: Mapping[str, str], now: datetime.datetime) -> Refusal:
    """How a wrong signature is refused: 403 with the reason; Azurite says AuthorizationFailure and no reason
    (https://learn.microsoft.com/en-us/troubleshoot/azure/azure-storage/blobs/authentication/storage-troubleshoot-403-errors)."""
    if "sig" not in query:
        return Refusal(403, "AuthenticationFailed", NOT_AUTHENTICATED)
    if in_time(query, now):
        return Refusal(403, "AuthenticationFailed", NOT_AUTHENTICATED, "Signature did not match.")
    start, expiry = (moment(query.get(key, "")) for key in ("st", "se"))
    span = " - ".join(f"{name} [{_http(at)}]" for name, at in (("Start", start), ("Expiry", expiry)) if at)
    detail = f"Signature not valid in the specified time frame: {span} - Current [{_http(now)}]"
    return Refusal(403, "AuthenticationFailed", NOT_AUTHENTICATED, detail)


def in_time(query: Mapping[str, str], now: datetime.datetime) -> bool:
    """Whether a signature's time has come and is not over; what does not say when is judged elsewhere."""
    start, expiry = moment(query.get("st", "")), moment(query.get("se", ""))
    return (start is None or start <= now) and (expiry is None or now < expiry)


def moment(text: str) -> datetime.datetime | None:
    """A time of a signature, in UTC; None for none and for what is no time."""
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)


def _http(at: datetime.datetime) -> str:
    return format_datetime(at.astimezone(datetime.UTC), usegmt=True)


def _inside(address: str, span: str) -> bool:
    """Whether an address is in `a`, `a-b` or `a/bits`; what is none of these holds nobody."""
    try:
        one = ipaddress.ip_address(address)
        low, _, high = span.partition("-")
        if not high:
            return one in ipaddress.ip_network(low, strict=False)
        return int(ipaddress.ip_address(low)) <= int(one) <= int(ipaddress.ip_address(high))
    except ValueError:
        return False
