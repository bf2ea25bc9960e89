"""References in request bodies: ids and slugs of listed objects in place of those of examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from ..._base.json_values import is_array, is_object
from ..api import Kind, Operation
from ..exchange import NO_BODY, PathValues
from ..executor import Executor
from ..values import is_uuid

Path: TypeAlias = tuple[str | int, ...]
#: Last words of the names of properties with the slug of an object.
_SLUGS: Final = frozenset({"pipeline"})
_ENDS: Final = ("s", "_id", "_uuid", "_slug")
_NONE: Final[Mapping[Kind, Any]] = {}


def referring(
    executor: Executor, operation: Operation, values: PathValues, example: Mapping[str, Any]
) -> dict[str, Any]:
    """Return an example as a body that refers to listed objects, a new one to those that no other refers to."""
    body = executor.world.body(operation, example)
    for path, value in texts_in(body):
        known = () if is_array(value) else references(executor, str(path[-1]), value, values)
        free = [each for each in known if not _is_used(executor, operation, values, path, each)]
        if free and value not in free:
            body = replaced(body, path, free[0])
    return body


def example_body(executor: Executor, operation: Operation) -> Any:
    """Return the first example of an operation as a body that can be sent."""
    return executor.world.body(operation, operation.body_examples[0]) if operation.body_examples else NO_BODY


def has_free(executor: Executor, operation: Operation, values: PathValues) -> bool:
    """Return whether there are objects that a new object can refer to and no other one does."""
    bodies = [referring(executor, operation, values, example) for example in operation.body_examples]
    texts = [(path, value) for body in bodies for path, value in texts_in(body) if is_uuid(value)]
    return not any(_is_used(executor, operation, values, path, value) for path, value in texts)


def _is_used(executor: Executor, operation: Operation, values: PathValues, path: Path, value: Any) -> bool:
    """Return whether an object in the list that an operation adds to refers to an object."""
    listing = executor.api.at("GET", operation.path) if operation.method == "POST" else None
    items = () if listing is None else executor.read(listing, values).objects
    return any(item.get(str(path[-1])) == value for item in items)


def references(
    executor: Executor, name: str, example: object, values: PathValues, preferred: Mapping[Kind, Any] = _NONE
) -> Sequence[str]:
    """Return the ids or slugs of listed objects that a property may refer to by its name, as that of an example does.

    Of the kind of a preferred object, return that alone.
    """
    is_slug = not is_uuid(example)
    for kind in executor.api.kinds if not is_slug or name.rpartition("_")[2] in _SLUGS else ():
        if refers(name, kind) and kind.list is not None and set(kind.list.parameters) <= values.keys():
            names = ("slug",) if is_slug else ("id", "uuid", "user_id")
            items = [preferred[kind]] if kind in preferred else executor.read(kind.list, values).objects
            found = [next((item[each] for each in names if each in item), None) for item in items]
            if texts := [each for each in found if isinstance(each, str) and executor.permits_reference(each)]:
                return texts
    return ()


def refers(name: str, kind: Kind) -> bool:
    """Return whether a property has the name of what refers to an object of a kind."""
    stem, noun = _stem(name), _stem(kind.parameter)
    return bool(noun) and (stem == noun or stem.endswith(f"_{noun}"))


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


def _stem(name: str) -> str:
    for end in _ENDS:
        name = name.removesuffix(end)
    return name
