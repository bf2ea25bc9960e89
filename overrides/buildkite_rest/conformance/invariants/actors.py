"""Rules for actors: the type of a user or a team agrees with its other properties, and with the list that it is in."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Final

from .nodes import Node

#: Lists of actors of one type, by name.
_LISTS: Final[Mapping[str, str]] = {"users": "user", "teams": "team"}
#: Properties that only an actor of a type has.
_PROPERTIES: Final[Mapping[str, str]] = {"email": "user", "slug": "team"}


def actor_problems(node: Node) -> Iterator[str]:
    """Check the type of an actor."""
    kind, identifier = node.value.get("type"), node.value.get("graphql_id")
    if kind not in _LISTS.values() or not isinstance(identifier, str):
        return
    named = _type_of(identifier)
    if named in _LISTS.values() and named != kind:
        yield f"{node.label('type')} is {kind!r}, graphql_id is that of a {named}"
    for name, owner in _PROPERTIES.items():
        if node.value.get(name) is not None and owner != kind:
            yield f"{node.label('type')} is {kind!r}, but only a {owner} has {name}"
    around = (each.name for each in node.ancestors)
    expected = next((_LISTS[name] for name in around if name in _LISTS), kind)
    if kind != expected:
        yield f"{node.label('type')} is {kind!r} in a list of {expected}s"


def _type_of(identifier: str) -> str:
    """Return the type in an id of the GraphQL API, in lower case."""
    try:
        text = b64decode(identifier + "=" * (-len(identifier) % 4), validate=True).decode()
    except ValueError:
        return ""
    return text.partition("---")[0].lower()
