"""Tokens that the API must refuse: each breaks one of its rules for JSON Web Tokens, and no other."""

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

from ..._auth.tokens import JWTAuth
from ..checks import cors_problems
from ..credentials import FORGED_TOKEN, NO_SCOPE_TOKEN
from ..objects import Choice, Values, with_ids
from ..spec import Operation
from ..traffic import Wire

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


_ORIGIN: Final = "https://dashboard.example"


def check_access(wire: Wire, choice: Choice, chosen: Sequence[Operation]) -> Iterator[Operation]:
    """Check all chosen operations, and yield each before."""
    witness = next((each for each in chosen if each.reads and each.needs_token and _values(choice, each)), None)
    if witness is not None:
        yield witness
        _check_forged(wire, witness, _values(choice, witness)[0])
    for operation in chosen:
        yield operation
        if wire.options.unscoped is not None and operation.scopes:
            _check_scope(wire, choice, operation)
        if wire.options.write:
            _check_preflight(wire, choice, operation)


def _values(choice: Choice, operation: Operation) -> Sequence[Values]:
    if not operation.parameters:
        return [{}]
    return choice.may_end(operation) if operation.ends else choice.objects(operation)


def _check_forged(wire: Wire, operation: Operation, values: Values) -> None:
    auth = wire.options.auth
    if not isinstance(auth, JWTAuth):
        return
    for what, token in forged_tokens(auth):
        wire.secrets.add(token, FORGED_TOKEN)
        answer = wire.send(operation, values, authorization=f"Bearer {token}")
        if answer.status != 401:
            wire.fail("forged_token_is_refused", "BK201", f"a token is taken that {what}", answer)


def _check_scope(wire: Wire, choice: Choice, operation: Operation) -> None:
    assert wire.options.unscoped is not None  # noqa: S101 - for the type checker
    authorization = wire.options.unscoped.authorization()
    wire.secrets.add(authorization, NO_SCOPE_TOKEN)
    for values in _values(choice, operation)[:1]:
        body = with_ids(operation.bodies[0], choice.targets.known_ids) if operation.bodies else None
        answer = wire.send(operation, values, body=body, authorization=authorization)
        if answer.status != 403:
            message = (
                f"a token without scopes gets {answer.status}, and not 403 for want of {', '.join(operation.scopes)}"
            )
            wire.fail("scope_is_needed", "BK202", message, answer)


def _check_preflight(wire: Wire, choice: Choice, operation: Operation) -> None:
    asked = {"Origin": _ORIGIN, "Access-Control-Request-Method": operation.method}
    for values in _values(choice, operation)[:1]:
        answer = wire.send(operation, values, method="OPTIONS", headers=asked)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        problems = list(cors_problems({"access-control-expose-headers": "*", **headers}))
        methods = headers.get("access-control-allow-methods", "")
        if operation.method not in {name.strip() for name in methods.split(",")} and methods.strip() != "*":
            problems.append(f"Access-Control-Allow-Methods does not name {operation.method}")
        allowed = headers.get("access-control-allow-headers", "").lower()
        if "authorization" not in {name.strip() for name in allowed.split(",")}:
            problems.append("Access-Control-Allow-Headers does not name Authorization")
        if not 200 <= answer.status < 300:
            problems.append(f"the preflight request gets {answer.status}")
        for problem in problems:
            wire.fail("preflight_is_allowed", "BK203", problem, answer)
