"""The API of a run: its operations, the kinds of objects that they work on, and validators of what is sent."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Final
from urllib.parse import quote, unquote

import jsonschema_rs
from attrs import field, frozen

from .._base.json_values import as_array, as_object, is_array, is_object
from . import behaviour as facts
from .values import get

#: Methods that change nothing.
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_METHODS: Final = ("get", "head", "put", "post", "delete", "patch")
_PARAMETER: Final = re.compile(r"\{([^{}]+)\}")
_JSON: Final = "application/json"
#: Values of a property in the examples.
_EXAMPLES: Final = 8


class CannotRunError(Exception):
    """The run cannot start, or its reports cannot be written. The message is one line."""


@frozen(eq=False)
class Parameter:
    """A parameter of the query or a header."""

    name: str
    schema: Mapping[str, Any]
    """The resolved schema, whose items are resolved too."""
    is_required: bool
    example: Any
    behaviour: facts.Parameter
    """What it does: filters, includes, excludes, sorts, or limits a page."""

    @property
    def choices(self) -> Sequence[Any]:
        """The values of the enum of a value or of an item, or none."""
        return as_array(as_object(self.schema.get("items")).get("enum", self.schema.get("enum")))


@frozen(eq=False)
class Operation:
    """An operation of the spec."""

    id: str
    method: str
    path: str
    """The template of the path."""
    tag: str
    node: Mapping[str, Any]
    """The Operation Object."""
    behaviour: facts.Operation
    """What the operation does beyond schemas, such as effects and refusals."""
    query: Mapping[str, Parameter]
    headers: Mapping[str, Parameter]
    body_schema: Mapping[str, Any]
    """The resolved schema of a request body, or an empty one."""
    body_media_type: str
    body_examples: Sequence[Mapping[str, Any]]
    statuses: frozenset[int]

    @property
    def label(self) -> str:
        """The method and the template of the path."""
        return f"{self.method} {self.path}"

    @property
    def scopes(self) -> tuple[str, ...]:
        """Scopes that a token needs."""
        return tuple(self.node.get("x-scopes", ()))

    @property
    def needs_token(self) -> bool:
        """Whether a request without a credential is refused."""
        return self.node.get("security") != []

    @property
    def pagination(self) -> str:
        """`link`, `cursor` or `none`."""
        return str(self.node.get("x-pagination", "none"))

    @cached_property
    def brief(self) -> Mapping[str, str]:
        """The query that leaves out what makes the objects of a response large."""
        return {name: "true" for name, each in self.query.items() if each.behaviour.excludes}

    @property
    def is_read(self) -> bool:
        """Whether the operation changes nothing."""
        return self.method in SAFE_METHODS

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Names of the path parameters, in order."""
        return parameters_of(self.path)

    @property
    def has_body(self) -> bool:
        """Whether a request has a body."""
        return bool(self.body_media_type)

    @property
    def required(self) -> frozenset[str]:
        """Names of the required properties of the body."""
        return frozenset(self.body_schema.get("required", ()))

    def is_success(self, status: int) -> bool:
        """Return whether a status is a documented success. Documented redirects count as success."""
        return 200 <= status < 400 and status in self.statuses

    def path_with(self, values: Mapping[str, Any]) -> str:
        """Return the path with values of its parameters, encoded."""
        return _PARAMETER.sub(lambda match: quote(str(values[match[1]]), safe=""), self.path)

    def values_in(self, path: str) -> dict[str, str] | None:
        """Return the values of the path parameters, decoded, or None if a path does not match."""
        template, segments = self.path.split("/"), path.split("/")
        if len(template) != len(segments):
            return None
        values: dict[str, str] = {}
        for expected, segment in zip(template, segments, strict=True):
            if expected.startswith("{"):
                values[expected[1:-1]] = unquote(segment)
            elif expected != segment:
                return None
        return values


@frozen(eq=False)
class Kind:
    """The operations on objects of a kind: on one, on their list, and on what only one of them has."""

    path: str
    """The template of the path of an object."""
    create: Operation | None
    list: Operation | None
    get: Operation | None
    update: Operation | None
    delete: Operation | None
    actions: Sequence[Operation]
    """Other operations that change an object, also on paths of another form."""
    below: Sequence[Operation]
    """Other reads below the path of an object, such as its log or its settings."""

    @property
    def parameter(self) -> str:
        """The path parameter that identifies an object, or an empty text if another object has exactly one."""
        return parameters_of(self.path)[-1] if self.path.endswith("}") else ""

    @property
    def changes(self) -> Iterator[Operation]:
        """The operations that change something."""
        yield from (each for each in (self.create, self.update, self.delete) if each is not None)
        yield from self.actions

    @property
    def operations(self) -> Iterator[Operation]:
        """All operations."""
        yield from self.changes
        yield from (each for each in (self.list, self.get) if each is not None)
        yield from self.below


def parameters_of(path: str) -> tuple[str, ...]:
    """Return the names of the parameters of a path template."""
    return tuple(_PARAMETER.findall(path))


def object_path(path: str) -> str:
    """Return the template up to its last parameter, which identifies the object of the path."""
    return path[: path.rindex("}") + 1] if "}" in path else path


def same_objects(short: str, long: str) -> bool:
    """Return whether two object paths identify the same objects, the first without some parents."""
    same = short.split("/")[-2:] == long.split("/")[-2:]
    return same and "{" in short and set(parameters_of(short)) < set(parameters_of(long))


@frozen(eq=False)
class Api:
    """An OpenAPI document, and what the API does beyond it."""

    raw: Mapping[str, Any]
    behaviour: facts.Behaviour
    _properties: dict[int, dict[str, Mapping[str, Any]]] = field(
        factory=dict[int, dict[str, Mapping[str, Any]]], init=False
    )
    """By identity of the schema, which the document keeps."""
    _volatile: dict[int, frozenset[str]] = field(factory=dict[int, frozenset[str]], init=False)
    _validators: dict[str, jsonschema_rs.Draft202012Validator] = field(
        factory=dict[str, jsonschema_rs.Draft202012Validator], init=False
    )

    @cached_property
    def operations(self) -> Sequence[Operation]:
        """The operations."""
        return tuple(
            self._operation(path, method, item, item[method])
            for path, item in as_object(self.raw.get("paths")).items()
            for method in _METHODS
            if method in as_object(item)
        )

    @cached_property
    def by_id(self) -> Mapping[str, Operation]:
        """The operations by id."""
        return {each.id: each for each in self.operations}

    @staticmethod
    @cache
    def load() -> Api:
        """Return the API in this package, once: tests run the command hundreds of times in a process."""
        text = files("_buildkite_rest").joinpath("openapi.json").read_text(encoding="utf-8")
        return Api(json.loads(text), facts.load())

    @property
    def version(self) -> str:
        """The version of the document."""
        return str(self.raw["info"]["version"])

    @cached_property
    def secret_names(self) -> frozenset[str]:
        """Names of secret properties, without names that are public in another object, such as `url`."""
        secret, public = set[str](), set[str]()
        nodes: list[Any] = [self.raw]
        while nodes:
            node = nodes.pop()
            for name, schema in as_object(as_object(node).get("properties")).items():
                (secret if as_object(schema).get("x-secret") else public).add(name)
            nodes += node if is_array(node) else as_object(node).values()
        return frozenset(secret - public)

    def facts_of(self, schema: Mapping[str, Any]) -> facts.Schema:
        """Return the behaviour of the objects or bodies of a resolved schema of the components."""
        return self.behaviour.schemas.get(self._names.get(id(schema), ""), facts.Schema())

    def resolve(self, node: object) -> Mapping[str, Any]:
        """Return a node, or the one that its `$ref` leads to."""
        found = as_object(node)
        while isinstance(reference := found.get("$ref"), str):
            found = as_object(get(unquote(reference.removeprefix("#")), self.raw))
        return found

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """Return the operation of a request, and the values of its path parameters."""
        found = next((each for each in self.templates_of(path) if each.method == method), None)
        return None if found is None else (found, found.values_in(path) or {})

    def templates_of(self, path: str) -> Iterator[Operation]:
        """Yield the operations, with any method, whose template a path matches."""
        for each in self._by_depth.get(path.count("/"), ()):
            if each.values_in(path) is not None:
                yield each

    def at(self, method: str, template: str) -> Operation | None:
        """Return the operation with a method and a path template."""
        return self._by_label.get(f"{method} {template}")

    def variants(self, schema: object) -> Iterator[Mapping[str, Any]]:
        """Yield the object schemas that a schema consists of or chooses from."""
        found = self.resolve(schema)
        parts = [part for key in ("allOf", "oneOf", "anyOf") for part in found.get(key, ())]
        if not parts:
            yield found
        for part in parts:
            yield from self.variants(part)

    def properties(self, schema: object) -> Mapping[str, Mapping[str, Any]]:
        """Return the properties of an object schema with those of its parts, each resolved and without null."""
        found = self._properties.get(id(schema))
        if found is None:
            found = self._properties[id(schema)] = {}
            for variant in self.variants(schema):
                for name, node in as_object(variant.get("properties")).items():
                    found.setdefault(name, self.resolve(node))
        return found

    def names_in(self, schema: object) -> set[str]:
        """Return the names of all properties of a schema, also of those of objects inside."""
        found: set[str] = set()
        for variant in self.variants(schema):
            for name, node in self.properties(variant).items():
                found |= {name} | self.names_in(node)
            if "items" in variant:
                found |= self.names_in(variant["items"])
        return found

    def volatile(self, schema: object) -> frozenset[str]:
        """Return the properties of an object that change by themselves, as those of a running build do."""
        if id(schema) not in self._volatile:
            parts = (self.resolve(schema), *self.variants(schema))
            names = [name for each in parts for name in self.facts_of(each).effects.volatile]
            self._volatile[id(schema)] = frozenset(names)
        return self._volatile[id(schema)]

    def response_schema(self, operation: Operation, status: int = 0) -> Mapping[str, Any]:
        """Return the resolved schema of the JSON with a status, by default of the first success."""
        return self.resolve(as_object(self._content(operation, status).get(_JSON)).get("schema"))

    def media_types(self, operation: Operation) -> Sequence[str]:
        """Return the media types of the first success, JSON first."""
        return sorted(self._content(operation), key=lambda each: each != _JSON)

    def _content(self, operation: Operation, status: int = 0) -> Mapping[str, Any]:
        for key, response in as_object(operation.node.get("responses")).items():
            if int(key) == status or (not status and 200 <= int(key) < 300):
                return as_object(self.resolve(response).get("content"))
        return {}

    @cached_property
    def scoped_properties(self) -> Mapping[str, str]:
        """The scopes without which properties are empty, by the name of the property."""
        return {
            name: known.needs_scope
            for schema in self.behaviour.schemas.values()
            for name, known in schema.properties.items()
            if known.needs_scope is not None
        }

    def item_schema(self, operation: Operation) -> Mapping[str, Any]:
        """Return the schema of the items of a list, or of the object that an operation returns."""
        schema = self.response_schema(operation)
        if "items" in schema:
            return self.resolve(schema["items"])
        if operation.pagination == "cursor":
            items = self.resolve(as_object(schema.get("properties")).get("items"))
            return self.resolve(items.get("items"))
        return schema

    def body_problems(self, operation: Operation, body: Any) -> Iterator[str]:
        """Yield what is wrong with a request body."""
        content = as_object(self.resolve(operation.node.get("requestBody")).get("content"))
        schema = as_object(content.get(operation.body_media_type)).get("schema")
        if operation.id not in self._validators and schema is not None:
            document = {"$ref": "#/s", "s": schema, "components": self.raw["components"]}
            self._validators[operation.id] = jsonschema_rs.Draft202012Validator(document, validate_formats=True)
        for error in self._validators[operation.id].iter_errors(body) if operation.id in self._validators else ():
            yield f"/{'/'.join(map(str, error.instance_path))}: {error.message}"[:300]

    @cached_property
    def created_templates(self) -> Mapping[str, str]:
        """Path templates of new objects by the path of the POST that creates them."""
        paths = {object_path(each.path) for each in self.operations if each.parameters}
        return {_collection(path): path for path in paths if self.at("POST", _collection(path))}

    @cached_property
    def examples(self) -> Mapping[str, Sequence[Any]]:
        """Different values of properties in the examples of bodies, by name; those of request bodies first.

        Objects and arrays are those of request bodies only, because responses have some in another form.
        """
        found: dict[str, list[Any]] = defaultdict(list)
        nodes = [each.node for each in self.operations]
        bodies = [(each.get("requestBody"), True) for each in nodes]
        for body, is_sent in (*bodies, *((each, False) for node in nodes for each in node["responses"].values())):
            for media in as_object(self.resolve(body).get("content")).values():
                for example in as_object(as_object(media).get("examples")).values():
                    _collect(self.resolve(example).get("value"), found, is_sent=is_sent)
        return found

    @cached_property
    def _names(self) -> Mapping[int, str]:
        """Names of the schemas of the components, by identity."""
        schemas = as_object(as_object(self.raw.get("components")).get("schemas"))
        return {id(schema): name for name, schema in schemas.items()}

    @cached_property
    def _by_label(self) -> Mapping[str, Operation]:
        return {each.label: each for each in self.operations}

    @cached_property
    def _by_depth(self) -> Mapping[int, Sequence[Operation]]:
        """Operations by number of slashes; those with fewer parameters first, as a server prefers them."""
        found: dict[int, list[Operation]] = defaultdict(list)
        for each in sorted(self.operations, key=lambda each: len(each.parameters)):
            found[each.path.count("/")].append(each)
        return found

    @cached_property
    def kinds(self) -> Sequence[Kind]:
        """All kinds of objects, parents before children, and settings of which an object has exactly one."""
        paths = {object_path(each.path) for each in self.operations if each.parameters}
        paths = {path for path in paths if self.at("GET", _collection(path)) or self.at("POST", _collection(path))}
        paths |= {
            each.path
            for each in self.operations
            if each.method == "GET" and not each.path.endswith("}") and self.at("PATCH", each.path)
        }
        return tuple(self._kind(path) for path in sorted(paths, key=lambda path: (path.count("/"), path)))

    def _kind(self, path: str) -> Kind:
        is_single = not path.endswith("}")
        collection = "" if is_single else _collection(path)
        updates = (self.at(method, path) for method in ("PATCH", "PUT", "POST"))
        update = next((each for each in updates if each is not None), None)
        main = {each.id for each in (update, self.at("GET", path), self.at("DELETE", path)) if each is not None}
        own = [
            each
            for each in self.operations
            if each.id not in main
            and each.parameters
            and (object_path(each.path) == path or self._is_short_for(object_path(each.path), path))
            and not self._is_of_list(each)
        ]
        return Kind(
            path,
            None if is_single else self.at("POST", collection),
            None if is_single else self.at("GET", collection),
            self.at("GET", path),
            update,
            self.at("DELETE", path),
            [] if is_single else [each for each in own if not each.is_read],
            [] if is_single else [each for each in own if each.is_read],
        )

    def _is_short_for(self, short: str, path: str) -> bool:
        """Return whether a path identifies objects of a kind, and is not the path of another kind."""
        return same_objects(short, path) and not (self.at("GET", _collection(short)))

    def _is_of_list(self, operation: Operation) -> bool:
        """Return whether an operation is on the list of objects of a kind."""
        return operation.method in {"GET", "POST"} and any(
            _collection(object_path(each.path)) == operation.path for each in self.operations if each.parameters
        )

    def _operation(self, path: str, method: str, item: Mapping[str, Any], node: Mapping[str, Any]) -> Operation:
        name = node.get("operationId", f"{method.upper()} {path}")
        behaviour = self.behaviour.operations.get(name, facts.Operation())
        references = [*item.get("parameters", ()), *node.get("parameters", ())]
        parameters: dict[str, dict[str, Parameter]] = {"query": {}, "header": {}, "path": {}}
        for reference in references:
            found = self.resolve(reference)
            shared = self.behaviour.parameters.get(str(as_object(reference).get("$ref", "")).rpartition("/")[2])
            own = (behaviour.query if found["in"] == "query" else behaviour.headers).get(found["name"])
            schema = self.resolve(found.get("schema"))
            parameters[found["in"]][found["name"]] = Parameter(
                found["name"],
                {**schema, "items": self.resolve(schema["items"])} if "items" in schema else schema,
                bool(found.get("required")),
                found.get("example"),
                own or shared or facts.Parameter(),
            )
        content = as_object(self.resolve(node.get("requestBody")).get("content"))
        media_type = next(iter(content), "")
        examples = as_object(as_object(content.get(media_type)).get("examples")).values()
        values = [self.resolve(each).get("value") for each in examples]
        return Operation(
            name,
            method.upper(),
            path,
            next(iter(node.get("tags", ())), ""),
            node,
            behaviour,
            parameters["query"],
            parameters["header"],
            self.resolve(as_object(content.get(media_type)).get("schema")),
            media_type,
            [each for each in values if is_object(each)],
            frozenset(int(status) for status in node["responses"]),
        )


def _collection(path: str) -> str:
    return path.rpartition("/")[0]


def _collect(value: Any, found: dict[str, list[Any]], *, is_sent: bool) -> None:
    """Add the properties of a value, and of what is inside it."""
    for item in value if is_array(value) else ():
        _collect(item, found, is_sent=is_sent)
    for name, item in as_object(value).items():
        is_usable = is_sent or not (is_object(item) or is_array(item))
        if is_usable and item not in found[name] and len(found[name]) < _EXAMPLES:
            found[name].append(item)
        _collect(item, found, is_sent=is_sent)


def types_of(schema: Mapping[str, Any]) -> frozenset[str]:
    """Return the types that a property may have."""
    kind = schema.get("type", ())
    own = frozenset(kind) if is_array(kind) else frozenset({kind} if kind else ())
    return own.union(*(types_of(as_object(part)) for key in ("oneOf", "anyOf") for part in schema.get(key, ())))
