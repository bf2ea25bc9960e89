"""The objects on the server that requests are aimed at.

A request for a random UUID only ever gets a 404. So the runner walks the lists of the API first, with the client, and
remembers what it sees; and it keeps account of what the run itself creates and removes.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from attrs import field, frozen

from .. import Buildkite, BuildkiteError
from .._base.json_values import is_array, is_object
from .operation import Operation, parameters_of

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
