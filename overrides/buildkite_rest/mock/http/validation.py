"""Validation of query strings and bodies against the OpenAPI document.

Only this module reads it. Handlers are written from the documentation, so that an error in the document shows up as a
difference between the two.
"""

from __future__ import annotations

import importlib.resources
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache, cached_property
from typing import Any

import attrs
import jsonschema_rs
import msgspec

from ..._base.arguments import is_mapping
from ..._base.json_values import is_array
from .bodies import File, is_blank_body, parse_body
from .errors import ApiError, BadRequestError, FieldError, UnprocessableError, invalid_fields, validation_failed
from .query import NOT_A_TIME, Query, parse_boolean, parse_integer, parse_number, parse_time

_SPEC_URI = "urn:spec"
_Kind = jsonschema_rs.ValidationErrorKind
#: Those without a maximum are not validated: the default replaces other values than positive integers.
_PAGE_PARAMETERS = frozenset({"page", "per_page"})


@attrs.define
class OperationSpec:
    """Input validation of one operation. Validators are compiled on first use."""

    _spec: Spec
    _pointer: str
    _operation: Mapping[str, Any]

    def checked_query(self, query: Query, unchecked: Collection[str]) -> Query:
        """Return a query string without empty values of other types than text, or raise the documented error.

        Unknown parameters are ignored, as in the API, and so are errors in the `unchecked` ones.
        """
        schemas = {name: parameter["schema"] for name, (_, parameter) in self._parameters.items()}
        query = query.without_blanks({name for name in schemas if self._spec.is_text(schemas[name])})
        values = {name: self._spec.cast(query.values[name], schemas[name]) for name in schemas if name in query.values}
        self._raise(_errors(self._query_validator, values), unchecked, of_query=True)
        return query

    def checked_body(self, headers: Mapping[str, str], raw: bytes, unchecked: Collection[str]) -> Mapping[str, Any]:
        """Return the body of a request, with text cast to other types, or raise the error that is documented."""
        if "requestBody" not in self._operation:
            return {}
        is_blank = is_blank_body(self._media_type, raw)
        if is_blank and not self._operation["requestBody"].get("required"):
            return {}
        body: object = {} if is_blank else parse_body(self._media_type, headers, raw)
        if not is_mapping(body):
            self._raise([FieldError("", "must be an object")], ())
            return {}
        cast: dict[str, Any] = self._spec.cast(
            body, self._operation["requestBody"]["content"][self._media_type]["schema"]
        )
        cast |= {name: body[name] for name in unchecked if name in body}
        shown = {name: "" if isinstance(value, File) else value for name, value in cast.items()}
        self._raise(_errors(self._body_validator, shown), unchecked)
        if is_blank:
            self._raise([FieldError("", "missing")], ())
        return cast

    @property
    def _media_type(self) -> str:
        media_types: list[str] = [*self._operation["requestBody"]["content"]]
        return media_types[0]

    @cached_property
    def _parameters(self) -> dict[str, tuple[str, Mapping[str, Any]]]:
        """Query parameters by name, with their pointers."""
        found: dict[str, tuple[str, Mapping[str, Any]]] = {}
        for index, item in enumerate(self._operation.get("parameters", [])):
            parameter = self._spec.resolved(item)
            if parameter["in"] == "query":
                pointer = item["$ref"].removeprefix("#") if "$ref" in item else f"{self._pointer}/parameters/{index}"
                found[parameter["name"]] = pointer, parameter
        bounded = {name for name, (_, parameter) in found.items() if "maximum" in parameter["schema"]}
        return {name: item for name, item in found.items() if name in bounded or name not in _PAGE_PARAMETERS}

    @cached_property
    def _query_validator(self) -> jsonschema_rs.Draft202012Validator:
        properties = {name: {"$ref": f"{_SPEC_URI}#{at}/schema"} for name, (at, _) in self._parameters.items()}
        required = [name for name, (_, parameter) in self._parameters.items() if parameter.get("required")]
        return self._spec.validator({"properties": properties, "required": required}, formats={"date-time": _is_time})

    @cached_property
    def _body_validator(self) -> jsonschema_rs.Draft202012Validator:
        pointer = f"{self._pointer}/requestBody/content/{_escaped(self._media_type)}/schema"
        return self._spec.validator({"$ref": f"{_SPEC_URI}#{pointer}"})

    def _raise(self, errors: list[FieldError], unchecked: Collection[str], *, of_query: bool = False) -> None:
        """Raise the error that the operation documents for invalid fields, if there are any to be checked."""
        errors = [error for error in errors if error.field not in unchecked]
        if errors:
            raise self._error(errors, of_query=of_query)

    def _error(self, errors: list[FieldError], *, of_query: bool) -> ApiError:
        documented = self._operation["responses"]
        text = str(attrs.evolve(errors[0], field=errors[0].field or "The body"))
        if of_query and errors[0].code == NOT_A_TIME and "422" in documented:
            return UnprocessableError(text)
        if "422" not in documented or (of_query and "400" in documented):
            return BadRequestError(text)
        named = [attrs.evolve(error, code="invalid") if error.code == NOT_A_TIME else error for error in errors]
        fields = dict.fromkeys(error for error in named if error.field)
        return invalid_fields(*fields) if fields else validation_failed(text)


@attrs.define
class Spec:
    """The OpenAPI document, indexed by method and path."""

    _document: dict[str, Any]

    @cached_property
    def _operations(self) -> dict[tuple[str, str], OperationSpec]:
        return {
            (method.upper(), _shape(path)): OperationSpec(self, f"/paths/{_escaped(path)}/{method}", operation)
            for path, operations in self._document["paths"].items()
            for method, operation in operations.items()
        }

    @cached_property
    def _registry(self) -> jsonschema_rs.Registry:
        return jsonschema_rs.Registry([(_SPEC_URI, self._document)], draft=jsonschema_rs.Draft202012)

    def operation(self, method: str, path: str) -> OperationSpec:
        """Return the input validation of an operation. The names of path parameters do not matter."""
        return self._operations[method, _shape(path)]

    def validator(self, schema: dict[str, Any], **options: Any) -> jsonschema_rs.Draft202012Validator:
        """Compile a schema that may refer to the OpenAPI document."""
        return jsonschema_rs.Draft202012Validator(schema, registry=self._registry, validate_formats=True, **options)

    @property
    def webhook_samples(self) -> dict[str, Any]:
        """First example of each webhook, by event."""
        bodies = {name: item["post"]["requestBody"] for name, item in self._document["webhooks"].items()}
        contents = {name: body["content"]["application/json"] for name, body in bodies.items()}
        return {name: next(iter(content["examples"].values()))["value"] for name, content in contents.items()}

    def cast(self, value: Any, *schemas: Mapping[str, Any]) -> Any:
        """Cast text to booleans and numbers where none of the schemas allows text, as Rails does."""
        every = [each for schema in schemas for each in self._alternatives(schema)]
        if not every:
            return value
        if is_mapping(value):
            return {name: self.cast(each, *_schemas_of_property(every, name)) for name, each in value.items()}
        if is_array(value):
            items = [schema["items"] for schema in every if "items" in schema]
            return [self.cast(each, *items) for each in value]
        types = {kind for schema in every for kind in _types_of(schema)}
        return _cast_scalar(value, types) if isinstance(value, str) and "string" not in types else value

    def is_text(self, schema: Mapping[str, Any]) -> bool:
        """Return whether a schema allows plain text, which has neither a format nor a list of values."""
        every = list(self._alternatives(schema))
        return any("string" in _types_of(each) and not {"enum", "format"} & {*each} for each in every)

    def _alternatives(self, schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Yield a schema and all schemas that it combines."""
        schema = self.resolved(schema)
        yield schema
        for keyword in ("oneOf", "anyOf", "allOf"):
            for alternative in schema.get(keyword, []):
                yield from self._alternatives(alternative)

    def resolved(self, item: Mapping[str, Any]) -> Mapping[str, Any]:
        """Resolve a reference to a component, if the item is one."""
        if "$ref" not in item:
            return item
        _, _, kind, name = item["$ref"].split("/")
        component: Mapping[str, Any] = self._document["components"][kind][name]
        return component


@cache
def api_spec() -> Spec:
    """Load the OpenAPI document of the package."""
    source = importlib.resources.files("_buildkite_rest").joinpath("openapi.json").read_bytes()
    return Spec(msgspec.json.decode(source))


def _errors(validator: jsonschema_rs.Draft202012Validator, value: object) -> list[FieldError]:
    try:
        return [found for error in validator.iter_errors(value) for found in _fields_of(error)]
    except ValueError:  # the validator supports at most 255 levels
        return [FieldError("", "is nested too deeply")]


def _fields_of(error: jsonschema_rs.ValidationError) -> Iterator[FieldError]:
    kind = error.kind
    if isinstance(kind, (_Kind.AnyOf, _Kind.OneOfNotValid)):
        branches = [[found for inner in branch for found in _fields_of(inner)] for branch in kind.context]
        yield from min(branches, key=len)
        return
    path = [str(part) for part in error.instance_path]
    if isinstance(kind, _Kind.Required):
        yield FieldError(".".join([*path, kind.property]), "missing")
    else:
        is_time = isinstance(kind, _Kind.Format) and kind.format == "date-time"
        yield FieldError(".".join(path), NOT_A_TIME if is_time else "invalid")


def _is_time(text: str) -> bool:
    return parse_time(text) is not None


def _shape(path: str) -> str:
    return re.sub(r"\{[^{}]*\}", "{}", path)


def _escaped(path: str) -> str:
    return path.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


def _cast_scalar(value: str, types: Collection[str]) -> object:
    """Cast text to a boolean or number of the given types, or return it unchanged."""
    readers = {"integer": parse_integer, "number": parse_number, "boolean": parse_boolean}
    scalars = (reader(value) for kind, reader in readers.items() if kind in types)
    return next((scalar for scalar in scalars if scalar is not None), value)


def _schemas_of_property(schemas: list[Mapping[str, Any]], name: str) -> list[Mapping[str, Any]]:
    found = [schema.get("properties", {}).get(name, schema.get("additionalProperties")) for schema in schemas]
    return [schema for schema in found if is_mapping(schema)]


def _types_of(schema: Mapping[str, Any]) -> list[str]:
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)
