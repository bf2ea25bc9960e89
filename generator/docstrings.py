"""Text of the generated docstrings."""

import re
import textwrap
from collections.abc import Mapping
from typing import Any

from .document import operations, walk
from .methods.model import Method

_WIDTH = 118
_CODE = re.compile(r"`(\w+)`")
_LISTS = ("- ", "* ", "|", "1. ")
_EXCEPTIONS = {
    "400": "BadRequestError",
    "401": "AuthenticationError",
    "403": "PermissionDeniedError",
    "404": "NotFoundError",
    "409": "ConflictError",
    "422": "UnprocessableEntityError",
    "429": "RateLimitError",
}
"""The exception that the client raises for each status; `APIStatusError` for other client errors."""
PARAMETER_NOTES = {
    "page": "Iteration starts there and continues to the end; `pages()` yields single pages.",
    "per_page": "This client requests 100 by default, or fewer if `max_items` is smaller.",
}
"""Sentences about parameters of paginated methods, after their descriptions."""


def for_python(document: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of `document` with the descriptions of docstrings.

    They name methods, `builds.get`, in place of operations, `getBuild`, and say what is deprecated.
    """
    nodes = [operation.node for operation in operations(document)]
    names = {node["operationId"]: f"{node['tags'][0]}.{node['x-sdk-method']}" for node in nodes}
    copy: dict[str, Any] = _with_names(document, names)
    for _, node in walk(copy):
        if isinstance(node, dict) and node.get("deprecated") is True and isinstance(node.get("description"), str):
            node["description"] = f"Deprecated. {node['description']}"
    return copy


def _with_names(node: Any, names: Mapping[str, str]) -> Any:
    if isinstance(node, list):
        return [_with_names(value, names) for value in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _CODE.sub(lambda found: f"`{names.get(found[1], found[1])}`", value)
        if key == "description" and isinstance(value, str)
        else _with_names(value, names)
        for key, value in node.items()
    }


def raises_section(method: Method) -> str:
    """Return the exceptions for the documented statuses, or an empty string."""
    statuses = [status for status in method.operation.node["responses"] if status[0] == "4"]
    return ", ".join(f"`{_EXCEPTIONS.get(status, 'APIStatusError')}` ({status})" for status in statuses)


def paragraphs(text: str, indent: int) -> str:
    """Wrap each paragraph of `text`, and leave lists and tables as they are."""
    margin = " " * indent
    return "\n\n".join(
        textwrap.indent(block, margin) if block.lstrip().startswith(_LISTS) else _fill(block, margin, margin)
        for block in _escaped(text.strip()).split("\n\n")
    )


def item(text: str, indent: int) -> str:
    """Wrap an entry of a docstring section; all lines but the first are indented further."""
    return _fill(_escaped(text), " " * indent, " " * (indent + 4))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\")


def _fill(text: str, first: str, others: str) -> str:
    return textwrap.fill(
        " ".join(text.split()),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )
