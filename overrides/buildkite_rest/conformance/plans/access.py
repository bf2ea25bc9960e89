"""Credentials: each operation with invalid and revoked ones, and with tokens that lack its scopes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ..api import Operation
from ..credentials import FORGED_TOKEN
from ..exchange import ANONYMOUS, EXPIRED, FOREIGN, LIMITED, NO_SCOPE, REVOCABLE, TOKEN, Exchange, Request
from ..executor import Executor, Finding
from ..forged_tokens import malformed_credentials, unknown_token, unsigned_tokens
from ..names import made_up
from ..options import REVOCATION
from ..values import get, is_uuid, objects_in
from .objects import example_body

ACCEPTED: Final = "credential_accepted"
FORGED: Final = "forged_token_accepted"
SCOPE: Final = "scope_not_enforced"
REVOKED: Final = "revoked_token_accepted"
OTHER_ORGANIZATION: Final = "foreign_object_found"
_ORG: Final = "org"
#: Parameters of the query in which other APIs accept a token.
_PARAMETERS: Final = ("access_token", "api_key")


def send_access(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Send each operation with the credentials that it must refuse, and those that it must accept."""
    tokens = [each for name in (TOKEN, *executor.credentials) for each in _described(executor, name)]
    is_revoked, foreign = _revoke(executor), _foreign_organization(executor)
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
                for credential, why, check, statuses in _refused(executor, operation, tokens, is_revoked=is_revoked):
                    executor.expect(_with(request, credential, why), statuses, check)
                _send_other_forms(executor, request, is_thorough=operation.tag not in seen)
                refused.extend(executor.journal.changes_since(first))
            _send_accepted(executor, request, tokens)
        if foreign is not None and _ORG in request.values and (operation.is_read or executor.is_local):
            other = request.having(values={**request.values, _ORG: foreign}, why="for another organization")
            expected = {403, 404} if operation.is_read else {400, 403, 404, 422}
            executor.expect(other, expected, OTHER_ORGANIZATION)
        seen.add(operation.tag)


def _foreign_organization(executor: Executor) -> str | None:
    """Return an organization that only the foreign token belongs to."""
    names = (TOKEN, FOREIGN) if FOREIGN in executor.credentials else (TOKEN, TOKEN)
    reads = [executor.send(Request(executor.api.by_id["listOrganizations"], credential=name)) for name in names]
    own, theirs = ({str(each.get("slug")) for each in read.objects} for read in reads)
    return min(theirs - own, default=None)


def _refused(
    executor: Executor, operation: Operation, tokens: Sequence[Exchange], *, is_revoked: bool
) -> Iterator[tuple[str, str, str, set[int]]]:
    """Yield credentials that an operation refuses, what is wrong with them, the check, and the status."""
    defect, authorization = unknown_token()
    yield authorization, f"with {defect}", ACCEPTED, {401}
    if EXPIRED in executor.credentials:
        yield EXPIRED, "with an expired token", ACCEPTED, {401}
    if is_revoked:
        yield REVOCABLE, "with a revoked token", REVOKED, {401}
    for token in tokens:
        missing = sorted({*operation.scopes} - _scopes(token))
        if missing and token.request.credential.startswith(LIMITED):
            yield token.request.credential, f"with a token without the scope {missing[0]}", SCOPE, {403}


def _send_other_forms(executor: Executor, request: Request, *, is_thorough: bool) -> None:
    """Send a request, and other forms of it, without a credential and scopes; one of each tag with invalid tokens."""
    for each in (request, *_forms(executor, request)):
        executor.expect(_with(each, ANONYMOUS, "without a credential"), {401}, ACCEPTED)
        if NO_SCOPE in executor.credentials and request.operation.scopes:
            executor.expect(_with(each, NO_SCOPE, "with a token without scopes"), {403}, SCOPE)
    for defect, authorization in _invalid(executor) if is_thorough else ():
        check = FORGED if defect.startswith("a JWT") else ACCEPTED
        executor.expect(_with(request, authorization, f"with {defect}"), {401}, check)
    for name in _PARAMETERS if is_thorough and executor.is_local else ():  # proxies of a network may log a token
        token = executor.options.auth.authorization().removeprefix("Bearer ")
        other = request.having(query={**request.query, name: token})
        executor.expect(_with(other, ANONYMOUS, "with the token in the query"), {401}, ACCEPTED)


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


def _send_accepted(executor: Executor, request: Request, tokens: Sequence[Exchange]) -> None:
    """Send a request with the tokens that have its scopes."""
    operation, users = request.operation, [each.object.get("user") for each in tokens]
    for token, user in zip(tokens, users, strict=True):
        is_own = user == users[0]
        is_allowed = {*operation.scopes} <= _scopes(token) and token.request.credential.startswith(LIMITED)
        if is_allowed and (is_own or operation.is_read):
            sent = request if operation.is_read else _harmless(executor, request)
            _send_allowed(executor, sent, token, is_own=is_own)


def _send_allowed(executor: Executor, request: Request, token: Exchange, *, is_own: bool) -> None:
    """Send a request that the scopes of a token allow, and check the values that need a scope."""
    found = executor.send(
        _with(request, token.request.credential, f"with a token with {', '.join(request.operation.scopes)}")
    )
    for name, scope in executor.api.scoped_properties.items() if found.ok else ():
        values = [each[name] for _, each in objects_in(found.body) if name in each]
        if scope not in _scopes(token) and any(values):
            executor.report(Finding(SCOPE, f"a token without the scope {scope} gets a value of {name}", found))
        if scope in _scopes(token) and is_own and executor.is_local and "" in values:
            executor.report(Finding(SCOPE, f"a token with the scope {scope} gets no value of {name}", found))
    if found.status == 403 and is_own:
        own = executor.send(request)
        if own.status != 403:
            message = f"a token with the scopes of the operation gets 403, and the token of the run {own.status}"
            executor.report(Finding(SCOPE, message, found, [own]))


def _send_public(executor: Executor, request: Request) -> None:
    """Send a request that needs no token with invalid credentials, which must not matter."""
    own = executor.send(request)
    for defect, authorization in (("no credential", ANONYMOUS), unknown_token()):
        executor.expect(_with(request, authorization, f"with {defect}"), {own.status}, SCOPE)


def _described(executor: Executor, credential: str) -> Iterator[Exchange]:
    """Read what the API returns about a token."""
    if credential not in {EXPIRED, FOREIGN, REVOCABLE}:
        reading = executor.api.by_id["getAccessToken"]
        found = executor.send(Request(reading, credential=credential, why=f"of the credential {credential}"))
        if found.ok:
            yield found
        else:
            executor.report(Finding(SCOPE, f"a further token gets {found.status}", found))


def _scopes(token: Exchange) -> frozenset[str]:
    return frozenset(token.object.get("scopes", ()))


def _request(executor: Executor, operation: Operation) -> Request | None:
    """Return a request that would succeed. Only credentials that must be refused are sent with a change."""
    for values in executor.world.objects(operation):
        request = Request(operation, values, body=example_body(executor, operation, values))
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
        return request.having(body=example_body(executor, operation, request.values))
    if not operation.parameters:
        return request
    last = operation.parameters[-1]
    name = "id" if is_uuid(request.values[last]) else "number" if str(request.values[last]).isdecimal() else last
    return request.having(values={**request.values, last: made_up(name, 0)})


def _with(request: Request, credential: str, why: str) -> Request:
    return request.having(credential=credential, why=f"{request.why} {why}".strip())


def _revoke(executor: Executor) -> bool:
    """Revoke the token that the run has for that, and no other one. Return whether it was revoked."""
    revocation, own = executor.api.by_id[REVOCATION], executor.api.by_id["getAccessToken"]
    if REVOCABLE not in executor.credentials or not executor.options.write:
        return False
    revoked = executor.expect(Request(revocation, credential=REVOCABLE, why="of the token"), {204}, REVOKED)
    if revoked is None or not revoked.ok:
        return False
    for name in {TOKEN, *executor.credentials} - {EXPIRED}:
        found = executor.send(Request(own, credential=name))
        if (found.status == 401) is not (name == REVOCABLE):
            message = f"after the revocation of a token, the credential {name} gets {found.status}"
            executor.report(Finding(REVOKED, message, revoked, [found]))
    return True
