"""Credentials: each operation with invalid and revoked ones, with tokens that lack its scopes, and from web pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from attrs import frozen

from ..._base.json_values import as_object
from ..api import Operation
from ..credentials import FORGED_TOKEN
from ..exchange import ANONYMOUS, EXPIRED, FOREIGN, LIMITED, NO_SCOPE, REVOCABLE, TOKEN, Exchange, Request
from ..executor import Executor, Finding
from ..forged_tokens import malformed_credentials, unknown_token, unsigned_tokens
from ..names import made_up
from ..rules.frame import differences
from ..values import get, is_empty, is_uuid, objects_in, shown
from .errors import send_foreign
from .objects import example_body

ACCEPTED: Final = "credential_accepted"
FORGED: Final = "forged_token_accepted"
SCOPE: Final = "scope_not_enforced"
TOKENS: Final = "responses_disagree"
REVOKED: Final = "revoked_token_accepted"
_ORIGIN: Final = "https://dashboard.example"
_TOKEN_PATH: Final = "/v2/access-token"  # noqa: S105
_USER_PATH: Final = "/v2/user"
#: Headers and parameters of the query in which other APIs accept a token.
_HEADERS: Final = (
    ("X-Api-Key", "{token}"),
    ("X-Auth-Token", "{token}"),
    ("Private-Token", "{token}"),
    ("Proxy-Authorization", "Bearer {token}"),
    ("X-Authorization", "Bearer {token}"),
    ("X-Forwarded-Authorization", "Bearer {token}"),
    ("Cookie", "access_token={token}"),
    ("Cookie", "token={token}"),
)
_PARAMETERS: Final = ("access_token", "api_key")
#: Reads that are also sent as HEAD.
_HEADS: Final = 5


@frozen
class Token:
    """A token of the run."""

    credential: str
    scopes: frozenset[str]
    user: object
    described: Exchange
    """What the API returns about it."""


def send_access(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Send each operation with the credentials that it must refuse, and those that it must accept."""
    tokens = [each for name in (TOKEN, *executor.credentials) if (each := _described(executor, name)) is not None]
    _compare_tokens(executor, tokens)
    seen = set[str]()
    for operation in operations:
        yield operation
        request = _request(executor, operation)
        if request is None:
            executor.skip(ACCEPTED, operation, "there is no object that may be changed")
            continue
        if not operation.needs_token:
            _send_public(executor, request)
        else:
            kind = None if operation.is_read else executor.world.kind_of(operation)
            with executor.unaffected(kind, request.values) as refused:
                first = executor.journal.count
                for credential, why, check, statuses in _refused(executor, operation, tokens):
                    executor.expect(_with(request, credential, why), statuses, check)
                _send_other_forms(executor, request, is_thorough=operation.tag not in seen)
                refused.extend(executor.journal.changes_since(first))
            _send_accepted(executor, request, tokens)
        seen.add(operation.tag)
        if executor.options.write:
            _send_from_web_page(executor, request)
    yield from send_foreign(executor, operations)
    yield from send_revoked(executor, operations)


def _refused(
    executor: Executor, operation: Operation, tokens: Sequence[Token]
) -> Iterator[tuple[str, str, str, set[int]]]:
    """Yield credentials that an operation refuses, what is wrong with them, the check, and the status."""
    defect, authorization = unknown_token()
    yield authorization, f"with {defect}", ACCEPTED, {401}
    if EXPIRED in executor.credentials:
        yield EXPIRED, "with an expired token", ACCEPTED, {401}
    for token in tokens:
        missing = sorted({*operation.scopes} - token.scopes)
        if missing and token.credential.startswith(LIMITED):
            yield token.credential, f"with a token without the scope {missing[0]}", SCOPE, {403}


def _send_other_forms(executor: Executor, request: Request, *, is_thorough: bool) -> None:
    """Send a request, and other forms of it, without a credential and scopes; one of each tag with invalid tokens."""
    for each in (request, *_forms(executor, request)):
        executor.expect(_with(each, ANONYMOUS, "without a credential"), {401}, ACCEPTED)
        if NO_SCOPE in executor.credentials and request.operation.scopes:
            executor.expect(_with(each, NO_SCOPE, "with a token without scopes"), {403}, SCOPE)
    for defect, authorization in _invalid(executor) if is_thorough else ():
        check = FORGED if defect.startswith("a JWT") else ACCEPTED
        executor.expect(_with(request, authorization, f"with {defect}"), {401}, check)
    if is_thorough and executor.is_local:  # proxies of a network may log a token elsewhere
        token = executor.options.auth.authorization().removeprefix("Bearer ")
        others = [
            request.having(headers={**request.headers, name: text.format(token=token)}) for name, text in _HEADERS
        ]
        others += [request.having(query={**request.query, name: token}) for name in _PARAMETERS]
        for each in others:
            executor.expect(_with(each, ANONYMOUS, "with the token in another place"), {401}, ACCEPTED)


def _invalid(executor: Executor) -> Iterator[tuple[str, str]]:
    """Yield invalid credentials of all kinds with their defects."""
    auth, secrets = executor.options.auth, executor.secrets
    yield from malformed_credentials(auth.authorization(), secrets)
    uuids = [str(get("uuid", each.body)) for each in executor.journal.of("getAccessToken") if each.ok]
    for defect, token in unsigned_tokens(uuids[0] if uuids else ""):
        secrets.add(f"Bearer {token}", FORGED_TOKEN)  # so that commands have a variable for it
        yield f"a JWT that {defect}", f"Bearer {token}"


def _forms(executor: Executor, request: Request) -> Iterator[Request]:
    """Yield other forms of a request, which need the same credential."""
    operation = request.operation
    if operation.method == "GET":
        if executor.api.at("HEAD", operation.path) is None:
            yield request.having(method="HEAD", why="as HEAD")
        for media_type in executor.api.media_types(operation)[1:]:
            yield request.having(headers={"Accept": media_type}, why=f"for {media_type}")
        if 206 in operation.statuses:
            yield request.having(headers={"Accept": "text/plain", "Range": "bytes=-1"}, why="for a range")
        for suffix in operation.behaviour.suffixes:
            yield request.having(suffix=suffix, why=f"with the suffix {suffix}")
        if "per_page" in operation.query:
            yield request.having(query={"per_page": 1}, why="for a page")
    elif operation.required:
        yield request.having(body={}, why="with an invalid body")


def _send_accepted(executor: Executor, request: Request, tokens: Sequence[Token]) -> None:
    """Send a request with the tokens that have its scopes, and compare it with that of the token of the run."""
    operation, own_user = request.operation, next((each.user for each in tokens if each.credential == TOKEN), None)
    for token in tokens:
        is_own = token.user == own_user
        if {*operation.scopes} <= token.scopes and token.credential.startswith(LIMITED):
            if operation.is_read:
                _send_read(executor, request, token, is_own=is_own)
            elif is_own:
                _send_allowed(executor, _harmless(executor, request), token, is_own=True)


def _send_read(executor: Executor, request: Request, token: Token, *, is_own: bool) -> None:
    operation, found = request.operation, _send_allowed(executor, request, token, is_own=is_own)
    if operation.path == _TOKEN_PATH or not found.ok:
        return
    if not operation.scopes:
        _compare(executor, executor.send(request), found)
    elif operation.parameters:
        executor.check(lambda: _differences(executor, request, token))


def _send_allowed(executor: Executor, request: Request, token: Token, *, is_own: bool) -> Exchange:
    """Send a request that the scopes of a token allow, and compare it with that of the token of the run."""
    found = executor.send(_with(request, token.credential, f"with a token with {', '.join(request.operation.scopes)}"))
    for name, scope in executor.api.scoped_properties.items() if found.ok else ():
        values = [each[name] for _, each in objects_in(found.body) if name in each]
        if scope not in token.scopes and any(values):
            executor.report(Finding(SCOPE, f"a token without the scope {scope} gets a value of {name}", found))
        if scope in token.scopes and is_own and executor.is_local and "" in values:
            executor.report(Finding(SCOPE, f"a token with the scope {scope} gets no value of {name}", found))
    if found.status == 403 and is_own:
        own = executor.send(request)
        if own.status != 403:
            message = f"a token with the scopes of the operation gets 403, and the token of the run {own.status}"
            executor.report(Finding(SCOPE, message, found, [own]))
    return found


def _differences(executor: Executor, request: Request, token: Token) -> Iterator[Finding]:
    """Yield where an object differs for another token, except for what needs a scope, or changes by itself."""
    requests = (request, _with(request, token.credential, "with another token"))
    own, other = (executor.journal.last_read(each) or executor.send(each) for each in requests)
    schema = executor.api.response_schema(request.operation)
    found = differences(executor.context, schema, other.body, own.body) if own.ok and other.ok else ()
    for pointer, one, two in found:  # a user who is not an administrator may get no value
        if not (is_empty(one) or is_empty(two)):
            message = f"{pointer} is {shown(one)} for another token, and {shown(two)} for that of the run"
            yield Finding(TOKENS, message, other, [own])
            return


def _send_public(executor: Executor, request: Request) -> None:
    """Send a request that needs no token with invalid credentials, which must not matter."""
    own = executor.send(request)
    for defect, authorization in (("no credential", ANONYMOUS), unknown_token()):
        _compare(executor, own, executor.send(_with(request, authorization, f"with {defect}")))


def _compare(executor: Executor, own: Exchange, other: Exchange) -> None:
    if own.ok and (not other.ok or own.body != other.body):
        message = f"another credential gets {other.status} or another body, though the operation needs no scope"
        executor.report(Finding(SCOPE, message, other, [own]))


def _send_from_web_page(executor: Executor, request: Request) -> None:
    """Send what a browser sends before a request from a web page and, if that is a read, the read."""
    operation = request.operation
    names = ["authorization", *(["content-type"] if operation.has_body else [])]
    names += sorted({name.lower() for each in executor.api.operations for name in each.headers} - {"accept"})
    preflight = {
        "Origin": _ORIGIN,
        "Access-Control-Request-Method": operation.method,
        "Access-Control-Request-Headers": ", ".join(names),
    }
    executor.send(Request(operation, request.values, headers=preflight, method="OPTIONS", credential=ANONYMOUS))
    if operation.method == "GET":
        executor.send(request.having(headers={**request.headers, "Origin": _ORIGIN}))


def _described(executor: Executor, credential: str) -> Token | None:
    """Read what the API returns about a token."""
    reading = executor.api.at("GET", _TOKEN_PATH)
    if reading is None or credential in {EXPIRED, FOREIGN, REVOCABLE}:
        return None
    found = executor.send(Request(reading, credential=credential, why=f"of the credential {credential}"))
    if not found.ok:
        executor.report(Finding(SCOPE, f"a further token gets {found.status}", found))
        return None
    return Token(credential, frozenset(found.object.get("scopes", ())), get("user", found.body), found)


def _compare_tokens(executor: Executor, tokens: Sequence[Token]) -> None:
    """Compare the ids of the tokens, and their users with those that they read."""
    reading = executor.api.at("GET", _USER_PATH)
    known: dict[Any, Exchange] = {}
    for token in tokens:
        uuid = token.described.object.get("uuid")
        if uuid in known:
            message = f"two tokens have the same uuid {uuid}"
            executor.report(Finding(TOKENS, message, token.described, [known[uuid]]))
        known[uuid] = token.described
        if reading is None or "read_user" not in token.scopes:
            continue
        found = executor.send(Request(reading, credential=token.credential))
        owner = as_object(get("user", token.described.body))
        if found.ok and any(found.object.get(name, value) != value for name, value in owner.items()):
            for shows, other in ((token.described, found), (found, token.described)):
                executor.report(Finding(TOKENS, "the user of a token is another than it reads", shows, [other]))


def _request(executor: Executor, operation: Operation) -> Request | None:
    """Return a request that would succeed. Only credentials that must be refused are sent with a change."""
    body = example_body(executor, operation)
    for values in executor.world.objects(operation):
        request = Request(operation, values, body=body)
        if executor.permits(request) and (not operation.is_read or executor.read(operation, request.values).ok):
            return request
    return None


def _harmless(executor: Executor, request: Request) -> Request:
    """Return a change of an object that does not exist.

    A creation whose response has a property that needs a scope is sent as it is.
    """
    operation = request.operation
    hidden = executor.api.names_in(executor.api.response_schema(operation)) & executor.api.scoped_properties.keys()
    is_creation = operation.method == "POST" and not operation.path.endswith("}") and operation.body_examples
    if hidden and is_creation:
        return request.having(body=example_body(executor, operation))
    if not operation.parameters:
        return request
    last = operation.parameters[-1]
    name = "id" if is_uuid(request.values[last]) else "number" if str(request.values[last]).isdecimal() else last
    return request.having(values={**request.values, last: made_up(name, 0)})


def _with(request: Request, credential: str, why: str) -> Request:
    return request.having(credential=credential, why=f"{request.why} {why}".strip())


def send_revoked(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Revoke a token that the run has for that, and send it with every read."""
    revocation, own = executor.api.at("DELETE", _TOKEN_PATH), executor.api.at("GET", _TOKEN_PATH)
    if revocation is None or own is None or REVOCABLE not in executor.credentials or not executor.options.write:
        return
    yield revocation
    revoked = executor.expect(Request(revocation, credential=REVOCABLE, why="of the token"), {204}, REVOKED)
    if revoked is None or not revoked.ok:
        return
    for number, request in enumerate(_reads(executor, operations)):
        for each in [request, request.having(method="HEAD")] if number < _HEADS else [request]:
            found = executor.send(each)
            if found.status != 401:
                message = f"{each.sent_method} {each.operation.path} with a revoked token gets {found.status}"
                executor.report(Finding(REVOKED, message, revoked, [found]))
                executor.report(Finding(REVOKED, message, found, [revoked]))
    for name in {TOKEN, *executor.credentials} - {EXPIRED, REVOCABLE}:
        if (found := executor.send(Request(own, credential=name))).status == 401:
            message = "the revocation of a token has revoked another one, too"
            executor.report(Finding(REVOKED, message, revoked, [found]))


def _reads(executor: Executor, operations: Sequence[Operation]) -> Iterator[Request]:
    """Yield a read of each operation with the revoked token, those that the run checks first."""
    wanted = {each.id for each in operations}
    for operation in sorted(executor.api.operations, key=lambda each: each.id not in wanted):
        values = next(iter(executor.world.objects(operation)), None)
        if operation.method == "GET" and operation.needs_token and values is not None:
            yield Request(operation, values, credential=REVOCABLE, why="with a revoked token")
