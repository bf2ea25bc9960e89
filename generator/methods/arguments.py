"""Arguments of a method: the parameters of the operation, and the properties of its body."""

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import evolve

from ..document import JSON, OperationNode, operations, resolve, schema_name
from ..errors import GenerationError, Problem
from .model import Argument, Body
from .type_annotations import argument_type

_MULTIPART = "multipart/form-data"


def drop_scalar_variants(document: dict[str, Any]) -> dict[str, Any]:
    """Leave out `state` where there is `state[]`: both become one argument, which accepts one value or several."""
    paths = {path: dict(item) for path, item in document["paths"].items()}
    for operation in operations(document):
        names = {parameter["name"] for parameter in operation.parameters}
        parameters = [parameter for parameter in operation.parameters if f"{parameter['name']}[]" not in names]
        paths[operation.path][operation.method] = {**operation.node, "parameters": parameters}
    return {**document, "paths": paths}


def parameter_arguments(operation: OperationNode, order: Iterable[tuple[str, str]]) -> list[Argument]:
    """Return the arguments of the parameters that `order` lists by source and name."""
    parameters = {(parameter["in"], parameter["name"]): parameter for parameter in operation.parameters}
    return [_parameter_argument(operation, parameters[key]) for key in order]


def _parameter_argument(operation: OperationNode, parameter: dict[str, Any]) -> Argument:
    schema = parameter["schema"]
    argument = Argument(
        name=parameter["name"].removesuffix("[]"),
        source=parameter["in"],
        annotation=argument_type(schema),
        required=parameter["in"] == "path" or bool(parameter.get("required")),
        description=parameter["description"],
        deprecated=bool(parameter.get("deprecated")),
    )
    if argument.name == parameter["name"]:
        return argument
    items = resolve(operation.document, schema).get("items")
    if items is None:
        message = f"{parameter['name']} must be an array, because its name ends in []"
        raise GenerationError([Problem(operation.pointer, "array-parameter", f"{operation.name}: {message}")])
    return evolve(argument, annotation=f"{argument_type(items)} | {argument.annotation}")


def query_styles(operation: OperationNode) -> dict[str, str]:
    """Return the encoding of each query argument that may have several values."""
    queries = {parameter["name"]: parameter for parameter in operation.parameters if parameter["in"] == "query"}
    styles: dict[str, str] = {}
    for name, parameter in queries.items():
        plain = name.removesuffix("[]")
        if plain != name:
            styles[plain] = "scalar-or-array" if plain in queries else "array"
        elif parameter.get("style") == "deepObject":
            styles[name] = "deepObject"
    return styles


def request_body(operation: OperationNode, properties: Mapping[str, bool]) -> Body:
    """Return the body of `operation`, whose `properties` are arguments: whether each is required, by name.

    Raises:
        GenerationError: The body is in another media type than JSON or a form, or is not an object with properties.
    """
    node = operation.node.get("requestBody")
    if node is None:
        return Body()
    content = node.get("content", {})
    media_type = next(iter(content), "")
    if len(content) != 1 or media_type not in (JSON, _MULTIPART):
        message = f"a body must be {JSON} or {_MULTIPART}, and nothing else"
        raise GenerationError([Problem(operation.pointer, "request-body", f"{operation.name}: {message}")])
    schema = content[media_type]["schema"]
    target = resolve(operation.document, schema)
    if target.get("type") != "object" or "properties" not in target:
        message = f"the body ({schema_name(schema) or 'an inline schema'}) must be an object with properties"
        raise GenerationError([Problem(operation.pointer, "request-body", f"{operation.name}: {message}")])
    return Body(
        presence="required" if node.get("required") else "optional",
        media_type=media_type,
        arguments=[
            Argument(
                name=name,
                source="body",
                annotation=argument_type(target["properties"][name]),
                required=required,
                description=resolve(operation.document, target["properties"][name]).get("description", ""),
                deprecated=bool(resolve(operation.document, target["properties"][name]).get("deprecated")),
            )
            for name, required in properties.items()
        ],
    )
