"""Validation of query strings and bodies against the OpenAPI document.

Only this module reads it. Handlers are written from the documentation, so that an error in the document shows up as a
difference between the two.
"""

from __future__ import annotations

import importlib.resources
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from copy import deepcopy
from functools import cache, cached_property, reduce
from itertools import chain
from operator import getitem
from typing import Any

import attrs
import jsonschema_rs
import msgspec

from ..._base.arguments import is_mapping
from .bodies import File, is_blank_body, parse_body
from .errors import ApiError, BadRequestError, FieldError, UnprocessableError, invalid_fields, validation_failed
from .query import NOT_A_TIME, Query, parse_boolean, parse_integer, parse_number, parse_time

_SPEC_URI = "urn:spec"
_Kind = jsonschema_rs.ValidationErrorKind
#: Those without a maximum are not validated: the default replaces other values than positive integers.
_PAGE_PARAMETERS = frozenset({"page", "per_page"})
_READERS = {"integer": parse_integer, "number": parse_number, "boolean": parse_boolean}


@attrs.define
class OperationSpec:
    """Input validation of one operation. Validators are compiled on first use."""

    _spec: Spec
    _operation: Mapping[str, Any]

    def checked_query(self, query: Query, unchecked: Collection[str]) -> Query:
        """Return a query string without empty values that are invalid, or raise the documented error.

        Unknown parameters are ignored, as in the API, and so are errors in the `unchecked` ones.
        """
        values = {name: deepcopy(query.values[name]) for name in self._parameters if name in query.values}
        errors = _errors(self._query_validator, values)
        optional = {name for name, parameter in self._parameters.items() if "minLength" not in parameter["schema"]}
        blank = {error.field for error in errors if error.field in optional and query.is_blank(error.field)}
        self._raise([error for error in errors if error.field not in blank], unchecked, of_query=True)
        return query.without(blank)

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
        values = {name: "" if isinstance(value, File) else value for name, value in body.items()}
        self._raise(_errors(self._body_validator, values), unchecked)
        if is_blank:
            self._raise([FieldError("", "missing")], ())
        return values | {name: value for name, value in body.items() if name in unchecked or isinstance(value, File)}

    @property
    def _media_type(self) -> str:
        media_types: list[str] = [*self._operation["requestBody"]["content"]]
        return media_types[0]

    @cached_property
    def _parameters(self) -> dict[str, Mapping[str, Any]]:
        """Validated query parameters by name."""
        every = [self._spec.resolved(item) for item in self._operation.get("parameters", [])]
        return {
            parameter["name"]: parameter
            for parameter in every
            if parameter["in"] == "query"
            and (parameter["name"] not in _PAGE_PARAMETERS or "maximum" in parameter["schema"])
        }

    @cached_property
    def _query_validator(self) -> jsonschema_rs.Draft202012Validator:
        properties = {name: parameter["schema"] for name, parameter in self._parameters.items()}
        required = [name for name, parameter in self._parameters.items() if parameter.get("required")]
        formats: dict[str, Callable[[str], bool]] = {"date-time": lambda text: parse_time(text) is not None}
        return self._spec.validator({"properties": properties, "required": required}, formats=formats)

    @cached_property
    def _body_validator(self) -> jsonschema_rs.Draft202012Validator:
        return self._spec.validator(self._operation["requestBody"]["content"][self._media_type]["schema"])

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
            (method.upper(), _shape(path)): OperationSpec(self, operation)
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
    # Absolute references are valid in validators of parts of the document, too.
    return Spec(msgspec.json.decode(source.replace(b'"#/', f'"{_SPEC_URI}#/'.encode())))


def _errors(validator: jsonschema_rs.Draft202012Validator, value: dict[str, Any]) -> list[FieldError]:
    """Cast text to booleans and numbers where the schema requires them, as Rails does, and return the other errors."""
    try:
        errors = list(validator.iter_errors(value))
        for error in errors:
            _cast(value, error)
        return [found for error in (validator.iter_errors(value) if errors else ()) for found in _fields_of(error)]
    except ValueError:  # the validator supports at most 255 levels
        return [FieldError("", "is nested too deeply")]


def _cast(value: Any, error: jsonschema_rs.ValidationError) -> None:
    """Cast the text in `value` that an error is about, if possible."""
    kind = error.kind
    if isinstance(kind, (_Kind.AnyOf, _Kind.OneOfNotValid)):
        for inner in chain.from_iterable(kind.context):
            _cast(value, inner)
    elif isinstance(kind, _Kind.Type) and isinstance(error.instance, str):
        scalars = [read(error.instance) for name, read in _READERS.items() if name in kind.types]
        *path, last = error.instance_path
        for scalar in scalars:
            if scalar is not None:
                reduce(getitem, path, value)[last] = scalar


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


def _shape(path: str) -> str:
    return re.sub(r"\{[^{}]*\}", "{}", path)
