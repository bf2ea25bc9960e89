"""Objects inside others without a URL: users, teams and others that are mentioned by id and name."""

from __future__ import annotations

from typing import Any, Final

from ..._base.json_values import as_object
from ..invariants.nodes import IDENTIFIERS, Node, is_identifier
from ..page_items import items_of
from .differences import mention_difference
from .reading import PAGE, Comparison, Read
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
    mention = {name: value for name, value in node.value.items() if name != "type"}  # that is the kind
    is_slug = kind == _ORGANIZATION and mention.get("name") == as_object(own).get("slug")
    if is_slug or not _is_current(read, get, node, identifier):  # events have the slug in the documentation
        mention.pop("name", None)
    message = mention_difference(mention, as_object(own))
    label = f"{get.operation.id}: {node.path} differs from {found.operation.id}"
    return None if message is None else f"{label}: {message}", [source, found]


def _is_current(read: Read, get: Get, node: Node, identifier: str) -> bool:
    """Return whether an object has its present name: in an event, only the last one about the object is sure to."""
    event = as_object(None if node.parent is None else node.parent.value)
    if "occurred_at" not in event:
        return True
    events = read.other("listAuditEvents", get, {"per_page": PAGE})
    listed = map(as_object, items_of(None if events is None else events.body) or ())
    last = next((each for each in listed if as_object(each.get(node.name)).get("uuid") == identifier), None)
    return last is not None and last.get("uuid") == event.get("uuid")


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
