"""The rules about `spec/behaviour/`: its JSON Schema, and that everything exists that it names.

Each `format` of the schema is a kind of thing. A property or a parameter exists if any schema or operation has it;
what a request sends on purpose need not exist.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import jsonschema_rs
from jsonschema_rs import ValidationErrorKind as Kind

from ..behaviour import Behaviour, with_strict
from ..bundle import Bundle
from ..document import operations, resolve, schemas, unchanged, walk
from ..errors import Problem
from ..fragment import Finding
from ..openapi_schema import findings, schema_errors
from .examples import example_valid
from .schemas import keyword_type, pattern_portable, required_described

_STRICT_RULES = (schema_errors, keyword_type, pattern_portable, required_described)
_EXPRESSION = re.compile(r"\$([A-Za-z]+(?:\.[A-Za-z_]+)?)(?:#(/.*))?")
_WORDS = {
    *("before", "cursor", "future", "increment", "new", "now", "object", "path", "request.body"),
    *("response.body", "set", "sibling", "slug", "unset", "user"),
}
_LISTS = ("list", "prefix", "swapcase")
"""Expressions with the operation of a list behind a dot."""
_NAMED = ("other", "reference")
_CONDITIONS = {"elsewhere", "returns", "sets", "settled", "then", "when"}
"""Words with values by property."""


def behaviour_problems(bundle: Bundle) -> list[Problem]:
    """Return the problems of the files. Values and keywords are checked if the form is right."""
    document, behaviour = bundle.document, bundle.behaviour
    if not behaviour.fragments:
        return []
    names = _names(document)
    kinds: dict[str, Callable[[str], bool]] = {
        kind: partial(_exists, known, names["map"]) for kind, known in names.items()
    }
    kinds["expression"] = partial(_is_expression, names)
    validator = jsonschema_rs.Draft202012Validator(behaviour.schema, formats=kinds, validate_formats=True)
    found = [
        Problem(fragment.locate(pointer), "behaviour-form", f"{' '.join(pointer)}: {message}")
        for fragment in behaviour.fragments
        for pointer, message in findings(_causes(validator.iter_errors(fragment.data)))
    ]
    found = found or [
        Problem(behaviour.locate(pointer), "behaviour-value", f"{' '.join(pointer)}: {message}")
        for pointer, message in _enum_findings(document, behaviour)
    ]
    return found or [*_strict_problems(bundle)]


def _causes(errors: Iterable[Any]) -> Iterator[Any]:
    """Yield the unknown name in place of an error about all alternatives."""
    for error in errors:
        match error.kind:
            case Kind.AnyOf(context=context):
                yield next((each for branch in context for each in branch if isinstance(each.kind, Kind.Format)), error)
            case _:
                yield error


def _names(document: dict[str, Any]) -> Mapping[str, set[str]]:
    """Return the names of all things by their kind."""
    known = [*operations(document)]
    components = document["components"]
    responses = [each for operation in known for each in operation.success_responses.values()]
    parameters = {
        place: {each["name"] for operation in known for each in operation.parameters if each["in"] == place}
        for place in ("path", "query", "header")
    }
    nodes = [pair for _, schema in schemas(document) for pair in schema.get("properties", {}).items()]
    properties = {name for name, _ in nodes}
    return {
        "operation": {operation.node["operationId"] for operation in known},
        "schema": {*components["schemas"]},
        "shared-parameter": {*components.get("parameters", {})},
        "scope": {scope for operation in known for scope in operation.node["x-scopes"]},
        "status": {status for operation in known for status in operation.node["responses"]},
        "media-type": {name for each in responses for name in each.get("content", {})},
        "response-header": {name for each in responses for name in each.get("headers", {})},
        **{f"{place}-parameter": found for place, found in parameters.items()},
        **{
            f"{owner}-property": properties
            for owner in ("body", "item", "nearby", "object", "own", "own-or-returned", "response")
        },
        "property": properties,
        "map": {name for name, node in nodes if "additionalProperties" in resolve(document, node)},
    }


def _exists(names: set[str], maps: set[str], text: str) -> bool:
    """Return whether a name is known, or each name in a path or a pointer up to that of a map."""
    path = text.removeprefix("-").removeprefix("/")
    keys = [each for each in re.split("[/.]", path) if each != "*" and not each.isdigit()]
    outer = next((keys[: index + 1] for index, key in enumerate(keys) if key in maps), keys)
    return path in names or {*outer} <= names


def _is_expression(names: Mapping[str, set[str]], text: str) -> bool:
    match = _EXPRESSION.fullmatch(text)
    if match is None:
        return False
    word, _, name = match[1].partition(".")
    is_known = (
        match[1] in _WORDS | names["operation"] or word in _NAMED or (word in _LISTS and name in names["operation"])
    )
    return is_known and (not match[2] or _exists(names["property"] | names["path-parameter"], names["map"], match[2]))


def _enum_findings(document: dict[str, Any], behaviour: Behaviour) -> Iterator[Finding]:
    """Compare values of properties that have an enumeration in every schema."""
    enums: dict[str, set[str]] = {}
    for pointer, node in walk(document["components"]):
        if pointer[-2:-1] == ("properties",) and isinstance(node, dict):
            branches = (resolve(document, each) for each in (node, *node.get("oneOf", ())))
            values = {str(value) for each in branches for value in (*each.get("enum", ()), each.get("const")) if value}
            before = enums.setdefault(pointer[-1], values)
            enums[pointer[-1]] = before | values if before and values else set()
    for pointer, node in walk(behaviour.data):
        name = pointer[-1].removeprefix("/") if pointer else ""
        if not (known := enums.get(name)) or not _CONDITIONS.intersection(pointer):
            continue
        for each in node if isinstance(node, list) else [node]:
            if isinstance(each, str) and not each.startswith("$") and each not in known:
                yield pointer, f"{name} is never {each!r}"


def _strict_problems(bundle: Bundle) -> Iterator[Problem]:
    """Check the keywords of `strict`, and examples of responses against them."""
    behaviour, strict = bundle.behaviour, with_strict(bundle.document, bundle.behaviour)
    with unchanged(strict):
        for rule in _STRICT_RULES:
            for pointer, message in rule(strict):
                place = ("schemas", *(key for key in pointer[2:] if key != "allOf" and not key.isdigit()), "strict")
                text = f"{' '.join(place)}: {message}"
                yield Problem(behaviour.locate(place), rule.__name__.replace("_", "-"), text)
        for pointer, message in example_valid(strict):
            if "responses" in pointer[1:4]:
                yield Problem(bundle.locate(pointer), "example-valid", f"{' '.join(pointer[1:])}: {message}")
