"""The objects on the server that requests are aimed at.

A request for a random UUID only ever gets a 404. So the runner walks the lists of the API first, with the client, and
remembers what it sees; and it keeps account of what the run itself creates and removes.
"""

from __future__ import annotations

import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, TypeAlias

from attrs import field, frozen

from .. import Buildkite, BuildkiteError
from .._base.json_values import is_array, is_object
from .spec import Description, Operation, parameters_of

#: Properties that make a difference to what can be done with an object. A queue is where a job runs.
_TELLING: Final = ("state", "archived_at", "queue_id")


Values: TypeAlias = Mapping[str, str | int]


"""Path parameters that belong together."""


KnownIds: TypeAlias = Mapping[str, str | list[str]]


"""Ids by the name of a property: one where the name ends in `_id`, some where it ends in `_ids`."""


#: How many objects of a list are read, of how many parents at most, and of how many that bring no new kind of object.
_ITEMS: Final = 100


_PARENTS: Final = 40


_STALE: Final = 10


#: Objects of a kind that requests are aimed at: several, because one request may change what the next one needs.
_PER_KIND: Final = 6


#: Objects of a kind that are taken from the list of one parent, so that there is room for those of others.
_PER_PARENT: Final = 2


#: What the run has created and not removed yet is kept up to this number per list.
_CREATED: Final = 50


@frozen
class Target:
    """An object, and the way to it."""

    path: str
    """The template of its own path."""
    values: Values
    kind: tuple[object, ...] = ()
    """Its type, its state and the like. Operations answer differently for different kinds."""


@frozen
class Targets:
    """All objects that are known."""

    organization: str | None = None
    """The only organization whose objects are of interest, if there is one."""
    known_ids: dict[str, str | list[str]] = field(factory=dict[str, "str | list[str]"])
    """Ids that bodies of requests may need."""
    _found: dict[str, list[Target]] = field(factory=dict[str, list[Target]])
    _created: dict[str, deque[Values]] = field(factory=dict[str, deque[Values]])

    def add(self, path: str, targets: Iterable[Target]) -> None:
        """Remember objects whose own path has the template `path`, those that are not known yet."""
        found = self._found.setdefault(path, [])
        known = {frozenset(target.values.items()) for target in found}
        for target in targets:
            key = frozenset(target.values.items())
            if key not in known and (self.organization is None or target.values.get("org") == self.organization):
                known.add(key)
                found.append(target)

    def kinds(self, path: str) -> int:
        """Return how many kinds of objects are known whose own path has the template `path`."""
        return len({target.kind for target in self._found.get(path, ())})

    def on(self, path: str, per_kind: int = _PER_KIND) -> list[Target]:
        """Return objects on which a path can be called: first one of each kind, then a second of each, and so on.

        The best are those whose own path begins this one. A path of another form, such as the short path of a job,
        takes any object that is named by the same parameters.
        """
        names = frozenset(parameters_of(path))
        if not names:
            return []
        fitting = [t for targets in self._found.values() for t in targets if names <= t.values.keys()]
        nearest = [target for target in fitting if f"{path}/".startswith(f"{target.path}/")]
        if not nearest:
            fewest = min((len(target.values) for target in fitting), default=0)
            nearest = [target for target in fitting if len(target.values) == fewest]
        return diverse(nearest, per_kind)

    def note_ids(self, item: Any) -> None:
        """Remember the ids that an object has in its properties. A `user` or a `team` is the `actor` of something."""
        actor = getattr(item, "actor", None)
        kind, key = getattr(actor, "type", None), getattr(actor, "id", None)
        if isinstance(kind, str) and isinstance(key, str):
            self.known_ids.setdefault(str(kind), key)
            if kind == "user":
                self.known_ids.setdefault("unblocker", key)  # a user by another name, in the body of an unblock
        for name in getattr(item, "__struct_fields__", ()):
            value = getattr(item, name)
            if name.endswith("_id") and isinstance(value, str):
                self.known_ids.setdefault(name, value)
            elif name.endswith("_ids") and is_array(value) and value:
                self.known_ids.setdefault(name, [str(element) for element in value])

    def created(self, path: str) -> list[Values]:
        """Return objects with a path of their own that the run has created, the newest first."""
        return list(self._created.get(path, ()))

    def note_created(self, path: str, values: Values) -> None:
        """Remember an object that the run has created."""
        self._created.setdefault(path, deque(maxlen=_CREATED)).appendleft(values)

    def note_removed(self, path: str, values: Values) -> None:
        """Forget an object that the run has removed or renamed."""
        if (created := self._created.get(path)) is not None and values in created:
            created.remove(values)


def diverse(targets: Iterable[Target], per_kind: int) -> list[Target]:
    """Sort so that the first of each kind come first, then the second of each, and so on."""
    seen: Counter[tuple[object, ...]] = Counter()
    ranked: list[tuple[int, Target]] = []
    for target in targets:
        ranked.append((seen[target.kind], target))
        seen[target.kind] += 1
    return [target for rank, target in sorted(ranked, key=lambda pair: pair[0]) if rank < per_kind]


def own_path(path: str) -> str:
    """Return the template up to its last parameter: the object that a path is about."""
    return path[: path.rindex("}") + 1] if "}" in path else path


def discover(
    client: Buildkite, operations: Sequence[Operation], chosen: Iterable[Operation], organization: str | None = None
) -> Targets:
    """Walk the lists that the chosen operations need objects of, from organizations downwards.

    With `organization` everything lies in this one.
    """
    targets = Targets(organization)
    lists = sorted(_needed(_lists(client, operations), chosen), key=lambda found: len(found.operation.parameters))
    while ready := [found for found in lists if targets.on(found.operation.path) or not found.operation.parameters]:
        for found in ready:
            found.read_into(targets)
        lists = [found for found in lists if found not in ready]
    return targets


@frozen
class _List:
    """An operation that lists objects which have paths of their own."""

    operation: Operation
    items: tuple[str, ...]
    """The templates of these paths."""
    call: Callable[..., Any]

    @property
    def names(self) -> set[str]:
        """The parameters by which paths name the objects."""
        return {parameters_of(path)[-1] for path in self.items}

    def read_into(self, targets: Targets) -> None:
        """Read the list of some parents, until they bring nothing new."""
        parents = [target.values for target in targets.on(self.operation.path)] or [{}]
        per_kind = _PER_PARENT if len(parents) > 1 else _ITEMS
        stale = 0
        for parent in parents[:_PARENTS]:
            objects = self._objects({name: parent[name] for name in self.operation.parameters})
            before = [targets.kinds(path) for path in self.items]
            for path in self.items:
                found = (target_of(path, parent, item) for item in objects)
                targets.add(path, diverse(filter(None, found), per_kind))
            for item in objects:
                targets.note_ids(item)
            stale = stale + 1 if before == [targets.kinds(path) for path in self.items] else 0
            if stale == _STALE and all(before):
                return

    def _objects(self, arguments: Values) -> list[Any]:
        """Read the beginning of a list. An error is no news here: to find errors is what the run is for."""
        paged = {"max_items": _ITEMS} if "max_items" in self.call.__annotations__ else {}
        try:
            answer = self.call(**arguments, **paged)
            return list(answer)
        except (BuildkiteError, TypeError):
            return []


def _lists(client: Buildkite, operations: Sequence[Operation]) -> Iterator[_List]:
    own = sorted({own_path(operation.path) for operation in operations if operation.parameters})
    for operation in operations:
        collection = operation.path.rpartition("/")[2]
        items = tuple(path for path in own if path.rpartition("/")[0].endswith(f"/{collection}"))
        call = getattr(getattr(client, operation.tag, None), operation.sdk_method or "", None)
        if operation.method == "GET" and items and call is not None:
            yield _List(operation, items, call)


def _needed(lists: Iterable[_List], chosen: Iterable[Operation]) -> list[_List]:
    """Leave out lists of objects that no path names, and that no needed list belongs to."""
    lists = list(lists)
    names = {name for operation in chosen for name in operation.parameters}
    while True:
        needed = [found for found in lists if not names.isdisjoint(found.names)]
        more = names.union(*(found.operation.parameters for found in needed))
        if more == names:
            return needed
        names = more


def target_of(path: str, parent: Values, item: Any) -> Target | None:
    """Return the way to an item, whose path may need more than its parent's: an artifact of a build names its job."""
    *names, own = parameters_of(path)
    values: dict[str, Any] = {name: parent.get(name, _property(item, name)) for name in names}
    values[own] = key_of(own, item)
    if not all(isinstance(value, str | int) for value in values.values()):
        return None
    return Target(path, {**parent, **{name: value for name, value in values.items() if value is not None}}, _kind(item))


def keys_for(name: str) -> tuple[str, ...]:
    """Return the properties that may stand for an object in a path: `id` for `job_id`, `slug` for `pipeline`."""
    stem, _, kind = name.rpartition("_")
    match kind:
        case "id":
            return ("id", "uuid")
        case "uuid":
            return (f"{stem}_id", "uuid", "id")
        case _:
            return (name, "slug", "id", "uuid")


def key_of(name: str, item: object) -> str | int | None:
    """Return what stands for an object, or for its JSON, as the parameter `name` of a path."""
    for key in keys_for(name):
        value = _property(item, key)
        if isinstance(value, str | int) and value != "":
            return value
    return None


def _property(item: Any, name: str) -> Any:
    return item.get(name) if is_object(item) else getattr(item, name, None)


def _kind(item: Any) -> tuple[object, ...]:
    names = item if is_object(item) else getattr(item, "__struct_fields__", ())
    values = ((name, _property(item, name)) for name in names)
    told = tuple(value for name, value in values if isinstance(value, bool) or name.endswith(_TELLING))
    return (_property(item, "type"), *(value if isinstance(value, str | bool) else value is None for value in told))


#: More of a kind than can be found.
_ALL: Final = 1_000


class Choice:
    """Knows the objects and the operations on them.

    Args:
        description: The operations.
        targets: The objects that are there, and those that come and go.
    """

    def __init__(self, description: Description, targets: Targets) -> None:
        self.description = description
        self.targets = targets
        self._operations = {operation.label: operation for operation in description.operations if operation.parameters}
        own = {own_path(operation.path) for operation in self._operations.values()}
        posted = {operation.path for operation in description.operations if operation.method == "POST"}
        # Paths to which is posted, and the paths that the new objects have.
        self._creators = {path.rpartition("/")[0]: path for path in own if path.rpartition("/")[0] in posted}

    def operation(self, label: str) -> Operation | None:
        """Return the operation with a path parameter that has this label."""
        return self._operations.get(label)

    @cache  # noqa: B019 - lives as long as the run
    def objects(self, operation: Operation) -> Sequence[Values]:
        """Return what the operation may be called on, as its path parameters, different kinds first."""
        found = self.targets.on(operation.path)
        if not operation.reads:
            found = self._part(operation, found)
        objects = _projected(operation, found)
        if any(other.ends for other in self._siblings(operation)):
            expendable = self._expendable(operation)
            objects = [values for values in objects if values not in expendable] or objects
        return objects

    def may_end(self, operation: Operation) -> Sequence[Values]:
        """Return what the operation may put an end to."""
        created = self.targets.created(own_path(operation.path))
        if created:
            return [{name: values[name] for name in operation.parameters} for values in created]
        twins = self._twins(operation)
        return self._expendable(operation)[twins.index(operation.label) :: len(twins)]

    def find(self, operation: Operation, values: Values) -> Values | None:
        """Return the object that is named by the last of `values`, with its parents."""
        *_, name = operation.parameters
        objects = [*self.targets.created(own_path(operation.path)), *self.objects(operation)]
        found = next((known for known in objects if str(known[name]) == str(values[name])), None)
        return None if found is None else {parameter: found[parameter] for parameter in operation.parameters}

    def was_there(self, operation: Operation, values: Values) -> bool:
        """Return whether an object is none that the run has created."""
        wanted = [str(values[name]) for name in operation.parameters]
        found = self.targets.on(operation.path, _ALL)
        return any([str(target.values[name]) for name in operation.parameters] == wanted for target in found)

    def creates(self, operation: Operation) -> bool:
        """Return whether the operation creates objects that have a path of their own."""
        return operation.method == "POST" and operation.path in self._creators

    def path_of_new(self, operation: Operation) -> str:
        """Return the template of the path that an object has which the operation creates."""
        return self._creators[operation.path]

    def note_success(self, operation: Operation, values: Values, body: object) -> None:
        """Keep account of what is there after an operation on `values` that was answered with `body`."""
        if self.creates(operation):
            for item in body if is_array(body) else [body]:
                self._note_created(self._creators[operation.path], values, item)
        elif operation.ends and operation.path == own_path(operation.path):
            self.targets.note_removed(operation.path, values)
            if operation.method != "DELETE":
                self._note_created(operation.path, values, body)

    def _note_created(self, path: str, values: Values, body: object) -> None:
        name = parameters_of(path)[-1]
        if (key := key_of(name, body)) is not None:
            self.targets.note_created(path, {**values, name: key})

    @cache  # noqa: B019
    def _expendable(self, operation: Operation) -> Sequence[Values]:
        """Return what may end although the run has not created it: a quarter of what no run can create."""
        if own_path(operation.path) in self._creators.values():
            return []
        found = self.targets.on(operation.path, _ALL)
        return _projected(operation, found[-max(1, len(found) // 4) :])

    def _siblings(self, operation: Operation) -> list[Operation]:
        """Return the operations on the same kind of object."""
        name = operation.parameters[-1]
        return [other for other in self._operations.values() if other.parameters[-1:] == (name,)]

    @cache  # noqa: B019
    def _twins(self, operation: Operation) -> list[str]:
        """Return the labels of the operations that do the same on a path of another form, this one included."""
        action = operation.path.rpartition("}")[2]
        return [
            other.label
            for other in self._siblings(operation)
            if other.method == operation.method and other.path.rpartition("}")[2] == action
        ]

    def _part(self, operation: Operation, found: Sequence[Target]) -> list[Target]:
        """Leave some objects of each kind to the operation's twins, which may come too late for the same ones."""
        twins = self._twins(operation)
        kinds = Counter(target.kind for target in found)
        seen: Counter[object] = Counter()
        part: list[Target] = []
        for target in found:
            if kinds[target.kind] < len(twins) or seen[target.kind] % len(twins) == twins.index(operation.label):
                part.append(target)
            seen[target.kind] += 1
        return part


def _projected(operation: Operation, found: Iterable[Target]) -> list[Values]:
    projected: list[Values] = []
    for target in found:
        own = {name: target.values[name] for name in operation.parameters}
        if own not in projected:
            projected.append(own)
    return projected


def with_ids(value: Any, ids: KnownIds) -> Any:
    """Return a body with `ids` in place of its own."""
    if is_array(value):
        return [with_ids(item, ids) for item in value]
    if is_object(value):
        return {key: ids.get(key) or with_ids(item, ids) for key, item in value.items()}
    return value


def unique(body: Any, operation: Operation) -> Any:
    """Return a body with a name that nobody else has, unless the name is there to test the limits of names."""
    if is_object(body) and "name" in body and body["name"] in [example.get("name") for example in operation.bodies]:
        return {**body, "name": f"{body['name']} {uuid.uuid4().hex[:8]}"}
    return body
