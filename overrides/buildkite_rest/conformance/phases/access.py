"""The phase *access*: credentials are checked, scopes are enforced, and CORS allows web pages."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from attrs import define, field

from ..._auth.signed_jwts import JWTAuth
from ..._auth.tokens import Auth
from ..._base.json_values import as_object
from ..agreement.differences import difference
from ..argument_tokens import EXPIRED_TOKEN, LIMITED_TOKEN, NO_SCOPE_TOKEN
from ..credentials import FORGED_TOKEN
from ..effects.pointers import resolve
from ..effects.values import volatile
from ..forged_tokens import (
    InvalidCredential,
    forged_tokens,
    malformed_credentials,
    register,
    unknown_credentials,
    unsigned_tokens,
)
from ..loopback import is_local
from ..objects import ObjectSelector, PathValues
from ..option_values import ACCESS
from ..request_bodies import RequestBodies
from ..rules.headers import cors_problems, preflight_problems
from ..rules.secrets import values_of
from ..snapshots import Snapshot
from ..spec import Operation, object_path
from ..traffic import Response, Session
from .errors import unknown
from .foreign import check_foreign
from .own_scopes import check_own_scopes
from .request_forms import check_forms
from .revocation import check_revocation
from .scoped_properties import check_changes, scope_problems, scopes_of_properties
from .token_owners import check_owners
from .token_places import token_places

_ORIGIN: Final = "https://dashboard.example"
#: Seconds for which forged tokens are used. Later they would have other defects, too.
_LIFETIME: Final = 4.0
#: Statuses of a request with an invalid credential.
_DENIED: Final = frozenset({401, 403})
_TOKEN_PATH: Final = "/v2/access-token"  # noqa: S105


def check_access(session: Session, selector: ObjectSelector, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Check the access to all operations. Yields each operation before its requests are sent."""
    checks = _Access.of(session, selector)
    limited = checks.limited_tokens()
    check_owners(session, selector.spec, operations, checks.described)
    check_own_scopes(session, selector.spec, operations)
    yield from checks.check_each(session.results.remaining(ACCESS, operations), limited)
    if session.options.write:
        user = checks.own_token().get("user")
        own = [(each.authorization, each.scopes) for each in limited if each.user == user]
        yield from check_changes(session, selector, operations, own)
    if session.options.foreign_auth is not None:
        yield from check_foreign(session, selector, operations)
    yield from check_revocation(session, selector, operations)


def check_access_to(session: Session, selector: ObjectSelector, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Check the access to some operations only, with each of the credentials. Yields each operation before."""
    checks = _Access.of(session, selector)
    yield from checks.check_each(operations, checks.limited_tokens())


@define
class _Target:
    """A valid request to an operation, or one for an unknown object."""

    operation: Operation
    values: PathValues
    body: Any
    exists: bool


@define
class _LimitedToken:
    """A token with some of the scopes."""

    authorization: str
    uuid: str
    user: object
    scopes: frozenset[str]


@define
class _Access:
    session: Session
    selector: ObjectSelector
    operations: Mapping[str, Operation]
    bodies: RequestBodies
    _forged: list[InvalidCredential] = field(factory=list[InvalidCredential])
    _made: float = float("-inf")
    _token: Mapping[str, Any] | None = None
    _others: list[str] = field(factory=list[str])
    """UUIDs of other tokens."""
    described: list[tuple[str, Response]] = field(factory=list[tuple[str, Response]])
    """Other tokens, and what the API returns about them."""
    _turn: int = 0
    _has_read: bool = False
    """Whether the token has been sent in all other places of a read."""
    _last: Response | None = None
    """The response to the last request with another credential."""
    _accepted: bool = False
    """Whether such a request has been accepted."""

    @classmethod
    def of(cls, session: Session, selector: ObjectSelector) -> _Access:
        """Return the checks of a run."""
        by_label = {operation.label: operation for operation in selector.spec.operations}
        return cls(session, selector, by_label, RequestBodies(session, selector))

    def check_each(self, operations: Sequence[Operation], limited: Sequence[_LimitedToken]) -> Iterator[Operation]:
        """Check credentials and scopes. Yields each operation before its requests are sent."""
        session, sampled = self.session, set[tuple[str, str]]()
        for operation in operations:
            yield operation
            target = self.target(operation)
            if target is None or not session.allows(operation, target.values, body=target.body):
                session.skip("credential_accepted", operation, "there is no object that may be changed")
                continue
            is_first = operation.needs_token and (operation.tag, operation.method) not in sampled
            if operation.needs_token:
                sampled.add((operation.tag, operation.method))
                with self._without_effect(target):
                    self.check_credentials(target, is_thorough=is_first)
                    self.check_scopes(target, limited)
            else:
                self.check_ignored_credentials(target)
                self.check_scopes(target, limited)
            if operation.needs_token and target.exists:
                without = session.options.no_scope_auth
                scopeless = None if without is None else without.authorization()
                expired = session.options.expired_auth if is_first else None
                check_forms(
                    session,
                    self.selector.spec,
                    operation,
                    target.values,
                    scopeless,
                    expired=None if expired is None else expired.authorization(),
                    is_thorough=is_first,
                )
            if session.options.write:
                self.check_cors(target)

    def limited_tokens(self) -> list[_LimitedToken]:
        """Read the scopes of the tokens with some of the scopes."""
        found = (self.limited_token(auth) for auth in self.session.options.limited_auths)
        return [token for token in found if token is not None]

    def target(self, operation: Operation) -> _Target | None:
        """Return a request that would succeed. A destructive one gets an object of the run, or an unknown one."""
        if not operation.parameters:
            return self._request(operation, {}, exists=True) if self._allows(operation, {}) else None
        usable = self.selector.usable(operation)
        # Settings of an object are not the object.
        is_setting = operation.method == "PATCH" and not operation.path.endswith("}")
        if operation.is_destructive and not is_setting:
            created = self.selector.objects.created(object_path(operation.path))
            names = operation.parameters
            objects: Sequence[PathValues] = [{name: each[name] for name in names} for each in created]
        else:
            objects = usable
        if (values := next((each for each in objects if self._allows(operation, each)), None)) is not None:
            return self._request(operation, values, exists=True)
        if not usable:
            return None
        last = operation.parameters[-1]
        return self._request(operation, {**usable[0], last: unknown(usable[0][last])}, exists=False)

    def _request(self, operation: Operation, values: PathValues, *, exists: bool) -> _Target:
        examples = operation.body_examples
        return _Target(
            operation, values, self.bodies.valid(operation, values, examples[0]) if examples else None, exists
        )

    def _allows(self, operation: Operation, values: PathValues) -> bool:
        return operation.is_read_only or self.session.allows(operation, values)

    def _credentials(self, authorization: str) -> list[InvalidCredential]:
        """Return invalid credentials of every kind."""
        credentials = list(unknown_credentials(authorization))
        if (expired := self.session.options.expired_auth) is not None:
            self.session.secrets.add(expired.authorization(), EXPIRED_TOKEN)
            credentials.append(InvalidCredential("an expired token", expired.authorization()))
        return credentials

    def check_ignored_credentials(self, target: _Target) -> None:
        """Send requests that need no token with invalid credentials, which must not matter."""
        credentials = self._credentials(self.session.options.auth.authorization())
        register(credentials, self.session.secrets)
        for each in credentials:
            response = self._send(target, each.authorization, is_raw=True)
            self.session.count("scope_not_enforced")
            if response.status in _DENIED:
                message = f"{each.defect} gets {response.status}, though the operation needs no token"
                self.session.record_failure("scope_not_enforced", "BK202", message, response)
        own = self._send(target, self.session.options.auth.authorization())
        self._check_same(own, self._send(target, ""))

    def _check_same(self, own: Response, other: Response) -> None:
        """Check that an operation without a scope returns the same with another token, or without any."""
        found = difference(other.body, own.body) if own.ok and other.ok else None
        if found is not None:
            message = f"another credential gets another body, though the operation needs no scope: {found}"
            self.session.record_failure("scope_not_enforced", "BK202", message, other, [own])
        if own.ok and other.status in _DENIED:
            message = f"another credential gets {other.status}, though the operation needs no scope"
            self.session.record_failure("scope_not_enforced", "BK202", message, other, [own])

    def check_credentials(self, target: _Target, *, is_thorough: bool) -> None:
        """Send requests with invalid credentials, which must get 401 and have no effect."""
        authorization = self.session.options.auth.authorization()
        credentials = self._credentials(authorization)
        if is_thorough:
            more = [*malformed_credentials(authorization), *self._forged_tokens()]
            # Of changes every second one, in turn: they are many, and a read of each group gets all.
            self._turn += 1
            credentials += more if target.operation.is_read_only else more[self._turn % 2 :: 2]
        register(credentials, self.session.secrets)
        for number, each in enumerate(credentials):
            # The first response is checked like any other. All have the same form.
            response = self._send(target, each.authorization, is_raw=number > 0)
            self.session.count("credential_accepted")
            if response.status != 401:
                is_forged = each in self._forged
                check, code = ("forged_token_accepted", "BK201") if is_forged else ("credential_accepted", "BK205")
                message = f"{each.defect} gets {response.status} instead of 401"
                self.session.record_failure(check, code, message, response)
        if is_thorough and is_local(self.session.options.base_url):
            self._check_places(target, authorization)

    def _check_places(self, target: _Target, authorization: str) -> None:
        """Send the token elsewhere. Not over a network, where proxies may log it."""
        is_first = target.operation.is_read_only and not self._has_read
        self._has_read |= is_first
        for place in token_places(authorization, is_first=is_first):
            response = self._send(target, "", query=place.query, headers=place.headers, is_raw=True)
            if response.status != 401:
                message = f"the token in {place.name} gets {response.status} instead of 401"
                self.session.record_failure("credential_accepted", "BK205", message, response)

    @contextmanager
    def _without_effect(self, target: _Target) -> Generator[None]:
        """Check that the refused requests for an object in the block have no effect, unless one is accepted."""
        is_change = target.exists and not target.operation.is_read_only
        before = self._snapshot(target) if is_change else None
        if before is not None and target.body is not None:
            target.body = self.bodies.changed(target.operation, target.body, before.response.body)
        self._accepted = False
        yield
        if before is None or self._last is None or self._accepted:
            return
        after = self._snapshot(target)
        self.session.count("refused_request_has_effect")
        effect = None if after is None else before.effect(after, [target.body])
        effect = effect or (None if after is None else self._action(target.operation, before, after))
        if after is not None and effect is not None:
            message = f"a request that gets {self._last.status} has {effect}"
            check, code = "refused_request_has_effect", "BK234"
            self.session.record_failure(check, code, message, self._last, [after.response])

    def _action(self, operation: Operation, before: Snapshot, after: Snapshot) -> str | None:
        """Return the effect of an action between two snapshots: a property that it sets has another value."""
        moving = volatile(self.selector.spec, before.response.operation)
        sets = [as_object(node.get("sets")) for node in self.selector.spec.effects(operation)]
        for pointer in sorted({name for each in sets for name in each if name not in moving}):
            old, new = (resolve(pointer, each.response.body) for each in (before, after))
            if before.response.ok and after.response.ok and old != new:
                return f"changed {pointer}"
        return None

    def _snapshot(self, target: _Target) -> Snapshot | None:
        return Snapshot.take(self.session, self.operations, target.operation, target.values)

    def _send(
        self,
        target: _Target,
        authorization: str,
        query: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        is_raw: bool = False,
    ) -> Response:
        response = self.session.send(
            target.operation,
            target.values,
            body=target.body,
            query=query or None,
            headers=headers or None,
            authorization=authorization or None,
            is_signed=False,
            is_raw=is_raw,
        )
        self._last, self._accepted = response, self._accepted or response.ok
        return response

    def _forged_tokens(self) -> list[InvalidCredential]:
        """Return forged JSON Web Tokens, which must be new: they are valid for a few seconds but for their defect."""
        if time.monotonic() - self._made > _LIFETIME:
            auth = self.session.options.auth
            uuid = str(self.own_token().get("uuid"))
            tokens = forged_tokens(auth, self._others) if isinstance(auth, JWTAuth) else unsigned_tokens(uuid)
            self._forged = [InvalidCredential(f"a token that {defect}", f"Bearer {token}") for defect, token in tokens]
            self._made = time.monotonic()
            for each in self._forged:
                self.session.secrets.add(each.authorization, FORGED_TOKEN)
        return self._forged

    def own_token(self) -> Mapping[str, Any]:
        """Return what the API returns about the token of the run."""
        if self._token is None:
            operation = self.operations.get(f"GET {_TOKEN_PATH}")
            self._token = as_object(self.session.read(operation, {}).body) if operation is not None else {}
        return self._token

    def limited_token(self, auth: Auth) -> _LimitedToken | None:
        """Read the scopes of another token."""
        operation = self.operations.get(f"GET {_TOKEN_PATH}")
        if operation is None:
            return None
        self.session.secrets.add(auth.authorization(), LIMITED_TOKEN)
        response = self.session.send(operation, {}, authorization=auth.authorization())
        body = as_object(response.body)
        if response.status != 200:
            message = f"a token of --limited-token gets {response.status}"
            self.session.record_failure("scope_not_enforced", "BK202", message, response)
            return None
        self._others.append(str(body.get("uuid")))
        self.described.append((auth.authorization(), response))
        return _LimitedToken(auth.authorization(), str(body.get("uuid")), body.get("user"), frozenset(body["scopes"]))

    def check_scopes(self, target: _Target, limited: Sequence[_LimitedToken]) -> None:
        """Send requests with tokens that lack a scope, or have just the required ones."""
        operation = target.operation
        if not operation.scopes:
            if operation.method == "GET" and operation.needs_token and operation.path != _TOKEN_PATH:
                self._check_tokens(target, limited)
            return
        if (without := self.session.options.no_scope_auth) is not None:
            self.session.secrets.add(without.authorization(), NO_SCOPE_TOKEN)
            self._check_refused(target, without.authorization())
        paged = {"per_page": 1} if operation.method == "GET" and "per_page" in operation.query else None
        for number, token in enumerate(limited):
            if not token.scopes.issuperset(operation.scopes):
                # A page of a list needs the same scopes as the list.
                self._check_refused(target, token.authorization, paged if number % 2 else None, is_raw=True)
            elif token.user == self.own_token().get("user"):  # another user may lack a permission
                self._check_allowed(target, token)
            elif operation.is_read_only and scopes_of_properties(self.selector.spec, operation) - token.scopes:
                self._check_hidden(target, token, paged)

    def _check_tokens(self, target: _Target, limited: Sequence[_LimitedToken]) -> None:
        """Compare the responses to all tokens, of which none needs a scope."""
        auth, without = self.session.options.auth, self.session.options.no_scope_auth
        others = [each.authorization for each in limited]
        if without is not None:
            self.session.secrets.add(without.authorization(), NO_SCOPE_TOKEN)
            others.append(without.authorization())
        for each in others:
            self.session.count("scope_not_enforced")
            self._check_same(self._send(target, auth.authorization()), self._send(target, each))

    def _check_refused(
        self, target: _Target, authorization: str, query: Mapping[str, Any] | None = None, *, is_raw: bool = False
    ) -> None:
        self.session.count("scope_not_enforced")
        # With several tokens, all responses have the same form.
        response = self._send(target, authorization, query, is_raw=is_raw)
        # An object that does not exist may be looked up first.
        is_undecided = response.status == 404 and not target.exists and not self._checks_scopes_first(target)
        if response.status != 403 and not is_undecided:
            scopes = ", ".join(target.operation.scopes)
            message = f"a token without the scope {scopes} gets {response.status} instead of 403"
            self.session.record_failure("scope_not_enforced", "BK202", message, response)

    def _checks_scopes_first(self, target: _Target) -> bool:
        """Return whether a read of the same unknown object with a token without scopes gets 403 and not 404."""
        reading = self.operations.get(f"GET {object_path(target.operation.path)}")
        without = self.session.options.no_scope_auth
        if reading is None or without is None or not reading.scopes:
            return False
        response = self.session.send(reading, target.values, authorization=without.authorization(), is_raw=True)
        return response.status == 403

    def _check_hidden(self, target: _Target, token: _LimitedToken, query: Mapping[str, Any] | None) -> None:
        """Check that the token of another user gets no value that needs a scope that it lacks."""
        self.session.count("scope_not_enforced")
        response = self._send(target, token.authorization, query)
        for message in scope_problems(self.selector.spec, response, token.scopes):
            self.session.record_failure("scope_not_enforced", "BK202", message, response)

    def _check_allowed(self, target: _Target, token: _LimitedToken) -> None:
        """Send a request that the scopes allow: a read, or a change of an unknown object."""
        operation, values = target.operation, target.values
        if not operation.is_read_only:
            if len(operation.parameters) < 2:
                return
            last = operation.parameters[-1]
            values = {**values, last: unknown(values[last])}
        self.session.count("scope_not_enforced")
        response = self.session.send(operation, values, body=target.body, authorization=token.authorization)
        for message in scope_problems(self.selector.spec, response, token.scopes):
            self.session.record_failure("scope_not_enforced", "BK202", message, response)
        for name, scope in self.selector.spec.scoped_properties.items() if response.ok else ():
            if scope in token.scopes and "" in list(values_of(response.body, name)) and self._is_local:
                message = f"a token with the scope {scope} gets no value of {name}"
                self.session.record_failure("scope_not_enforced", "BK202", message, response)
        if response.status != 403:
            return
        own = self.session.send(operation, values, body=target.body)
        if own.status != 403:
            scopes = ", ".join(operation.scopes)
            message = f"a token with the scope {scopes} gets 403, the token of the run {own.status}"
            self.session.record_failure("scope_not_enforced", "BK202", message, response, [own])

    @property
    def _is_local(self) -> bool:
        """Whether the token's user may do everything that its scopes allow, as on a server on this machine."""
        return is_local(self.session.options.base_url)

    def check_cors(self, target: _Target) -> None:
        """Send the request of a browser that precedes one from a web page and, if that is a read, the read."""
        operation = target.operation
        names = ["authorization", *(["content-type"] if operation.has_body else [])]
        # A browser always allows `Accept`.
        documented = map(str.lower, self.selector.spec.header_parameters(operation))
        names += [name for name in documented if name not in {*names, "accept"}]
        preflight = {
            "Origin": _ORIGIN,
            "Access-Control-Request-Method": operation.method,
            "Access-Control-Request-Headers": ", ".join(names),
        }
        response = self.session.send(operation, target.values, method="OPTIONS", headers=preflight)
        self.session.count("preflight_refused")
        for problem in preflight_problems(response.status, response.headers, operation.method, names):
            self.session.record_failure("preflight_refused", "BK203", problem, response)
        if operation.method == "GET":
            read = self.session.send(operation, target.values, headers={"Origin": _ORIGIN})
            for problem in cors_problems(read.headers) if read.ok else ():
                message = f"with an Origin: {problem}"
                self.session.record_failure("cors_conformance", "BK203", message, read)
