"""Objects on the server: their path values, what identifies them, and how a request body refers to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from attrs import define, field, frozen

from .._base.json_values import as_object, is_array, is_object
from .api import parameters_of
from .exchange import PathValues

#: Properties that determine which operations an object supports. A queue is where a job runs.
_STATE_PROPERTIES: Final = ("state", "archived_at", "queue_id")
#: Objects per kind to send requests to. There are several because a request may change what the next one needs.
_PER_KIND: Final = 6
#: A membership, for example, has the id of its user, and nothing else of its own.
_IDENTITIES: Final = ("id", "uuid", "created_at")
#: Ends of the names of properties that refer to an object, and names of another form.
_ENDS: Final = ("s", "_id", "_uuid", "_slug")
_ALIASES: Final = {"unblocker": "user"}


@frozen
class KnownObject:
    """An object on the server."""

    path: str
    """The template of its path."""
    values: PathValues
    state: tuple[object, ...] = ()
    """Its type and state. Operations behave differently for others."""


@define
class KnownObjects:
    """Objects by the template of their path.

    Args:
        organization: The only organization whose objects are added, or None for all.
    """

    organization: str | None = None
    _found: dict[str, list[KnownObject]] = field(factory=dict[str, list[KnownObject]], init=False)

    def add(self, path: str, objects: Iterable[KnownObject]) -> None:
        """Add objects with the path template `path`, each once."""
        found = self._found.setdefault(path, [])
        known = {frozenset(each.values.items()) for each in found}
        for each in objects:
            key = frozenset(each.values.items())
            if key not in known and self.organization in {None, each.values.get("org")}:
                known.add(key)
                found.append(each)

    def for_path(self, path: str, per_state: int = _PER_KIND) -> list[KnownObject]:
        """Return objects with values for the parameters of `path`: one in each state first, then a second, and so on.

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
        return interleaved(nearest, per_state)


def interleaved(objects: Iterable[KnownObject], per_state: int) -> list[KnownObject]:
    """Return the first object in each state, then the second in each, and so on."""
    seen: Counter[tuple[object, ...]] = Counter()
    ranked: list[tuple[int, KnownObject]] = []
    for each in objects:
        ranked.append((seen[each.state], each))
        seen[each.state] += 1
    return [each for rank, each in sorted(ranked, key=lambda pair: pair[0]) if rank < per_state]


def object_from_item(path: str, parent: PathValues, item: Any) -> KnownObject | None:
    """Return the object of a list item.

    Its path may have more parameters than that of its parent: an artifact of a build names its job.
    """
    *names, last = parameters_of(path)
    values: dict[str, Any] = {name: parent.get(name, as_object(item).get(name)) for name in names}
    values[last] = identifier_of(last, item)
    if not all(isinstance(value, str | int) for value in values.values()):
        return None
    properties = as_object(item)
    state = [
        value if isinstance(value, str | bool) else value is None
        for name, value in properties.items()
        if isinstance(value, bool) or name.endswith(_STATE_PROPERTIES)
    ]
    return KnownObject(path, {**parent, **values}, (properties.get("type"), *state))


def identifier_of(name: str, item: object) -> str | int | None:
    """Return the value of the path parameter `name` for the JSON of an object."""
    for key in _identifier_properties(name):
        value = as_object(item).get(key)
        if isinstance(value, str | int) and value != "":
            return value
    return None


def identity_of(item: object) -> str | None:
    """Return the id of an object or, if it has none, the time of its creation, which distinguish it from all others."""
    values = (as_object(item).get(name) for name in _IDENTITIES)
    return next((str(value).lower() for value in values if isinstance(value, str | int) and value != ""), None)


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


def refers(name: str, parameter: str) -> bool:
    """Return whether a property has the name of what refers to an object with a path parameter."""
    stem, noun = _stem(name), _stem(parameter)
    return bool(noun) and (stem == noun or stem.endswith(f"_{noun}"))


def _stem(name: str) -> str:
    for end in _ENDS:
        name = name.removesuffix(end)
    return _ALIASES.get(name, name)


def names_in(value: object) -> Iterator[str]:
    """Yield the names of the properties of a request body, also of those inside others."""
    if is_array(value):
        for item in value:
            yield from names_in(item)
    elif is_object(value):
        for name, item in value.items():
            yield name
            yield from names_in(item)
