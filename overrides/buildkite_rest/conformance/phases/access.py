"""The phase *access*: scopes are enforced, forged tokens are rejected, and CORS allows web pages."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ..._auth.signed_jwts import JWTAuth
from ..credentials import FORGED_TOKEN, NO_SCOPE_TOKEN
from ..objects import ObjectSelector, PathValues, with_ids
from ..response_checks import cors_problems
from ..spec import Operation
from ..traffic import Session

_ORIGIN: Final = "https://dashboard.example"
_KEY_SIZE: Final = 2048
_OTHER_TOKEN: Final = "00000000-0000-4000-8000-000000000000"  # noqa: S105 - the UUID of no token


def check_access(session: Session, selector: ObjectSelector, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Check the access to all operations. Yields each operation before its requests are sent."""
    for operation in operations:
        if operation.is_read_only and operation.needs_token and (objects := _objects(selector, operation)):
            yield operation
            _check_forged_tokens(session, operation, objects[0])
            break
    for operation in operations:
        yield operation
        if session.options.no_scope_auth is not None and operation.scopes:
            _check_scope(session, selector, operation)
        if session.options.write:
            _check_preflight(session, selector, operation)


def _objects(selector: ObjectSelector, operation: Operation) -> Sequence[PathValues]:
    if not operation.parameters:
        return [{}]
    return selector.expendable(operation) if operation.is_destructive else selector.usable(operation)


def _check_forged_tokens(session: Session, operation: Operation, values: PathValues) -> None:
    auth = session.options.auth
    if not isinstance(auth, JWTAuth):
        return
    for defect, token in forged_tokens(auth):
        session.secrets.add(token, FORGED_TOKEN)
        response = session.send(operation, values, authorization=f"Bearer {token}")
        if response.status != 401:
            message = f"a token that {defect} gets {response.status} instead of 401"
            session.record_failure("forged_token_accepted", "BK201", message, response)


def _check_scope(session: Session, selector: ObjectSelector, operation: Operation) -> None:
    assert session.options.no_scope_auth is not None  # noqa: S101 - for the type checker
    authorization = session.options.no_scope_auth.authorization()
    session.secrets.add(authorization, NO_SCOPE_TOKEN)
    for values in _objects(selector, operation)[:1]:
        examples = operation.body_examples
        body = with_ids(examples[0], selector.objects.known_ids) if examples else None
        response = session.send(operation, values, body=body, authorization=authorization)
        if response.status != 403:
            scopes = ", ".join(operation.scopes)
            message = f"a token without the scope {scopes} gets {response.status} instead of 403"
            session.record_failure("scope_not_enforced", "BK202", message, response)


def _check_preflight(session: Session, selector: ObjectSelector, operation: Operation) -> None:
    preflight = {"Origin": _ORIGIN, "Access-Control-Request-Method": operation.method}
    for values in _objects(selector, operation)[:1]:
        response = session.send(operation, values, method="OPTIONS", headers=preflight)
        headers = {name.lower(): value for name, value in response.headers.items()}
        problems = list(cors_problems({"access-control-expose-headers": "*", **headers}))
        methods = headers.get("access-control-allow-methods", "")
        if operation.method not in {name.strip() for name in methods.split(",")} and methods.strip() != "*":
            problems.append(f"Access-Control-Allow-Methods does not list {operation.method}")
        allowed = headers.get("access-control-allow-headers", "").lower()
        if "authorization" not in {name.strip() for name in allowed.split(",")}:
            problems.append("Access-Control-Allow-Headers does not list Authorization")
        if not 200 <= response.status < 300:
            problems.append(f"the preflight request gets {response.status}")
        for problem in problems:
            session.record_failure("preflight_refused", "BK203", problem, response)


def forged_tokens(auth: JWTAuth) -> Iterator[tuple[str, str]]:
    """Yield pairs of a defect and a JWT of `auth` with this defect only."""
    key = auth._key  # pyright: ignore[reportPrivateUsage] - public code has no use for it
    now = int(time.time())
    valid: Mapping[str, Any] = {"iss": auth.token_uuid, "iat": now - 1, "exp": now + 60}
    invalid: dict[str, Mapping[str, Any]] = {
        "has another token in iss": {**valid, "iss": _OTHER_TOKEN},
        "has no iss": {name: value for name, value in valid.items() if name != "iss"},
        "has no iat": {name: value for name, value in valid.items() if name != "iat"},
        "has no exp": {name: value for name, value in valid.items() if name != "exp"},
        "has an iat one minute ago": {**valid, "iat": now - 60},
        "has an iat in one minute": {**valid, "iat": now + 60, "exp": now + 90},
        "is valid for more than five minutes": {**valid, "exp": now + 600},
        "has expired": {**valid, "iat": now - 6, "exp": now - 2},
    }
    for defect, claims in invalid.items():
        yield defect, jwt.encode(dict(claims), key, algorithm="RS256")
    signed = jwt.encode(dict(valid), key, algorithm="RS256")
    other_key = generate_private_key(65537, _KEY_SIZE)
    yield "is signed with another key", jwt.encode(dict(valid), other_key, algorithm="RS256")
    yield "is signed with RS512", jwt.encode(dict(valid), key, algorithm="RS512")
    yield "is not signed (alg none)", jwt.encode(dict(valid), "", algorithm="none")
    yield "is signed with the public key as an HS256 secret", _hs256(valid, key)
    yield "has claims that changed after signing", _tampered(signed, valid)


def _hs256(claims: Mapping[str, Any], key: RSAPrivateKey) -> str:
    """Sign with the public key, which PyJWT refuses to do."""
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    text = f"{_encoded({'typ': 'JWT', 'alg': 'HS256'})}.{_encoded(claims)}"
    digest = hmac.new(public, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def _tampered(signed: str, claims: Mapping[str, Any]) -> str:
    header, _, signature = signed.split(".")
    return f"{header}.{_encoded({**claims, 'exp': claims['exp'] + 60})}.{signature}"


def _encoded(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
