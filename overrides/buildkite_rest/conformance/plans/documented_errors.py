"""Documented errors: each is provoked as the behaviour says, has its status and message, and no effect."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from attrs import define
from msgspec.structs import replace

from ..._base.json_values import as_array, as_object, is_array, is_object
from ..api import Api, Kind, Operation, object_path
from ..behaviour import Refusal
from ..exchange import NO_BODY, Exchange, PathValues, Request
from ..executor import ACCEPTED, Executor, Finding
from ..names import recognizable, with_unique_names
from ..objects import object_from_item
from ..values import MISSING, get, is_empty
from .prerequisites import Prerequisites
from .references import referring

CHECK: Final = "documented_refusal"
OTHER_FIELD: Final = "error_names_other_field"
#: Responses that say nothing about the rule: the token may not do it, or the server is busy.
_UNDECIDED: Final = frozenset({401, 429, 503})
#: Objects to read until one has the state of a refusal, and lists to read for further ones.
_OBJECTS: Final = 30
_LISTS: Final = 6
_ALL: Final = 1_000
_PAGE: Final = "page"
_USER: Final = "getUser"
_OBJECT: Final = "$object#"
_LISTED: Final = "$list"
#: Values of listed objects in expressions: as they are, or changed so that no object has them.
_FORMS: Final[Mapping[str, Callable[[Any], Any]]] = {
    _LISTED: lambda value: value,
    "$swapcase": lambda value: str(value).swapcase(),
    "$prefix": lambda value: str(value)[:-1],
}


def send_documented_errors(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Provoke the documented errors of the operations, in each of the documented states of an object."""
    for operation in operations:
        if operation.behaviour.refusals:
            yield operation
            _Errors(executor, operation, executor.world.kind_of(operation)).send()


@define
class _Case:
    """A request that provokes an error."""

    refusal: Refusal
    values: PathValues
    """Path values of the object with the state."""
    request: Request


@define
class _Errors:
    """The documented errors of an operation."""

    executor: Executor
    operation: Operation
    kind: Kind | None

    @property
    def api(self) -> Api:
        """The API."""
        return self.executor.api

    @property
    def reading(self) -> Operation | None:
        """The operation that reads the object of the path."""
        return self.api.at("GET", object_path(self.operation.path)) if self.operation.parameters else None

    def send(self) -> None:
        """Send the requests, those for the same object one after the other."""
        cases: list[_Case] = []
        for each in self.operation.behaviour.refusals:
            refusal = self._with_message(each)
            found = list(self._cases(refusal))
            if not (self._send_after(found) if refusal.after else found):
                reason = f"{refusal.status}: no object for {_reason(refusal)}"
                self.executor.skip(CHECK, self.operation, reason)
            cases += [] if refusal.after else found
        while cases:
            target = cases[0].request.values
            kind = None if self.operation.is_read else self.kind
            with self.executor.unaffected(kind, target) as refused:
                refused += [self._provoke(each) for each in cases if each.request.values == target]
            cases = [each for each in cases if each.request.values != target]

    def _send_after(self, cases: Sequence[_Case]) -> bool:
        """Send a request after others, for the first object that they succeed for."""
        for case in cases:
            prerequisites = Prerequisites(self.executor, dict(case.values))
            with prerequisites.met(case.refusal.after, partial(self._known, values=case.values)) as is_met:
                if is_met:
                    with self.executor.unaffected(
                        None if self.operation.is_read else self.kind, case.values
                    ) as refused:
                        refused.append(self._provoke(case))
            if is_met:
                if prerequisites.is_undone and not self.operation.is_read:
                    self._check_lifted(case)
                return True
        return False

    def _provoke(self, case: _Case) -> Exchange:
        refusal = case.refusal
        exchange = self.executor.send(case.request)
        problems = list(problems_of(refusal, exchange))
        if problems and not exchange.ok and not self._has_state(refusal, case.values):
            self.executor.skip(CHECK, self.operation, f"{refusal.status}: the object has changed meanwhile")
            return exchange
        self.executor.count(CHECK)
        for problem in problems:
            self.executor.report(Finding(CHECK, problem, exchange))
        for query in () if problems else self._stricter(refusal, case.request):
            other = self.executor.send(case.request.having(query=query))
            for problem in problems_of(refusal, other):
                self.executor.report(Finding(CHECK, f"with {dict(query)}: {problem}", other, [exchange]))
        changed = {*refusal.body, *as_object(refusal.only)}
        named = {str(as_object(each).get("field")) for each in as_array(exchange.object.get("errors"))}
        if changed and named and named <= self.api.properties(self.operation.body_schema).keys() - changed:
            message = f"{_reason(refusal)}: the errors name {', '.join(sorted(named))} only"
            self.executor.report(Finding(OTHER_FIELD, message, exchange))
        return exchange

    def _check_lifted(self, case: _Case) -> None:
        """Check that a request is not refused any more after what it was refused for is undone."""
        effects = self.operation.behaviour.effects
        creates = self._creates or any(each.returns.get("id") == "$new" for each in effects)
        others = [each for each in self.operation.behaviour.refusals if not each.after and self._is_for(each, case)]
        if not creates and not others and self._has_state(case.refusal, case.values):
            why = f"after {_reason(case.refusal)} is undone"
            self.executor.expect(case.request.having(why=why), ACCEPTED, CHECK)

    def _is_for(self, refusal: Refusal, case: _Case) -> bool:
        """Return whether another documented error is that of the same request."""
        return refusal.body == case.refusal.body and self._has_state(refusal, case.values)

    @property
    def _creates(self) -> bool:
        return self.kind is not None and self.operation is self.kind.create

    def _with_message(self, refusal: Refusal) -> Refusal:
        """Return a refusal of a body with the documented beginning of its message, unless it has a message."""
        beginning = self.operation.behaviour.messages.get(str(refusal.status))
        is_about_body = bool(refusal.body or as_object(refusal.only))
        if beginning is None or refusal.message or refusal.when or refusal.after or not is_about_body:
            return refusal
        return replace(refusal, message=f"{beginning}…")

    def _stricter(self, refusal: Refusal, request: Request) -> Iterator[Mapping[str, Any]]:
        """Yield queries that are refused too: for the next page, beside a valid filter, and after a valid value."""
        query, declared = request.query, self.operation.query
        is_refused_for_path = bool(refusal.path) or not (query or refusal.when or refusal.also)
        if not self.operation.is_read or is_refused_for_path or _PAGE in query:
            return
        if query and _PAGE in declared:
            yield {**query, _PAGE: 2}
        for name, value in query.items():
            choices = declared[name].choices if name in declared else ()
            if choices and value != choices[0]:
                yield {**query, name: [choices[0], value]}
            scalar = name.removesuffix("[]")
            if name not in declared and scalar in declared:
                yield {**{key: each for key, each in query.items() if key != name}, f"{scalar}[key]": value}
        filters = (each for each in declared.values() if each.behaviour.filters is not None and each.choices)
        beside = next((each for each in filters if each.name not in query), None)
        if beside is not None and not refusal.headers:
            yield {**query, beside.name: beside.choices[0]}

    def _cases(self, refusal: Refusal) -> Iterator[_Case]:
        """Yield the request for an object with each of the alternatives of a state."""
        tried: list[Sequence[Any]] = []
        for values in self._objects(refusal):
            state = self._alternative(refusal, values)
            request = None if state in tried else self._request(refusal, values)
            if request is not None:
                yield _Case(refusal, values, request)
                tried += [] if refusal.after else [state]
                if not state and not refusal.after:
                    return

    def _objects(self, refusal: Refusal) -> Iterator[PathValues]:
        """Yield objects with the state of a refusal."""
        if not self.operation.parameters:
            yield {}
            return
        selector = self.executor.world.selector
        known = [each for one in (selector.own, selector.objects) for each in one.for_path(self.operation.path, _ALL)]
        states = [each for values in (refusal.when, *refusal.also.values()) for each in _scalars(values)]
        known.sort(key=lambda each: -sum(state in each.kind for state in states))
        created = selector.objects.created(object_path(self.operation.path))
        candidates = [*(each.values for each in known), *created]
        seen: list[PathValues] = []
        for values in (*candidates, *self._listed_objects(candidates, refusal)):
            mine = {name: values[name] for name in self.operation.parameters}
            if mine not in seen and len(seen) < _OBJECTS:
                seen.append(mine)
                if self._has_state(refusal, mine):
                    yield mine

    def _listed_objects(self, known: Sequence[PathValues], refusal: Refusal) -> Iterator[PathValues]:
        """Yield the objects beside known ones that have the state of a refusal in their list."""
        path = object_path(self.operation.path)
        listing = self.api.at("GET", path.rpartition("/")[0])
        if listing is None or not refusal.when:
            return
        parents = {tuple(each[name] for name in listing.parameters): each for each in known}
        for values in list(parents.values())[:_LISTS]:
            for item in self.executor.read(listing, values).objects:
                found = object_from_item(path, values, item) if holds(refusal.when, item) else None
                if found is not None:
                    yield found.values

    def _states(self, refusal: Refusal, values: PathValues) -> Iterator[tuple[Mapping[str, Any], Exchange | None]]:
        """Yield the states of a refusal, each with the read of the object that has it."""
        own = None if self.reading is None or refusal.path else self.executor.read(self.reading, values)
        if own is not None:
            yield refusal.when, own
        for name, state in refusal.also.items():
            reading = self.api.by_id[name]
            known = values if set(reading.parameters) <= values.keys() else self._linked(reading, own)
            wanted = {
                pointer: _with_object(value, None if own is None else own.body) for pointer, value in state.items()
            }
            yield wanted, None if known is None else self.executor.read(reading, known)

    @staticmethod
    def _linked(reading: Operation, own: Exchange | None) -> PathValues | None:
        """Return the path values of a read in a URL of the object."""
        urls = () if own is None else (each for name, each in own.object.items() if name.endswith("_url"))
        found = (reading.values_in(urlsplit(str(each)).path) for each in urls)
        return next((each for each in found if each is not None), None)

    def _has_state(self, refusal: Refusal, values: PathValues) -> bool:
        states = self._states(refusal, values)
        return all(read is not None and read.ok and holds(state, read.body) for state, read in states)

    def _alternative(self, refusal: Refusal, values: PathValues) -> Sequence[Any]:
        """Return the values of the object that a refusal has alternatives of: each is provoked once."""
        return [
            get(pointer, read.body)
            for state, read in self._states(refusal, values)
            for pointer, value in state.items()
            if is_array(value) and read is not None
        ]

    def _request(self, refusal: Refusal, values: PathValues) -> Request | None:
        """Return the request, or None if a value is not known or the request may not be sent."""
        parts = [self._known(part, values) for part in (refusal.path, refusal.query, refusal.body)]
        if any(part is None for part in parts):
            return None
        path, query, changes = parts
        operation = self.operation
        body: Any = NO_BODY
        if operation.body_examples:
            body = {**referring(self.executor, operation, values, operation.body_examples[0]), **changes}
        if is_object(refusal.only):
            body = refusal.only
        if self._creates:
            properties = self.api.properties(operation.body_schema)
            body = with_unique_names(body, properties, None) if is_object(refusal.only) else body
            body = recognizable(body, properties)
        why = f"for {_reason(refusal)}"
        request = Request(operation, {**values, **path}, query, refusal.headers, body, why=why)
        return request if self.executor.permits(request) else None

    def _known(self, node: Any, values: PathValues) -> Any:
        """Return a value with its expressions replaced, or None if one of them has no value."""
        if is_object(node):
            pairs = {name: self._known(value, values) for name, value in node.items()}
            return None if any(value is None and node[name] is not None for name, value in pairs.items()) else pairs
        if is_array(node):
            items = [self._known(item, values) for item in node]
            return None if None in items else items
        if not isinstance(node, str) or not node.startswith("$"):
            return node
        source, _, pointer = node.partition("#")
        match source:
            case "$path":
                found = get(pointer, values)
            case "$object":
                found = MISSING if self.reading is None else get(pointer, self.executor.read(self.reading, values).body)
            case "$cursor":
                links = self.executor.read(self.operation, values, {"per_page": 1}).object.get("links")
                query = parse_qs(urlsplit(str(as_object(links).get("next"))).query)
                found = query.get("after", [MISSING])[0]
            case "$user":
                found = get("id", self.executor.read(self.api.by_id[_USER], {}).body)
            case _:
                found = self._listed(source, pointer, values)
        return None if found is MISSING else found

    def _listed(self, source: str, pointer: str, values: PathValues) -> Any:
        """Return a value of the first item of a list with one, if possible one that the path does not have."""
        form, _, name = source.partition(".")
        listing = self.api.by_id[name]
        if not set(listing.parameters) <= values.keys():
            return None
        found = [get(pointer, item) for item in self.executor.read(listing, values).items]
        known = [value for value in found if value is not MISSING and value is not None]
        changed = (_FORMS[form](value) for value in sorted(known, key=lambda value: value in values.values()))
        return next((value for value in changed if form == _LISTED or value not in found), None)


def problems_of(refusal: Refusal, exchange: Exchange) -> Iterator[str]:
    """Yield what is wrong with the response to a request that must be refused."""
    message = refusal.message or ""
    for name, value in as_object(exchange.request.body).items():
        message = message.replace(f"{{{name}}}", str(value))
    found = str(exchange.object.get("message"))
    beginning = message.removesuffix("…")
    lacks_reason = beginning.endswith(": ") and found.strip() == beginning.strip()
    is_same = found == message or (beginning != message and not lacks_reason and found.startswith(beginning))
    if exchange.status in _UNDECIDED:
        return
    if exchange.status != refusal.status:
        yield f"{_reason(refusal)}: {exchange.status} instead of the documented {refusal.status}"
    elif message and not is_same:
        yield f"{_reason(refusal)}: the message is {found!r} instead of the documented {message!r}"


def is_documented(refusal: Refusal, exchange: Exchange) -> bool:
    """Return whether an error is the documented one."""
    return next(problems_of(refusal, exchange), None) is None


def is_about_state(refusal: Refusal) -> bool:
    """Return whether any request is refused in a state of the object."""
    parts = (refusal.also, refusal.path, refusal.query, refusal.headers, refusal.body, as_object(refusal.only))
    return bool(refusal.when) and not any(parts) and not refusal.after


def holds(when: Mapping[str, Any], found: object) -> bool:
    """Return whether an object has the values that a request needs."""
    return all(_holds(value, get(pointer, found)) for pointer, value in when.items())


def _holds(wanted: Any, found: Any) -> bool:
    if wanted == "$unset":
        return found is MISSING or is_empty(found)
    if wanted == "$set" or is_object(wanted):
        parts, text = as_object(wanted), str(found)
        is_set = found is not MISSING and not is_empty(found)
        has_all = all(str(part) in text for part in parts.get("contains", ()))
        return is_set and has_all and not any(str(part) in text for part in parts.get("lacks", ()))
    return found in wanted if is_array(wanted) else found is not MISSING and found == wanted


def _with_object(value: Any, found: object) -> Any:
    """Return a value of a state, that of the object of the path in place of an expression."""
    is_of_object = isinstance(value, str) and value.startswith(_OBJECT)
    return get(value.removeprefix(_OBJECT), found) if is_of_object else value


def _scalars(values: Mapping[str, Any]) -> Iterator[Any]:
    for value in values.values():
        yield from value if is_array(value) else (value,)


def _reason(refusal: Refusal) -> str:
    """Return what is wrong with the request, for messages."""
    sent = {**refusal.path, **refusal.query, **refusal.headers, **refusal.body, **as_object(refusal.only)}
    parts = [f"{name} {value}" for name, value in sent.items()]
    state = {name: value for values in (refusal.when, *refusal.also.values()) for name, value in values.items()}
    parts += [f"an object with {', '.join(f'{name} {value}' for name, value in state.items())}"] if state else []
    parts += [f"{each.operation} before" for each in refusal.after]
    return ", ".join(parts) or "such a request"
