"""Methods of the client: one for each operation, and one for each further media type that it responds with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..document import OperationNode, operations, without_parameter_names
from ..errors import GenerationError, Problem
from ..openapi_python_client import Endpoint, python_name, read_endpoints
from .bodies import request_body
from .model import Argument, Method, Resource, Response
from .parameters import parameter_arguments, query_styles, without_scalar_twins
from .responses import success_response, success_responses

__all__ = ["Argument", "Method", "Resource", "Response", "read_resources"]

_RESERVED = ("max_items", "operations")
"""Names that the template of a method uses itself."""

_IDEMPOTENT = {"get", "head", "put", "delete"}


def read_resources(document: dict[str, Any]) -> list[Resource]:
    """Return the methods of `document` by tag, without the tags that have none.

    Raises:
        GenerationError: An operation cannot become a method, or openapi-python-client reported a warning.
    """
    endpoints = read_endpoints(without_scalar_twins(document))
    methods: dict[str, list[Method]] = {tag["name"]: [] for tag in document["tags"]}
    for operation in operations(document):
        endpoint = endpoints[operation.method, without_parameter_names(operation.path)]
        methods[operation.node["tags"][0]] += _methods(document, operation, endpoint)
    return [
        Resource(
            tag=tag["name"],
            class_name="".join(word.capitalize() for word in tag["name"].split("_")),
            description=tag["description"],
            methods=methods[tag["name"]],
        )
        for tag in document["tags"]
        if methods[tag["name"]]
    ]


def _methods(document: dict[str, Any], operation: OperationNode, endpoint: Endpoint) -> Iterator[Method]:
    """Yield the method of `operation`, and one more for each further media type that has a method of its own."""
    node = operation.node
    parameters = parameter_arguments(document, operation, endpoint)
    variants: list[dict[str, Any]] = node.get("x-sdk-variants", [])
    special = {name for variant in variants for name in variant.get("headers", ())}

    def without_headers(names: set[str]) -> list[Argument]:
        return [each for each in parameters if each.source != "header" or each.name not in names]

    yield _method(document, operation, node["x-sdk-method"], without_headers(special), None)
    for variant in variants:
        kept = without_headers(special - set(variant.get("headers", ())))
        response = Response(variant["media-type"], variant["returns"])
        yield _method(document, operation, variant["method"], kept, response)


def _method(
    document: dict[str, Any],
    operation: OperationNode,
    name: str,
    parameters: Sequence[Argument],
    variant: Response | None,
) -> Method:
    node = operation.node
    suffix = f"_{variant.accept.partition('/')[2]}" if variant else ""
    method = Method(
        name=name,
        constant=f"{python_name(node['operationId'])}{suffix}".upper(),
        operation_id=node["operationId"],
        http_method=operation.method.upper(),
        path=operation.path,
        summary=node["summary"],
        description=node["description"],
        docs_url=node.get("externalDocs", {}).get("url"),
        scopes=node["x-scopes"],
        error_statuses=[status for status in node["responses"] if status[0] in "45"],
        success_statuses=[int(status) for status in success_responses(document, operation)],
        needs_token=operation.needs_token,
        idempotent=node.get("x-idempotent", operation.method in _IDEMPOTENT),
        pagination=node["x-pagination"],
        parameters=parameters,
        query_styles=query_styles(document, operation),
        body=request_body(document, operation),
        response=variant or success_response(document, operation),
    )
    names = [*_RESERVED, *(argument.python_name for argument in method.arguments)]
    if clashes := sorted({name for name in names if names.count(name) > 1}):
        message = f"argument names are reserved or repeated: {', '.join(clashes)}"
        raise GenerationError([Problem(operation.name, "argument-names", message)])
    return method
