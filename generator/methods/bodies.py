"""Request bodies, whose properties become arguments of the method."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..document import JSON, OperationNode, resolve, schema_name
from ..errors import GenerationError, Problem
from ..openapi_python_client import python_name
from .annotations import argument_type
from .model import Argument, Body

_MULTIPART = "multipart/form-data"


def request_body(document: dict[str, Any], operation: OperationNode) -> Body:
    """Return the body of `operation`.

    Raises:
        GenerationError: The body is in another media type than JSON or a form, or is not an object with properties.
    """
    node = operation.node.get("requestBody")
    if node is None:
        return Body()
    content = node.get("content", {})
    media_type = next(iter(content), "")
    if len(content) != 1 or media_type not in (JSON, _MULTIPART):
        raise _problem(operation, f"a body must be {JSON} or {_MULTIPART}, and nothing else")
    schema = content[media_type]["schema"]
    target = resolve(document, schema)
    if target.get("type") != "object" or "properties" not in target:
        name = schema_name(schema) or "an inline schema"
        raise _problem(operation, f"the body ({name}) must be an object with properties")
    return Body(
        presence="required" if node.get("required") else "optional",
        media_type=media_type,
        annotation=argument_type(schema) if media_type == JSON else "",
        arguments=list(_arguments(document, target)),
    )


def _arguments(document: dict[str, Any], schema: dict[str, Any]) -> Iterator[Argument]:
    for name, node in schema["properties"].items():
        description = resolve(document, node).get("description", "")
        yield Argument(
            name=name,
            python_name=python_name(name),
            source="body",
            annotation=argument_type(node),
            required=name in schema.get("required", ()),
            description=" ".join(description.split()),
        )


def _problem(operation: OperationNode, message: str) -> GenerationError:
    return GenerationError([Problem(operation.name, "request-body", message)])
