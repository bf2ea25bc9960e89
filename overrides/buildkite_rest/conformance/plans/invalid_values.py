"""Changes of a valid request body that may break one rule of its schema each: one table for all properties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from ..._base.json_values import as_array, as_object, is_array, is_object
from ..api import Api, types_of
from ..values import MISSING
from .references import Path, replaced

#: Levels of nested properties.
_DEPTH: Final = 4
#: The longest text that is sent.
_LONGEST: Final = 100_000
#: A text that no object has, for properties that the valid body lacks.
_UNUSED: Final = "Unused4907"
_TWO_BYTES: Final = "ü"
#: A rule that a validator does not know.
TOO_MANY_BYTES: Final = "has too many bytes"
#: Forms of a valid text, which a server might normalize.
_FORMS: Final = (" {}", "{} ", "-{}", "_{}", "{}!")
#: Texts by the keyword of a schema that may not allow them.
_TEXTS: Final[Mapping[str, Sequence[str]]] = {
    "minLength": ("",),
    "enum": ("", "no such value"),
    "format": ("not-an-id", "2031-02-30T09:00:00Z", "2031-02-30", "not a url"),
    "pattern": ("", "  ", "\t\n", "!", "a b", "-", "ä", "_a", "a-b", "bk", "bk_key", "BUILDKITE_KEY", "Buildkite"),
}


@frozen
class Invalid:
    """A body, and what is wrong with it."""

    field: str
    """Path of the invalid property, such as `settings.url`."""
    rule: str
    body: Any
    code: str = ""
    """The documented code of the error, or empty if it is not documented."""


@frozen
class _Part:
    """A property, an item of a list or a value of a map in a valid body."""

    path: Path
    schema: Mapping[str, Any]
    strict: Mapping[str, Any]
    """What the schema does not say but holds."""
    max_bytes: int | None
    valid: Any
    """Its value, or `MISSING`."""


def changes(api: Api, schema: object, valid: Any) -> Iterator[Invalid]:
    """Yield changes of a valid body. Whether one breaks a rule is for a validator to decide."""
    for part in _parts(api, schema, valid, ()):
        field = ".".join(map(str, part.path))
        for rule, value in _values(part):
            body = replaced(valid, part.path, value)
            yield Invalid(field, rule, _without(body) if value is MISSING else body)
    yield Invalid("unexpected", "is unknown", {**as_object(valid), "unexpected": 1})


def _parts(api: Api, schema: object, valid: Any, path: Path) -> Iterator[_Part]:
    """Yield what is inside a value with a schema, also properties that it lacks."""
    if len(path) == _DEPTH:
        return
    for variant in api.variants(schema):
        facts = api.facts_of(variant).properties
        for name, node in as_object(variant.get("properties")).items() if is_object(valid) else ():
            known, inner = facts.get(name), api.resolve(node)
            value = valid.get(name, MISSING)
            strict, most = ({}, None) if known is None else (known.strict, known.max_bytes)
            yield _Part((*path, name), inner, strict, most, value)
            yield from _parts(api, inner, value, (*path, name))
        if is_array(valid) and valid and "items" in variant:
            inner = api.resolve(variant["items"])
            for number in {len(valid) - 1, 0}:
                yield _Part((*path, number), inner, {}, None, valid[number])
            yield _Part((*path, len(valid)), inner, {}, None, valid[0])
            yield from _parts(api, inner, valid[0], (*path, 0))
        if is_object(valid) and is_object(variant.get("additionalProperties")):
            inner = api.resolve(variant["additionalProperties"])
            yield from (_Part((*path, name), inner, {}, None, value) for name, value in valid.items())


def _values(part: _Part) -> Iterator[tuple[str, Any]]:
    """Yield values of a property. Those that its schema allows are left out later."""
    kinds = types_of(part.schema)
    yield "is missing", MISSING
    yield "is null", None
    yield "has another type", "no such value" if kinds & {"array", "object"} else {"unexpected": True}
    if kinds & {"integer", "number"}:
        yield "is true", True
        yield "is not whole", 1.5
        for name, step in (("minimum", -1), ("maximum", 1)):
            if name in part.schema:
                yield f"is beyond the {name}", part.schema[name] + step
    if "array" in kinds and is_array(part.valid) and part.valid:
        yield "is empty", []
        most = part.schema.get("maxItems", _LONGEST)
        if most < _LONGEST:
            yield "has too many items", part.valid[:1] * (most + 1)
    if "string" in kinds:
        yield from _texts(part)


def _texts(part: _Part) -> Iterator[tuple[str, Any]]:
    limits = {**part.schema, **part.strict}
    for name in limits.keys() & _TEXTS.keys():
        yield from ((f"is {text!r}", text) for text in _TEXTS[name])
    valid = part.valid if isinstance(part.valid, str) and part.valid else _UNUSED
    if "pattern" in part.schema or "enum" in part.schema:
        valid = next(map(str, as_array(part.schema.get("enum"))), valid)
        yield "is in the other case", valid.swapcase()
        yield from (
            (f"has the form {form!r}", form.format(valid)) for form in _FORMS[: 1 if "enum" in limits else None]
        )
    for name, step in (("minLength", -1), ("maxLength", 1)):
        length = limits.get(name, -1) + step
        if 0 < length < _LONGEST:
            yield f"is beyond the {name}", "x" * length
    if part.max_bytes is not None:
        yield TOO_MANY_BYTES, _TWO_BYTES * (part.max_bytes // len(_TWO_BYTES.encode()) + 1)


def _without(value: Any) -> Any:
    """Return JSON without what is `MISSING`."""
    if is_object(value):
        return {name: _without(each) for name, each in value.items() if each is not MISSING}
    return [_without(each) for each in value if each is not MISSING] if is_array(value) else value
