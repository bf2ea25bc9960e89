"""Success responses, and what a method returns of them."""

from __future__ import annotations

from typing import Any

from ..document import JSON, OperationNode, resolve
from ..profile import PAGINATION
from .annotations import result_type
from .model import Response


def success_responses(document: dict[str, Any], operation: OperationNode) -> dict[str, dict[str, Any]]:
    """Return the 2xx and 3xx responses of `operation` by their status."""
    responses = operation.node["responses"].items()
    return {status: resolve(document, node) for status, node in responses if status[0] in "23"}


def success_response(document: dict[str, Any], operation: OperationNode) -> Response:
    """Return the response that the method of `operation` gets: JSON if there is any, or the first other media type."""
    if operation.method == "head":
        return Response(JSON, "headers")
    contents = [each["content"] for each in success_responses(document, operation).values() if each.get("content")]
    for content in contents:
        if JSON in content:
            schema = content[JSON]["schema"]
            return Response(JSON, "json", result_type(schema), _item_type(document, operation, schema))
    return Response(next(iter(contents[0])), "text") if contents else Response(JSON, "nothing")


def _item_type(document: dict[str, Any], operation: OperationNode, schema: dict[str, Any]) -> str:
    kind = PAGINATION[operation.node["x-pagination"]]
    return result_type(resolve(document, kind.items(resolve(document, schema)))["items"]) if kind else ""
