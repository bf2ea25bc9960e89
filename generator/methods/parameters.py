"""Path, query and header parameters, each an argument of the method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import evolve

from ..document import OperationNode, operations, resolve
from ..errors import GenerationError, Problem
from ..openapi_python_client import Endpoint, python_name
from .annotations import argument_type
from .model import Argument, Source


def without_scalar_twins(document: dict[str, Any]) -> dict[str, Any]:
    """Leave out `state` where there is `state[]`: both become one argument, which accepts one value or several."""
    paths = {path: dict(item) for path, item in document["paths"].items()}
    for operation in operations(document):
        parameters = operation.parameters(document)
        names = {parameter["name"] for parameter in parameters}
        kept = [parameter for parameter in parameters if f"{parameter['name']}[]" not in names]
        paths[operation.path][operation.method] = {**operation.node, "parameters": kept}
    return {**document, "paths": paths}


def parameter_arguments(document: dict[str, Any], operation: OperationNode, endpoint: Endpoint) -> list[Argument]:
    """Return the arguments of all parameters, in the order of `endpoint`."""
    parameters = _by_source_and_name(document, operation)
    names: Sequence[tuple[Source, Sequence[str]]] = (
        ("path", endpoint.path),
        ("query", endpoint.query),
        ("header", endpoint.header),
    )
    return [
        _argument(document, operation, parameters[source, name], source) for source, group in names for name in group
    ]


def query_styles(document: dict[str, Any], operation: OperationNode) -> dict[str, str]:
    """Return how the query arguments that are more than one plain value are written."""
    parameters = _by_source_and_name(document, operation)
    styles: dict[str, str] = {}
    for (source, name), parameter in parameters.items():
        if source == "query" and name.endswith("[]"):
            plain = name.removesuffix("[]")
            styles[plain] = "scalar-or-array" if ("query", plain) in parameters else "array"
        elif source == "query" and parameter.get("style") == "deepObject":
            styles[name] = "deepObject"
    return styles


def _by_source_and_name(document: dict[str, Any], operation: OperationNode) -> dict[tuple[str, str], dict[str, Any]]:
    return {(parameter["in"], parameter["name"]): parameter for parameter in operation.parameters(document)}


def _argument(
    document: dict[str, Any], operation: OperationNode, parameter: dict[str, Any], source: Source
) -> Argument:
    name = parameter["name"].removesuffix("[]")
    argument = Argument(
        name=name,
        python_name=python_name(name),
        source=source,
        annotation=argument_type(parameter["schema"]),
        required=source == "path" or bool(parameter.get("required")),
        description=" ".join(parameter["description"].split()),
    )
    if name == parameter["name"]:
        return argument
    items = resolve(document, parameter["schema"]).get("items")
    if items is None:
        message = f"{parameter['name']} must be an array, because its name ends in []"
        raise GenerationError([Problem(operation.name, "array-parameter", message)])
    return evolve(argument, annotation=f"{argument_type(items)} | {argument.annotation}")
