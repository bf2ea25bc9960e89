"""Request bodies that break one rule of a schema each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from .._base.json_values import as_array, as_object, is_array, is_object
from .addresses import invalid_addresses
from .spec import Spec

#: Levels of nested properties.
_DEPTH: Final = 4
#: Texts that a pattern may reject.
_TEXTS: Final = (
    *("", "!", "a b", "-", "0", "no such value", "ä", "bk"),
    *("BK_KEY", "bk_key", "BUILDKITE_KEY", "Buildkite", "Bk_key", "BuildKite_key", "_a", "a-b", "a.b"),
)
#: Texts that are not of a format.
_FORMATS: Final[Mapping[str, Sequence[str]]] = {
    "uuid": ("not-a-uuid",),
    "date-time": ("not-a-time", "2031-02-30T09:00:00Z"),
    "date": ("not-a-date", "2031-02-30"),
    "email": ("not-an-email",),
    "uri": ("not a url",),
}
#: Values of other properties with the same name to try.
_OTHERS: Final = 6
_MAXIMUM_LENGTH: Final = 100_000
#: Rules that other servers may not have: they may normalize a value.
_SPELLINGS: Final = ("is a value in the other case", "is a value with a space", "is true instead of a number")
#: A character of two bytes in UTF-8.
_TWO_BYTES: Final = "ü"
#: Texts that are not empty, but have no visible character.
_BLANK: Final[Mapping[str, str]] = {"is blank": "  ", "has only a tab and a line break": "\t\n"}
#: A text that no object has.
_UNUSED: Final = "Unused4907"


@frozen
class InvalidBody:
    """A body, and what is wrong with it."""

    field: str
    """Path of the invalid property, such as `settings.url`."""
    rule: str
    body: Any
    code: str = ""
    """The documented code of the error, or empty if it is not documented."""


def invalid_bodies(
    spec: Spec, schema: object, valid: Mapping[str, Any], *, misspelled: bool = False
) -> Iterator[InvalidBody]:
    """Yield changes of a valid body that break one rule each.

    Args:
        spec: The spec.
        schema: Schema of the body.
        valid: The valid body.
        misspelled: Whether to include the values of enums in another spelling.
    """
    for path, rule, value in _changes(spec, schema, valid, (), _DEPTH):
        if rule in _SPELLINGS and not misspelled:
            continue
        yield InvalidBody(".".join(map(str, path)), rule, _with(valid, path, value))


def property_names(spec: Spec, schema: object, depth: int = _DEPTH) -> frozenset[str]:
    """Return the names of all properties in a schema."""
    names: set[str] = set()
    for part in _parts(spec, schema):
        for name, value in as_object(part.get("properties")).items():
            names.add(name)
            if depth:
                names |= property_names(spec, value, depth - 1)
        if depth and "items" in part:
            names |= property_names(spec, part["items"], depth - 1)
    return frozenset(names)


class _Missing:
    """A property that is left out."""


_MISSING: Final = _Missing()
_Change = tuple[tuple[str | int, ...], str, object]


def _changes(spec: Spec, schema: object, valid: object, path: tuple[str | int, ...], depth: int) -> Iterator[_Change]:
    resolved = spec.resolve(schema)
    if is_object(valid) and depth:
        properties = as_object(resolved.get("properties"))
        for name in as_array(resolved.get("required")):
            if name in valid:
                yield (*path, str(name)), "is missing", _MISSING
        for name, value in properties.items():
            inner = spec.resolve(value)
            for rule, invalid in invalid_values(spec, inner, valid.get(name)):
                yield (*path, name), rule, invalid
            for other in _values_of_others(spec, name, inner):
                yield (*path, name), f"is {other!r}, a value of another object", other
            if name in valid:
                yield from _changes(spec, inner, valid[name], (*path, name), depth - 1)
    elif is_array(valid) and valid and depth:
        items = spec.resolve(resolved.get("items"))
        for number, (rule, invalid) in enumerate(invalid_values(spec, items, valid[0])):
            # Every second invalid item follows the valid ones, also the first: a server may check one item only.
            is_last = number % 2 == 0 and len(valid) < resolved.get("maxItems", _MAXIMUM_LENGTH)
            yield (*path, len(valid) if is_last else 0), rule, invalid
        yield from _changes(spec, items, valid[0], (*path, 0), depth - 1)


def _values_of_others(spec: Spec, name: str, schema: Mapping[str, Any]) -> Sequence[str]:
    """Return values that only properties of the same name in other schemas may have."""
    known = as_array(schema.get("enum"))
    is_text = isinstance(schema.get("type"), str) and bool(known)
    return [each for each in spec.enums.get(name, ()) if each not in known][:_OTHERS] if is_text else []


def invalid_values(spec: Spec, schema: Mapping[str, Any], valid: object) -> Iterator[tuple[str, object]]:
    """Yield values that break one rule of the schema of a property each."""
    if any(key in schema for key in ("oneOf", "anyOf", "allOf")):
        schema = _only_part(spec, schema)
    types = schema.get("type")
    types = [types] if isinstance(types, str) else [each for each in as_array(types) if each != "null"]
    if len(types) == 1:
        yield "has another type", _of_other_type(types[0])
    if "enum" in schema and types == ["string"]:
        yield "is not one of the values", "no-such-value"
        yield from _misspelled([each for each in schema["enum"] if isinstance(each, str)])
    yield from invalid_addresses(schema, valid)
    if types == ["string"]:
        yield from _texts(schema)
        if isinstance(valid, str) and _differs_by_case(schema, valid):
            yield _SPELLINGS[0], valid.swapcase()
    if types in (["integer"], ["number"]):
        if "minimum" in schema:
            yield "is too small", schema["minimum"] - 1
        if "maximum" in schema:
            yield "is too large", schema["maximum"] + 1
    if types == ["integer"]:
        yield "is not whole", 1.5
        yield _SPELLINGS[2], True
    if types == ["array"]:
        items = valid if is_array(valid) else []
        if schema.get("minItems", 0) > 0:
            yield "has too few items", []
        if "maxItems" in schema and items and schema["maxItems"] < _MAXIMUM_LENGTH:
            yield "has too many items", [items[0]] * (schema["maxItems"] + 1)


def _differs_by_case(schema: Mapping[str, Any], valid: str) -> bool:
    pattern = schema.get("pattern")
    try:
        return isinstance(pattern, str) and not re.search(pattern, valid.swapcase())
    except re.error:
        return False


def _misspelled(values: Sequence[str]) -> Iterator[tuple[str, object]]:
    """Yield values of an enum in another spelling, which a server may normalize instead of refusing them."""
    for value in values[:1]:
        if value.swapcase() not in values:
            yield _SPELLINGS[0], value.swapcase()
        yield _SPELLINGS[1], f" {value}"


def _texts(schema: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    minimum = schema.get("minLength", 0)
    maximum = schema.get("maxLength", as_object(schema.get("x-strict")).get("maxLength"))
    if minimum > 0:
        yield "is too short", "x" * (minimum - 1)
    if isinstance(maximum, int) and maximum < _MAXIMUM_LENGTH:
        yield "is too long", "x" * (maximum + 1)
    if isinstance(most := schema.get("x-max-bytes"), int):
        yield "has too many bytes", _TWO_BYTES * (most // len(_TWO_BYTES.encode()) + 1)
    strict = as_object(schema.get("x-strict")).get("pattern")
    if isinstance(strict, str):
        yield from ((rule, text) for rule, text in _BLANK.items() if not re.search(strict, text))
    if isinstance(pattern := schema.get("pattern"), str):
        try:
            invalid = [text for text in _TEXTS if len(text) >= minimum and not re.search(pattern, text)]
        except re.error:
            invalid = []
        for text in invalid[:1]:
            yield "does not match the pattern", text
        for text in [*(invalid[1:] if maximum is not None else ()), *_normalizable(pattern, minimum)]:
            yield f"is {text!r} and does not match the pattern", text
    for bad in _FORMATS.get(str(schema.get("format")), ()):
        yield f"is {bad!r}, not a {schema['format']}", bad


def _normalizable(pattern: str, minimum: int) -> list[str]:
    """Return texts that do not match a pattern, but would if a server normalized them.

    No object has the normalized value, so that a server that does so has no other reason to refuse it.
    """
    if not re.search(pattern, _UNUSED) or minimum > len(_UNUSED):
        return []
    texts = (f"-{_UNUSED}", f"_{_UNUSED}", f" {_UNUSED}", f"{_UNUSED} ", f"{_UNUSED}!")
    return [text for text in texts if not re.search(pattern, text)]


def _only_part(spec: Spec, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the only alternative that is not null, or an empty schema."""
    parts = [each for each in _parts(spec, schema) if each.get("type") != "null" and len(each) > 0 and each != schema]
    return parts[0] if len(parts) == 1 else {}


def _parts(spec: Spec, schema: object, depth: int = 3) -> list[Mapping[str, Any]]:
    """Return a schema and its alternatives."""
    resolved = spec.resolve(schema)
    parts = [resolved]
    for key in ("oneOf", "anyOf", "allOf"):
        for each in as_array(resolved.get(key)):
            if depth:
                parts += _parts(spec, each, depth - 1)
    return parts


def _of_other_type(name: str) -> object:
    """Return a value of another type, which no server casts."""
    return "no such value" if name in {"object", "array"} else {"unexpected": True}


def _with(value: Any, path: Sequence[str | int], new: object) -> Any:
    """Return a copy of JSON with a changed or missing value."""
    key, *rest = path
    if is_array(value):
        changed: list[Any] = [*value, None][: max(len(value), int(key) + 1)]
        changed[int(key)] = _with(changed[int(key)], rest, new) if rest else new
        return changed
    fields = dict(as_object(value))
    if rest:
        fields[str(key)] = _with(fields[str(key)], rest, new)
    elif new is _MISSING:
        fields.pop(str(key), None)
    else:
        fields[str(key)] = new
    return fields
