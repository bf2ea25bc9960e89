"""Objects for plans: two of each kind, those that bodies refer to, and the requests that bring about a state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from secrets import token_hex
from time import time_ns
from typing import Any, Final, TypeAlias

from attrs import define, field

from ..._base.json_values import as_object, is_array, is_object
from ..api import Kind, Operation, object_path, parameters_of, same_objects
from ..behaviour import Before
from ..exchange import NO_BODY, Exchange, PathValues, Request
from ..executor import Executor, Finding
from ..names import made_up, with_unique_names
from ..objects import identifier_of, names_in, object_from_item, refers
from ..slug_references import slugs_in
from ..values import MISSING, is_uuid, leaves

Path: TypeAlias = tuple[str | int, ...]
#: Properties that identify an object.
NAMES: Final = frozenset({"name", "slug", "key"})
OTHER: Final = "other_object_changed"
_NOT_FOUND: Final = 404
#: Objects of each kind.
_COUNT: Final = 2
#: Parents to try to create an object below.
_PARENTS: Final = 4
#: Bodies to try. Each refers to other objects, because those of the first may be used already.
_ATTEMPTS: Final = 4
#: An example of an id.
_ID: Final = made_up("id", 0)
_FORM: Final = "multipart/form-data"
#: Last words of the names of properties with the slug of an object.
_SLUGS: Final = frozenset({"pipeline"})
_NONE: Final[Mapping[Kind, Any]] = {}
#: Replaces the expressions in a part of a request; `MISSING` if one of them has no value.
Evaluate: TypeAlias = Callable[[Any], Any]


@define(eq=False)
class Object:
    """An object that requests are sent for."""

    kind: Kind
    values: PathValues
    """Its path values."""
    body: Mapping[str, Any]
    """What the response that created or listed it had."""
    sent: Mapping[str, Any] = field(factory=dict[str, Any])
    """The request body that created it."""
    created: Exchange | None = None
    is_own: bool = False
    """Whether the run has created it, or what it belongs to."""


@define
class Objects:
    """The objects of a plan."""

    executor: Executor
    preferred: Object | None = None
    """The object that new ones refer to where they can."""
    _known: dict[str, list[Object]] = field(factory=dict[str, list[Object]])
    _made: list[Object] = field(factory=list[Object])
    _bodies: Counter[str] = field(factory=Counter[str])

    def of(self, kind: Kind) -> Sequence[Object]:
        """Return two objects of a kind with the same parent. They are new, or else exist already."""
        if kind.path not in self._known:
            self._known[kind.path] = []  # a kind may refer to objects of its own
            self._known[kind.path] = self._new(kind) or list(self._listed(kind)) or self._existing(kind)
        return self._known[kind.path]

    def parents(self, kind: Kind) -> Sequence[Object]:
        """Return the objects that an object of a kind may be below."""
        above = self.above(kind)
        return [] if above is None else self.of(above)

    def above(self, kind: Kind) -> Kind | None:
        """Return the kind of the parents of a kind, or None."""
        is_single = not kind.path.endswith("}")
        path = object_path(kind.path if is_single else kind.path.rpartition("/")[0])
        kinds = self.executor.api.kinds
        return next((each for each in kinds if each.path == path or same_objects(path, each.path)), None)

    def make(
        self, kind: Kind, parent: PathValues, number: int = 0, *, changes: Mapping[str, Any] | None = None
    ) -> Object | None:
        """Create an object, or return None if no example is accepted. Another `number` starts with another example.

        With `changes`, some properties of the examples have other values.
        """
        for example in self.creations(kind.create, parent, number) if kind.create is not None else ():
            request = example if changes is None else example.having(body={**as_object(example.body), **changes})
            exchange = self.executor.send(request) if self.executor.permits(request) else None
            if exchange is None or exchange.ok:
                return None if exchange is None else next(iter(self.add(kind, exchange)), None)
        return None

    def alike(self, target: Object) -> Iterator[Object]:
        """Create objects like another one below other parents."""
        for other in self.parents(target.kind) if target.created is not None else ():
            if not other.values.items() <= target.values.items():
                new = self.make(target.kind, other.values, changes=target.sent)
                yield from () if new is None else (new,)

    def add(self, kind: Kind, exchange: Exchange) -> Sequence[Object]:
        """Remember the new objects in a response, and return them."""
        found: list[Object] = []
        sent = as_object(exchange.request.body)
        for item in exchange.body if is_array(exchange.body) else [exchange.body]:
            key = identifier_of(kind.parameter, item)
            if key is not None:
                values = {**exchange.values, kind.parameter: key}
                found.append(Object(kind, values, as_object(item), sent, exchange, is_own=True))
        self._made += found
        return found

    def delete(self, target: Object) -> Exchange | None:
        """Delete an object, or return None if that is not possible."""
        if target.kind.delete is None:
            return None
        request = request_for(target.kind.delete, target.values)
        if not self.executor.permits(request):
            return None
        exchange = self.executor.send(request)
        # What refers to another object may be deleted with it, and a key may be that of an earlier object.
        refers = any(is_uuid(each) for _, each in leaves(target.sent)) or upsert_key(target.kind.create)
        if exchange.ok:
            self.forget(target)
        elif exchange.status == _NOT_FOUND and not (refers or target.kind.delete.behaviour.effects):
            self.executor.report(Finding(OTHER, "an object that the run has created and not deleted is gone", exchange))
        return exchange

    def forget(self, deleted: Object) -> None:
        """Forget a deleted object and those below it."""
        gone = {name: deleted.values[name] for name in parameters_of(deleted.kind.path)}.items()
        self._made = [each for each in self._made if not gone <= each.values.items()]
        for path, known in self._known.items():
            self._known[path] = [each for each in known if not gone <= each.values.items()]

    def rename(self, target: Object, body: object) -> None:
        """Follow an object and those below it to the path that an update may have given it."""
        former, key = dict(target.values), identifier_of(target.kind.parameter, body)
        if target.kind.parameter and key not in {None, former[target.kind.parameter]}:
            known = [each for objects in self._known.values() for each in objects]
            for each in {id(one): one for one in (*known, *self._made, target)}.values():
                if former.items() <= each.values.items():
                    each.values = {**each.values, target.kind.parameter: key}

    @property
    def made(self) -> Sequence[Object]:
        """The objects that exist now because of this plan, the newest last."""
        return self._made

    def delete_all(self, first: int = 0) -> None:
        """Delete what was made, the newest first, except for the `first` objects."""
        while len(self._made) > first:
            self.delete(self._made.pop())

    def body(self, operation: Operation, example: Mapping[str, Any], values: PathValues) -> dict[str, Any]:
        """Return an example as a body that refers to existing objects, other ones each time, with unused names."""
        self._bodies[operation.id] += 1
        preferred = {} if self.preferred is None else {self.preferred.kind: self.preferred.body}
        body = body_of(self.executor, operation, example, values, self._bodies[operation.id], preferred)
        key = upsert_key(operation)
        # A name of the run would have to be that of a new object.
        return body if key is None else {**body, key: f"key-{token_hex(4)}"}

    def _new(self, kind: Kind) -> list[Object]:
        """Create objects, if possible below new parents."""
        if kind.create is None:
            return []
        if not self.executor.world.ownership.may_change_existing(kind.create):  # it may refer to own objects only
            for other in self.executor.api.kinds:
                if refers_to(kind, other) and not refers_to(other, kind):
                    self.of(other)
        parents: list[PathValues] = [each.values for each in self.parents(kind)] if kind.create.parameters else [{}]
        for values in [*parents, *self.executor.world.objects(kind.create)][:_PARENTS]:
            own = {name: values[name] for name in kind.create.parameters if name in values}
            made = [self.make(kind, own, n) for n in range(_COUNT)] if len(own) == len(kind.create.parameters) else []
            if found := [each for each in made if each is not None]:
                return [self._below(each, values) for each in found]
        return []

    @staticmethod
    def _below(target: Object, parent: PathValues) -> Object:
        """Return an object with all path values of its parent, of which its own path may have only some."""
        target.values = {**parent, **target.values}
        return target

    def _listed(self, kind: Kind) -> Iterator[Object]:
        """Yield the first objects of the list of a new parent, or the only one that a parent has."""
        for parent in self.parents(kind):
            if not kind.parameter:
                yield Object(kind, parent.values, {}, is_own=parent.is_own)
            elif kind.list is not None and parent.is_own and set(kind.list.parameters) <= parent.values.keys():
                for item in sorted(self.executor.read(kind.list, parent.values).objects, key=len, reverse=True)[
                    :_COUNT
                ]:
                    if (found := object_from_item(kind.path, parent.values, item)) is not None:
                        yield Object(kind, found.values, item, is_own=True)
                return

    def _existing(self, kind: Kind) -> list[Object]:
        reading = kind.get or kind.list or next(iter(kind.actions), None)
        names, user = set(parameters_of(kind.path)), self.executor.context.user.get("id")
        found = [each for each in self.executor.world.objects(reading) if names <= each.keys()] if reading else []
        # The user of the token must not change its own rights.
        return [Object(kind, each, {}) for each in sorted(found, key=lambda each: user in each.values())][:_COUNT]

    def creations(self, operation: Operation, parent: PathValues, number: int = 0) -> Iterator[Request]:
        """Yield requests of a creation until one is accepted, with all examples, by default the last one first.

        Properties with slugs of objects that the run may not refer to are left out.
        """
        values = {name: parent[name] for name in operation.parameters}
        if operation.body_media_type == _FORM:
            for name in map(str, self.executor.api.examples["filename"]):
                stem, dot, extension = name.rpartition(".")
                unused = f"{stem.rstrip('-.0123456789')}-{time_ns() % 10**9}.0.0{dot}{extension}"
                yield Request(operation, values, files={"file": (unused, unused.encode())}, why=f"with {name}")
            return
        examples = operation.body_examples or [{}]
        for attempt in range(_ATTEMPTS * len(examples)):
            example = examples[-1 - (number + attempt) % len(examples)]
            body, may_refer = self.body(operation, example, parent), self.executor.world.ownership.permits_reference
            others = {name for name, each in body.items() if not all(map(may_refer, slugs_in({name: each})))}
            yield Request(operation, values, body={name: body[name] for name in body if name not in others})


def request_for(operation: Operation, values: PathValues, **parts: Any) -> Request:
    """Return a request with those of some path values that an operation has."""
    return Request(operation, {name: values[name] for name in operation.parameters}, **parts)


def upsert_key(operation: Operation | None) -> str | None:
    """Return the property by which a creation finds an object to change instead, or None if it always makes one."""
    effects = () if operation is None else operation.behaviour.effects
    found = [effect.body or {} for effect in effects if effect.object == "created"]
    return next((name for body in found for name, value in body.items() if value == f"$before#/{name}"), None)


def refers_to(kind: Kind, other: Kind) -> bool:
    """Return whether a new object of a kind can refer to objects of another one, by the names in the examples."""
    examples = kind.create.body_examples if kind.create else ()
    return any(refers(name, other.parameter) for example in examples for name in names_in(example))


@define
class Prerequisites:
    """The requests that were sent, and those that undo them.

    An object that one of them creates is that of the next ones, and is deleted in the end. Updated properties get
    their former values.
    """

    executor: Executor
    values: dict[str, Any]
    """Path values of the object, and of those that were created."""
    sent: list[Exchange] = field(factory=list[Exchange])
    undo: list[Request] = field(factory=list[Request])

    @contextmanager
    def met(self, requests: Sequence[Before], evaluate: Evaluate) -> Generator[bool]:
        """Send the requests, and undo them in the end. Yields whether all succeeded."""
        yield all(self._send(each, evaluate) for each in requests)
        for each in reversed(self.undo):
            exchange = self.executor.send(each)
            known = {name: value for name, value in as_object(each.body).items() if value is not None}
            if not exchange.ok and known and known != each.body:  # what had no value may need one by now
                self.executor.send(each.having(body=known))

    def _send(self, before: Before, evaluate: Evaluate) -> bool:
        operation = self.executor.api.by_id[before.operation]
        changes = evaluate(before.body or {})
        if changes is MISSING or not set(operation.parameters) <= self.values.keys():
            return False
        kind = self.executor.world.kind_of(operation)
        creates = kind is not None and operation is kind.create
        if creates and operation.body_examples:
            changes = {**example_body(self.executor, operation, self.values), **changes}
        values = {name: self.values[name] for name in operation.parameters}
        request = Request(operation, values, body=changes or NO_BODY)
        if not self.executor.permits(request):
            return False
        former = None if creates else self._former(operation, values, changes)
        exchange = self.executor.send(request)
        self.sent.append(exchange)
        if not exchange.ok:
            return False
        if kind is not None and creates:
            if (key := identifier_of(kind.parameter, exchange.body)) is not None:
                self.values |= {**values, kind.parameter: key}
                self.undo += [] if kind.delete is None else [request_for(kind.delete, self.values)]
        elif former is not None:
            self.undo.append(former)
        return True

    def _former(self, operation: Operation, values: PathValues, changes: Any) -> Request | None:
        """Return the request that restores the properties which an update changes, as far as responses have them."""
        reading = self.executor.api.at("GET", object_path(operation.path))
        if operation.method not in {"PATCH", "PUT"} or reading is None or reading.path != operation.path:
            return None
        found = self.executor.read(reading, values).object
        former = {name: found[name] for name in changes if name in found}
        return Request(operation, values, body=former) if former else None


def body_of(  # noqa: PLR0917 - the parts of a request
    executor: Executor,
    operation: Operation,
    example: Mapping[str, Any],
    values: PathValues,
    number: int = 0,
    preferred: Mapping[Kind, Any] = _NONE,
) -> dict[str, Any]:
    """Return an example as a body that can be sent: it refers to existing objects, and has names that are not used yet.

    Another `number` refers to others.
    """

    def referring(name: str, value: Any, index: int) -> Any:
        if is_object(value):
            parts = enumerate(value.items())
            return {key: referring(name if key == "id" else key, each, index + n) for n, (key, each) in parts}
        if is_array(value):
            return [referring(name, each, index + n) for n, each in enumerate(value)]
        found = references(executor, operation, name, values, value, preferred)
        return found[index % len(found)] if found else value

    body = {name: referring(name, value, number) for name, value in example.items()}
    return with_unique_names(body, executor.api.properties(operation.body_schema))


def example_body(executor: Executor, operation: Operation, values: PathValues) -> Any:
    """Return the first example of an operation as a body that can be sent, or nothing."""
    return body_of(executor, operation, operation.body_examples[0], values) if operation.body_examples else NO_BODY


def _used(executor: Executor, operation: Operation, name: str, values: PathValues) -> set[object]:
    """Return the texts of a property of the objects in the list that an operation adds to."""
    listing = executor.api.at("GET", operation.path) if operation.method == "POST" else None
    items = () if listing is None else executor.read(listing, values).objects
    return {item[name] for item in items if isinstance(item.get(name), str)}


def references(  # noqa: PLR0917 - the parts of a request
    executor: Executor,
    operation: Operation,
    name: str,
    values: PathValues,
    example: object = _ID,
    preferred: Mapping[Kind, Any] = _NONE,
) -> Sequence[str]:
    """Return the ids or slugs of listed objects that a property may refer to by its name, as that of an example does.

    Of the kind of a preferred object, return that alone, and of others those that no object of the same list refers to,
    if there are any.
    """
    is_slug = not is_uuid(example)
    for kind in executor.api.kinds if not is_slug or name.rpartition("_")[2] in _SLUGS else ():
        if refers(name, kind.parameter) and kind.list is not None and set(kind.list.parameters) <= values.keys():
            names = ("slug",) if is_slug else ("id", "uuid", "user_id")
            items = [preferred[kind]] if kind in preferred else executor.read(kind.list, values).objects
            found = [next((item[each] for each in names if each in item), None) for item in items]
            if texts := [
                each for each in found if isinstance(each, str) and executor.world.ownership.permits_reference(each)
            ]:
                used = _used(executor, operation, name, values)
                return [each for each in texts if each not in used] or texts
    return ()


def texts_in(node: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield the texts and lists of texts in a body, with their paths."""
    if isinstance(node, str) or (is_array(node) and node and isinstance(node[0], str)):
        yield path, node
    elif is_object(node) or is_array(node):
        for key, value in node.items() if is_object(node) else enumerate(node):
            yield from texts_in(value, (*path, key))


def replaced(value: Any, path: Path, new: Any) -> Any:
    """Return a copy of JSON with another value at a path, which may be behind the last item of a list."""
    if not path:
        return new
    key, *rest = path
    if is_array(value):
        items = [*value, None] if key == len(value) else [*value]
        items[int(key)] = replaced(items[int(key)], tuple(rest), new)
        return items
    return {**value, key: replaced(value.get(key), tuple(rest), new)}
