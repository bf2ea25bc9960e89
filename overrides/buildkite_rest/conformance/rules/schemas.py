"""Rules of the spec: a response has a documented status, headers and content, as its schema describes it.

Responses of a server on this machine, or of one that claims to conform, have what all known ones have: the described
properties and no others, those of all examples of the operation, and `strict` of the behaviour. The API itself has a
new field or value any day, so there they are listed instead.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, Final, TypeAlias

import jsonschema_rs
from jsonschema_rs import ValidationErrorKind as Kind

from ..._base.json_values import as_array, as_object, is_array, is_object
from ..api import Api, Operation
from ..behaviour import Part, Property, Schema
from ..exchange import TOKEN, Exchange
from ..results import Undescribed
from . import Context, rule
from .bodies import FREE_FORM

#: Problems of one body that are reported.
_SHOWN: Final = 5
#: Undescribed fields that are listed.
_LISTED: Final = 200
_SCHEMAS: Final = "#/components/schemas/"
#: The document with the schemas of all responses.
_DOCUMENT: Final = "urn:responses"
#: End of the name of a schema that allows no other properties than the described ones.
_CLOSED: Final = ".closed"
_JSON: Final = "application/json"
_EXCERPT: Final = 300
_ERROR: Final = 400
_QUOTE: Final = '"'
_NEW_VALUES: Final = (Kind.Enum, Kind.Constant, Kind.OneOfNotValid, Kind.AnyOf)
_NEW: Final = (*_NEW_VALUES, Kind.UnevaluatedProperties)
_ENUM_WORD: Final = re.compile(r"[a-z_]{1,40}")
_Error: TypeAlias = jsonschema_rs.ValidationError
_Validator: TypeAlias = jsonschema_rs.Draft202012Validator
_MEMBERS: Final = "members"
#: Levels of objects inside others that examples show.
_DEPTH: Final = 4


@rule("not_a_server_error")
def no_server_error(exchange: Exchange, context: Context) -> Iterator[str]:
    """The server does not fail."""
    if exchange.status >= 500:
        yield f"the server fails with {exchange.status}"


@rule("status_code_conformance")
def status(exchange: Exchange, context: Context) -> Iterator[str]:
    """The status is documented."""
    if exchange.request.is_plain and exchange.status < 500 and exchange.status not in exchange.operation.statuses:
        yield f"the status {exchange.status} is not documented"


@rule("content_type_conformance")
def content_type(exchange: Exchange, context: Context) -> Iterator[str]:
    """The media type is a documented one of the status."""
    if not exchange.request.is_plain or not exchange.content:
        return
    documented = as_object(_response(context.api, exchange.operation, exchange.status).get("content"))
    found = exchange.media_type
    if documented and {found, "*/*"}.isdisjoint(documented):
        yield f"the Content-Type is {found or 'missing'} instead of {' or '.join(sorted(documented))}"


@rule("response_headers_conformance")
def headers(exchange: Exchange, context: Context) -> Iterator[str]:
    """The response has the required headers, with documented values."""
    if not exchange.request.is_plain:
        return
    for name, is_required, validator in _headers(context.api, exchange.operation, exchange.status):
        value = exchange.headers.get(name)
        if value is None and is_required:
            yield f"the header {name} is missing"
        elif value is not None:
            number = int(value) if value.isascii() and value.isdecimal() and len(value) < 19 else value
            yield from (f"{name}: {error.message}" for error in validator.iter_errors(number))


@rule("response_schema_conformance")
def schema(exchange: Exchange, context: Context) -> Iterator[str]:
    """JSON has what that of all known responses has, as its schema describes it, and nothing else."""
    try:
        yield from _schema_problems(exchange, context)
    except UnicodeEncodeError:  # which validators cannot handle
        yield "a text has half of a surrogate pair"


def _schema_problems(exchange: Exchange, context: Context) -> Iterator[str]:
    parts = list(context.unjudged(exchange))
    is_json = exchange.media_type == _JSON
    if not parts or not is_json or not _content(context.api, exchange.operation, exchange.status).get("schema"):
        return
    validator = _validator(context.api, exchange.operation, exchange.status, is_strict=context.is_local)
    body = exchange.body
    if exchange.is_list:
        body = parts if is_array(body) else {**exchange.object, "items": parts}
    found = [] if validator.is_valid(body) else [*validator.iter_errors(body)]  # much faster
    if context.is_local:
        yield from map(_message, islice(_errors(exchange, context, found), _SHOWN))
        return
    if len(context.undescribed) < _LISTED:
        context.undescribed.update(islice(_undescribed(exchange.operation, context.api, found), _LISTED))
    yield from (_message(each) for each in found if not isinstance(each.kind, _NEW))


@rule("requested_property")
def requested(exchange: Exchange, context: Context) -> Iterator[str]:
    """A property is in the response if and only if the request body asks for it."""
    sent = exchange.sent_object
    if not exchange.ok or not is_object(exchange.body) or not exchange.operation.body_schema:
        return
    for name, each in context.api.facts_of(exchange.operation.body_schema).properties.items():
        wanted = sent.get(name, False)
        if each.includes is None or not isinstance(wanted, bool):
            continue
        if (wanted and exchange.body.get(each.includes) is None) or (not wanted and each.includes in exchange.body):
            shown = str(wanted).lower() if name in sent else "missing"
            yield f"{each.includes} is {'missing' if wanted else 'in the response'}, although {name} is {shown}"


def _path(error: jsonschema_rs.ValidationError) -> str:
    return "".join(f"/{'*' if isinstance(part, int) else part}" for part in error.instance_path)


def _message(error: _Error) -> str:
    return f"{_path(error)}: {error.message}"[:_EXCERPT]


def _errors(exchange: Exchange, context: Context, found: Sequence[_Error]) -> Iterator[_Error]:
    """Yield the errors of a body. Somebody who is not an administrator may lack some properties."""
    wrong = {_path(each) for each in found if not isinstance(each.kind, Kind.UnevaluatedProperties)}
    for error in found:
        match error.kind:
            # A schema does not describe the properties of an object with another problem.
            case Kind.UnevaluatedProperties() if any(each.startswith(_path(error)) for each in wrong):
                continue
            case Kind.Required(property=name) if name.strip(_QUOTE) in _hidden(context.api):
                if exchange.request.credential == TOKEN and context.administers(str(exchange.values.get("org", ""))):
                    yield error
            case _:
                yield error


def _undescribed(operation: Operation, api: Api, found: Sequence[_Error]) -> Iterator[Undescribed]:
    """Yield what the spec lacks, with its type or word. Of an object with another problem, only what no schema has."""
    wrong = {_path(each) for each in found if not isinstance(each.kind, Kind.UnevaluatedProperties)}
    for error in found:
        path = _path(error)
        if isinstance(error.kind, Kind.UnevaluatedProperties):
            known = _properties(api) if any(each.startswith(path) for each in wrong) else frozenset[str]()
            for name in frozenset(error.kind.unexpected) - known:
                kind = type(as_object(error.instance).get(name)).__name__
                yield Undescribed(operation.label, "undescribed property", f"{path}/{name}", kind)
        elif isinstance(error.kind, _NEW_VALUES):
            text = str(error.instance)
            word = text if _ENUM_WORD.fullmatch(text) else type(error.instance).__name__
            yield Undescribed(operation.label, "undescribed value", path, word)


@lru_cache(4)
def _properties(api: Api) -> frozenset[str]:
    """Return the names of the properties of all schemas."""
    return frozenset(name for schema in api.raw["components"]["schemas"].values() for name in api.properties(schema))


def _response(api: Api, operation: Operation, status: int) -> Mapping[str, Any]:
    return api.resolve(as_object(operation.node.get("responses")).get(str(status)))


@lru_cache(None)
def _headers(api: Api, operation: Operation, status: int) -> Sequence[tuple[str, bool, _Validator]]:
    """Return the documented headers of a status, and whether each is required."""
    nodes = {
        name: api.resolve(node) for name, node in as_object(_response(api, operation, status).get("headers")).items()
    }
    return [
        (name, bool(node.get("required")), _Validator(dict(api.resolve(node.get("schema")))))
        for name, node in nodes.items()
    ]


@lru_cache(None)
def _hidden(api: Api) -> frozenset[str]:
    """Return the properties that users who are not administrators may not get."""
    schemas = api.behaviour.schemas.values()
    return frozenset(name for each in schemas for name, known in each.properties.items() if known.optional == _MEMBERS)


def _parts(api: Api, schema: object) -> Iterator[Mapping[str, Any]]:
    """Yield a schema with the parts and alternatives that it consists of."""
    found = api.resolve(schema)
    yield found
    for key in ("allOf", "oneOf", "anyOf"):
        for part in as_array(found.get(key)):
            yield from _parts(api, part)


@lru_cache(None)
def _validator(api: Api, operation: Operation, status: int, *, is_strict: bool) -> _Validator:
    """Return a validator of the JSON of a response."""
    reference = {"$ref": f"{_DOCUMENT}#/responses/{operation.id}-{status}"}
    return _Validator(reference, registry=_registry(api, is_strict=is_strict), validate_formats=True)


@lru_cache(4)
def _registry(api: Api, *, is_strict: bool) -> jsonschema_rs.Registry:
    """Return the schemas of all responses, which validators share."""
    responses: dict[str, Any] = {}
    for operation in api.operations:
        for status in operation.statuses:
            media = _content(api, operation, status)
            if node := media.get("schema"):
                # Examples of errors are those of some requests.
                examples = as_object(media.get("examples")).values() if status < _ERROR else ()
                values = [api.resolve(each).get("value") for each in examples]
                shown = _shown_by(api, node, values, frozenset(_optional(operation)))
                selected = _selection(api, operation) if status < _ERROR else {}
                more = [shown, selected] if is_strict else []
                responses[f"{operation.id}-{status}"] = {"allOf": [_closed(node), *more]}
    components = {"schemas": _schemas(api, is_strict=is_strict)}
    return jsonschema_rs.Registry([(_DOCUMENT, {"components": components, "responses": responses})])


def _selection(api: Api, operation: Operation) -> dict[str, Any]:
    """Return a schema of an object, or of the items of an array, with what only some operations return or leave out."""
    facts = [api.facts_of(each).properties for each in _parts(api, api.item_schema(operation))]
    known = {name: each.returned_by for fact in facts for name, each in fact.items() if each.returned_by}
    required = [name for name, ids in known.items() if operation.id in ids]
    absent = [*operation.behaviour.without, *(known.keys() - required)]
    found = {"required": required, "propertyNames": {"not": {"enum": absent}}}
    return {**found, "items": found} if known or absent else {}


def _content(api: Api, operation: Operation, status: int) -> Mapping[str, Any]:
    return as_object(as_object(_response(api, operation, status).get("content")).get(_JSON))


def _schemas(api: Api, *, is_strict: bool) -> Mapping[str, Any]:
    """Return the schemas of the components, also with `strict` of the behaviour, each also without other properties."""
    found: dict[str, Any] = {}
    for name, node in as_object(as_object(api.raw.get("components")).get("schemas")).items():
        facts = api.behaviour.schemas.get(name, Schema())
        own = [part for part in (node, *node.get("allOf", ())) if "$ref" not in part]
        described = {key: each for part in own for key, each in as_object(part.get("properties")).items()}
        properties = {key: _words(api, each, facts.properties.get(key, Property())) for key, each in described.items()}
        more = [facts.strict, {"properties": properties}] if is_strict else []
        found[name] = {"allOf": [_closed(node), *more]}
        reference = {"$ref": f"{_SCHEMAS}{name}"}
        found[name + _CLOSED] = {**reference, "unevaluatedProperties": False} if api.properties(node) else reference
    return found


def _words(api: Api, node: Mapping[str, Any], known: Property) -> Mapping[str, Any]:
    """Return the further keywords of a property."""
    keywords: dict[str, Any] = {}
    for beginning, each in api.behaviour.facts.described.items():
        keywords |= each if str(node.get("description")).startswith(beginning) else {}
    keywords |= known.strict
    if known.items is not None:
        keywords["items"] = known.items.strict
    if known.graphql_type is not None:
        encoded = b64encode(f"{known.graphql_type}---".encode()).decode().rstrip("=")
        # The last character of an incomplete group depends on the text after it.
        keywords["pattern"] = f"^{encoded if len(encoded) % 4 == 0 else encoded[:-1]}"
    return keywords


def _closed(node: Any, *, is_part: bool = False) -> Any:
    """Return a schema in which the objects have the described properties only.

    Alternatives become conditions, whose errors say what is wrong with the one that applies.
    """
    if is_array(node):
        return [_closed(each, is_part=is_part) for each in node]
    if not is_object(node):
        return node
    if isinstance(reference := node.get("$ref"), str):
        return node if is_part else {"$ref": reference + _CLOSED}
    copy = {key: _closed(value, is_part=key == "allOf") for key, value in node.items() if key != "properties"}
    if "properties" in node:
        copy["properties"] = {key: _closed(value) for key, value in node["properties"].items()}
    if tag := as_object(copy.pop("discriminator", None)).get("propertyName"):
        del copy["oneOf"]
        mapping = node["discriminator"]["mapping"]
        copy |= {"required": [tag], "properties": {tag: {"enum": sorted(mapping)}}}
        copy["allOf"] = [
            {"if": {"properties": {tag: {"const": key}}}, "then": {"$ref": target + _CLOSED}}
            for key, target in mapping.items()
        ]
    elif len(choices := [each for each in as_array(copy.get("oneOf")) if each != {"type": "null"}]) == 1:
        del copy["oneOf"]
        copy |= {"if": {"not": {"type": "null"}}, "then": choices[0]}
    return copy


def _has_choice(schema: Mapping[str, Any]) -> bool:
    """Return whether values of a schema may be of different kinds, beside null."""
    return "anyOf" in schema or sum(each != {"type": "null"} for each in schema.get("oneOf", ())) > 1


def _optional(operation: Operation) -> Iterator[str]:
    """Yield the properties that query parameters include or exclude."""
    for parameter in operation.query.values():
        for effect in (parameter.behaviour.includes, parameter.behaviour.excludes):
            if isinstance(effect, Part):
                yield from (effect.property or "", *effect.properties)
            elif effect is not None:
                yield effect


def _shown_by(
    api: Api, schema: object, values: Sequence[Any], optional: frozenset[str], depth: int = _DEPTH
) -> dict[str, Any]:
    """Return a schema that requires the properties that all of some examples have.

    A schema requires what every object of a kind has, wherever it is: a user inside another object has fewer properties
    than the current user. The examples of an operation show which of them it returns.
    """
    found = api.resolve(schema)
    if items := [item for each in values if is_array(each) for item in each]:
        return {"items": _shown_by(api, as_object(found.get("items")), items, optional, depth)}
    objects = [each for each in values if is_object(each)]
    parts = [*_parts(api, found)]
    if not objects or any(_has_choice(part) for part in parts):
        return {}
    known = {name: each for part in parts for name, each in api.facts_of(part).properties.items()}
    described = {name: node for part in parts for name, node in as_object(part.get("properties")).items()}
    names = [name for name in described if all(name in each for each in objects) and name not in optional]
    shown: dict[str, Any] = {"required": [each for each in names if known.get(each, Property()).optional is not True]}
    inner = {
        name: _shown_by(api, node, [each[name] for each in objects if name in each], optional, depth - 1)
        for name, node in described.items()
        if depth and name not in FREE_FORM
    }
    return {**shown, "properties": {name: node for name, node in inner.items() if node}}
