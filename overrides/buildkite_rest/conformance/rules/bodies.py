"""Rules of the objects in a body: they are those of the request, and their ids agree."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, TypeGuard

from attrs import frozen

from ..._base.json_values import as_object, is_array, is_object
from ..exchange import Exchange
from ..values import is_uuid
from . import Context, rule

#: Objects of a body to judge. A page of builds with all jobs has a few thousand.
_MAX_NODES: Final = 4_000
#: Properties whose content is that of users or of other services, where no convention holds.
FREE_FORM: Final = frozenset({"env", "meta_data", "settings", "data", "tags", "plugins", "matrix", "headers"})
#: Properties that identify an object.
IDENTIFIERS: Final = ("id", "uuid", "slug", "number", "key")
#: Properties that identify an item of a list, or its bearer. Names and keys may be used twice.
_UNIQUE: Final = ("id", "uuid", "url", "slug", "execution_id", "api_token")
#: Objects that an object refers to, and properties with the id of one: never of the object itself.
_OTHERS: Final = ("rebuilt_from", "retry_source", "triggered_build", "triggered_from")
_OTHER_IDS: Final = ("retried_in_job_id", "parent_id")
_GLOBAL_ID: Final = re.compile(r"([A-Za-z]+)---(.+)", re.DOTALL)
_CONTAINERS: Final = (dict, list)
#: Ends of the names of path parameters.
_ID_SUFFIXES: Final = frozenset({"id", "uuid", "slug"})
#: Types in global ids that the API also has in the property `type`.
_ACTORS: Final = frozenset({"user", "team"})


@frozen(eq=False)
class Node:
    """An object in a body."""

    value: Mapping[str, Any]
    name: str = ""
    """The property that contains it, or its list."""
    parent: Node | None = None

    @property
    def ancestors(self) -> Iterator[Node]:
        """The objects around it, the nearest first."""
        if self.parent is not None:
            yield self.parent
            yield from self.parent.ancestors

    @property
    def identifiers(self) -> Mapping[str, str]:
        """The values that identify the object in a URL, in lower case."""
        found = ((name, self.value.get(name)) for name in IDENTIFIERS)
        return {name: str(value).lower() for name, value in found if is_identifier(value)}

    def about(self, problem: str) -> str:
        """Return a problem of the object with the path to it."""
        path = ".".join(reversed([each.name for each in (self, *self.ancestors) if each.name]))
        return f"{path}: {problem}" if path else problem


def nodes_of(exchange: Exchange, context: Context, *, only_new: bool = False) -> Sequence[Node]:
    """Return the objects of a body that were not judged before, without those in properties that users fill.

    With `only_new`, objects that another request got are left out: no request changes what is wrong within them.
    """
    memory = context.remembered("nodes")
    if memory.get("exchange") is not exchange:
        parts = ((node, is_new) for part, is_new in context.parts(exchange) for node in _nodes(part, "", None))
        nodes = [*islice(parts, _MAX_NODES)]
        memory |= {"exchange": exchange, False: [node for node, _ in nodes], True: [node for node, new in nodes if new]}
    found: Sequence[Node] = memory[only_new]
    return found


def _nodes(value: Any, name: str, parent: Node | None) -> Iterator[Node]:
    if is_object(value):
        node = Node(value, name, parent)
        yield node
        for key, child in value.items():
            if isinstance(child, _CONTAINERS) and key not in FREE_FORM:
                yield from _nodes(child, key, node)
    elif is_array(value):
        for child in value:
            yield from _nodes(child, name, parent)


def is_identifier(value: object) -> TypeGuard[str | int]:
    """Whether a value can identify an object."""
    return isinstance(value, str | int) and not isinstance(value, bool) and value != ""


def stem_of(parameter: str) -> str:
    """Return the kind of object that a path parameter identifies: `team` for `team_uuid`."""
    stem, _, suffix = parameter.rpartition("_")
    return stem if suffix in _ID_SUFFIXES and stem else parameter


@rule("requested_object")
def requested(exchange: Exchange, context: Context) -> Iterator[str]:
    """A read returns the object that was requested, and objects in the parents of the path."""
    if exchange.request.sent_method != "GET" or not exchange.values:
        return
    for node in nodes_of(exchange, context):
        if node.parent is None:
            yield from _requested_problems(exchange, node.value)


def _requested_problems(exchange: Exchange, value: Mapping[str, Any]) -> Iterator[str]:
    parameters = exchange.operation.parameters
    if exchange.operation.path.endswith("}"):
        last, expected = parameters[-1], str(exchange.values[parameters[-1]])
        keys = [key for key in (last, f"{stem_of(last)}_id", *IDENTIFIERS) if is_identifier(value.get(key))]
        if keys and expected.lower() not in {str(value[key]).lower() for key in keys}:
            yield f"{keys[0]} is {value[keys[0]]}, the request was for {expected}"
    for name in parameters:
        stem, is_id = stem_of(name), name.endswith(("_id", "_uuid"))
        parent = as_object(value.get("organization" if name == "org" else stem))
        found = [value.get(f"{stem}_id"), value.get(f"{stem}_uuid")] if is_id else []
        for each in (*found, parent.get("id" if is_id else "slug")) if name != "number" else ():
            if is_identifier(each) and str(each).lower() != str(exchange.values[name]).lower():
                yield f"the {stem} is {each}, the request was for {exchange.values[name]}"


@rule("id_consistency")
def ids(exchange: Exchange, context: Context) -> Iterator[str]:
    """The ids of an object agree, refer to other objects where they should, and are in a list once."""
    if exchange.is_list and context.unjudged(exchange):
        yield from _repeated(exchange.items)
    for node in nodes_of(exchange, context, only_new=True):
        value = node.value
        for problem in (*_global_id_problems(value), *_references(value)):
            yield node.about(problem)
        for name, items in value.items():
            if is_array(items) and items and name not in FREE_FORM:
                yield from map(node.about, _repeated(items, name))


def _repeated(items: Sequence[Any], name: str = "the list") -> Iterator[str]:
    for key in _UNIQUE:
        values = [item[key] for item in items if is_object(item) and is_identifier(item.get(key))]
        if len(values) == len(items) > len(set(values)):
            repeated = next(value for index, value in enumerate(values) if value in values[:index])
            yield f"{name} has two items with the {key} {repeated}"
            return


def _global_id_problems(value: Mapping[str, Any]) -> Iterator[str]:
    text, own = value.get("graphql_id"), value.get("id", value.get("uuid"))
    if not isinstance(text, str):
        return
    try:
        match = _GLOBAL_ID.fullmatch(b64decode(text + "=" * (-len(text) % 4), validate=True).decode())
    except ValueError:
        match = None
    if match is None:
        yield f"graphql_id is not the Base64 of a type and an id: {text}"
        return
    if is_uuid(own) and is_uuid(match[2]) and str(own).lower() != match[2].lower():
        yield f"graphql_id is that of {match[2]} instead of {own}"
    if value.get("type") in _ACTORS and match[1].lower() in _ACTORS - {value["type"]}:
        yield f"type is {value['type']!r}, graphql_id is that of a {match[1]}"


def _references(value: Mapping[str, Any]) -> Iterator[str]:
    own = value.get("id")
    if not is_uuid(own):
        return
    for name in _OTHERS:
        if own in as_object(value.get(name)).values():
            yield f"{name} is the object itself: {own}"
    yield from (f"{name} is the id of the object itself: {own}" for name in _OTHER_IDS if value.get(name) == own)
    if value.get("slug") == own:
        yield f"slug is the id of the object: {own}"
