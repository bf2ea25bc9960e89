"""Access to values by JSON pointer, and comparison of sent values with returned ones."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping, Set
from datetime import UTC, datetime
from typing import Any, Final

import yaml

from .._base.json_values import as_object, is_array, is_object

#: What a pointer leads to if there is nothing.
MISSING: Final = object()
_EXCERPT: Final = 80
#: Properties whose keys are data, so that none may be left out.
_MAPS: Final = frozenset({"env", "meta_data", "states", "executions_count_by_result", "digests"})
#: Longest YAML to read. The parser is slow.
_DOCUMENT: Final = 10_000
_UUID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


def get(pointer: str, value: Any) -> Any:
    """Return what a JSON pointer leads to, with or without its first slash, or `MISSING`."""
    for part in pointer.strip("/").split("/") if pointer.strip("/") else ():
        key = part.replace("~1", "/").replace("~0", "~")
        if is_object(value) and key in value:
            value = value[key]
        elif is_array(value) and key.isdecimal() and len(key) < 10 and int(key) < len(value):
            value = value[int(key)]
        else:
            return MISSING
    return value


def all_at(pointer: str, value: Any) -> Iterator[Any]:
    """Yield what a pointer leads to, in which `*` is each item of an array or each value of an object."""
    first, star, rest = pointer.partition("*")
    found = get(first, value)
    if not star:
        yield from () if found is MISSING else (found,)
        return
    for item in found.values() if is_object(found) else found if is_array(found) else ():
        yield from all_at(rest, item) if rest else (item,)


def leaves(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the scalars inside a value with their pointers. The items of an array have `*`."""
    if is_object(value):
        for name, item in value.items():
            yield from leaves(item, f"{pointer}/{name}")
    elif is_array(value):
        for item in value:
            yield from leaves(item, f"{pointer}/*")
    else:
        yield pointer, value


def objects_in(value: Any, pointer: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield a value, if it is an object, and all objects inside it, with their pointers."""
    if is_object(value):
        yield pointer, value
        for name, item in value.items():
            yield from objects_in(item, f"{pointer}/{name}")
    elif is_array(value):
        for item in value:
            yield from objects_in(item, f"{pointer}/*")


def is_uuid(value: object) -> bool:
    """Return whether a value is a UUID."""
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def identity(value: object) -> str | None:
    """Return the id of an object, or None."""
    properties = as_object(value)
    for name in ("id", "uuid", "execution_id") if properties else ():
        if (found := properties.get(name)) is not None and found != "" and isinstance(found, str | int):
            return str(found).lower()
    return None


def key_of(item: object) -> str:
    """Return what tells an item of a list from the others."""
    if (found := identity(item)) is not None:
        return found
    for name in ("slug", "key", "name", "number", "user_id", "pipeline_id", "suite_id", "url"):
        if isinstance(value := as_object(item).get(name), str | int):
            return str(value)
    return json.dumps(item, sort_keys=True)


def is_empty(value: Any) -> bool:
    """Return whether a value is null, or has no content."""
    return value is None or (value in ("", [], {}) and not isinstance(value, bool | int))


def holds(when: Mapping[str, Any], found: object) -> bool:
    """Return whether an object has the values of a state: one of a list, `$set`, `$unset`, or parts of a text."""
    return all(_holds(value, get(pointer, found)) for pointer, value in when.items())


def _holds(wanted: Any, found: Any) -> bool:
    if wanted == "$unset":
        return found is MISSING or is_empty(found)
    if wanted == "$set" or is_object(wanted):
        parts, text = as_object(wanted), str(found)
        is_set = found is not MISSING and not is_empty(found)
        has_all = all(str(part) in text for part in parts.get("contains", ()))
        return is_set and has_all and not any(str(part) in text for part in parts.get("lacks", ()))
    return found in wanted if is_array(wanted) else found is not MISSING and found == wanted


def equivalent(sent: Any, found: Any) -> bool:
    """Return whether a returned value represents a sent one.

    Null, an empty text and an empty collection are the same. Objects may get further keys. A list or an object that is
    returned as YAML is compared with its content, and a UUID with that of a returned object.
    """
    if sent is MISSING or found is MISSING:
        return sent is found
    if is_empty(sent) or is_empty(found):
        return is_empty(sent) and (is_empty(found) or (is_object(found) and all(map(is_empty, found.values()))))
    if is_object(sent) and is_object(found):
        return all(equivalent(value, found.get(key)) for key, value in sent.items())
    if is_array(sent) and is_array(found):
        return _same_items(sent, found)
    if not isinstance(sent, str) and isinstance(found, str) and (is_object(sent) or is_array(sent)):
        document = _document(found)
        return type(document) is not type(sent) or _contains(document, sent)
    if is_uuid(sent) and is_object(found):
        return _same_scalars(sent, found.get("id", found.get("uuid", sent)))
    if any(is_object(each) or is_array(each) for each in (sent, found)):
        return True  # a form that cannot be compared
    return _same_scalars(sent, found)


def _same_items(sent: list[Any], found: list[Any]) -> bool:
    if not any(is_object(item) or is_array(item) for item in [*sent, *found]):
        return {_text(item) for item in sent} == {_text(item) for item in found}
    return len(sent) == len(found) and all(
        equivalent({k: v for k, v in a.items() if k in b} if is_object(a) and is_object(b) else a, b)
        for a, b in zip(sent, found, strict=True)
    )


def _document(text: str) -> Any:
    try:
        return yaml.safe_load(text) if len(text) < _DOCUMENT else None
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _contains(document: Any, part: Any) -> bool:
    if is_object(part) and is_object(document):
        return all(key in document and _contains(document[key], value) for key, value in part.items())
    if is_array(part) and is_array(document):
        return len(part) == len(document) and all(map(_contains, document, part))
    return bool(document == part)


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


def slug_of(name: str) -> str:
    """Return a name in the form that is used in URLs."""
    words = "".join(each if each.isascii() and each.isalnum() else " " for each in name.lower()).split()
    return "-".join(words)


def shown(value: Any) -> str:
    """Return a short representation for messages."""
    text = repr(value)
    return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}…"


def new_uuid() -> str:
    """Return a UUID that no object has."""
    return str(uuid.uuid4())


def differences(one: Any, other: Any, pointer: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield the pointers of properties that both have with different values."""
    name = pointer.rpartition("/")[2]
    if is_object(one) and is_object(other):
        if name in _MAPS and one.keys() != other.keys():
            yield pointer, one, other
        for key in sorted(one.keys() & other.keys()):
            if one[key] != other[key]:
                yield from differences(one[key], other[key], f"{pointer}/{key}".lstrip("/"))
    elif is_array(one) and is_array(other) and len(one) == len(other):
        for a, b in zip(one, other, strict=True):
            yield from differences(a, b, f"{pointer}/*")
    elif not _is_same_value(name, one, other):
        yield pointer, one, other


def _is_same_value(name: str, one: Any, other: Any) -> bool:
    """Return whether two values are the same, but for the signature of a URL and the case of a type."""
    if not isinstance(one, str) or not isinstance(other, str):
        return bool(one == other)
    if same_url(one, other):
        return True
    if name == "name":  # that of a test may contain its scope
        return one == other or one.endswith(f" {other}") or other.endswith(f" {one}")
    return one == other or (name == "type" and one.lower() == other.lower())


def same_url(one: Any, other: Any) -> bool:
    """Return whether two URLs differ in their query only, which may be a signature."""
    both = isinstance(one, str) and isinstance(other, str) and one.startswith("http")
    return both and one.partition("?")[0] == other.partition("?")[0]


def item_difference(found: Mapping[str, Any], expected: Mapping[str, Any], but: Set[str] = frozenset()) -> str | None:
    """Return the first difference of two representations of an object, except for some of its properties."""
    if found == expected:
        return None
    if names := (found.keys() ^ expected.keys()) - but:
        return f"{min(names)} is there in only one of two responses"
    known = {name: value for name, value in found.items() if name not in but}
    return next((f"{name} is {shown(a)} instead of {shown(b)}" for name, a, b in differences(known, expected)), None)
