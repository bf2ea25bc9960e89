"""Objects on the server: those that the lists of the API contain, and those that the run creates and deletes.

A request for a random UUID only ever gets a 404, so requests use the ids of existing objects.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, TypeAlias

from attrs import field, frozen
from msgspec import Struct
from msgspec.structs import asdict

from .._base.json_values import is_array, is_object
from .names import with_unique_names
from .permissions import ALL, Permissions, filled
from .slug_references import with_pipeline
from .spec import Operation, Spec, object_path, parameters_of

#: Properties that determine which operations an object supports. A queue is where a job runs.
_STATE_PROPERTIES: Final = ("state", "archived_at", "queue_id")
#: Objects per kind to send requests to. There are several because a request may change what the next one needs.
_PER_KIND: Final = 6
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
    """Return a request body with ids replaced by known ones, with `only_strings` where the value has the same type.

    If a pipeline of the run is known, the body refers to no other one by its slug, in steps or policies for example.
    """
    replaced = _with_known_ids(value, ids, only_strings=only_strings)
    pipeline = own_pipeline(ids)
    return replaced if pipeline is None else with_pipeline(replaced, pipeline)


def own_pipeline(ids: KnownIds) -> str | None:
    """Return the slug of a pipeline of the run, if it has created one for other requests."""
    slug = ids.get("target_pipeline")
    return slug if isinstance(slug, str) else None


def _with_known_ids(value: Any, ids: KnownIds, *, only_strings: bool) -> Any:
    if is_array(value):
        return [_with_known_ids(item, ids, only_strings=only_strings) for item in value]
    if is_object(value):
        return {
            key: ids[key]
            if key in ids and ids[key] and (not only_strings or type(ids[key]) is type(item))
            else _with_known_ids(item, ids, only_strings=only_strings)
            for key, item in value.items()
        }
    return value


def with_unique_name(body: Any, operation: Operation, *, everywhere: bool = False) -> Any:
    """Return a request body with unique names, slugs and keys in place of the example's.

    Other names test the limits of names. `everywhere` replaces them too, so that each new object is recognizable.
    """
    return with_unique_names(body, operation.body_properties, None if everywhere else operation.body_examples)


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
