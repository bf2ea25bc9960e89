"""The phase *access*: scopes count, forged tokens do not, and pages in a browser may ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from .._auth.tokens import JWTAuth
from .checks import cors_problems
from .choice import Choice
from .credentials import FORGED_TOKEN, NO_SCOPE_TOKEN
from .examples import with_ids
from .forged import forged_tokens
from .operation import Operation
from .targets import Values
from .wire import Wire

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
