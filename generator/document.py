"""Parts of an OpenAPI document: operations, references and schemas."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from attrs import frozen

from .fragment import Pointer

JSON = "application/json"

METHODS = ("get", "head", "post", "put", "patch", "delete")
SCHEMA_PREFIX = "#/components/schemas/"

_PARAMETER = re.compile(r"\{([^{}]*)\}")
_WALKED: ContextVar[tuple[Any, Sequence[tuple[Pointer, Any]]]] = ContextVar("_WALKED", default=(object(), ()))
"""The document that does not change at the moment, and its nodes."""


@frozen
class OperationNode:
    """An operation of a document."""

    document: dict[str, Any]
    path: str
    method: str

    @property
    def node(self) -> dict[str, Any]:
        """The keys and values of the operation."""
        node: dict[str, Any] = self.document["paths"][self.path][self.method]
        return node

    @property
    def pointer(self) -> Pointer:
        """The keys that lead to the operation."""
        return ("paths", self.path, self.method)

    @property
    def name(self) -> str:
        """Path and method, as messages name the operation."""
        return f"{self.path} {self.method}"

    @property
    def needs_token(self) -> bool:
        """Whether a request needs credentials by the `security` of the operation, or else of the whole document."""
        return any(self.node.get("security", self.document.get("security", ())))

    @property
    def parameters(self) -> list[dict[str, Any]]:
        """The parameters, with references resolved."""
        return [resolve(self.document, node) for node in self.node.get("parameters", ())]

    @property
    def success_responses(self) -> dict[str, dict[str, Any]]:
        """The 2xx and 3xx responses by their status, with references resolved."""
        responses = self.node.get("responses", {}).items()
        return {status: resolve(self.document, node) for status, node in responses if status[0] in "23"}


def requirements_with(scopes: list[Any], document: dict[str, Any]) -> list[dict[str, list[Any]]]:
    """Return the security requirements of the whole document with `scopes` as their roles."""
    return [dict.fromkeys(requirement, scopes) for requirement in document.get("security", ())]


def parameter_names(path: str) -> list[str]:
    """Return the names of the parameters in `path`."""
    return _PARAMETER.findall(path)


def without_parameter_names(path: str) -> str:
    """Return `path` with `{}` for each parameter. Two paths are the same to HTTP if these are equal."""
    return _PARAMETER.sub("{}", path)


def operations(document: dict[str, Any]) -> Iterator[OperationNode]:
    """Yield each operation of `document` in the order of the file."""
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                yield OperationNode(document, path, method)


def resolve(document: dict[str, Any], node: Any) -> Any:
    """Return the target of the reference `node`, or `node` itself if it is not a reference."""
    while isinstance(node, dict) and "$ref" in node:
        node = lookup(document, node["$ref"])
    return node


def is_text(document: dict[str, Any], media_type: str, content: dict[str, Any]) -> bool:
    """Return whether a body is text: a string, or anything in `text/*`, without `format: binary`."""
    schema = resolve(document, content["schema"])
    is_string = media_type.startswith("text/") or "string" in schema.get("type", ())
    return is_string and schema.get("format") != "binary"


def lookup(document: dict[str, Any], reference: str) -> Any:
    """Return the target of a local reference. Raises `KeyError` if it does not exist."""
    if not reference.startswith("#/"):
        raise KeyError(reference)
    node: Any = document
    for key in reference[2:].split("/"):
        node = node[key.replace("~1", "/").replace("~0", "~")]
    return node


def exists(document: dict[str, Any], reference: str) -> bool:
    """Return whether a local reference has a target."""
    try:
        lookup(document, reference)
    except (KeyError, TypeError):
        return False
    return True


def without_webhooks(document: dict[str, Any]) -> dict[str, Any]:
    """Copy `document` without webhooks and what only they use: tags and parameters. Their payloads' schemas stay."""
    used = {tag for operation in operations(document) for tag in operation.node.get("tags", ())}
    rest = {key: value for key, value in document.items() if key != "webhooks"}
    rest["tags"] = [tag for tag in document["tags"] if tag["name"] in used]
    if "parameters" in (components := document.get("components", {})):
        targets = {target.removeprefix("#/components/parameters/") for _, target in references(rest)}
        parameters = {name: each for name, each in components["parameters"].items() if name in targets}
        rest["components"] = components | {"parameters": parameters}
    return rest


@contextmanager
def unchanged(document: dict[str, Any]) -> Iterator[None]:
    """Walk `document` once for all calls of `walk` in the block, which must not change it."""
    token = _WALKED.set((document, tuple(walk(document))))
    try:
        yield
    finally:
        _WALKED.reset(token)


def walk(node: Any, pointer: Pointer = ()) -> Iterator[tuple[Pointer, Any]]:
    """Yield `node` and everything below it except examples, which are data."""
    document, walked = _WALKED.get()
    return iter(walked) if node is document and not pointer else _walk(node, pointer)


def _walk(node: Any, pointer: Pointer) -> Iterator[tuple[Pointer, Any]]:
    stack = [(pointer, node)]
    while stack:
        pointer, node = stack.pop()
        yield pointer, node
        if isinstance(node, dict):
            is_object = pointer[-1:] == ("properties",)
            names = [key for key in node if is_object or key not in ("example", "examples")]
            stack.extend(((*pointer, str(key)), node[key]) for key in reversed(names))
        elif isinstance(node, list):
            stack.extend(((*pointer, str(index)), node[index]) for index in range(len(node) - 1, -1, -1))


def references(node: Any) -> Iterator[tuple[Pointer, str]]:
    """Yield each `$ref` below `node`."""
    for pointer, value in walk(node):
        if isinstance(value, dict) and isinstance(value.get("$ref"), str):
            yield pointer, value["$ref"]


def schema_name(node: Any) -> str | None:
    """Return the name of the component schema that `node` refers to, or None."""
    reference = node.get("$ref") if isinstance(node, dict) else None
    return reference.removeprefix(SCHEMA_PREFIX) if reference and reference.startswith(SCHEMA_PREFIX) else None


def reachable_schemas(document: dict[str, Any], roots: Iterable[Any]) -> set[str]:
    """Return the names of all component schemas that `roots` refer to, directly or indirectly."""
    targets = set[str]()
    queue = list(roots)
    while queue:
        for _, reference in references(queue.pop()):
            if reference not in targets:
                targets.add(reference)
                queue.append(lookup(document, reference))
    return {reference.removeprefix(SCHEMA_PREFIX) for reference in targets if reference.startswith(SCHEMA_PREFIX)}


def received_schemas(document: dict[str, Any]) -> set[str]:
    """Return the names of the component schemas of successful responses and of webhooks."""
    responses = [each for operation in operations(document) for each in operation.success_responses.values()]
    return reachable_schemas(document, [*document.get("webhooks", {}).values(), *responses])


def schemas(document: dict[str, Any]) -> Iterator[tuple[Pointer, dict[str, Any]]]:
    """Yield every schema object, named and inline."""
    for pointer, node in walk(document):
        if isinstance(node, dict) and "$ref" not in node and is_schema_position(pointer):
            yield pointer, node


def is_schema_position(pointer: Pointer) -> bool:
    """Return whether the value at `pointer` is a schema."""
    if is_named(pointer):
        return True
    if pointer[-1:] in (("schema",), ("items",), ("additionalProperties",)) and pointer[-2:-1] != ("properties",):
        return True
    return len(pointer) > 3 and pointer[-2] in ("properties", "oneOf", "anyOf", "allOf") and pointer[-3] != "properties"


def is_named(pointer: Pointer) -> bool:
    """Return whether the value at `pointer` is a component schema."""
    return len(pointer) == 3 and pointer[:2] == ("components", "schemas")
