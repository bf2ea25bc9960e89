"""Rules about what names other parts of the document: `x-equals`, `x-suffixes`, links and Python types."""

import ast
import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from ..buildkite import PACKAGE
from ..document import OperationNode, operations, resolve, walk
from ..fragment import Finding
from ..schema_messages import did_you_mean
from ..schema_positions import is_named, schemas

_RUNTIME = Path(__file__).parents[1] / "runtime"


def equals(document: dict[str, Any]) -> Iterator[Finding]:
    by_id = {str(operation.node.get("operationId")): operation for operation in operations(document)}
    for pointer, node in walk(document):
        declared = node.get("x-equals") if isinstance(node, dict) and pointer[-1:] != ("properties",) else None
        if declared is None:
            continue
        name, method = declared.get("operation"), declared.get("method")
        if name is not None and name not in by_id:
            yield pointer, f"x-equals: there is no operation {name}{did_you_mean(name, by_id)}"
        elif method is not None and pointer[:1] == ("paths",) and method not in document["paths"][pointer[1]]:
            yield pointer, f"x-equals: the path has no method {method}"
        else:
            of = by_id.get(name)
            if of is None and pointer[:1] == ("paths",):
                of = OperationNode(document, pointer[1], method or pointer[2])
            if of is not None and not _has_pointer(document, of, declared["pointer"]):
                yield pointer, f"x-equals: a response of {of.name} has no {declared['pointer']}"


def _has_pointer(document: dict[str, Any], operation: OperationNode, pointer: str) -> bool:
    bodies = [
        media.get("schema", {})
        for response in operation.success_responses.values()
        for media in response.get("content", {}).values()
    ]
    key = pointer[1:].partition("/")[0]
    return any(key in _properties(document, schema) for schema in bodies)


def _properties(document: dict[str, Any], node: Any) -> set[str]:
    schema = resolve(document, node)
    parts = [part for key in ("allOf", "oneOf", "anyOf") for part in schema.get(key, ())]
    return set(schema.get("properties", ())).union(*(_properties(document, part) for part in parts))


def suffixes(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        media = {kind for response in operation.success_responses.values() for kind in response.get("content", ())}
        for suffix, kind in operation.node.get("x-suffixes", {}).items():
            if kind not in media:
                yield operation.pointer, f"x-suffixes: no response has the media type {kind}{did_you_mean(kind, media)}"
            if not suffix.startswith("."):
                yield operation.pointer, f"x-suffixes: {suffix!r} must begin with a dot"


def link_target(document: dict[str, Any]) -> Iterator[Finding]:
    ids = {str(operation.node.get("operationId")) for operation in operations(document)}
    nodes = [
        ((*operation.pointer, "responses", status), response)
        for operation in operations(document)
        for status, response in operation.node.get("responses", {}).items()
    ]
    nodes += [(("components", "responses", name), each) for name, each in document["components"]["responses"].items()]
    for pointer, response in nodes:
        for name, node in response.get("links", {}).items():
            target = resolve(document, node).get("operationId", "")
            if target not in ids:
                message = f"there is no operation {target!r}{did_you_mean(target, ids)}"
                yield (*pointer, "links", name), f"{message}; links with operationId only"


def python_type(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, schema in schemas(document):
        path, place = schema.get("x-python-type"), (*pointer, "x-python-type")
        if path is not None and not is_named(pointer):
            yield place, "a schema with x-python-type needs a name; move it to components/schemas and refer to it"
        elif path is not None and not _is_class(path):
            yield place, f"there is no class {path}"


@cache
def _is_class(path: str) -> bool:
    """Return whether a class or a type exists, in a module of the runtime or in another package."""
    module, _, name = path.rpartition(".")
    if module.startswith(f"{PACKAGE}."):
        file = _RUNTIME.joinpath(*module.split(".")[1:]).with_suffix(".py")
        if not file.is_file():
            return False
        nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        return any((isinstance(node, ast.ClassDef) and node.name == name) or _assigns(node, name) for node in nodes)
    try:
        return hasattr(importlib.import_module(module), name)
    except (ImportError, ValueError):
        return False


def _assigns(node: ast.AST, name: str) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)


RULES = (equals, suffixes, link_target, python_type)
