"""Comparison of the spec with the facts of its sources, in both directions."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import jsonschema_rs
from attrs import define, field, frozen
from generator.behaviour import WORDS
from generator.document import JSON, SCHEMA_PREFIX, operations, resolve
from tests.evidence.facts import EVENT, Fact, Shape, shape_of

_COMBINATIONS = ("allOf", "oneOf", "anyOf")
_LITERALS = {"true", "false", "null"}
_VALUE = re.compile(r"[\w.-]*[A-Za-z][\w.-]*")
_MISSING = "not in the spec"


@frozen
class Schema:
    """A schema of the spec: the nodes that it consists of, through references and unions."""

    document: dict[str, Any]
    name: str
    """The name of the closest component."""
    nodes: Sequence[dict[str, Any]]
    root: dict[str, Any]

    @classmethod
    def of(cls, document: dict[str, Any], name: str, *roots: dict[str, Any]) -> "Schema":
        """Return the schema of all `roots`, in the component `name`."""
        references = {each["$ref"] for root in roots for each in (root, *root.get("oneOf", ())) if "$ref" in each}
        if len(references) == 1:
            name = references.pop().removeprefix(SCHEMA_PREFIX)
        return cls(document, name, [node for root in roots for node in _nodes(document, root)], roots[0])

    @property
    def properties(self) -> dict[str, list[dict[str, Any]]]:
        """The nodes of each property."""
        found: dict[str, list[dict[str, Any]]] = {}
        for node in self.nodes:
            for name, each in node.get("properties", {}).items():
                found.setdefault(name, []).append(each)
        return found

    @property
    def elements(self) -> list[dict[str, Any]]:
        """The nodes of the items of a list and of the values of a map."""
        keys = ("items", "additionalProperties")
        return [node[key] for node in self.nodes for key in keys if isinstance(node.get(key), dict)]

    @property
    def is_open(self) -> bool:
        """Whether properties can have any name."""
        return not self.properties or any(node.get("additionalProperties") for node in self.nodes)

    @property
    def types(self) -> set[str]:
        """The JSON types, or nothing if any is allowed."""
        return {type_ for node in self.nodes for type_ in _listed(node.get("type", ()))}

    @property
    def values(self) -> set[str]:
        """The values of the enumerations; nothing if there is a part without any."""
        values = set[str]()
        for node in self.nodes:
            if any(key in node for key in _COMBINATIONS) or node.get("type") == "null":
                continue
            listed = (
                node.get("enum") or _listed(node.get("const", ())) or node.get(WORDS, {}).get("strict", {}).get("enum")
            )
            if not listed:
                return set()
            values |= {value for value in listed if isinstance(value, str)}
        return values

    def at(self, name: str) -> "Schema | None":
        """Return the schema of a property, or that of the items for `[]`, or None."""
        found = self.elements if name == "[]" else self.properties.get(name) or self.elements
        return self.of(self.document, self.name, *found) if found else None

    def requires(self, name: str = "") -> bool | None:
        """Return whether a property is required, or None if only the behaviour needs it."""
        if any(name in node.get(WORDS, {}).get("effects", {}).get("needed", ()) for node in self.nodes):
            return None
        return any(name in node.get("required", ()) for node in self.nodes)

    def is_undocumented(self, name: str) -> bool:
        """Return whether a property comes from other sources than those that are compared."""
        nodes = [resolve(self.document, each) for each in self.properties[name]]
        around = [node for node in self.nodes if name in node.get("properties", {})]
        return any(node.get("x-undocumented") for node in (*nodes, *self.properties[name], *around))

    def nested(self, seen: set[frozenset[int]]) -> Iterator["Schema"]:
        """Yield this schema and those of its items and properties, but for those in `seen`."""
        identity = frozenset(map(id, self.nodes))
        if identity not in seen:
            seen.add(identity)
            yield self
            for name in ("[]", *self.properties):
                if schema := self.at(name):
                    yield from schema.nested(seen)


def _nodes(document: dict[str, Any], node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    node = resolve(document, node)
    yield node
    for key in _COMBINATIONS:
        for each in node.get(key, ()):
            yield from _nodes(document, each)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


@frozen
class _Operation:
    """An operation of the spec, or a webhook event, whose request body is `response`."""

    name: str
    node: dict[str, Any]
    parameters: dict[str, dict[str, Any]] = field(factory=dict)
    body: Schema | None = None
    response: Schema | None = None


def _operations(document: dict[str, Any]) -> dict[Shape, _Operation]:
    """Return the operations by each method that the API accepts for them, and the events."""
    found: dict[Shape, _Operation] = {}
    for each in operations(document):
        name = each.node["operationId"]
        content = [*each.node.get("requestBody", {}).get("content", {}).values()]
        responses = [response.get("content", {}).get(JSON) for response in each.success_responses.values()]
        parameters = {node["name"]: node for node in each.parameters}
        body, response = (
            next((Schema.of(document, name, media["schema"]) for media in medias if media), None)
            for medias in (content, responses)
        )
        operation = _Operation(name, each.node, parameters, body, response)
        for method in (each.method, *each.node.get(WORDS, {}).get("alias-methods", ())):
            found.setdefault(shape_of(method, each.path), operation)
    for event, item in document.get("webhooks", {}).items():
        schema = item["post"]["requestBody"]["content"][JSON]["schema"]
        found[EVENT, event] = _Operation(event, item, response=Schema.of(document, event, schema))
    return found


@define
class Comparison:
    """Comparison of a document with the facts of all sources."""

    document: dict[str, Any]
    _found: dict[str, Fact | None] = field(factory=dict)
    """The differences, and the facts that they are in."""
    _matched: set[str] = field(factory=set)
    """The fields of Go structs that are in a schema. Operations share them, so they are in each of its uses."""
    _operations: dict[Shape, _Operation] = field(init=False)
    _stated: dict[str, set[str]] = field(factory=lambda: defaultdict(set))
    """The names and values that a source states for an operation."""
    _pages: dict[str, set[str]] = field(factory=lambda: defaultdict(set))
    """The pages that state an operation."""

    @property
    def differences(self) -> dict[str, str]:
        """The differences, and where a source states them."""
        return {
            key: fact.location if fact else "spec"
            for key, fact in self._found.items()
            if fact is None or fact.location not in self._matched or not key.endswith(_MISSING)
        }

    def __attrs_post_init__(self) -> None:
        self._operations = _operations(self.document)

    def add(self, facts: Sequence[Fact]) -> None:
        """Compare the spec with all facts of one source."""
        for fact in facts:
            operations = self._matching(fact.shape)
            if fact.kind == "sample":
                self._report(fact, fact.location, "not JSON")
            elif fact.kind == "operation" and not operations:
                self._report(fact, " ".join(fact.shape), _MISSING)
            for operation in operations:
                self._stated[operation.name].update(fact.names, fact.values)
                self._pages[operation.name].add(fact.location.partition("#")[0])
                self._compare(fact, operation)
        models = groupby((fact for fact in facts if fact.kind == "model"), key=lambda fact: fact.location)
        for location, group in models:
            self._compare_model(location.partition("#")[0], list(group))

    def _report(self, fact: Fact, subject: str, message: str) -> None:
        kind = "response" if fact.kind == "model" else fact.kind
        self._found.setdefault(f"{fact.source} {kind} {subject}: {message}", fact)

    def _matching(self, shape: Shape) -> list[_Operation]:
        """Return the operations that a shape names, which may have an example or a variable in place of a parameter."""
        if shape in self._operations:
            return [self._operations[shape]]
        found: dict[int, list[_Operation]] = {}
        segments = shape[1].split("/")
        for (method, path), operation in self._operations.items():
            others = path.split("/")
            if method == shape[0] and len(others) == len(segments):
                different = [pair for pair in zip(segments, others, strict=True) if pair[0] != pair[1]]
                if all("{}" in pair for pair in different):
                    found.setdefault(len(different), []).append(operation)
        return found[min(found)] if found else []

    def _compare(self, fact: Fact, operation: _Operation) -> None:
        node = operation.node
        match fact.kind:
            case "status" if fact.names[0] not in node["responses"]:
                self._report(fact, f"{operation.name} {fact.names[0]}", _MISSING)
            case "query" if fact.names[0] not in operation.parameters:
                self._report(fact, f"{operation.name} {fact.names[0]}", _MISSING)
            case "query" if len(fact.names) == 1:
                parameter = operation.parameters[fact.names[0]]
                schema = Schema.of(self.document, operation.name, parameter["schema"])
                is_required = bool(parameter.get("required"))
                beside = {name.removesuffix("[]") for name in operation.parameters}
                self._check(fact, f"{operation.name} {fact.names[0]}", schema, beside, is_required=is_required)
            case "scope" if set(fact.names) != set(node["x-scopes"]):
                scopes = " or ".join(sorted(node["x-scopes"])) or "none"
                self._report(fact, operation.name, f"{' or '.join(sorted(fact.names))}, in the spec {scopes}")
            case "body" | "response":
                if schema := operation.body if fact.kind == "body" else operation.response:
                    if fact.sample is not None:
                        self._validate(fact, operation.name, schema)
                    self._compare_value(fact, schema)
                elif fact.names:
                    self._report(fact, operation.name, "no body in the spec")
            case _:
                pass

    def _validate(self, fact: Fact, subject: str, schema: Schema) -> None:
        """Validate a sample with JSON Schema."""
        whole = {**self.document, "allOf": [schema.root]}
        validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        for error in validator.iter_errors(fact.sample):
            path = ["[]" if isinstance(each, int) else each for each in error.instance_path]
            self._report(fact, ".".join([subject, *path]), error.message[:100])

    def _compare_model(self, page: str, facts: Sequence[Fact]) -> None:
        """Compare the properties of an object with the schema in the responses of a page that has most of them."""
        seen: set[frozenset[int]] = set()
        roots = [each.response for each in self._operations.values() if page in self._pages[each.name]]
        names = {fact.names[0] for fact in facts}
        found = [schema for root in roots if root for schema in root.nested(seen)]
        best = max(found, key=lambda schema: len(names & schema.properties.keys()), default=None)
        if best and names & best.properties.keys():
            for fact in facts:
                self._compare_value(fact, best)

    def _compare_value(self, fact: Fact, schema: Schema) -> None:
        subject = schema.name
        parent = schema
        for name in fact.names:
            parent, subject = schema, f"{schema.name}.{name}"
            below = schema.at(name)
            if below is None:
                if name != "[]" and not schema.is_open:
                    self._report(fact, subject, _MISSING)
                return
            schema = below
        if fact.source == "go":
            self._matched.add(fact.location)
        self._check(fact, subject, schema, parent.properties, is_required=parent.requires(*fact.names[-1:]))

    def _check(
        self, fact: Fact, subject: str, schema: Schema, beside: Collection[str], *, is_required: bool | None
    ) -> None:
        """Compare a value. Its description may mention names that are `beside` it."""
        types = schema.types
        is_number = {fact.type, *types} >= {"integer", "number"}
        if fact.type and types and fact.type not in types and not is_number:
            self._report(fact, subject, f"{fact.type}, in the spec {' or '.join(sorted(types))}")
        values = schema.values or (
            Schema.of(self.document, schema.name, *schema.elements).values if schema.elements else ()
        )
        for value in fact.values if values else ():
            if value not in values and _VALUE.fullmatch(value) and value not in beside and value not in _LITERALS:
                self._report(fact, subject, f"value {value!r} is not in the spec")
        if fact.kind != "model" and None not in (fact.required, is_required) and fact.required != is_required:
            self._report(
                fact, subject, "required, in the spec optional" if fact.required else "optional, in the spec required"
            )

    def add_unsourced(self, words: Mapping[str, frozenset[str]]) -> None:
        """Find what no source states, after all sources. `words` are those of each page of the documentation.

        What has `x-undocumented` comes from sources that are not read here. A property counts as stated if a page about
        one of its operations has its name, and a scope or a value of an enumeration if any page does.
        """
        everywhere = frozenset(word for page in words.values() for word in page)
        found: dict[object, tuple[str, bool]] = {}

        def check(subject: str, key: object, *, is_stated: bool) -> None:
            first, before = found.get(key, (subject, False))
            found[key] = first, before or is_stated

        for (method, _), operation in self._operations.items():
            name, node = operation.name, operation.node
            if node.get("x-undocumented"):
                continue
            stated = self._stated[name]
            nearby = stated.union(*(words.get(page, ()) for page in self._pages[name]))
            check(f"operation {name}", name, is_stated=bool(self._pages[name]))
            for kind, known in (("query", operation.parameters), ("status", node.get("responses", {}))):
                for each, content in known.items():
                    if content.get("in", "query") == "query" and not content.get("x-undocumented"):
                        check(f"{kind} {name} {each}", (name, each), is_stated=each in stated)
            for scope in node.get("x-scopes", ()):
                check(f"scope {scope}", scope, is_stated=scope in everywhere)
            for kind, root in (("body", operation.body), ("response", operation.response)):
                for schema in root.nested(set()) if root and method != EVENT else ():
                    for each, nodes in schema.properties.items():
                        if not schema.is_undocumented(each):
                            check(f"{kind} {schema.name}.{each}", id(nodes[0]), is_stated=each in nearby)
                    for value in schema.values:
                        check(
                            f"{kind} {schema.name} {value}",
                            (schema.name, value),
                            is_stated=value in everywhere | stated,
                        )
        self._found |= {f"spec {subject}: in no source": None for subject, is_stated in found.values() if not is_stated}
