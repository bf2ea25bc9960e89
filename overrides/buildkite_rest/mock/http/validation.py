"""Validation of query strings and bodies against the OpenAPI document.

Only this module and `schemas` read it. Handlers are written from the documentation, so that an error in the document
shows up as a difference between the two.
"""

from __future__ import annotations

import importlib.resources
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import attrs
import jsonschema_rs
import msgspec

from ..._base.arguments import is_mapping
from ..._base.json_values import is_array
from .errors import ApiError, BadRequestError, FieldError, UnprocessableError, invalid_fields, validation_failed
from .query import NOT_A_TIME, Query, Value, parse_boolean, parse_integer, parse_number, parse_time

_SPEC_URI = "urn:spec"
_Kind = jsonschema_rs.ValidationErrorKind


@attrs.frozen
class Problem:
    """A validation problem: the field, and whether it is missing or invalid."""

    field: str
    missing: bool
    detail: str
    #: Whether the value should be a time, which is a 422 in query strings.
    time: bool = False


NO_BODY = Problem("", missing=True, detail="is missing")


@attrs.define
class OperationSpec:
    """Input validation of one operation. Validators are compiled on first use."""

    _spec: Spec
    _pointer: str
    _operation: Mapping[str, Any]
    _parameters: list[tuple[str, Mapping[str, Any]]]
    _query_validator: jsonschema_rs.Draft202012Validator | None = attrs.field(default=None, init=False)
    _body_validator: jsonschema_rs.Draft202012Validator | None = attrs.field(default=None, init=False)

    @property
    def has_body(self) -> bool:
        """Whether the operation has a request body."""
        return "requestBody" in self._operation

    @property
    def requires_body(self) -> bool:
        """Whether the request body is required."""
        return bool(self._operation.get("requestBody", {}).get("required"))

    @property
    def media_type(self) -> str:
        """Media type of the request body."""
        media_types: list[str] = list(self._operation["requestBody"]["content"])
        return media_types[0]

    def cast_query(self, query: Query) -> Query:
        """Return a query string with values in canonical spelling.

        Booleans and times have several spellings. A typed parameter without a value is left out, and so is a page
        number or an unbounded page size that is not a positive integer.
        """
        values = dict(query.values)
        for _, parameter in self._parameters:
            name = parameter["name"]
            if name not in values:
                continue
            cast = self._spec.schemas.canonical_value(values[name], parameter["schema"])
            if cast is None or is_unbounded_page(name, cast, parameter["schema"]):
                del values[name]
            else:
                values[name] = cast
        return attrs.evolve(query, values=values)

    def cast_body(self, body: object, *, exclude: Collection[str] = ()) -> object:
        """Cast text in a body to booleans and numbers where the schema requires them.

        Fields in `exclude` are not cast.
        """
        if not is_mapping(body):
            return body
        cast = self._spec.schemas.cast_body_value(
            body, self._operation["requestBody"]["content"][self.media_type]["schema"]
        )
        return {name: body[name] if name in exclude else value for name, value in cast.items()}

    def query_problems(self, query: Query) -> list[Problem]:
        """Validate a query string. Unknown parameters are ignored, as in the API."""
        known = {parameter["name"]: (pointer, parameter) for pointer, parameter in self._parameters}
        values = {
            name: self._spec.schemas.cast_query_value(query.values[name], parameter["schema"])
            for name, (_, parameter) in known.items()
            if name in query.values
        }
        if self._query_validator is None:
            properties = {name: {"$ref": f"{_SPEC_URI}#{pointer}/schema"} for name, (pointer, _) in known.items()}
            required = [name for name, (_, parameter) in known.items() if parameter.get("required")]
            self._query_validator = self._spec.validator({"properties": properties, "required": required})
        return _problems(self._query_validator, values)

    def body_problems(self, body: object) -> list[Problem]:
        """Validate a body."""
        if not is_mapping(body):
            return [Problem("", missing=False, detail="must be an object")]
        if self._body_validator is None:
            schema = f"{_SPEC_URI}#{self._pointer}/requestBody/content/{_escaped(self.media_type)}/schema"
            self._body_validator = self._spec.validator({"$ref": schema})
        return _problems(self._body_validator, body)

    def error(self, problems: list[Problem], *, of_query: bool) -> ApiError:
        """Return the error that the operation documents for these problems, with all invalid fields."""
        documented = self._operation["responses"]
        first = problems[0]
        text = f"{first.field or 'The body'} {first.detail}"
        if of_query and first.time and "422" in documented:
            return UnprocessableError(text)
        if "422" not in documented or (of_query and "400" in documented):
            return BadRequestError(text)
        errors = [FieldError(each.field, "missing" if each.missing else "invalid") for each in problems if each.field]
        return invalid_fields(*dict.fromkeys(errors)) if errors else validation_failed(text)


@attrs.define
class Spec:
    """The OpenAPI document, indexed by method and path."""

    _document: dict[str, Any]
    _operations: dict[tuple[str, str], OperationSpec] = attrs.field(
        factory=dict[tuple[str, str], OperationSpec], init=False
    )
    schemas: Schemas = attrs.field(init=False)
    _registry: jsonschema_rs.Registry = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.schemas = Schemas(self._document)
        self._registry = jsonschema_rs.Registry([(_SPEC_URI, self._document)], draft=jsonschema_rs.Draft202012)
        for path, operations in self._document["paths"].items():
            for method, operation in operations.items():
                pointer = f"/paths/{_escaped(path)}/{method}"
                parameters = self._query_parameters(pointer, operation)
                self._operations[method.upper(), _shape(path)] = OperationSpec(self, pointer, operation, parameters)

    def operation(self, method: str, path: str) -> OperationSpec:
        """Return the input validation of an operation. The names of path parameters do not matter."""
        return self._operations[method, _shape(path)]

    def validator(self, schema: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
        """Compile a schema that may refer to the OpenAPI document."""
        return jsonschema_rs.Draft202012Validator(schema, registry=self._registry, validate_formats=True)

    @property
    def webhook_samples(self) -> dict[str, Any]:
        """First example of each webhook, by event."""
        bodies = {name: item["post"]["requestBody"] for name, item in self._document["webhooks"].items()}
        contents = {name: body["content"]["application/json"] for name, body in bodies.items()}
        return {name: next(iter(content["examples"].values()))["value"] for name, content in contents.items()}

    def _query_parameters(self, pointer: str, operation: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
        parameters: list[tuple[str, Mapping[str, Any]]] = []
        for index, item in enumerate(operation.get("parameters", [])):
            location = item["$ref"].removeprefix("#") if "$ref" in item else f"{pointer}/parameters/{index}"
            parameter = self.schemas.resolved(item)
            if parameter["in"] == "query":
                parameters.append((location, parameter))
        return parameters


@cache
def api_spec() -> Spec:
    """Load the OpenAPI document of the package."""
    source = importlib.resources.files("_buildkite_rest").joinpath("openapi.json").read_bytes()
    return Spec(msgspec.json.decode(source))


def _problems(validator: jsonschema_rs.Draft202012Validator, value: object) -> list[Problem]:
    try:
        return [problem for error in validator.iter_errors(value) for problem in _problems_of(error)]
    except ValueError:  # the validator supports at most 255 levels
        return [Problem("", missing=False, detail="is nested too deeply")]


def _problems_of(error: jsonschema_rs.ValidationError) -> Iterator[Problem]:
    kind = error.kind
    if isinstance(kind, (_Kind.AnyOf, _Kind.OneOfNotValid)):
        branches = [[problem for inner in branch for problem in _problems_of(inner)] for branch in kind.context]
        yield from min(branches, key=len)
        return
    path = [str(part) for part in error.instance_path]
    if isinstance(kind, _Kind.Required):
        yield Problem(".".join([*path, kind.property]), missing=True, detail="is missing")
    elif isinstance(kind, _Kind.Format) and kind.format == "date-time":
        yield Problem(".".join(path), missing=False, detail=NOT_A_TIME, time=True)
    else:
        yield Problem(".".join(path), missing=False, detail="is invalid")


def _shape(path: str) -> str:
    return re.sub(r"\{[^{}]*\}", "{}", path)


def _escaped(path: str) -> str:
    return path.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


_ANYTHING: Mapping[str, Any] = {}
#: Bodies are not cast below this level. Only recursive schemas are that deep.
_DEEPEST_CAST = 20
_PAGE_PARAMETERS = frozenset({"page", "per_page"})


@attrs.frozen
class Schemas:
    """Schemas of the OpenAPI document, with resolved references."""

    _document: Mapping[str, Any] = attrs.field(repr=False)

    def cast_query_value(self, value: object, schema: Mapping[str, Any]) -> object:
        """Cast a query value to the type of its schema, or return it unchanged if it is not of that type."""
        schemas = list(self.alternatives(schema))
        types = {kind for item in schemas for kind in _types_of(item)}
        if is_array(value):
            inner = next((item["items"] for item in schemas if "items" in item), _ANYTHING)
            return [self.cast_query_value(element, inner) for element in value]
        if isinstance(value, str):
            return _cast_scalar(value, types)
        return value

    def canonical_value(self, value: Value, schema: Mapping[str, Any]) -> Value | None:
        """Return the value of a parameter in its canonical spelling, or None if it is blank."""
        if isinstance(value, list):
            items = next((item["items"] for item in self.alternatives(schema) if "items" in item), _ANYTHING)
            return [text for each in value if isinstance(text := self.canonical_value(each, items), str)]
        if isinstance(value, dict):
            return value
        schemas = list(self.alternatives(schema))
        types = {kind for item in schemas for kind in _types_of(item)}
        is_text = "string" in types and not any("enum" in item or "format" in item for item in schemas)
        if not value.strip() and not is_text:
            return None
        if "boolean" in types and (flag := parse_boolean(value)) is not None:
            return str(flag).lower()
        is_time = any(item.get("format") == "date-time" for item in schemas)
        moment = parse_time(value) if is_time else None
        return value if moment is None else moment.isoformat()

    def cast_body_value(self, value: Any, schema: Mapping[str, Any], level: int = 0) -> Any:
        """Cast text in a body to booleans and numbers, where strings are not allowed."""
        if schema is _ANYTHING or level > _DEEPEST_CAST:
            return value
        schemas = list(self.alternatives(schema))
        if is_mapping(value):
            return {
                name: self.cast_body_value(each, _any_of(_property_schemas(schemas, name)), level + 1)
                for name, each in value.items()
            }
        if is_array(value):
            items = _any_of([item["items"] for item in schemas if "items" in item])
            return [self.cast_body_value(each, items, level + 1) for each in value]
        types = {kind for item in schemas for kind in _types_of(item)}
        return _cast_scalar(value, types) if isinstance(value, str) and "string" not in types else value

    def alternatives(self, schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Yield a schema and all schemas that it combines."""
        schema = self.resolved(schema)
        yield schema
        for keyword in ("oneOf", "anyOf", "allOf"):
            for alternative in schema.get(keyword, []):
                yield from self.alternatives(alternative)

    def resolved(self, item: Mapping[str, Any]) -> Mapping[str, Any]:
        """Resolve a reference, if the item is one."""
        return _resolve_pointer(self._document, item["$ref"].removeprefix("#")) if "$ref" in item else item


def is_unbounded_page(name: str, value: Value, schema: Mapping[str, Any]) -> bool:
    """Return whether a parameter is a page number or an unbounded page size that is not a positive integer."""
    if name not in _PAGE_PARAMETERS or "maximum" in schema or not isinstance(value, str):
        return False
    number = parse_integer(value)
    return number is None or number < 1


def _cast_scalar(value: str, types: Collection[str]) -> object:
    """Cast text to a boolean or number of the given types, or return it unchanged."""
    readers = {"integer": parse_integer, "number": parse_number, "boolean": parse_boolean}
    scalars = (reader(value) for kind, reader in readers.items() if kind in types)
    return next((scalar for scalar in scalars if scalar is not None), value)


def _property_schemas(schemas: Iterable[Mapping[str, Any]], name: str) -> list[Mapping[str, Any]]:
    matches: list[Mapping[str, Any]] = []
    for schema in schemas:
        if name in schema.get("properties", _ANYTHING):
            matches.append(schema["properties"][name])
        elif is_mapping(schema.get("additionalProperties")):
            matches.append(schema["additionalProperties"])
    return matches


def _any_of(schemas: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    return {"anyOf": schemas} if schemas else _ANYTHING


def _types_of(schema: Mapping[str, Any]) -> list[str]:
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)


def _resolve_pointer(document: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        document = document[int(key)] if is_array(document) else document[key]
    return document
