"""Methods of the client: one for each operation, and one for each further media type that it responds with."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ..buildkite import PAGINATION
from ..document import JSON, OperationNode, is_text, operations, resolve, without_parameter_names
from ..errors import GenerationError, Problem
from ..openapi_python_client import Call, python_name, read_calls
from .arguments import drop_scalar_variants, parameter_arguments, query_styles, request_body, result_type
from .model import Method, Resource, Response

_RESERVED = ("max_items", "operations")
"""Names that the template of a method uses itself."""

_IDEMPOTENT = {"get", "head", "put", "delete"}


def read_resources(document: dict[str, Any]) -> list[Resource]:
    """Return the methods of `document` by tag, without the tags that have none.

    Raises:
        GenerationError: An operation cannot become a method, or openapi-python-client reported a warning.
    """
    calls = read_calls(drop_scalar_variants(document))
    methods: dict[str, list[Method]] = {tag["name"]: [] for tag in document["tags"]}
    for operation in operations(document):
        call = calls[operation.method, without_parameter_names(operation.path)]
        methods[operation.node["tags"][0]] += _methods(operation, call)
    for named in methods.values():
        _check_constants(named)
    return [
        Resource(tag["name"], tag["description"], methods[tag["name"]])
        for tag in document["tags"]
        if methods[tag["name"]]
    ]


def _methods(operation: OperationNode, call: Call) -> Iterator[Method]:
    """Yield the method of `operation`, and one more for each further media type that has a method of its own."""
    node, parameters = operation.node, parameter_arguments(operation, call.parameters)
    variants: list[dict[str, Any]] = node.get("x-sdk-variants", [])
    special = {name for variant in variants for name in variant.get("headers", ())}
    for variant in [{"method": node["x-sdk-method"]}, *variants]:
        media_type = variant.get("media-type", "")
        hidden = special - set(variant.get("headers", ()))
        method = Method(
            operation=operation,
            name=variant["method"],
            constant=_constant(node, media_type),
            idempotent=node.get("x-idempotent", operation.method in _IDEMPOTENT),
            parameters=[each for each in parameters if each.source != "header" or each.name not in hidden],
            query_styles=query_styles(operation),
            body=request_body(operation, call.properties),
            response=Response(media_type, variant["returns"]) if media_type else _default_response(operation),
        )
        names = [*_RESERVED, *(argument.python_name for argument in method.arguments)]
        if clashes := sorted({name for name in names if names.count(name) > 1}):
            message = f"argument names are reserved or repeated: {', '.join(clashes)}"
            raise GenerationError([Problem(operation.pointer, "argument-names", f"{operation.name}: {message}")])
        if invalid := [argument.name for argument in method.arguments if not argument.python_name.isidentifier()]:
            message = f"Python has no such argument names: {', '.join(invalid)}"
            raise GenerationError([Problem(operation.pointer, "argument-names", f"{operation.name}: {message}")])
        yield method


def _check_constants(methods: Sequence[Method]) -> None:
    first: dict[str, str] = {}
    for method in methods:
        other = first.setdefault(method.constant, method.title)
        if other != method.title:
            names = f"{other} and {method.title}"
            message = f"the records of {names} would both be {method.constant}; rename an operationId"
            raise GenerationError([Problem(method.operation.pointer, "operation-record", message)])


def _constant(node: dict[str, Any], media_type: str) -> str:
    """Return the name of an operation's record: `GET_LOG`, or `GET_LOG_PLAIN` for the variant `text/plain`.

    It has the whole media type where two variants differ only before the slash.
    """
    subtypes = [variant["media-type"].partition("/")[2] for variant in node.get("x-sdk-variants", ())]
    subtype = media_type.partition("/")[2]
    suffix = media_type if subtypes.count(subtype) > 1 else subtype
    return re.sub(r"\W+", "_", "_".join(filter(None, (python_name(node["operationId"]), suffix)))).upper()


def _default_response(operation: OperationNode) -> Response:
    """Return the JSON response if there is any, or the first other media type."""
    if operation.method == "head":
        return Response(JSON, "headers")
    contents = [each["content"] for each in operation.success_responses.values() if each.get("content")]
    for content in contents:
        if JSON in content:
            schema = content[JSON]["schema"]
            return Response(JSON, "json", result_type(schema), _item_type(operation, schema))
    if not contents:
        return Response(JSON, "nothing")
    media_type, content = next(iter(contents[0].items()))
    return Response(media_type, "text" if is_text(operation.document, media_type, content) else "bytes")


def _item_type(operation: OperationNode, schema: dict[str, Any]) -> str:
    kind = PAGINATION[operation.node["x-pagination"]]
    if kind is None:
        return ""
    items = kind.items(resolve(operation.document, schema))
    return result_type(resolve(operation.document, items)["items"])
