"""Invalid credentials, each with one defect."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from .credentials import FORGED_TOKEN, Secrets

_KEY_SIZE: Final = 2048


def unknown_token() -> tuple[str, str]:
    """Return a description and the header of a token that the server does not know."""
    return "an unknown token", "Bearer bkua_no_such_token_0000000000000000000000"


def malformed_credentials(authorization: str, secrets: Secrets) -> Iterator[tuple[str, str]]:
    """Yield descriptions and headers that contain a valid token in another form, which no report shows."""
    token = authorization.removeprefix("Bearer ")
    for place, pair in (("user", f"{token}:"), ("password", f"x:{token}")):
        basic = f"Basic {base64.b64encode(pair.encode()).decode()}"
        secrets.add(basic, FORGED_TOKEN)
        yield f"the token as the {place} of basic authentication", basic
    yield "the scheme Token", f"Token {token}"
    yield "the scheme Token with a parameter", f'Token token="{token}"'
    yield "a token without a scheme", token
    yield "an empty token", "Bearer"
    yield "the token without its last character", f"Bearer {token[:-1]}"
    yield "the first half of the token", f"Bearer {token[: len(token) // 2]}"
    yield "the token and another character", f"Bearer {token}x"
    yield "the token and another word", f"Bearer {token} x"
    yield "the token in capitals", f"Bearer {token.swapcase()}"
    yield "the word null", "Bearer null"
    yield "a wildcard", "Bearer *"
    yield "a quotation mark", "Bearer ' OR '1'='1"


def unsigned_tokens(token_uuid: str) -> Iterator[tuple[str, str]]:
    """Yield pairs of a defect and a JWT for a token, which need no private key of the token."""
    now = int(time.time())
    valid: Mapping[str, Any] = {"iss": token_uuid, "iat": now - 1, "exp": now + 60}
    key = _other_key()
    yield "is signed with another key", jwt.encode(dict(valid), key, algorithm="RS256")
    yield "is not signed (alg none)", jwt.encode(dict(valid), "", algorithm="none")
    yield "is not signed (alg nOnE)", f"{_encoded({'typ': 'JWT', 'alg': 'nOnE'})}.{_encoded(valid)}."
    yield "has no signature", f"{_encoded({'typ': 'JWT', 'alg': 'RS256'})}.{_encoded(valid)}."
    yield "is signed with an empty secret", _signed_hs256(valid, b"")
    public: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
    yield "has its own key in the header", jwt.encode(dict(valid), key, algorithm="RS256", headers={"jwk": public})


@cache
def _other_key() -> RSAPrivateKey:
    return generate_private_key(65537, _KEY_SIZE)


def _signed_hs256(claims: Mapping[str, Any], secret: bytes) -> str:
    """Sign with a public key or an empty secret, which PyJWT refuses to do."""
    text = f"{_encoded({'typ': 'JWT', 'alg': 'HS256'})}.{_encoded(claims)}"
    digest = hmac.new(secret, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def _encoded(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
