"""Tokens that the API must refuse: each breaks one of its rules for JSON Web Tokens, and no other."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .._auth.tokens import JWTAuth

_BITS: Final = 2048
_STRANGER: Final = "00000000-0000-4000-8000-000000000000"


def forged_tokens(auth: JWTAuth) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a token, and the token, signed as `auth` signs where nothing else is said."""
    key = auth._key  # pyright: ignore[reportPrivateUsage] - public code has no use for it
    now = int(time.time())
    good: Mapping[str, Any] = {"iss": auth.token_uuid, "iat": now - 1, "exp": now + 60}
    wrong: dict[str, Mapping[str, Any]] = {
        "names another token in iss": {**good, "iss": _STRANGER},
        "has no iss": {name: value for name, value in good.items() if name != "iss"},
        "has no iat": {name: value for name, value in good.items() if name != "iat"},
        "has no exp": {name: value for name, value in good.items() if name != "exp"},
        "has an iat that is a minute old": {**good, "iat": now - 60},
        "has an iat that lies a minute ahead": {**good, "iat": now + 60, "exp": now + 90},
        "is good for longer than five minutes": {**good, "exp": now + 600},
        "has expired": {**good, "iat": now - 6, "exp": now - 2},
    }
    for what, claims in wrong.items():
        yield what, jwt.encode(dict(claims), key, algorithm="RS256")
    signed = jwt.encode(dict(good), key, algorithm="RS256")
    yield "is signed with another key", jwt.encode(dict(good), generate_private_key(65537, _BITS), algorithm="RS256")
    yield "is signed with RS512", jwt.encode(dict(good), key, algorithm="RS512")
    yield "is not signed (alg none)", jwt.encode(dict(good), "", algorithm="none")
    yield "is signed with the public key as a password (HS256)", _hs256(good, key)
    yield "has claims that were changed after it was signed", _tampered(signed, good)


def _hs256(claims: Mapping[str, Any], key: RSAPrivateKey) -> str:
    """Sign by hand, because PyJWT refuses to."""
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    text = f"{_encoded({'typ': 'JWT', 'alg': 'HS256'})}.{_encoded(claims)}"
    digest = hmac.new(public, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def _tampered(signed: str, claims: Mapping[str, Any]) -> str:
    header, _, signature = signed.split(".")
    return f"{header}.{_encoded({**claims, 'exp': claims['exp'] + 60})}.{signature}"


def _encoded(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
