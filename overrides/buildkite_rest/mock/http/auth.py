"""Authentication and scopes: opaque access tokens, and JSON Web Tokens signed with a registered key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt
from jwt.exceptions import PyJWTError

from .errors import ForbiddenError, UnauthorizedError

if TYPE_CHECKING:
    from ..backend import Backend
    from ..resources.access_tokens import Token


_INVALID = "The JSON Web Token is not valid"
_REQUIRED = "Authentication required. Please supply a valid API access token."
#: Seconds by which `iat` may differ from the clock.
_ISSUED_TOLERANCE = 10
#: Most seconds between `iat` and `exp`.
_LONGEST_LIFE = 300


def authenticate(backend: Backend, authorization: str | None, now: float) -> Token:
    """Return the token of an `Authorization` header, or raise 401."""
    scheme, _, credential = (authorization or "").partition(" ")
    credential = credential.strip()
    if scheme.lower() != "bearer" or not credential:
        raise UnauthorizedError(_REQUIRED)
    signed = credential.count(".") == 2
    token = _jwt_token(backend, credential, now) if signed else backend.token_with_secret(credential)
    if token is None or token.revoked or (token.expires_at is not None and token.expires_at <= now):
        raise UnauthorizedError(_REQUIRED)
    return token


def authorize(token: Token, scopes: frozenset[str]) -> None:
    """Raise 403 if the token lacks a scope."""
    missing = sorted(scopes - token.scopes)
    if missing:
        raise ForbiddenError(f"This access token does not have the scope {missing[0]}.")


def _jwt_token(backend: Backend, credential: str, now: float) -> Token | None:
    """Return the token that a JWT is issued by."""
    try:
        claims: dict[str, Any] = jwt.decode(credential, options={"verify_signature": False})
        token = backend.tokens.get(str(claims.get("iss")))
        if token is None or token.public_key is None:
            return None
        # Times are checked below: PyJWT only uses the system clock.
        claims = jwt.decode(
            credential,
            token.public_key,
            algorithms=["RS256"],
            options={"require": ["iss", "iat", "exp"], "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
    except (PyJWTError, ValueError, TypeError) as error:
        raise UnauthorizedError(f"{_INVALID}: {error}.") from error
    _check_times(claims["iat"], claims["exp"], now)
    return token


def _check_times(issued: object, expires: object, now: float) -> None:
    if not isinstance(issued, int | float) or abs(issued - now) > _ISSUED_TOLERANCE:
        raise UnauthorizedError(f"{_INVALID}: iat must be within {_ISSUED_TOLERANCE} seconds of now.")
    if not isinstance(expires, int | float) or not max(issued, now) < expires <= issued + _LONGEST_LIFE:
        raise UnauthorizedError(f"{_INVALID}: exp must be after now and at most {_LONGEST_LIFE} seconds after iat.")
