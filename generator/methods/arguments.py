"""Arguments of a method, from parameters and the properties of the body, and the Python types of schemas."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from attrs import evolve

from ..document import JSON, OperationNode, operations, resolve, schema_name
from ..errors import GenerationError, Problem
from .model import Argument, Body

_MULTIPART = "multipart/form-data"
_FORMATS = {"date-time": "datetime", "binary": "FileContent"}
_SCALARS = {"integer": "int", "number": "float", "boolean": "bool", "null": "None"}


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
    items = resolve(operation.document, schema)["items"]
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


def argument_type(schema: dict[str, Any]) -> str:
    """Return the annotation of an argument. Named schemas are types of the `params` package."""
    return _annotation(schema, package="params", array="Sequence")


def result_type(schema: dict[str, Any]) -> str:
    """Return the type that a response is decoded into. Named schemas are types of the `models` package."""
    return _annotation(schema, package="models", array="builtins.list")


def _annotation(schema: dict[str, Any], *, package: str, array: str) -> str:
    inner = partial(_annotation, package=package, array=array)
    if name := schema_name(schema):
        return f"{package}.{name}"
    parts = schema.get("allOf", ())
    if len(parts) == 1:  # a reference with a description of its own
        return inner(parts[0])
    if branches := schema.get("oneOf") or schema.get("anyOf"):
        return _union(map(inner, branches))
    kind = schema.get("type", "")
    if isinstance(kind, list):
        return _union(inner({**schema, "type": each}) for each in kind)
    if kind == "array":
        return f"{array}[{inner(schema['items'])}]"
    if kind == "string":
        return _FORMATS.get(schema.get("format", ""), "str")
    return _SCALARS.get(kind, "Any")


def _union(parts: Iterable[str]) -> str:
    """Join each part once, with None last."""
    return " | ".join(sorted(dict.fromkeys(parts), key=lambda part: part == "None"))
