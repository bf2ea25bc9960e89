"""The resources of the spec, and the records and nodes of their operations."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

from buildkite_rest.conformance.api import Api

from .methods import Method

API: Final = Api.load()


def tags() -> tuple[str, ...]:
    """Return the tags that have operations, in the order of the spec."""
    used = {operation.tag for operation in API.operations}
    return tuple(tag["name"] for tag in API.raw["tags"] if tag["name"] in used)


def title(tag: str) -> str:
    """Return the heading of a resource."""
    words = tag.replace("_", " ").replace("api", "API")
    return words[0].upper() + words[1:]


def is_undocumented(tag: str, method: Method) -> bool:
    """Whether Buildkite's documentation does not have the operation of `method`."""
    return bool(node_of(record_of(tag, method)).get("x-undocumented"))


def record_of(tag: str, method: Method) -> Any:
    """Return the record of the operation of a generated method, None for a handwritten one."""
    if method.operation is None:
        return None
    return getattr(import_module(f"_buildkite_rest.operations.{tag}"), method.operation)


def node_of(record: Any) -> Mapping[str, Any]:
    """Return the node of the spec for a record, an empty one for None."""
    if record is None:
        return {}
    node: Mapping[str, Any] = API.raw["paths"][record.path][record.method.lower()]
    return node
