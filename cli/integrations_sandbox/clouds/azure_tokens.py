"""Access tokens, as Microsoft Entra ID issues them: signed JSON Web Tokens for one audience.

https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference
"""

from __future__ import annotations

import time
import uuid
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from msgspec import Struct

from integrations_sandbox.clouds.azure_state import ServicePrincipal, replace

LIFETIME_SECONDS = 3600
KEY_ID = "sandbox"


class Caller(Struct, frozen=True):
    """Who presents a token: `object_id` in `tenant`, for `audience` (without a slash at the end)."""

    object_id: str
    tenant: str
    application: str
    audience: str


class TokenError(Exception):
    """The token is not accepted; the text is the reason in the cloud's words."""


class Issuer:
    """Signs tokens with a key of its own, which it keeps in `folder`, and verifies them."""

    def __init__(self, folder: Path) -> None:
        path = folder / "signing.key"
        if not path.exists():
            made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
            replace(path, made.private_bytes(encoding, form, serialization.NoEncryption()))
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        assert isinstance(key, rsa.RSAPrivateKey)  # noqa: S101 - this module wrote it
        self._key = key

    def issue(self, principal: ServicePrincipal, audience: str, lifetime: int = LIFETIME_SECONDS) -> str:
        """A token that says who the principal is: `oid` is its object id, `appid` the application's id."""
        now = int(time.time())
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{principal.tenant}/",
            "iat": now,
            "nbf": now,
            "exp": now + lifetime,
            "tid": principal.tenant,
            "oid": principal.id,
            "sub": principal.id,
            "appid": principal.application,
            "idtyp": "app",
            "roles": list(principal.graph),
            "uti": uuid.uuid4().hex,
            "ver": "1.0",
        }
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": KEY_ID})

    def verify(self, authorization: str) -> Caller:
        """Who sends this Authorization header. Raises TokenError."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise TokenError("Authentication scheme is not supported.")
        try:
            # Who asks knows which audiences it accepts.
            claims = jwt.decode(token, self._key.public_key(), algorithms=["RS256"], options={"verify_aud": False})
        except jwt.ExpiredSignatureError as error:
            raise TokenError("Lifetime validation failed. The token is expired.") from error
        except jwt.InvalidSignatureError as error:
            raise TokenError("Signature validation failed. Signature verification failed.") from error
        except jwt.InvalidTokenError as error:
            raise TokenError("The token is not a JSON Web Token of this issuer.") from error
        return Caller(claims["oid"], claims["tid"], claims["appid"], claims["aud"].rstrip("/"))

    def public_keys(self) -> dict[str, object]:
        """The JSON Web Key Set to verify with."""
        key = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**key, "kid": KEY_ID, "use": "sig"}]}
