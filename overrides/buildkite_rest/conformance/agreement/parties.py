"""Objects inside others without a URL: users, teams and others that are mentioned by id and name."""

from __future__ import annotations

from typing import Any, Final

from ..._base.json_values import as_object
from ..invariants.nodes import IDENTIFIERS, Node, is_identifier
from ..page_items import items_of
from .differences import mention_difference
from .reading import Comparison, Read
from .relations import Get, Relations

_ORGANIZATION: Final = "organization"


def kind_of(node: Node) -> str | None:
    """Return the kind of object that a part of another one is, such as `team`, if it has no URL."""
    if node.parent is None or "url" in node.value or "avatar_url" in node.value or identifier_of(node) is None:
        return None
    kind = node.value.get("type")
    if isinstance(kind, str):
        return kind.lower() if kind.isalpha() else None
    return "user" if node.name.endswith("_by") else node.name[:-1] if node.name.endswith("s") else None


def identifier_of(node: Node) -> str | None:
    """Return the id of an object."""
    return next((str(node.value[name]) for name in IDENTIFIERS[:2] if is_identifier(node.value.get(name))), None)


def party(read: Read, relations: Relations, get: Get, node: Node) -> Comparison:
    """Check that an object inside another one has the name of the object with the same id. It may be deleted."""
    source, kind, identifier = read.get(get), str(kind_of(node)), str(identifier_of(node))
    known = relations.parents(node.value, get)
    target = relations.referred(f"{kind}_uuid", identifier, known) or relations.listing(kind, known)
    if target is None:
        return None, [source]
    found = read.get(target)
    own = _with_id(found.body, identifier) if found.ok else None
    if own is None and found.ok and items_of(found.body) is not None:
        return _other_kind(read, relations, get, node)
    if kind == _ORGANIZATION and own is not None and node.value.get("name") == own.get("slug"):
        return None, [source, found]  # events show the slug in the documentation
    message = mention_difference(node.value, as_object(own))
    label = f"{get.operation.id}: {node.path} differs from {found.operation.id}"
    return None if message is None else f"{label}: {message}", [source, found]


def _other_kind(read: Read, relations: Relations, get: Get, node: Node) -> Comparison:
    """Check that an object that is not in the list of its kind is not in that of another kind."""
    source, kind, identifier = read.get(get), str(kind_of(node)), str(identifier_of(node))
    for target in relations.listings(get.values):
        found = read.get(target)
        if found.ok and items_of(found.body) and _with_id(found.body, identifier) is not None:
            message = f"{get.operation.id}: {node.path} is a {kind} with an id in {found.operation.id}"
            return message, [source, found]
    return None, [source]


def _with_id(body: Any, identifier: str) -> Any:
    """Return the object with an id: the body, or an item of a list."""
    items = items_of(body)
    known = [as_object(each) for each in ([body] if items is None else items)]
    return next((each for each in known if identifier in (each.get("id"), each.get("uuid"))), None)
