"""Objects on the server: those that the lists of the API contain, and those that the run creates and deletes.

A request for a random UUID only ever gets a 404, so requests use the ids of existing objects.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, Final, TypeAlias

from attrs import field, frozen
from msgspec import Struct
from msgspec.structs import asdict

from _buildkite_rest.operations import all_operations

from .. import Buildkite, BuildkiteError
from .._base.json_values import is_array, is_object
from .names import with_unique_names
from .permissions import ALL, Permissions, filled
from .spec import Operation, Spec, object_path, parameters_of

#: Properties that determine which operations an object supports. A queue is where a job runs.
_STATE_PROPERTIES: Final = ("state", "archived_at", "queue_id")
#: Objects to read from a list.
_ITEMS: Final = 100
#: Pages to read of a list, whose pages may never end.
_PAGES: Final = 5
#: Parents whose lists are read.
_PARENTS: Final = 40
#: Parents in a row without a new kind of object, after which no further list is read.
_PARENTS_WITHOUT_NEW_KINDS: Final = 10
#: Objects per kind to send requests to. There are several because a request may change what the next one needs.
_PER_KIND: Final = 6
#: Objects per kind from the list of one parent, which leaves room for those of other parents.
_PER_KIND_AND_PARENT: Final = 2
#: Created objects to remember per list.
_CREATED: Final = 50
#: A limit per kind that includes all known objects.
_ALL: Final = 1_000

PathValues: TypeAlias = Mapping[str, str | int]
"""Values of path parameters."""

KnownIds: TypeAlias = Mapping[str, str | list[str]]
"""Ids by property name: a single one for `…_id`, several for `…_ids`."""


@frozen
class KnownObject:
    """An object on the server."""

    path: str
    """The template of its path."""
    values: PathValues
    kind: tuple[object, ...] = ()
    """Its type and state. Operations behave differently for different kinds."""


@frozen
class Objects:
    """All known objects."""

    organization: str | None = None
    """The only organization whose objects are added."""
    excluded: Collection[str] = ()
    """Organizations whose objects are not added."""
    known_ids: dict[str, str | list[str]] = field(factory=dict[str, "str | list[str]"])
    """Ids for the bodies of requests."""
    _found: dict[str, list[KnownObject]] = field(factory=dict[str, list[KnownObject]])
    _created: dict[str, deque[PathValues]] = field(factory=dict[str, deque[PathValues]])

    def add(self, path: str, objects: Iterable[KnownObject]) -> None:
        """Add objects with the path template `path`, each once."""
        found = self._found.setdefault(path, [])
        known = {frozenset(each.values.items()) for each in found}
        for each in objects:
            key = frozenset(each.values.items())
            organization = each.values.get("org")
            if key not in known and self.organization in {None, organization} and organization not in self.excluded:
                known.add(key)
                found.append(each)

    def kinds(self, path: str) -> int:
        """Return the number of kinds of objects with the path template `path`."""
        return len({each.kind for each in self._found.get(path, ())})

    def for_path(self, path: str, per_kind: int = _PER_KIND) -> list[KnownObject]:
        """Return objects with values for the parameters of `path`: one of each kind first, then a second, and so on.

        Objects whose own path is a prefix of `path` are preferred. For a path of another form, such as the short path
        of a job, any object with the same parameters will do.
        """
        names = frozenset(parameters_of(path))
        if not names:
            return []
        candidates = [each for found in self._found.values() for each in found if names <= each.values.keys()]
        nearest = [each for each in candidates if f"{path}/".startswith(f"{each.path}/")]
        if not nearest:
            fewest = min((len(each.values) for each in candidates), default=0)
            nearest = [each for each in candidates if len(each.values) == fewest]
        return interleaved_by_kind(nearest, per_kind)

    def add_ids(self, item: Any) -> None:
        """Add the ids in the properties of an object. An `actor` provides the id of a `user` or `team`."""
        actor = getattr(item, "actor", None)
        kind, key = getattr(actor, "type", None), getattr(actor, "id", None)
        if isinstance(kind, str) and isinstance(key, str):
            self.known_ids.setdefault(str(kind), key)
            if kind == "user":
                self.known_ids.setdefault("unblocker", key)  # the name of a user in the body of an unblock
        for name, value in (asdict(item) if isinstance(item, Struct) else {}).items():
            if name.endswith("_id") and isinstance(value, str):
                self.known_ids.setdefault(name, value)
            elif name.endswith("_ids") and is_array(value) and value:
                self.known_ids.setdefault(name, [str(element) for element in value])

    def add_id(self, names: Iterable[str], item: Any) -> None:
        """Add the id of an object for properties of request bodies, unless they have one."""
        identifier = _property(item, "id") or _property(item, "uuid")
        if isinstance(identifier, str):
            for name in names:
                self.known_ids.setdefault(name, [identifier] if name.endswith("s") else identifier)

    def created(self, path: str) -> list[PathValues]:
        """Return the objects that the run has created, the newest first."""
        return list(self._created.get(path, ()))

    def add_created(self, path: str, values: PathValues) -> None:
        """Add an object that the run has created."""
        self._created.setdefault(path, deque(maxlen=_CREATED)).appendleft(values)

    def remove_created(self, path: str, values: PathValues) -> None:
        """Remove an object that the run has deleted or renamed, and those below it."""
        names = parameters_of(path)
        for below, created in self._created.items():
            if f"{below}/".startswith(f"{path}/"):
                for each in [each for each in created if all(each.get(name) == values.get(name) for name in names)]:
                    created.remove(each)


def interleaved_by_kind(objects: Iterable[KnownObject], per_kind: int) -> list[KnownObject]:
    """Return the first object of each kind, then the second of each, and so on."""
    seen: Counter[tuple[object, ...]] = Counter()
    ranked: list[tuple[int, KnownObject]] = []
    for each in objects:
        ranked.append((seen[each.kind], each))
        seen[each.kind] += 1
    return [each for rank, each in sorted(ranked, key=lambda pair: pair[0]) if rank < per_kind]


class ObjectSelector:
    """Selects objects for each operation.

    A read-only operation may use all objects. A destructive one uses objects that the run has created or, where the API
    cannot create any, a few that no other operation uses. Otherwise a deleted pipeline would hide everything below it.

    Unless `permissions` allow a change of existing objects, only those that the run has created are changed.

    Args:
        spec: The operations.
        objects: The known objects.
        permissions: The requests that may be sent. By default all.
    """

    def __init__(self, spec: Spec, objects: Objects, permissions: Permissions | None = None) -> None:
        self.spec = spec
        self.objects = objects
        self.permissions = permissions or Permissions(spec, existing=frozenset({ALL}))
        self.own = Objects(objects.organization)
        """Objects that the run has created and keeps, and those below them."""
        self._operations = {operation.label: operation for operation in spec.operations if operation.parameters}
        self._created_paths = created_templates(spec)

    def operation(self, label: str) -> Operation | None:
        """Return the operation with this label, if it has path parameters."""
        return self._operations.get(label)

    def changes_only_own(self, operation: Operation) -> bool:
        """Return whether an operation must not change objects that existed before the run."""
        return not self.permissions.may_change_existing(operation)

    def usable(self, operation: Operation) -> Sequence[PathValues]:
        """Return the path parameters of objects that an operation may use, different kinds first."""
        return self._own(operation) if self.changes_only_own(operation) else self._existing(operation)

    def _own(self, operation: Operation) -> Sequence[PathValues]:
        objects = self.objects if {*operation.parameters} == {"org"} else self.own
        values = _path_values(operation, objects.for_path(operation.path))
        return [each for each in values if self.is_allowed(operation, each)]

    def is_allowed(self, operation: Operation, values: PathValues) -> bool:
        """Return whether an operation may be called on an object."""
        return self.permissions.refusal(operation.method, filled(operation.path, values)) is None

    @cache  # noqa: B019 - lives as long as the run
    def _existing(self, operation: Operation) -> Sequence[PathValues]:
        found = self.objects.for_path(operation.path)
        if not operation.is_read_only:
            found = self._share(operation, found)
        usable = _path_values(operation, found)
        if any(other.is_destructive for other in self._siblings(operation)):
            reserved = self._reserved(operation)
            usable = [values for values in usable if values not in reserved] or usable
        return usable

    def expendable(self, operation: Operation) -> Sequence[PathValues]:
        """Return the path parameters of objects that a destructive operation may use."""
        created = self.objects.created(object_path(operation.path))
        if created:
            return [{name: values[name] for name in operation.parameters} for values in created]
        if self.changes_only_own(operation):
            path = object_path(operation.path)
            is_parent = any(other.path.startswith(f"{path}/") for other in self.spec.operations)
            return [] if is_parent and path in self._created_paths.values() else self._own(operation)
        equivalents = self._equivalents(operation)
        return self._reserved(operation)[equivalents.index(operation.label) :: len(equivalents)]

    def find(self, operation: Operation, values: PathValues) -> PathValues | None:
        """Return the object that the last of `values` identifies, with its parents."""
        *_, name = operation.parameters
        objects = [*self.objects.created(object_path(operation.path)), *self.usable(operation)]
        found = next((known for known in objects if str(known[name]) == str(values[name])), None)
        return None if found is None else {parameter: found[parameter] for parameter in operation.parameters}

    def existed_before(self, operation: Operation, values: PathValues) -> bool:
        """Whether the object existed before the run."""
        identifiers = [str(values[name]) for name in operation.parameters]
        found = self.objects.for_path(operation.path, _ALL)
        return any([str(each.values[name]) for name in operation.parameters] == identifiers for each in found)

    def creates(self, operation: Operation) -> bool:
        """Return whether the operation creates objects with a path of their own."""
        return operation.method == "POST" and operation.path in self._created_paths

    def created_path(self, operation: Operation) -> str:
        """Return the path template of the objects that an operation creates."""
        return self._created_paths[operation.path]

    def record_success(self, operation: Operation, values: PathValues, body: object) -> None:
        """Update the known objects after a successful request and its response body."""
        if self.creates(operation):
            for item in body if is_array(body) else [body]:
                self._add_created(self._created_paths[operation.path], values, item)
        elif operation.is_destructive and operation.path == object_path(operation.path):
            self.objects.remove_created(operation.path, values)
            if operation.method != "DELETE":
                self._add_created(operation.path, values, body)

    def _add_created(self, path: str, values: PathValues, body: object) -> None:
        name = parameters_of(path)[-1]
        if (key := identifier_of(name, body)) is not None:
            self.objects.add_created(path, {**values, name: key})

    @cache  # noqa: B019
    def _reserved(self, operation: Operation) -> Sequence[PathValues]:
        """Return a quarter of the existing objects, for destructive operations, if the API cannot create any."""
        if object_path(operation.path) in self._created_paths.values():
            return []
        found = self.objects.for_path(operation.path, _ALL)
        return _path_values(operation, found[-max(1, len(found) // 4) :])

    def _siblings(self, operation: Operation) -> list[Operation]:
        """Return the operations on the same kind of object."""
        name = operation.parameters[-1]
        return [other for other in self._operations.values() if other.parameters[-1:] == (name,)]

    @cache  # noqa: B019
    def _equivalents(self, operation: Operation) -> list[str]:
        """Return the labels of the operations with the same effect on paths of other forms, and its own."""
        action = operation.path.rpartition("}")[2]
        return [
            other.label
            for other in self._siblings(operation)
            if other.method == operation.method and other.path.rpartition("}")[2] == action
        ]

    def _share(self, operation: Operation, found: Sequence[KnownObject]) -> list[KnownObject]:
        """Return the operation's share of each kind. One of its equivalents may change the other objects first."""
        equivalents = self._equivalents(operation)
        kinds = Counter(each.kind for each in found)
        seen: Counter[object] = Counter()
        share: list[KnownObject] = []
        for each in found:
            is_scarce = kinds[each.kind] < len(equivalents)
            if is_scarce or seen[each.kind] % len(equivalents) == equivalents.index(operation.label):
                share.append(each)
            seen[each.kind] += 1
        return share


def created_templates(spec: Spec) -> dict[str, str]:
    """Return the path templates of new objects by the path of the POST that creates them."""
    paths = {object_path(operation.path) for operation in spec.operations if operation.parameters}
    posted = {operation.path for operation in spec.operations if operation.method == "POST"}
    return {path.rpartition("/")[0]: path for path in paths if path.rpartition("/")[0] in posted}


def _path_values(operation: Operation, found: Iterable[KnownObject]) -> list[PathValues]:
    distinct: list[PathValues] = []
    for each in found:
        values = {name: each.values[name] for name in operation.parameters}
        if values not in distinct:
            distinct.append(values)
    return distinct


def noun_of(collection: str) -> str:
    """Return the singular of the last segment of a path: `pipeline_template` for `…/pipeline-templates`."""
    plural = collection.rpartition("/")[2].replace("-", "_")
    return f"{plural.removesuffix('ies')}y" if plural.endswith("ies") else plural.removesuffix("s")


def id_names(noun: str) -> tuple[str, ...]:
    """Return the properties of request bodies that refer to objects of a kind."""
    return f"{noun}_id", f"{noun}_uuid", f"{noun}_ids", f"{noun}_uuids"


def names_in(value: object) -> Iterator[str]:
    """Yield the names of the properties of a request body, also of those inside others."""
    if is_array(value):
        for item in value:
            yield from names_in(item)
    elif is_object(value):
        for name, item in value.items():
            yield name
            yield from names_in(item)


def with_ids(value: Any, ids: KnownIds, *, only_strings: bool = False) -> Any:
    """Return a request body with ids replaced by known ones, with `only_strings` where the value has the same type."""
    if is_array(value):
        return [with_ids(item, ids, only_strings=only_strings) for item in value]
    if is_object(value):
        return {
            key: ids[key]
            if key in ids and ids[key] and (not only_strings or type(ids[key]) is type(item))
            else with_ids(item, ids, only_strings=only_strings)
            for key, item in value.items()
        }
    return value


def with_unique_name(body: Any, operation: Operation, *, everywhere: bool = False) -> Any:
    """Return a request body with unique names, slugs and keys in place of the example's.

    Other names test the limits of names. `everywhere` replaces them too, so that each new object is recognizable.
    """
    return with_unique_names(body, operation.body_properties, None if everywhere else operation.body_examples)


def discover(client: Buildkite, spec: Spec, operations: Iterable[Operation], objects: Objects | None = None) -> Objects:
    """Read the lists of the objects that `operations` need into `objects`, from organizations downwards."""
    objects = Objects() if objects is None else objects
    needed = list(spec.with_sources(operations))
    lists = sorted(_needed(_lists(client, spec), needed), key=lambda each: len(each.operation.parameters))
    while ready := [each for each in lists if objects.for_path(each.operation.path) or not each.operation.parameters]:
        for each in ready:
            each.read_into(objects)
        lists = [each for each in lists if each not in ready]
    return objects


def discover_below(client: Buildkite, spec: Spec, operations: Iterable[Operation], objects: Objects) -> None:
    """Add the objects below known ones, without those of an organization, and read no list twice."""
    lists = sorted(_needed(_lists(client, spec), operations), key=lambda each: len(each.operation.parameters))
    lists = [each for each in lists if {*each.operation.parameters} - {"org"}]
    while ready := [each for each in lists if objects.for_path(each.operation.path)]:
        for each in ready:
            each.read_into(objects)
        lists = [each for each in lists if each not in ready]


@frozen
class _List:
    """An operation that lists objects with paths of their own."""

    operation: Operation
    item_paths: tuple[str, ...]
    call: Callable[..., Any]

    @property
    def names(self) -> set[str]:
        """The path parameters that identify the objects."""
        return {parameters_of(path)[-1] for path in self.item_paths}

    @property
    def id_names(self) -> set[str]:
        """The properties of request bodies that refer to the objects, if they belong to no other object."""
        if {*self.operation.parameters} != {"org"}:
            return set()
        nouns = {noun_of(self.operation.path), *(name.rpartition("_")[0] for name in self.names)} - {""}
        return {name for noun in nouns for name in id_names(noun)}

    def read_into(self, objects: Objects) -> None:
        """Read the lists of some parents, until there are no new kinds of objects."""
        parents = [each.values for each in objects.for_path(self.operation.path)] or [{}]
        per_kind = _PER_KIND_AND_PARENT if len(parents) > 1 else _ITEMS
        parents_without_new_kinds = 0
        for parent in parents[:_PARENTS]:
            items = self._items({name: parent[name] for name in self.operation.parameters})
            before = [objects.kinds(path) for path in self.item_paths]
            for path in self.item_paths:
                found = (object_from_item(path, parent, item) for item in items)
                objects.add(path, interleaved_by_kind(filter(None, found), per_kind))
            for item in items:
                objects.add_ids(item)
            for item in items[:1]:
                objects.add_id(self.id_names, item)
            parents_without_new_kinds = (
                parents_without_new_kinds + 1 if before == [objects.kinds(path) for path in self.item_paths] else 0
            )
            if parents_without_new_kinds == _PARENTS_WITHOUT_NEW_KINDS and all(before):
                return

    def _items(self, arguments: PathValues) -> list[Any]:
        """Return the first items of a list, or none after an error, which the run itself will find."""
        paged = {"max_items": _ITEMS} if "max_items" in self.call.__annotations__ else {}
        items: list[Any] = []
        try:
            found: Any = self.call(**arguments, **paged)
            if not hasattr(found, "pages"):
                return list(found)
            for page in islice(found.pages(), _PAGES):
                items += page.items
        except (BuildkiteError, TypeError):
            pass
        return items


def _lists(client: Buildkite, spec: Spec) -> Iterator[_List]:
    methods = _methods()
    paths = sorted({object_path(operation.path) for operation in spec.operations if operation.parameters})
    for operation in spec.operations:
        collection = operation.path.rpartition("/")[2]
        items = tuple(path for path in paths if path.rpartition("/")[0].endswith(f"/{collection}"))
        tag, name = methods.get(operation.id, ("", ""))
        call = getattr(getattr(client, tag, None), name, None)
        if operation.method == "GET" and items and call is not None:
            yield _List(operation, items, call)


@cache
def _methods() -> Mapping[str, tuple[str, str]]:
    """Return the resource and the name of the client's method for each operation, that of the first media type."""
    methods: dict[str, tuple[str, str]] = {}
    for tag, name, operation in all_operations():
        methods.setdefault(operation.id, (tag, name))
    return methods


def _needed(lists: Iterable[_List], operations: Iterable[Operation]) -> list[_List]:
    """Return the lists of objects that a path or a body of an operation or a path of another needed list names."""
    lists, operations = list(lists), list(operations)
    names = {name for operation in operations for name in operation.parameters}
    references = {name for operation in operations for body in operation.body_examples for name in names_in(body)}
    while True:
        needed = [
            each for each in lists if not names.isdisjoint(each.names) or not references.isdisjoint(each.id_names)
        ]
        more = names.union(*(each.operation.parameters for each in needed))
        if more == names:
            return needed
        names = more


def object_from_item(path: str, parent: PathValues, item: Any) -> KnownObject | None:
    """Return the object of a list item.

    Its path may have more parameters than that of its parent: an artifact of a build names its job.
    """
    *names, last = parameters_of(path)
    values: dict[str, Any] = {name: parent.get(name, _property(item, name)) for name in names}
    values[last] = identifier_of(last, item)
    if not all(isinstance(value, str | int) for value in values.values()):
        return None
    return KnownObject(path, {**parent, **values}, _kind(item))


def identifier_of(name: str, item: object) -> str | int | None:
    """Return the value of the path parameter `name` for an object or its JSON."""
    for key in _identifier_properties(name):
        value = _property(item, key)
        if isinstance(value, str | int) and value != "":
            return value
    return None


def _identifier_properties(name: str) -> tuple[str, ...]:
    """Return the properties that may identify an object in a path: `id` for `job_id`, `slug` for `pipeline`."""
    stem, _, kind = name.rpartition("_")
    match kind:
        case "id":
            return ("id", "uuid")
        case "uuid":
            return (f"{stem}_id", "uuid", "id")
        case _:
            return (name, "slug", "id", "uuid")


def _property(item: Any, name: str) -> Any:
    return item.get(name) if is_object(item) else getattr(item, name, None)


def _kind(item: Any) -> tuple[object, ...]:
    values = item if is_object(item) else asdict(item) if isinstance(item, Struct) else {}
    state = [value for name, value in values.items() if isinstance(value, bool) or name.endswith(_STATE_PROPERTIES)]
    return (_property(item, "type"), *(value if isinstance(value, str | bool) else value is None for value in state))
