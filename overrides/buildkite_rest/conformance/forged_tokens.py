"""Invalid credentials, each with one defect."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from functools import cache
from typing import Final

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from .credentials import FORGED_TOKEN, Secrets

_KEY_SIZE: Final = 2048


def unknown_token() -> tuple[str, str]:
    """Return a description and the header of a token that the server does not know."""
    return "an unknown token", "Bearer bkua_no_such_token_0000000000000000000000"


def malformed_credentials(authorization: str, secrets: Secrets) -> Iterator[tuple[str, str]]:
    """Yield descriptions and headers that contain a valid token in another form, which no report shows."""
    token = authorization.removeprefix("Bearer ")
    user, password = (base64.b64encode(pair.encode()).decode() for pair in (f"{token}:", f"x:{token}"))
    for defect, header in (
        ("the token as the user of basic authentication", f"Basic {user}"),
        ("the token as the password of basic authentication", f"Basic {password}"),
        ("the token without its last character", f"Bearer {token[:-1]}"),
        ("the first half of the token", f"Bearer {token[: len(token) // 2]}"),
    ):
        secrets.add(header, FORGED_TOKEN)
        yield defect, header
    yield "the scheme Token", f"Token {token}"
    yield "the scheme Token with a parameter", f'Token token="{token}"'
    yield "a token without a scheme", token
    yield "an empty token", "Bearer"
    yield "the token and another character", f"Bearer {token}x"
    yield "the token and another word", f"Bearer {token} x"
    yield "the token in capitals", f"Bearer {token.swapcase()}"
    yield "the word null", "Bearer null"
    yield "a wildcard", "Bearer *"
    yield "a quotation mark", "Bearer ' OR '1'='1"


def unsigned_tokens(token_uuid: str) -> Iterator[tuple[str, str]]:
    """Yield pairs of a defect and a JWT for a token, which need no private key of the token."""
    now = int(time.time())
    claims = {"iss": token_uuid, "iat": now - 1, "exp": now + 60}
    signed = jwt.encode(claims, _other_key(), algorithm="RS256")
    yield "is signed with another key", signed
    yield "is not signed (alg none)", jwt.encode(claims, "", algorithm="none")
    yield "has no signature", f"{signed.rpartition('.')[0]}."


@cache
def _other_key() -> RSAPrivateKey:
    return generate_private_key(65537, _KEY_SIZE)
