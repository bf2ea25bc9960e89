"""The rules about `spec/behaviour/`: its JSON Schema, and that everything exists that it names.

Each `format` of the schema is a kind of thing. What exists depends on the operation, the parameter or the schema of an
entry, so each entry is validated with kinds of its own.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import jsonschema_rs
from attrs import evolve, field, frozen
from jsonschema_rs import ValidationErrorKind as Kind

from ..behaviour import Behaviour, users, with_strict
from ..bundle import Bundle
from ..document import JSON, OperationNode, operations, resolve, unchanged, walk
from ..errors import Problem
from ..fragment import Finding, Pointer
from ..schema_messages import did_you_mean, sentence
from .examples import example_valid
from .items import item, parts, property_names, property_schemas
from .keywords import keyword_known, keyword_type
from .schemas import format_known, pattern_portable, required_described

_STRICT_RULES = (keyword_known, keyword_type, format_known, pattern_portable, required_described)
_EXPRESSION = re.compile(r"\$([A-Za-z]+(?:\.[A-Za-z_]+)?)(?:#(/.*))?")
_WORDS = {
    *("before", "cursor", "earlier", "future", "increment", "new", "now", "object", "path", "request.body"),
    *("response.body", "set", "sibling", "slug", "unset", "user"),
}
_LISTS = ("list", "prefix", "swapcase")
"""Expressions with the operation of a list behind a dot."""
_NAMED = ("other", "reference")
_SOURCES = {
    "before": "object-property",
    "object": "object-property",
    "path": "path-parameter",
    "request.body": "body-property",
    "response.body": "response-property",
}
"""Kinds of things that the pointers of expressions lead to."""
_CONDITIONS = {"elsewhere", "returns", "sets", "settled", "then", "when"}
"""Words with values by property."""


@frozen
class _Things:
    """What exists of a kind."""

    names: set[str] = field(factory=set)
    document: dict[str, Any] = field(factory=dict)
    schemas: tuple[Any, ...] = ()
    """Schemas whose properties a path may lead to."""
    allows_others: bool = False
    """Whether a name may be unknown on purpose, if it does not resemble a known one."""

    def has(self, text: str) -> bool:
        """Return whether a name or the path of a property is known."""
        path = text.removeprefix("-").removeprefix("/")
        keys = ["*" if each.isdigit() else each for each in re.split("[/.]", path)]
        is_known = path in self.names or any(
            next(property_schemas(self.document, schema, keys), None) is not None for schema in self.schemas
        )
        return is_known or (self.allows_others and not self.suggestion(text))

    def suggestion(self, text: str) -> str:
        """Return a question with the closest known name, or an empty text."""
        properties = (property_names(self.document, schema) for schema in self.schemas)
        known, name = self.names.union(*properties), re.split("[/.]", text.strip("-/"))[0]
        return "" if name in known else did_you_mean(name, sorted(known))


_Kinds: TypeAlias = Mapping[str, _Things]


def behaviour_problems(bundle: Bundle) -> list[Problem]:
    """Return what is wrong with the files. What they name is checked if their form is right."""
    document, behaviour = bundle.document, bundle.behaviour
    found = [
        Problem(fragment.locate(pointer), "behaviour-form", f"{' '.join(pointer)}: {message}")
        for fragment in behaviour.fragments
        for pointer, message in _findings(behaviour.schema, fragment.data, _shared_kinds(document))
    ]
    if found or not behaviour.fragments:
        return found
    findings = [*_reference_findings(document, behaviour), *_enum_findings(document, behaviour)]
    found = [
        Problem(behaviour.locate(pointer), "behaviour-reference", f"{' '.join(pointer)}: {message}")
        for pointer, message in findings
    ]
    return found or [*_strict_problems(bundle)]


def _findings(schema: Any, data: Any, kinds: _Kinds) -> Iterator[Finding]:
    checks = {name: things.has for name, things in kinds.items()}
    validator = jsonschema_rs.Draft202012Validator(schema, formats=checks, validate_formats=True)
    for error in validator.iter_errors(data):
        pointer = tuple(map(str, error.instance_path))
        match error.kind:
            case Kind.AdditionalProperties(unexpected=keys):
                known = _part(schema, error.schema_path[:-1])["properties"]
                for key in keys:
                    yield (*pointer, key), f"there is no word {key!r} here{did_you_mean(key, known)}"
            case Kind.PropertyNames(error=inner):
                yield (*pointer, str(inner.instance)), _sentence(inner, kinds)
            case Kind.AnyOf(context=context):
                named = [each for branch in context for each in branch if isinstance(each.kind, Kind.Format)]
                yield pointer, _sentence(named[0] if named else error, kinds)
            case _:
                yield pointer, _sentence(error, kinds)


def _part(schema: Any, path: Iterable[str | int]) -> Any:
    for key in path:
        schema = schema[key]
    return schema


def _sentence(error: Any, kinds: _Kinds) -> str:
    match error.kind:
        case Kind.Format(format=name) if name in kinds:
            what = name.replace("-", " ")
            return f"there is no {what} {error.instance!r}{kinds[name].suggestion(error.instance)}"
    return sentence(error)


@frozen
class _Entry:
    """A part of the behaviour that names things of one operation, parameter or schema."""

    definition: str
    """Definition of the JSON Schema."""
    pointer: Pointer
    words: Any
    kinds: _Kinds


def _reference_findings(document: dict[str, Any], behaviour: Behaviour) -> Iterator[Finding]:
    found: dict[Finding, None] = {}  # once, although a parameter is checked with each operation that has it
    for entry in _entries(document, behaviour):
        schema = {"$defs": behaviour.schema["$defs"], "$ref": f"#/$defs/{entry.definition}"}
        for pointer, message in _findings(schema, entry.words, entry.kinds):
            found[(*entry.pointer, *pointer), message] = None
    yield from found


def _entries(document: dict[str, Any], behaviour: Behaviour) -> Iterator[_Entry]:
    components = document["components"]
    by_id = {str(operation.node["operationId"]): operation for operation in operations(document)}
    expressions = _expressions(document)
    for name, words in behaviour.data["operations"].items():
        operation = by_id[name]
        named = [by_id[each[key]] for each in words.get("effects", ()) for key in ("read", "of") if key in each]
        kinds = _of_operation(operation, named)
        sources = {**expressions.sources, **{word: kinds[kind] for word, kind in _SOURCES.items()}}
        kinds["expression"] = evolve(expressions, sources=sources)
        yield _Entry("operation", ("operations", name), words, kinds)
        for parameter in operation.parameters:
            if own := words.get("query", {}).get(parameter["name"]):
                pointer = ("operations", name, "query", parameter["name"])
                yield _Entry("parameter", pointer, own, _of_parameter(document, parameter))
    for name, words in behaviour.data["parameters"].items():
        having = [*users(document, name)]
        headers = {header for operation in having for header in _parameter_names(operation, "header")}
        for operation in having:
            kinds = {**_of_operation(operation, []), **_of_parameter(document, components["parameters"][name])}
            kinds["header-parameter"] = _Things(headers)
            yield _Entry("parameter", ("parameters", name), words, kinds)
    for name, words in behaviour.data["schemas"].items():
        schema = _Things(document=document, schemas=(components["schemas"][name],))
        sent = evolve(schema, names={*words.get("effects", {}).get("ignored", ())})
        yield _Entry("schema", ("schemas", name), words, {"own-property": schema, "sent-property": sent})
    yield _Entry("facts", ("facts",), behaviour.data["facts"], {"own-property": _properties(document)})


def _shared_kinds(document: dict[str, Any]) -> _Kinds:
    """Return what any entry may name."""
    components = document["components"]
    known = [each.node for each in operations(document)]
    ids = {str(each["operationId"]) for each in known}
    return {
        "operation": _Things(ids),
        "schema": _Things({*components["schemas"]}),
        "shared-parameter": _Things({*components.get("parameters", {})}),
        "scope": _Things({scope for each in known for scope in each.get("x-scopes", ())}),
        "property": _properties(document),
        "expression": _expressions(document),
    }


def _properties(document: dict[str, Any]) -> _Things:
    """Return the properties of all schemas but maps, which have any."""
    named = document["components"]["schemas"].values()
    return _Things(document=document, schemas=tuple(each for each in named if "additionalProperties" not in each))


@frozen
class _Expressions(_Things):
    """Expressions, with or without a JSON pointer."""

    sources: Mapping[str, _Things] = field(factory=dict)
    """What the pointers of some expressions lead to."""

    def has(self, text: str) -> bool:
        match = _EXPRESSION.fullmatch(text)
        if match is None or not (match[1] in self.names or match[1].partition(".")[0] in _NAMED):
            return False
        return not match[2] or match[1] not in self.sources or self.sources[match[1]].has(match[2])

    def suggestion(self, text: str) -> str:
        return did_you_mean(text[1:].partition("#")[0], sorted(self.names))


def _expressions(document: dict[str, Any]) -> _Expressions:
    items = {str(each.node["operationId"]): item(document, each) for each in operations(document)}
    lists = {
        f"{word}.{name}": _Things(document=document, schemas=(schema,))
        for name, schema in items.items()
        for word in _LISTS
    }
    return _Expressions({*_WORDS, *items, *lists}, sources=lists)


def _of_operation(operation: OperationNode, named: list[OperationNode]) -> dict[str, _Things]:
    """Return what an operation has, and the objects that operations in its effects return."""
    document = operation.document
    responses = operation.success_responses.values()
    path, query, header = (_parameter_names(operation, place) for place in ("path", "query", "header"))
    contents = resolve(document, operation.node.get("requestBody", {})).get("content", {}).values()
    body = tuple(content["schema"] for content in contents)
    objects = [*_responses([operation, *named]), *_responses(_above(operation))]
    below = [*objects, *_responses(_below(operation))]
    return {
        "status": _Things({*operation.node["responses"]}),
        "path-parameter": _Things(path),
        "query-parameter": _Things(query),
        "sent-parameter": _Things(query, allows_others=True),
        "header-parameter": _Things(header),
        "response-header": _Things({name for each in responses for name in each.get("headers", {})}),
        "media-type": _Things({name for each in responses for name in each.get("content", {})}),
        "body-property": _Things(document=document, schemas=body),
        "sent-property": _Things(document=document, schemas=body, allows_others=True),
        "response-property": _Things(document=document, schemas=tuple(_responses([operation]))),
        "item-property": _Things(document=document, schemas=(item(document, operation),)),
        "object-property": _Things(document=document, schemas=tuple(objects)),
        "nearby-property": _Things(document=document, schemas=tuple(below)),
    }


def _of_parameter(document: dict[str, Any], parameter: Any) -> dict[str, _Things]:
    values = {*_values(document, parameter["schema"])}
    return {"parameter-value": _Things(values)} if values else {}


def _values(document: dict[str, Any], node: Any) -> Iterator[str]:
    """Yield the values of a parameter in a URL, or nothing if it may have any."""
    schema = resolve(document, node)
    if schema.get("type") == "boolean":
        yield from ("true", "false")
    yield from schema.get("enum", ())
    for each in [*parts(schema), *([schema["items"]] if "items" in schema else ())]:
        yield from _values(document, each)


def _parameter_names(operation: OperationNode, place: str) -> set[str]:
    names = {str(each["name"]).removesuffix("[]") for each in operation.parameters if each["in"] == place}
    return names | {f"{name}[]" for name in names}


def _responses(known: Iterable[OperationNode]) -> Iterator[Any]:
    """Yield the schemas of successful responses."""
    for operation in known:
        for response in operation.success_responses.values():
            yield from (each["schema"] for media, each in response.get("content", {}).items() if media == JSON)


def _above(operation: OperationNode) -> Iterator[OperationNode]:
    """Yield the operations that read the object of the path, or what it belongs to."""
    path = operation.path
    while path.strip("/"):
        if "get" in operation.document["paths"].get(path, {}):
            yield OperationNode(operation.document, path, "get")
        path = path.rpartition("/")[0]


def _below(operation: OperationNode) -> Iterator[OperationNode]:
    """Yield the operations that read objects below the object of the path, such as the schedules of a pipeline."""
    above = f"{operation.path[: operation.path.rfind('}') + 1]}/"
    yield from (each for each in operations(operation.document) if each.method == "get" and each.path.startswith(above))


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
                yield pointer, f"{name} is never {each!r}{did_you_mean(each, known)}"


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
