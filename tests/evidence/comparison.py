"""Comparison of the spec with what its sources state, and of its links with their pages."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from attrs import define, field
from generator.behaviour import WORDS
from generator.document import JSON, OperationNode, operations, resolve, walk
from generator.errors import Location
from generator.fragment import Pointer
from tests.evidence.differences import MISSING, SPEC, Differences
from tests.evidence.facts import Call, Evidence, Shape, Value, matching, shape_of
from tests.evidence.markdown import Section, heading_id, read_sections
from tests.evidence.schema_view import SchemaView

_LITERALS = {"true", "false", "null"}


def value_messages(value: Value, view: SchemaView, names: Collection[str]) -> list[str]:
    """Return how a value differs from its schema.

    `names` are those of what is beside it, which its description may mention.
    """
    return [*_type_messages(value, view), *_enum_messages(value, view, names)]


def required_messages(value: Value, *, is_required: bool) -> list[str]:
    """Return how a source differs about whether a value is required."""
    if value.required is None or value.required == is_required:
        return []
    return ["required, in the spec optional" if value.required else "optional, in the spec required"]


def _type_messages(value: Value, view: SchemaView) -> list[str]:
    types = view.types or (frozenset({"string"}) if view.values else frozenset())
    allowed = types | ({"integer"} if "number" in types else set()) | ({"number"} if "integer" in types else set())
    if not types or not value.types:
        return []
    if value.types == {"null"}:
        return [] if "null" in types else ["null, in the spec never"]
    stated = value.types - {"null"}
    return [] if stated & allowed else [f"{words(stated)}, in the spec {words(types - {'null'})}"]


def _enum_messages(value: Value, view: SchemaView, names: Collection[str]) -> list[str]:
    listed = view.element_values
    if not listed:
        return []
    mentioned = [each for each in value.mentions if each not in names and each not in _LITERALS]
    stated = dict.fromkeys([*value.values, *mentioned])
    messages = [f"value {each!r} is not in the spec" for each in stated if each not in listed]
    if value.has_all_values:
        messages += [f"value {each!r} is only in the spec" for each in listed if each not in value.values]
    return messages


def words(items: Iterable[str]) -> str:
    """Return the items as text."""
    return " or ".join(sorted(items)) or "none"


@define
class Comparison:
    """Comparison of a document with one source after the other."""

    document: dict[str, Any]
    differences: Differences = field(factory=Differences)
    stated: set[Pointer] = field(factory=set)
    """The positions of what a source states."""
    pages: dict[Pointer, set[Path]] = field(factory=dict)
    """The files that state an operation."""
    _operations: dict[Shape, OperationNode] = field(init=False)
    _evidence: Evidence = field(init=False)

    @_operations.default
    def _index(self) -> dict[Shape, OperationNode]:
        """Return the operations by each method that the API accepts for them."""
        found = {shape_of(each.method, each.path): each for each in operations(self.document)}
        for each in list(found.values()):
            for method in each.node.get(WORDS, {}).get("alias-methods", ()):
                found.setdefault(shape_of(method, each.path), each)
        return found

    def add(self, evidence: Evidence) -> None:
        """Compare the spec with everything that one source states."""
        self._evidence = evidence
        for call in evidence.calls:
            matches = [self._operations[shape] for shape in matching(call.shape, self._operations)]
            self._check("operation", " ".join(call.shape), call.location, [] if matches else [MISSING])
            for operation in matches:
                self.stated.add(operation.pointer)
                self.pages.setdefault(operation.pointer, set()).add(call.location.file)
                self._compare_call(call, operation)
        for model, shapes in evidence.models:
            self._compare_model(model, shapes)
        self._compare_events()
        self._compare_scopes()
        for location, messages in evidence.samples.items():
            subject = f"{location.file.parent.name}/{location.file.name}"
            self._check("sample", subject, location, messages)

    def _check(self, kind: str, subject: str, location: Location, messages: Sequence[str] = ()) -> None:
        self.differences.check(self._evidence.source, kind, subject, location, messages)

    def _compare_call(self, call: Call, operation: OperationNode) -> None:
        name = operation.node["operationId"]
        self._compare_query(call, operation)
        for body in call.bodies:
            if view := body_view(operation):
                self._compare_value("body", body, view)
            elif body.properties:
                self._check("body", name, body.location, ["no body in the spec"])
        for response in call.responses:
            if view := response_view(operation):
                self._compare_value("response", response, view)
            else:
                self._check("response", name, response.location, ["no body in the spec"])
        for status, location in call.statuses.items():
            is_described = status in operation.node.get("responses", {})
            self._check("status", f"{name} {status}", location, [] if is_described else [MISSING])
            self.stated.add((*operation.pointer, "responses", status))
        if call.scopes is not None:
            described = set(operation.node.get("x-scopes", ()))
            differ = set(call.scopes) != described
            location = next(iter(call.scopes.values()), call.location)
            messages = [f"{words(call.scopes)}, in the spec {words(described)}"] if differ else []
            self._check("scope", name, location, messages)

    def _compare_query(self, call: Call, operation: OperationNode) -> None:
        name = operation.node["operationId"]
        parameters = query_parameters(operation)
        names = argument_names(operation)
        for parameter, values in call.query.items():
            subject = f"{name} {parameter}"
            if parameter not in parameters:
                self._check("query", subject, values[0].location, [MISSING])
                continue
            pointer, node = parameters[parameter]
            self.stated.add(pointer)
            view = SchemaView.of(self.document, node["schema"], (*pointer, "schema"), name)
            for value in values:
                messages = value_messages(value, view, names)
                messages += required_messages(value, is_required=bool(node.get("required")))
                self._check("query", subject, value.location, messages)
                self._state_values(value, view)

    def _compare_value(self, kind: str, value: Value, view: SchemaView) -> None:
        """Compare the properties of a value, and theirs."""
        tags = {name: each.values[0] for name, [each, *_] in value.properties.items() if len(each.values) == 1}
        narrowed = view.narrowed(tags)
        view = narrowed if narrowed.properties else view
        self._state_values(value, view)
        if elements := view.elements:
            for item in value.items:
                self._compare_value(kind, item, elements)
        properties = view.properties
        for name, values in value.properties.items():
            subject = f"{view.name}.{name}"
            if name not in properties:
                if not view.is_map:
                    self._check(kind, subject, values[0].location, [MISSING])
                elif elements:
                    for each in values:
                        self._compare_value(kind, each, elements)
                continue
            self.stated.update(view.positions(name))
            for each in values:
                self._match(each, name)
                messages = value_messages(each, properties[name], properties)
                if kind == "body" and name not in view.needed:
                    messages += required_messages(each, is_required=name in view.required)
                self._check(kind, subject, each.location, messages)
                self._compare_value(kind, each, properties[name])

    def _match(self, value: Value, name: str) -> None:
        if self._evidence.shares_types:
            self.differences.match(value.location, name)

    def _state_values(self, value: Value, view: SchemaView) -> None:
        stated = {*value.values, *value.mentions}
        self.stated |= {(*pointer, each) for each, pointer in view.element_values.items() if each in stated}

    def _compare_model(self, model: Value, shapes: Sequence[Shape]) -> None:
        """Compare an object that a page documents with the schema that has most of its properties."""
        matches = dict.fromkeys(match for shape in shapes for match in matching(shape, self._operations))
        views = [view for shape in matches if (view := response_view(self._operations[shape]))]
        self._compare_best("response", model, views)

    def _compare_best(self, kind: str, model: Value, views: Sequence[SchemaView]) -> None:
        """Compare an object with the schema in `views` that has most of its properties."""
        found = [each for view in views for each in nested(view)]
        best = max(found, key=lambda view: len(view.properties.keys() & model.properties.keys()), default=None)
        if best and best.properties.keys() & model.properties.keys():
            self._compare_value(kind, model, best)

    def _compare_events(self) -> None:
        webhooks = self.document.get("webhooks", {})
        for event, location in self._evidence.events.items():
            self._check("event", event, location, [] if event in webhooks else [MISSING])
            self.stated.add(("webhooks", event))
        for event, sample in self._evidence.deliveries:
            if event in webhooks:
                self._compare_value("event", sample, self._event_view(event))
        for model, events in self._evidence.event_models:
            views = [self._event_view(event) for event in events if event in webhooks]
            self._compare_best("event", model, views)

    def _event_view(self, event: str) -> SchemaView:
        pointer = ("webhooks", event, "post", "requestBody", "content", JSON, "schema")
        schema = self.document["webhooks"][event]["post"]["requestBody"]["content"][JSON]["schema"]
        return SchemaView.of(self.document, schema, pointer, event)

    def _compare_scopes(self) -> None:
        """Compare the scopes of all operations with a list of all scopes."""
        used = {scope for each in operations(self.document) for scope in each.node.get("x-scopes", ())}
        for scope, location in self._evidence.scopes.items():
            self._check("scope", scope, location, [] if scope in used else ["in no operation of the spec"])
        for operation in operations(self.document) if self._evidence.scopes else ():
            for scope in operation.node.get("x-scopes", ()):
                messages = [] if scope in self._evidence.scopes else ["in no list of scopes"]
                self.differences.check(SPEC, "scope", scope, (*operation.pointer, "x-scopes"), messages)


def query_parameters(operation: OperationNode) -> dict[str, tuple[Pointer, dict[str, Any]]]:
    """Return the query parameters of an operation by their names, and their positions."""
    found: dict[str, tuple[Pointer, dict[str, Any]]] = {}
    for index, node in enumerate(operation.node.get("parameters", ())):
        parameter = resolve(operation.document, node)
        if parameter["in"] == "query":
            found[parameter["name"]] = (*operation.pointer, "parameters", str(index)), parameter
    return found


def argument_names(operation: OperationNode) -> set[str]:
    """Return the names of all parameters of an operation, with and without brackets."""
    names = {resolve(operation.document, node)["name"] for node in operation.node.get("parameters", ())}
    return names | {name.removesuffix("[]") for name in names}


def body_view(operation: OperationNode) -> SchemaView | None:
    """Return the schema of the request body."""
    pointer = (*operation.pointer, "requestBody", "content")
    for media, node in operation.node.get("requestBody", {}).get("content", {}).items():
        name = operation.node["operationId"]
        return SchemaView.of(operation.document, node["schema"], (*pointer, media, "schema"), name)
    return None


def response_view(operation: OperationNode) -> SchemaView | None:
    """Return the schema of the JSON body of the first success response that has one."""
    for status, response in operation.success_responses.items():
        if schema := response.get("content", {}).get(JSON, {}).get("schema"):
            pointer = (*operation.pointer, "responses", status, "content", JSON, "schema")
            return SchemaView.of(operation.document, schema, pointer, operation.node["operationId"])
    return None


def nested(view: SchemaView, seen: set[tuple[Pointer, ...]] | None = None) -> Iterator[SchemaView]:
    """Yield a schema and those of its items and properties, each once."""
    seen = set() if seen is None else seen
    identity = tuple(part.pointer for part in view.parts)
    if identity in seen:
        return
    seen.add(identity)
    yield view
    if view.elements:
        yield from nested(view.elements, seen)
    for each in view.properties.values():
        yield from nested(each, seen)


def compare_links(differences: Differences, document: dict[str, Any], pages: Path, base: str) -> None:
    """Find the links below the URL `base` that lead to no page in the folder `pages`, or to no heading of it."""
    read: dict[str, frozenset[str] | None] = {}
    for pointer, node in walk(document):
        url = node.get("url", "") if pointer[-1:] == ("externalDocs",) and isinstance(node, dict) else ""
        if not url.startswith(base):
            continue
        subject = url.removeprefix(base)
        page, _, id_ = subject.partition("#")
        if page not in read:
            read[page] = _ids(page, pages)
        ids = read[page]
        message = "no such page" if ids is None else "no such heading" if id_ and id_ not in ids else ""
        differences.check("docs", "link", subject, pointer, [message] if message else [])


def _ids(page: str, pages: Path) -> frozenset[str] | None:
    """Return the ids of the headings of a page, or None if there is no such page."""
    path = pages / f"{page.replace('-', '_')}.md"
    if not path.is_file():
        return None
    ids: set[str] = set()
    above: list[Section] = []
    for section in read_sections(path, pages):
        above = [each for each in above if 1 < each.level < section.level] + [section]
        # A heading below another one has the id of that one before its own.
        ids.add("-".join(heading_id(each.title) for each in above))
    return frozenset(ids)
