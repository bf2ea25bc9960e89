"""Documented errors: each is provoked as the behaviour says, has its status and message, and no effect."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from attrs import define

from ..._base.json_values import as_array, as_object, is_array, is_object
from ..api import Kind, Operation, object_path
from ..behaviour import Refusal
from ..exchange import NO_BODY, Exchange, PathValues, Request, query_of
from ..executor import Executor, Finding
from ..names import recognizable, with_unique_names
from ..rules.expressions import Sources, filled, references_in
from ..values import MISSING, get, holds
from ..world import path_values
from .objects import Prerequisites, example_body

CHECK: Final = "documented_refusal"
OTHER_FIELD: Final = "error_names_other_field"
#: Responses that say nothing about the rule: the token may not do it, or the server is busy.
_UNDECIDED: Final = frozenset({401, 429, 503})
#: Objects to read until one has the state of a refusal.
_OBJECTS: Final = 30
#: Objects to try until one accepts a request.
_ACCEPTING: Final = 80
_ALL: Final = 1_000
_LISTED: Final = "$list"
#: Values of listed objects in expressions: as they are, or changed so that no object has them.
_FORMS: Final[Mapping[str, Callable[[Any], Any]]] = {
    _LISTED: lambda value: value,
    "$swapcase": lambda value: str(value).swapcase(),
    "$prefix": lambda value: str(value)[:-1],
}
_Case: TypeAlias = tuple[Refusal, Request]


def send_documented_errors(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Provoke the documented errors of the operations, in each of the documented states of an object."""
    for operation in operations:
        if operation.behaviour.refusals:
            yield operation
            kind = None if operation.is_read else executor.world.kind_of(operation)
            reading = executor.api.at("GET", object_path(operation.path)) if operation.parameters else None
            _Errors(executor, operation, kind, reading).send()


@define
class _Errors:
    """The documented errors of an operation."""

    executor: Executor
    operation: Operation
    kind: Kind | None
    """The kind of objects that it changes."""
    reading: Operation | None
    """The operation that reads the object of the path."""

    def send(self) -> None:
        """Send the requests, those for the same object one after the other."""
        cases: list[_Case] = []
        for refusal in self.operation.behaviour.refusals:
            found = list(self._cases(refusal))
            if not (self._send_after(found) if refusal.after else found):
                self.executor.skip(
                    CHECK, self.operation, f"{refusal.status}: no request that may be sent for {_reason(refusal)}"
                )
            cases += [] if refusal.after else found
        while cases:
            values = cases[0][1].values
            with self.executor.unaffected(self.kind, values) as refused:
                refused += [self._provoke(*each) for each in cases if each[1].values == values]
            cases = [each for each in cases if each[1].values != values]
        if self.operation.method == "POST" and not (self.operation.behaviour.effects or self.operation.has_body):
            self._accept()

    def _accept(self) -> None:
        """Find an object that accepts the request, before other phases change the state that it needs."""
        for values in self.executor.world.objects(self.operation)[:_ACCEPTING]:
            request = Request(self.operation, values)
            if self.executor.permits(request) and self.executor.send(request).ok:
                return

    def _send_after(self, cases: Sequence[_Case]) -> bool:
        """Send a request after others, for the first object that they succeed for."""
        for refusal, request in cases:
            prerequisites = Prerequisites(self.executor, dict(request.values))
            with prerequisites.met(refusal.after, partial(self._known, values=request.values)) as is_met:
                if is_met:
                    with self.executor.unaffected(self.kind, request.values) as refused:
                        refused.append(self._provoke(refusal, request, prerequisites.sent))
            if is_met:
                return True
        return False

    def _provoke(self, refusal: Refusal, request: Request, before: Sequence[Exchange] = ()) -> Exchange:
        exchange = self.executor.send(request)
        problems = list(problems_of(refusal, exchange))
        if problems and not exchange.ok and not self._has_state(refusal, request.values):
            self.executor.skip(CHECK, self.operation, f"{refusal.status}: the object has changed meanwhile")
            return exchange
        for problem in problems:
            self.executor.report(Finding(CHECK, problem, exchange, before))
        named = {str(as_object(each).get("field")) for each in as_array(exchange.object.get("errors"))}
        others = self.executor.api.properties(self.operation.body_schema).keys() - refusal.body.keys()
        if refusal.body and named and named <= others:
            message = f"{_reason(refusal)}: the errors name {', '.join(sorted(named))} only"
            self.executor.report(Finding(OTHER_FIELD, message, exchange))
        return exchange

    @property
    def _creates(self) -> bool:
        return self.kind is not None and self.operation is self.kind.create

    def _cases(self, refusal: Refusal) -> Iterator[_Case]:
        """Yield the request for an object with each of the alternatives of a state, or after others for each object."""
        tried: list[Sequence[Any]] = []
        for values in self._objects(refusal):
            pairs = [
                (get(name, read.body), value)
                for state, read in self._states(refusal, values)
                for name, value in state.items()
            ]
            state = [found for found, value in pairs if is_array(value)]
            request = None if state in tried else self._request(refusal, values)
            if request is not None:
                yield refusal, request
                tried += [] if refusal.after else [state]
                if not state and not refusal.after:
                    return

    def _objects(self, refusal: Refusal) -> Iterator[PathValues]:
        """Yield objects with the state of a refusal, first those that a list has shown to have it."""
        world = self.executor.world
        found = [each for known in (world.own, world.known) for each in known.for_path(self.operation.path, _ALL)]
        states = [value for state in (refusal.when, *refusal.also.values()) for value in state.values()]
        wanted = {str(each) for value in states for each in (value if is_array(value) else [value])}
        found.sort(key=lambda each: -len(wanted.intersection(map(str, each.state))))
        distinct = path_values(self.operation, found) or [{}]
        yield from (each for each in distinct[:_OBJECTS] if self._has_state(refusal, each))

    def _states(self, refusal: Refusal, values: PathValues) -> Iterator[tuple[Mapping[str, Any], Exchange]]:
        """Yield the states of a refusal, each with the read of the object that has it."""
        own = None if self.reading is None or refusal.path else self.executor.read(self.reading, values)
        if own is not None:
            yield refusal.when, own
        for name, state in refusal.also.items():
            reading = self.executor.api.by_id[name]
            urls = [] if own is None else [str(each) for key, each in own.object.items() if key.endswith("_url")]
            linked = (reading.values_in(urlsplit(url).path) for url in urls)
            has_all = set(reading.parameters) <= values.keys()
            known = values if has_all else next((each for each in linked if each is not None), None)
            if known is not None:
                wanted = self._known(state, values)
                yield {"": MISSING} if wanted is MISSING else wanted, self.executor.read(reading, known)

    def _has_state(self, refusal: Refusal, values: PathValues) -> bool:
        return all(read.ok and holds(state, read.body) for state, read in self._states(refusal, values))

    def _request(self, refusal: Refusal, values: PathValues) -> Request | None:
        """Return the request, or None if a value is not known or the request may not be sent."""
        parts = [self._known(part, values) for part in (refusal.path, refusal.query, refusal.body, refusal.only)]
        if MISSING in parts:
            return None
        path, query, changes, only = parts
        operation = self.operation
        body: Any = NO_BODY
        if operation.body_examples:
            body = {**example_body(self.executor, operation, values), **changes}
        properties = self.executor.api.properties(operation.body_schema)
        if is_object(only):
            body = with_unique_names(only, properties) if self._creates else only
        body = recognizable(body, properties) if self._creates else body
        why = f"for {_reason(refusal)}"
        request = Request(operation, {**values, **path}, query, refusal.headers, body, why=why)
        return request if self.executor.permits(request) else None

    def _known(self, node: Any, values: PathValues) -> Any:
        """Return a value with its expressions replaced, or `MISSING` if one of them has no value."""
        before = None if self.reading is None else self.executor.read(self.reading, values).body
        others = {each: self._other(each, values) for each in references_in(node)}
        return filled(node, Sources(before, user=self.executor.context.user, others=others, path=values).value)

    def _other(self, expression: str, values: PathValues) -> Any:
        """Return a cursor, or a value of the first item of a list with one, if possible one that is not in the path."""
        if expression == "$cursor":
            links = self.executor.read(self.operation, values, {"per_page": 1}).links
            return query_of(links.get("next", "")).get("after", MISSING)
        source, _, pointer = expression.partition("#")
        form, _, name = source.partition(".")
        listing = self.executor.api.by_id[name]
        if not set(listing.parameters) <= values.keys():
            return MISSING
        found = [get(pointer, item) for item in self.executor.read(listing, values).items]
        known = [value for value in found if value is not MISSING and value is not None]
        changed = (_FORMS[form](value) for value in sorted(known, key=lambda value: value in values.values()))
        return next((value for value in changed if form == _LISTED or value not in found), MISSING)


def problems_of(refusal: Refusal, exchange: Exchange) -> Iterator[str]:
    """Yield what is wrong with the response to a request that must be refused."""
    if exchange.status not in {refusal.status, *_UNDECIDED}:
        yield f"{_reason(refusal)}: {exchange.status} instead of the documented {refusal.status}"
    elif exchange.status == refusal.status:
        yield from (f"{_reason(refusal)}: {each}" for each in message_problems(refusal, exchange))


def message_problems(refusal: Refusal, exchange: Exchange) -> Iterator[str]:
    """Yield a message that differs from that of a refusal, or from the documented beginning if it is of the body."""
    is_of_body = (refusal.body or is_object(refusal.only)) and not (refusal.when or refusal.after)
    beginning = exchange.operation.behaviour.messages.get(str(refusal.status), "") if is_of_body else ""
    message, found = refusal.message or f"{beginning}…", exchange.object.get("message")
    for name, value in as_object(exchange.request.body).items():
        message = message.replace(f"{{{name}}}", str(value))
    beginning = message.removesuffix("…")
    lacks_reason = beginning.endswith(": ") and str(found).strip() == beginning.strip()
    if found != message and (beginning == message or lacks_reason or not str(found).startswith(beginning)):
        yield f"the message is {found!r} instead of the documented {message!r}"


def _reason(refusal: Refusal) -> str:
    """Return what is wrong with the request, for messages."""
    sent = {**refusal.path, **refusal.query, **refusal.headers, **refusal.body, **as_object(refusal.only)}
    state = {name: value for values in (refusal.when, *refusal.also.values()) for name, value in values.items()}
    parts = [f"{name} {'null' if value is None else value}" for name, value in (*sent.items(), *state.items())]
    return ", ".join([*parts, *(f"{each.operation} before" for each in refusal.after)]) or "such a request"
