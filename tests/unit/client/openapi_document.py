"""The bundled OpenAPI document."""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs
from attrs import frozen

_METHODS = ("get", "put", "post", "patch", "delete", "head")
_URI = "urn:buildkite"


@frozen
class Parameter:
    """One parameter of an operation."""

    node: dict[str, Any]
    pointer: str

    @property
    def schema(self) -> str:
        """Pointer to the schema."""
        return f"{self.pointer}/schema"


@frozen
class Described:
    """One operation of the spec."""

    method: str
    path: str
    node: dict[str, Any]
    pointer: str

    @property
    def id(self) -> str:
        return self.node["operationId"]

    @property
    def parameters(self) -> dict[tuple[str, str], Parameter]:
        """The parameters by place and name."""
        found = [
            Parameter(resolve(node), node.get("$ref", f"#{self.pointer}/parameters/{index}").removeprefix("#"))
            for index, node in enumerate(self.node.get("parameters", []))
        ]
        return {(parameter.node["in"], parameter.node["name"]): parameter for parameter in found}

    @property
    def required_query(self) -> dict[str, Any]:
        """Examples of the required query parameters."""
        nodes = [parameter.node for (place, _), parameter in self.parameters.items() if place == "query"]
        return {node["name"]: node["example"] for node in nodes if node.get("required")}

    @property
    def body(self) -> str | None:
        """Pointer to the schema of the request body, whatever its media type."""
        if "requestBody" not in self.node:
            return None
        [media_type] = self.node["requestBody"]["content"]
        return f"{self.pointer}/requestBody/content/{media_type.replace('/', '~1')}/schema"

    def response(self, status: int) -> str | None:
        """Return the pointer to the schema of a JSON response."""
        node, pointer = self.node["responses"].get(str(status)), f"{self.pointer}/responses/{status}"
        if node is not None and "$ref" in node:
            pointer, node = node["$ref"].removeprefix("#"), resolve(node)
        if node is None or "application/json" not in node.get("content", {}):
            return None
        return f"{pointer}/content/application~1json/schema"

    def examples(self, status: int) -> Iterator[tuple[str, Any]]:
        """Yield name and value of each JSON example of a response."""
        content = resolve(self.node["responses"][str(status)]).get("content", {}).get("application/json", {})
        for name, example in content.get("examples", {}).items():
            yield name, example["value"]


@cache
def document() -> dict[str, Any]:
    """Return the bundled OpenAPI document."""
    return json.loads((files("_buildkite_rest") / "openapi.json").read_bytes())


@cache
def described() -> dict[str, Described]:
    """Return all operations by their id."""
    found = [
        Described(method.upper(), path, item[method], f"/paths/{path.replace('~', '~0').replace('/', '~1')}/{method}")
        for path, item in document()["paths"].items()
        for method in _METHODS
        if method in item
    ]
    return {operation.id: operation for operation in found}


def at(pointer: str) -> Any:
    """Return the node at `pointer`."""
    node: Any = document()
    for part in pointer.removeprefix("/").split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        node = node[int(key)] if isinstance(node, list) else node[key]
    return node


def resolve(node: dict[str, Any]) -> dict[str, Any]:
    """Follow the reference that `node` is, if it is one."""
    while "$ref" in node:
        node = at(node["$ref"].removeprefix("#"))
    return node


@cache
def _registry() -> jsonschema_rs.Registry:
    return jsonschema_rs.Registry([(_URI, document())], draft=jsonschema_rs.Draft202012)


@cache
def validator(pointer: str) -> jsonschema_rs.Draft202012Validator:
    """Return what checks data, formats included, against the schema at `pointer`."""
    reference = {"$ref": f"{_URI}#{pointer.replace('{', '%7B').replace('}', '%7D')}"}
    return jsonschema_rs.Draft202012Validator(reference, registry=_registry(), validate_formats=True)


def problems(pointer: str, data: Any) -> list[str]:
    """Return what is wrong with `data`, measured against the schema at `pointer`."""
    return [f"{list(error.instance_path)}: {error.message[:200]}" for error in validator(pointer).iter_errors(data)]
