"""Errors of JSON Schema as sentences about a document of OpenAPI, with the closest known key or value."""

import json
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from jsonschema_rs import ValidationErrorKind as Kind
from openapi_spec_validator.schemas import schema_v31

from .fragment import Finding, Pointer

_TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "a mapping",
    "string": "a text",
}
_EXCERPT = 60
_FEW = 8
_MAPPINGS = {
    "callbacks": "a name",
    "components": "a kind of component",
    "paths": "a path, which begins with a slash",
    "responses": "a status, such as '200'",
}
"""What the keys of a mapping in OpenAPI are, other than those with a fixed name."""


def findings(errors: Iterable[Any]) -> Iterator[Finding]:
    """Yield the pointer and a sentence for each error of `jsonschema_rs`, one for each pointer.

    An unknown key has a pointer of its own. It is left out if a value beside it has an error, from which it may follow.
    """
    known = [(_pointer(error), error) for error in errors]
    parents = {pointer[:-1] for pointer, error in known if pointer and not _unexpected(error)}
    seen = set[Pointer]()
    for pointer, error in known:
        keys = _unexpected(error)
        if keys and pointer in parents:
            continue
        found = [((*pointer, key), _unknown_key(error, key)) for key in keys] or [(pointer, sentence(error))]
        for each in found:
            if each[0] not in seen:
                seen.add(each[0])
                yield each


def sentence(error: Any) -> str:
    """Return a sentence about the value of an error."""
    match error.kind:
        case Kind.Required(property=name):
            text = f"{name!r} is missing"
        case Kind.Type(types=types):
            text = f"must be {_alternatives(_TYPES[name] for name in types)}, not {excerpt(error.instance)}"
        case Kind.Enum(options=options):
            text = unknown_value(error.instance, options)
        case Kind.Constant(expected_value=value):
            text = f"must be {excerpt(value)}, not {excerpt(error.instance)}"
        case Kind.AnyOf(context=context) | Kind.OneOfNotValid(context=context):
            text = _none_of(error, [each for branch in context for each in branch])
        case Kind.MinItems(limit=1) | Kind.MinLength(limit=1) | Kind.MinProperties(limit=1):
            text = "must not be empty"
        case Kind.UniqueItems():
            text = "has an item twice"
        case Kind.Pattern(pattern=pattern):
            text = f"must match {pattern}, but is {excerpt(error.instance)}"
        case Kind.Format(format="regex"):
            text = f"{excerpt(error.instance)} is not a regular expression"
        case _:
            text = str(error.message)
    return text


def excerpt(value: Any) -> str:
    """Return a value as JSON, or its kind if that is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    if len(text) <= _EXCERPT:
        return text
    if isinstance(value, dict | list):
        return "this mapping" if isinstance(value, dict) else "this list"
    return f"{text[:_EXCERPT]}…"


def unknown_value(value: Any, options: Sequence[Any]) -> str:
    """Return a sentence about a value that is not one of `options`, with the closest of them."""
    names = [each for each in options if isinstance(each, str)]
    if isinstance(value, str) and (suggestion := did_you_mean(value, names)):
        return f"{value!r} is unknown{suggestion}"
    listed = f"one of {', '.join(map(excerpt, options))}" if len(options) <= _FEW else "a known value"
    return f"must be {listed}, not {excerpt(value)}"


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Return a question with the name that is closest to `name`, or an empty string."""
    close = get_close_matches(name, [each for each in names if each != name], n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _pointer(error: Any) -> Pointer:
    return tuple(map(str, error.instance_path))


def _unexpected(error: Any) -> list[str]:
    match error.kind:
        case Kind.UnevaluatedProperties(unexpected=keys) | Kind.AdditionalProperties(unexpected=keys):
            return [str(key) for key in keys]
    return []


def _unknown_key(error: Any, key: str) -> str:
    path = [str(each) for each in error.schema_path]
    definition = path[1] if path[:1] == ["$defs"] else ""
    schema: Any = schema_v31["$defs"].get(definition, {}) if definition else schema_v31
    suggestion = did_you_mean(key, (*schema.get("properties", {}), "$ref"))
    if definition in _MAPPINGS and not suggestion:
        return f"{key!r} is not {_MAPPINGS[definition]}"
    return f"there is no key {key!r} in {_with_article(definition.replace('-', ' '))}{suggestion}"


def _with_article(name: str) -> str:
    return f"{'an' if name[:1] in 'aeiou' else 'a'} {name}" if name else "the root"


def _none_of(error: Any, causes: Sequence[Any]) -> str:
    """Return a sentence about a value that is valid under none of several schemas."""
    here = [each for each in causes if list(each.instance_path) == list(error.instance_path)] or causes
    options: list[Any] = []
    types: list[str] = []
    missing: list[str] = []
    for cause in here:
        match cause.kind:
            case Kind.Enum(options=values):
                options += values
            case Kind.Type(types=names):
                types += [_TYPES[name] for name in names]
            case Kind.Required(property=name):
                missing.append(repr(name))
    if options and isinstance(error.instance, str):
        return unknown_value(error.instance, options)
    if missing and isinstance(error.instance, dict):
        return f"{_alternatives(missing)} is missing"
    fitting = [each for each in causes if not isinstance(each.kind, Kind.Type)]
    if types and not fitting:
        return f"must be {_alternatives(types)}, not {excerpt(error.instance)}"
    return sentence((fitting or causes)[0]) if causes else str(error.message)


def _alternatives(names: Iterable[str]) -> str:
    *others, last = dict.fromkeys(names)
    return f"{', '.join(others)} or {last}" if others else last
