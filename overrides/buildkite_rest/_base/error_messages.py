"""Messages of error responses, from the API or from a proxy in front of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from .json_values import as_array, as_object
from .safe_text import plural, safe_excerpt, without_credential
from .urls import without_query

_MESSAGES: Final = ("message", "error", "detail", "error_description", "title", "Message", "faultstring")
"""Fields with a message: those of the API, of RFC 9457 and RFC 6749, and of gateways."""
_CONTAINERS: Final = ("error", "fault")
_TITLE: Final = re.compile("<title[^>]*>([^<]*)</title", re.IGNORECASE)
_JSON: Final = '{["'
"""The first characters of JSON that may contain a secret."""
_MAX_PREFIX_LENGTH: Final = 60
_MAX_TITLE_LENGTH: Final = 100
_MAX_SEARCHED_LENGTH: Final = 4096
"""Characters of a body that are searched for a title."""


def describe_body(content: bytes, *, may_quote: bool) -> str:
    """Return what a body is that is not JSON or has no message: its title, start or size, after the word "response".

    A start that is like that of JSON may contain the value of a token, and is not shown.
    """
    text = without_credential(content[: 2 * _MAX_SEARCHED_LENGTH].decode(errors="replace"))[:_MAX_SEARCHED_LENGTH]
    start = text.lstrip()[:_MAX_PREFIX_LENGTH]
    if not start:
        return "is empty"
    if (found := _TITLE.search(text)) and (title := found[1].strip()):
        return f"is a page with the title '{safe_excerpt(title, _MAX_TITLE_LENGTH)}'"
    if start[0] in _JSON:
        return f"begins like JSON and has {plural(len(content), 'byte')}"
    return f"starts with '{safe_excerpt(start)}'" if may_quote else f"has {plural(len(content), 'byte')}"


def error_message(
    status: int,
    headers: Mapping[str, str],
    content: bytes,
    body: Any,
    *,
    arguments: str = "base_url",
    quoted: bool = True,
) -> str:
    """Return the message of an error response, as one line that is safe to show.

    Args:
        status: The HTTP status.
        headers: The response headers.
        content: The body in bytes.
        body: The decoded JSON body, or None if it is not JSON.
        arguments: The arguments that set the URL of the request.
        quoted: Whether the start of a body without a message is shown. It may contain a secret.
    """
    for message in _messages(body):
        if isinstance(message, str) and message.strip():
            return safe_excerpt(message)
    if 300 <= status < 400 and (location := headers.get("Location")):
        return f"the response redirects to {without_query(location)}, which is not followed. Check {arguments}"
    if body is not None:
        return "the response is JSON without a message"
    return f"the response {describe_body(content, may_quote=quoted)}"


def _messages(body: Any, depth: int = 0) -> Iterator[object]:
    """Yield the values of fields that contain a message, here or in an object one level down. Others may be secrets."""
    fields = as_object(body)
    yield from (fields.get(name) for name in _MESSAGES)
    for error in as_array(fields.get("errors")):
        yield error if isinstance(error, str) else as_object(error).get("message")
    for name in _CONTAINERS if depth == 0 else ():
        yield from _messages(fields.get(name), depth + 1)
