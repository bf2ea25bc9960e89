"""Comparison of sent values with returned ones, and of an object before a request with the same object after it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import yaml

from ..._base.json_values import as_object, is_array, is_object
from ..identities import is_uuid
from .pointers import MISSING, resolve

#: Properties that any change of an object may change too.
BOOKKEEPING: Final = frozenset({"updated_at", "updated_by"})
#: Ends of the names of properties that other objects change.
_OF_OTHERS: Final = ("_count", "_counts")
_URL: Final = re.compile(r"https?://")
_EXCERPT: Final = 80
#: Longest YAML to read. The parser is slow.
_DOCUMENT: Final = 10_000


def equivalent(sent: Any, found: Any) -> bool:
    """Return whether a returned value represents a sent one.

    Null, an empty text and an empty collection are the same, and so are a scalar and its text. Objects may get further
    keys. A list or an object that is returned as YAML is compared with its content, and a UUID with that of a returned
    object. Values that cannot be compared are equivalent.
    """
    if is_empty(sent) or is_empty(found):
        return is_empty(sent) and (is_empty(found) or (is_object(found) and all(map(is_empty, found.values()))))
    if is_object(sent) and is_object(found):
        return all(
            is_empty(value) if key not in found else equivalent(value, found[key]) for key, value in sent.items()
        )
    if is_array(sent) and is_array(found):
        return _same_items(sent, found)
    if (is_object(sent) or is_array(sent)) and isinstance(found, str):
        document = _document(found)
        return type(document) is not type(sent) or _contains(document, sent)
    if is_uuid(sent) and is_object(found):
        return _same_scalars(sent, found.get("id", found.get("uuid", sent)))
    if is_object(sent) or is_array(sent) or is_object(found) or is_array(found):
        return True
    return _same_scalars(sent, found)


def _document(text: str) -> Any:
    """Return the content of a YAML document, or None if it is invalid or long."""
    if len(text) > _DOCUMENT:
        return None
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _contains(document: Any, part: Any) -> bool:
    """Return whether a document has all properties and items of a part of it."""
    if is_object(part) and is_object(document):
        return all(key in document and _contains(document[key], value) for key, value in part.items())
    if is_array(part) and is_array(document):
        return len(part) == len(document) and all(map(_contains, document, part))
    return bool(document == part)


def is_empty(value: Any) -> bool:
    """Return whether a value is null, or has no content."""
    return value is None or value == "" or (value == [] and is_array(value)) or (value == {} and is_object(value))


def _same_items(sent: list[Any], found: list[Any]) -> bool:
    scalar = not any(is_object(item) or is_array(item) for item in [*sent, *found])
    if scalar:
        return sorted({_text(item) for item in sent}) == sorted({_text(item) for item in found})
    return len(sent) == len(found) and all(equivalent(_shared(a, b), b) for a, b in zip(sent, found, strict=True))


def _shared(sent: Any, found: Any) -> Any:
    """Return the properties of an item that the returned item has. The others may have another name there."""
    return {key: value for key, value in sent.items() if key in found} if is_object(sent) and is_object(found) else sent


def _same_scalars(sent: Any, found: Any) -> bool:
    if isinstance(sent, bool) != isinstance(found, bool) and not (isinstance(sent, str) or isinstance(found, str)):
        return False
    if sent == found or _text(sent) == _text(found):
        return True
    if is_uuid(sent) != is_uuid(found):
        return True  # a slug and the id of the same object
    if is_uuid(sent):
        return bool(sent.lower() == found.lower())
    a, b = moment(sent), moment(found)
    return a is not None and b is not None and abs((a - b).total_seconds()) < 1


def _text(value: Any) -> str:
    """Return a scalar as text, without differences in white space at the ends and between words."""
    return " ".join(value.split()) if isinstance(value, str) else json.dumps(value)


def moment(value: Any) -> datetime | None:
    """Return the time in a value, or None."""
    if not isinstance(value, str) or len(value) < 10 or not value[:4].isdecimal():
        return None
    try:
        parsed = datetime.fromisoformat(value.removesuffix(" UTC") + ("+00:00" if value.endswith(" UTC") else ""))
    except ValueError:
        return None
    return parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=UTC)


def is_later(found: object, before: object) -> bool:
    """Return whether a time is after another one, or in the same second if they are whole seconds.

    Values that are not times count as later.
    """
    new, old = moment(found), moment(before)
    if new is None or old is None:
        return True
    has_fraction = new.microsecond or old.microsecond
    return new > old if has_fraction else new >= old


def lost_values(sent: Mapping[str, Any], found: object, pointers: Mapping[str, str]) -> Iterator[str]:
    """Yield a message for each sent property that an object returns with another value.

    `pointers` are the places of properties in the object, if they have other names there; a name with a slash is that
    of a property of a property. A property that the object lacks is not compared.
    """
    nested = {name.partition("/")[0] for name in pointers if "/" in name}
    places = {name: pointers.get(name, name) for name in sent if name not in nested}
    places |= {name: place for name, place in pointers.items() if "/" in name}
    for name, place in places.items():
        value = resolve(f"/{name}", sent)
        returned = resolve(place, found)
        if value is not MISSING and returned is not MISSING and not equivalent(value, returned):
            yield f"{place.strip('/')} is {shown(returned)} instead of {shown(value)}"


def shown(value: Any) -> str:
    """Return a short representation for messages."""
    text = repr(value)
    return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}…"


def unexpected_changes(
    before: object, after: object, allowed: Collection[str], ignored: Collection[str] = BOOKKEEPING
) -> Iterator[str]:
    """Yield a message for each property that changed although it is neither in `allowed` nor `ignored`.

    Other objects inside of the object are compared by their ids. If the name in its path may change, so may URLs.
    """
    if is_array(before) and is_array(after) and not _same(before, after):
        yield f"the list changed from {len(before)} to {len(after)} items, or they did"
    renamed = not {"name", "slug", "key"}.isdisjoint(allowed)
    old, new = as_object(before), as_object(after)
    for name in old.keys() & new.keys():
        if name in allowed or name in ignored or name.endswith(_OF_OTHERS):
            continue
        if f"{name.removesuffix('_url')}_id" in allowed or (renamed and _is_derived(name, old[name])):
            continue
        if not _same(old[name], new[name]):
            yield f"{name} changed from {shown(old[name])} to {shown(new[name])}"


def _is_derived(name: str, value: object) -> bool:
    """Return whether a property follows the name of the object, as its slug and URLs do."""
    return name == "slug" or (isinstance(value, str) and _URL.match(value) is not None) or is_object(value)


def _same(old: Any, new: Any) -> bool:
    if is_object(old) and is_object(new):
        if is_uuid(old.get("id")) and "id" in new:
            return bool(old["id"] == new["id"])
        keys = {key for key in old.keys() & new.keys() if not key.endswith(_OF_OTHERS)}
        return old.keys() == new.keys() and all(_same(old[key], new[key]) for key in keys)
    if is_array(old) and is_array(new):
        return len(old) == len(new) and all(_same(a, b) for a, b in zip(old, new, strict=True))
    if isinstance(old, str) and isinstance(new, str) and _URL.match(old):
        return old.partition("?")[0] == new.partition("?")[0]  # a signature may differ
    return bool(old == new)


def slug_of(name: str) -> str:
    """Return a name in the form that is used in URLs."""
    words = "".join(each if each.isascii() and each.isalnum() else " " for each in name.lower()).split()
    return "-".join(words)
