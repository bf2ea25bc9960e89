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
#: A rule that a validator does not know.
TOO_MANY_BYTES: Final = "has too many bytes"
_TWO_BYTES: Final = "ü"
#: Rules of which each property gets one in turn: schemathesis sends values of all types.
_TYPES: Final = ("is null", "has another type")
#: Forms of a valid text, which a server might normalize.
_FORMS: Final = (" {}", "{} ", "-{}", "_{}", "{}!")
#: Texts by the keyword of a schema that may not allow them.
_TEXTS: Final[Mapping[str, Sequence[str]]] = {
    "minLength": ("",),
    "enum": ("", "no such value"),
    "format": ("not-an-id", "2031-02-30T09:00:00Z", "2031-02-30", "not a url"),
    "pattern": ("", "  ", "\t\n", "!", "a b", "-", "ä", "_a", "a-b", "bk", "Bk_key", "BUILDKITE_KEY", "buildKite_key"),
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


def changes(api: Api, schema: object, valid: Any) -> Iterator[Invalid]:
    """Yield changes of a valid body. Whether one breaks a rule is for a validator to decide."""
    for number, (path, inner, value) in enumerate(_parts(api, schema, valid, ())):
        for rule, other in _values(inner, value):
            if rule == _TYPES[number % 2]:
                continue
            body = replaced(valid, path, other)
            yield Invalid(".".join(map(str, path)), rule, _without_missing(body) if other is MISSING else body)
    yield Invalid("unexpected", "is unknown", {**valid, "unexpected": 1})


def _parts(api: Api, schema: object, valid: Any, path: Path) -> Iterator[tuple[Path, Mapping[str, Any], Any]]:
    """Yield the paths of properties, items and values of a map, with their schemas and values in a valid body."""
    for variant in api.variants(schema) if len(path) < _DEPTH else ():
        if is_object(valid):
            facts = api.facts_of(variant).properties
            others = as_object(variant.get("additionalProperties"))
            nodes = {**(dict.fromkeys(valid, others) if others else {}), **as_object(variant.get("properties"))}
            for name, node in nodes.items():
                inner = {**api.resolve(node)}
                if name in facts:
                    inner |= {**facts[name].strict, TOO_MANY_BYTES: facts[name].max_bytes}
                yield (*path, name), inner, valid.get(name, MISSING)
                yield from _parts(api, node, valid.get(name), (*path, name))
        if is_array(valid) and valid and "items" in variant:
            for number, item in enumerate([*valid, valid[0]]):  # also behind the last one
                yield (*path, number), api.resolve(variant["items"]), item
            yield from _parts(api, variant["items"], valid[0], (*path, 0))


def _values(schema: Mapping[str, Any], valid: Any) -> Iterator[tuple[str, Any]]:
    """Yield values of a property, and what may be wrong with them."""
    kinds = types_of(schema)
    yield "is missing", MISSING
    yield _TYPES[0], None
    yield _TYPES[1], "no such value" if kinds & {"array", "object"} else {"unexpected": True}
    if kinds & {"integer", "number"}:
        yield "is true", True
        yield "is not whole", 1.5
        for name, step in (("minimum", -1), ("maximum", 1)):
            yield f"is beyond the {name}", schema.get(name, 0) + step
    if is_array(valid) and valid:
        yield "is empty", []
        if (most := schema.get("maxItems", _LONGEST)) < _LONGEST:
            yield "has too many items", valid[:1] * (most + 1)
    if "string" in kinds:
        for texts in (texts for name, texts in _TEXTS.items() if name in schema):
            yield from ((f"is {text!r}", text) for text in texts)
        for name, step in (("minLength", -1), ("maxLength", 1)):
            if 0 < (length := schema.get(name, -1) + step) < _LONGEST:
                yield f"is beyond the {name}", "x" * length
        if isinstance(most := schema.get(TOO_MANY_BYTES), int):
            yield TOO_MANY_BYTES, _TWO_BYTES * (most // len(_TWO_BYTES.encode()) + 1)
        if schema.keys() & {"pattern", "enum"}:
            text = next(map(str, as_array(schema.get("enum"))), str(_UNUSED if valid is MISSING else valid))
            yield "is in the other case", text.swapcase()
            yield from (
                (f"has the form {form!r}", form.format(text)) for form in _FORMS[: 1 if "enum" in schema else None]
            )


def _without_missing(value: Any) -> Any:
    """Return JSON without what is `MISSING`."""
    if is_object(value):
        return {name: _without_missing(each) for name, each in value.items() if each is not MISSING}
    return [_without_missing(each) for each in value if each is not MISSING] if is_array(value) else value
