"""The OpenAPI spec and its operations."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import yaml
from attrs import Factory, field, frozen

from .._base.json_values import as_array, as_object, is_array, is_object
from .input_files import InputFileError, read_file
from .local_references import objects_of, unusable_parts
from .merged_behaviour import with_behaviour
from .parse_errors import yaml_problem

_MERGED: Final = Path("generated", "_buildkite_rest", "openapi.yaml")
#: Bytes of a spec.
_MAX_FILE: Final = 1 << 26
_PARAMETER: Final = re.compile(r"\{([^{}]+)\}")
#: Key of all path templates in a document with the paths of some operations.
ALL_PATHS: Final = "x-all-paths"
#: Keys of references.
_REFERENCES: Final = ("$ref", "$dynamicRef", "operationRef")
_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class CannotRunError(Exception):
    """The run cannot start, or its reports cannot be written. The message is one line."""


@frozen
class Link:
    """A link from a response to an operation on the object in it."""

    status: str
    """The status of the response."""
    operation_id: str
    parameters: Mapping[str, str]
    """Runtime expressions by parameter name."""


@frozen
class Operation:
    """An operation of the spec."""

    id: str
    method: str
    path: str
    tag: str
    """Name of the resource of the client."""
    scopes: tuple[str, ...]
    needs_token: bool
    statuses: frozenset[str]
    media_types: tuple[str, ...]
    """Media types of successful responses, if there are several."""
    body_examples: tuple[Mapping[str, Any], ...] = field(eq=False)
    has_body: bool = False
    pagination: str = "none"
    query: frozenset[str] = frozenset()
    """Names of the query parameters."""
    links: tuple[Link, ...] = field(default=(), eq=False)
    alias_methods: frozenset[str] = frozenset()
    """Further methods with the same effect."""
    body_properties: Mapping[str, Mapping[str, Any]] = field(factory=dict[str, Mapping[str, Any]], eq=False)
    """Schemas of the properties of a JSON body by name."""

    @property
    def label(self) -> str:
        """Name of the operation in schemathesis."""
        return f"{self.method} {self.path}"

    @property
    def is_read_only(self) -> bool:
        """Whether the operation changes nothing."""
        return self.method in {"GET", "HEAD"}

    @property
    def is_destructive(self) -> bool:
        """Whether the operation deletes, stops or may rename the object of its path.

        A DELETE with a body deletes the objects that the body names instead.
        """
        return (
            (self.method == "DELETE" and not self.has_body)
            or self.method == "PATCH"
            or (self.method in {"PUT", "POST"} and self.path.endswith("}"))
            or (bool(self.parameters) and self.path.endswith(("/archive", "/cancel", "/stop")))
        )

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the path parameters, in order."""
        return parameters_of(self.path)

    def matches(self, path: str) -> bool:
        """Return whether the path of a request matches the template of this operation."""
        template, segments = _template(self.path), path.split("/")
        return len(template) == len(segments) and all(
            a is None or a == b for a, b in zip(template, segments, strict=True)
        )

    def is_success(self, status: int) -> bool:
        """Return whether a status is a documented success. Documented redirects count as success."""
        return 200 <= status < 400 and str(status) in self.statuses


@cache
def _template(path: str) -> tuple[str | None, ...]:
    """Return the segments of a path template, with None for each parameter."""
    return tuple(None if "{" in segment else segment for segment in path.split("/"))


@cache
def parameters_of(path: str) -> tuple[str, ...]:
    """Return the parameter names of a path template."""
    return tuple(_PARAMETER.findall(path))


def object_path(path: str) -> str:
    """Return the template up to its last parameter, which identifies the object of the path."""
    return path[: path.rindex("}") + 1] if "}" in path else path


def _aliases(operations: Iterable[Operation]) -> frozenset[tuple[str, str]]:
    return frozenset((method, each.path) for each in operations for method in each.alias_methods)


def _by_depth(operations: Iterable[Operation]) -> Mapping[int, Sequence[Operation]]:
    found: dict[int, list[Operation]] = {}
    for each in operations:
        found.setdefault(each.path.count("/"), []).append(each)
    return found


@frozen(eq=False)
class Spec:
    """An OpenAPI spec. What is derived from it is cached by its identity."""

    raw: dict[str, Any]
    version: str
    operations: tuple[Operation, ...]
    secret_keys: frozenset[str]
    """Names of properties with `x-secret`, whose values are credentials."""
    _aliases: frozenset[tuple[str, str]] = field(
        init=False, default=Factory(lambda spec: _aliases(spec.operations), takes_self=True)
    )
    """Further methods and the path templates that have them."""
    _by_depth: Mapping[int, Sequence[Operation]] = field(
        init=False, default=Factory(lambda spec: _by_depth(spec.operations), takes_self=True)
    )
    """Operations by the number of slashes in their paths: a run looks up several operations for each request."""

    @classmethod
    def load(cls, path: Path | None) -> Spec:
        """Read a spec, or without a path the one in the package.

        Raises:
            CannotRunError: The file is not an OpenAPI document.
        """
        if path is None:
            return _package_spec()
        try:
            raw = _parse(_read(path))
        except InputFileError as error:
            raise CannotRunError(f"{path} {error}") from None
        except UnicodeDecodeError:
            raise CannotRunError(f"{path} is not YAML in UTF-8") from None
        except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:  # ValueError: `!!int` before a word
            raise CannotRunError(f"{path} is not YAML: {yaml_problem(error)}") from None
        if not is_object(raw) or "openapi" not in raw or not is_object(raw.get("paths")):
            raise CannotRunError(
                f"{path} is not an OpenAPI document with its paths, all in one file.{_merged_file(path)}"
            )
        if (reference := _external_reference(raw)) is not None:
            hint = _merged_file(path) or " Bundle them into one file."
            raise CannotRunError(f"{path} refers to another document: {reference!r:.200}.{hint}")
        if (problem := next(unusable_parts(raw), None)) is not None:
            raise CannotRunError(f"{path} {problem}. Correct it.")
        try:
            return _spec(raw)
        except RecursionError:
            raise CannotRunError(f"{path} is not an OpenAPI document: a node contains itself") from None
        except (KeyError, TypeError, AttributeError) as error:
            reason = f"it has no {error}" if isinstance(error, KeyError) else "a part has another type"
            raise CannotRunError(f"{path} is an incomplete OpenAPI document: {reason}") from None

    def node(self, operation: Operation) -> Mapping[str, Any]:
        """Return the Operation Object."""
        return as_object(self.raw["paths"][operation.path][operation.method.lower()])

    def resolve(self, node: object) -> Mapping[str, Any]:
        """Return a node of the spec, or the one that its `$ref` leads to."""
        found = as_object(node)
        while isinstance(reference := found.get("$ref"), str):
            target: Any = self.raw
            for part in reference.split("/")[1:]:
                target = as_object(target).get(part.replace("~1", "/").replace("~0", "~"))
            found = as_object(target)
        return found

    def query_parameters(self, operation: Operation) -> dict[str, Mapping[str, Any]]:
        """Return the Parameter Objects of the query by name."""
        item = as_object(self.raw["paths"][operation.path])
        nodes = [*item.get("parameters", ()), *self.node(operation).get("parameters", ())]
        resolved = [self.resolve(node) for node in nodes]
        return {node["name"]: node for node in resolved if node.get("in") == "query"}

    def with_sources(self, operations: Iterable[Operation]) -> Iterator[Operation]:
        """Yield operations, and those that the values of their filters and the objects of their effects come from."""
        for operation in operations:
            yield operation
            listings = {node.get("of") for node in self.effects(operation)}
            yield from (each for each in self.operations if each.id in listings)
            for node in self.query_parameters(operation).values():
                source = as_object(as_object(node.get("x-filters")).get("source")).get("operation")
                yield from (each for each in self.operations if each.id == source)

    def header_parameters(self, operation: Operation) -> dict[str, Mapping[str, Any]]:
        """Return the Parameter Objects of the headers by name."""
        item = as_object(self.raw["paths"][operation.path])
        nodes = [*item.get("parameters", ()), *self.node(operation).get("parameters", ())]
        return {node["name"]: node for node in map(self.resolve, nodes) if node.get("in") == "header"}

    def version_headers(self, operation: Operation) -> dict[str, str]:
        """Return the headers for the responses with the most properties."""
        versions = {
            name: as_object(node.get("x-includes")).get("since")
            for name, node in self.header_parameters(operation).items()
        }
        return {name: str(since) for name, since in versions.items() if since is not None}

    def needs_query(self, operation: Operation) -> bool:
        """Return whether an operation has a required query parameter."""
        parameters = map(self.resolve, self.node(operation).get("parameters", ()))
        return any(each.get("in") == "query" and each.get("required") for each in parameters)

    def response_schema(self, operation: Operation) -> Mapping[str, Any]:
        """Return the resolved schema of the JSON of a success, or an empty one."""
        for status, response in self.node(operation)["responses"].items():
            if str(status).startswith("2"):
                content = as_object(self.resolve(response).get("content"))
                return self.resolve(as_object(content.get("application/json")).get("schema"))
        return {}

    def effects(self, operation: Operation) -> Sequence[Mapping[str, Any]]:
        """Return the documented effects of an operation, `x-effects`."""
        effects: Sequence[Mapping[str, Any]] = self.node(operation).get("x-effects", ())
        return effects

    def refusals(self, operation: Operation) -> Sequence[Mapping[str, Any]]:
        """Return the documented errors of an operation and how to provoke them, `x-refusals`."""
        refusals: Sequence[Mapping[str, Any]] = self.node(operation).get("x-refusals", ())
        return refusals

    def message_beginning(self, operation: Operation, status: int) -> str:
        """Return the documented beginning of the messages of an error, `x-messages`, or an empty text."""
        return str(self.node(operation).get("x-messages", {}).get(str(status), ""))

    def lists_invalid_fields(self, operation: Operation) -> bool:
        """Return whether a 422 of an operation is documented to have `errors`, `x-field-errors`."""
        return bool(self.node(operation).get("x-field-errors"))

    @cached_property
    def enums(self) -> Mapping[str, Sequence[str]]:
        """Return the values of the enums of all properties, by the name of the property."""
        found: dict[str, dict[str, None]] = {}
        for name, schema in _properties(self.raw):
            for part in (self.resolve(schema), self.resolve(self.resolve(schema).get("items"))):
                values = [each for each in as_array(part.get("enum")) if isinstance(each, str)]
                found.setdefault(name, {}).update(dict.fromkeys(values))
        return {name: [*values] for name, values in found.items()}

    @cached_property
    def scoped_properties(self) -> Mapping[str, str]:
        """Return the scopes without which a property is empty, `x-needs-scope`, by its name."""
        schemas = as_object(as_object(self.raw.get("components")).get("schemas")).values()
        properties = [pair for schema in schemas for pair in as_object(as_object(schema).get("properties")).items()]
        return {name: each["x-needs-scope"] for name, each in properties if "x-needs-scope" in as_object(each)}

    def values(self, operation: Operation, path: str) -> dict[str, str]:
        """Return the path parameters of a request path that matches an operation, decoded."""
        pairs = zip(operation.path.split("/"), path.split("/"), strict=True)
        return {name.strip("{}"): unquote(value) for name, value in pairs if name.startswith("{")}

    def secrets_of(self, operation: Operation) -> frozenset[str]:
        """Return the names of the secrets in successful responses of an operation."""
        responses = self.raw["paths"][operation.path][operation.method.lower()]["responses"]
        content = [response.get("content", {}) for status, response in responses.items() if str(status).startswith("2")]
        schemas = [media_type.get("schema", {}) for media_types in content for media_type in media_types.values()]
        return frozenset(name for schema in schemas for name in self._secrets_in(schema))

    def _secrets_in(self, schema: Mapping[str, Any]) -> Iterator[str]:
        if "$ref" in schema:
            schema = self.raw["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        yield from (name for name, value in schema.get("properties", {}).items() if value.get("x-secret"))
        for part in (*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
            yield from self._secrets_in(part)

    def is_alias(self, method: str, path: str) -> bool:
        """Return whether a method has the same effect as another method of a path template."""
        return (method, path) in self._aliases

    def find(self, method: str, path: str) -> Operation | None:
        """Return the operation that a request with a path belongs to."""
        candidates = self._by_depth.get(path.count("/"), ())
        return next((each for each in candidates if each.method == method and each.matches(path)), None)

    def operations_at(self, path: str) -> Iterator[Operation]:
        """Yield the operations, with any method, whose template the path of a request matches."""
        return (each for each in self._by_depth.get(path.count("/"), ()) if each.matches(path))

    def is_optional(self, operation: Operation) -> bool:
        """Return whether an organization may lack the feature of an operation, `x-optional`."""
        return bool(self.node(operation).get("x-optional"))

    def has_trailing_slash(self, operation: Operation) -> bool:
        """Return whether the path of an operation ends with a slash in the documentation, `x-trailing-slash`."""
        return bool(self.node(operation).get("x-trailing-slash"))

    def without_trailing_slash(self, method: str, path: str) -> str:
        """Return the path of a request without the slash that it may have at its end."""
        operation = self.find(method, path[:-1]) if path.endswith("/") else None
        return path[:-1] if operation is not None and self.has_trailing_slash(operation) else path


def _read(path: Path) -> str:
    return read_file(path, limit=_MAX_FILE).decode()


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Loader that reads timestamps as text, as JSON does."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - declared so by PyYAML
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _parse(text: str) -> Any:
    """Read YAML, or JSON, which is a hundred times faster."""
    if text.startswith("{"):
        try:
            return json.loads(text)
        except ValueError:
            pass
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader


@cache
def _package_spec() -> Spec:
    """Return the spec in the package. Tests run the runner hundreds of times in a process."""
    return _spec(json.loads((files("_buildkite_rest") / "openapi.json").read_text(encoding="utf-8")))


def _spec(raw: dict[str, Any]) -> Spec:
    with_behaviour(raw)
    return Spec(raw, str(raw["info"]["version"]), tuple(_operations(raw)), _secret_keys(raw))


def _merged_file(path: Path) -> str:
    """Return a hint to the merged spec of this project, if a path is that of one of its files."""
    merged = next((file for folder in path.resolve().parents if (file := folder / _MERGED).is_file()), None)
    return "" if merged is None else f" Use {os.path.relpath(merged)}."


def _external_reference(raw: Mapping[str, Any]) -> str | None:
    """Return a reference to another document, which would be fetched."""
    for node in objects_of(raw):
        for key in _REFERENCES:
            if isinstance(reference := node.get(key), str) and not reference.startswith("#"):
                return reference
    return None


def _operations(raw: Mapping[str, Any]) -> Iterator[Operation]:
    for path, item in raw["paths"].items():
        for method in _METHODS:
            if method in item:
                yield _operation(path, method.upper(), item, raw)


def _operation(path: str, method: str, item: Mapping[str, Any], raw: Mapping[str, Any]) -> Operation:
    operation = item[method.lower()]
    return Operation(
        id=operation.get("operationId", f"{method} {path}"),
        method=method,
        path=path,
        tag=next(iter(operation.get("tags", ())), ""),
        scopes=tuple(operation.get("x-scopes", ())),
        needs_token=bool(operation.get("security", raw.get("security"))),
        statuses=frozenset(map(str, operation["responses"])),
        media_types=tuple(_alternative_media_types(operation["responses"])),
        body_examples=tuple(_body_examples(operation.get("requestBody", {}))),
        has_body="requestBody" in operation,
        pagination=operation.get("x-pagination", "none"),
        query=frozenset(_query_parameters(operation, item, raw)),
        links=tuple(_links(operation["responses"])),
        alias_methods=frozenset(operation.get("x-alias-methods", ())),
        body_properties=dict(_body_properties(operation.get("requestBody", {}), raw)),
    )


def _body_properties(body: Mapping[str, Any], raw: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for content in body.get("content", {}).values():
        yield from _schema_properties(content.get("schema", {}), raw)


def _schema_properties(schema: Mapping[str, Any], raw: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if "$ref" in schema:
        schema = raw["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    yield from schema.get("properties", {}).items()
    for part in (*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
        yield from _schema_properties(part, raw)


def _query_parameters(operation: Mapping[str, Any], item: Mapping[str, Any], raw: Mapping[str, Any]) -> Iterator[str]:
    for parameter in [*item.get("parameters", ()), *operation.get("parameters", ())]:
        reference = parameter.get("$ref", "").rpartition("/")[2]
        resolved = raw["components"]["parameters"][reference] if reference else parameter
        if resolved["in"] == "query":
            yield resolved["name"]


def _links(responses: Mapping[str, Any]) -> Iterator[Link]:
    for status, response in responses.items():
        for link in response.get("links", {}).values():
            if "operationId" in link:
                yield Link(str(status), link["operationId"], link.get("parameters", {}))


def _alternative_media_types(responses: Mapping[str, Any]) -> list[str]:
    types = {name for status, response in responses.items() if status[0] == "2" for name in response.get("content", ())}
    return sorted(types) if len(types) > 1 else []


def _body_examples(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for content in body.get("content", {}).values():
        for example in content.get("examples", {}).values():
            if is_object(value := example.get("value")):
                yield value


def _secret_keys(raw: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of secret properties, without names that are public in another object, such as `url`."""
    properties = list(_properties(raw))
    secret = {name for name, schema in properties if schema.get("x-secret")}
    return frozenset(secret - {name for name, schema in properties if not schema.get("x-secret")})


def _properties(node: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if is_array(node):
        for item in node:
            yield from _properties(item)
    elif is_object(node):
        for name, schema in as_object(node.get("properties")).items():
            yield name, as_object(schema)
        for value in node.values():
            yield from _properties(value)
