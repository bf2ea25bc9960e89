"""Rules about what names other parts: links and Python types."""

import ast
import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from ..buildkite import PACKAGE
from ..document import operations, resolve
from ..fragment import Finding
from ..schema_messages import did_you_mean
from ..schema_positions import is_named, schemas

_RUNTIME = Path(__file__).parents[1] / "runtime"


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


RULES = (link_target, python_type)
