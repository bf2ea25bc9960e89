"""Messages of error responses, from the API or from a proxy in front of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from .json_values import as_array, as_object
from .safe_text import ascii_lower, safe_excerpt, without_credential
from .urls import without_query

_MAX_PREFIX_LENGTH: Final = 60
_MAX_TITLE_LENGTH: Final = 100
_MAX_SEARCHED_LENGTH: Final = 4096
"""Characters of a body that are searched for a title."""


def prefix_of(text: str) -> str | None:
    """Return the start of a text in one line, or None for JSON, which may contain the value of a token."""
    start = without_credential(text)[:_MAX_SEARCHED_LENGTH].lstrip()[:_MAX_PREFIX_LENGTH]
    return None if start[:1] in ("", "{", "[", '"') else safe_excerpt(start)


def error_message(
    status: int, headers: Mapping[str, str], content: bytes, body: Any, *, url_argument: str = "base_url"
) -> str:
    """Return the message of an error response, as one line that is safe to show.

    Args:
        status: The HTTP status.
        headers: The response headers.
        content: The body in bytes.
        body: The decoded JSON body, or None if it is not JSON.
        url_argument: The argument of the client that sets the URL of the API.
    """
    for message in _messages(as_object(body)):
        if isinstance(message, str) and message.strip():
            return safe_excerpt(message)
    plain = f"HTTP status {status}"
    if 300 <= status < 400 and (location := headers.get("Location")):
        return f"{plain}: redirected to {without_query(location)}. Check {url_argument}"
    text = "" if body is not None else without_credential(content.decode(errors="replace"))[:_MAX_SEARCHED_LENGTH]
    if title := _title(text):
        return f"{plain}: the response is a page with the title '{title}'"
    start = prefix_of(text)
    return plain if start is None else f"{plain}: the response starts with '{start}'"


def _messages(body: Mapping[str, Any]) -> Iterator[object]:
    yield body.get("message")
    yield body.get("error")
    for error in as_array(body.get("errors")):
        yield as_object(error).get("message")


def _title(page: str) -> str:
    """Return the title of an HTML page, or an empty str. Searching forward only keeps the time linear."""
    lower = ascii_lower(page)
    if (opening := lower.find("<title")) < 0 or (start := lower.find(">", opening)) < 0:
        return ""
    end = lower.find("</title", start)
    title = page[start + 1 : max(end, 0)].strip()
    return "" if "<" in title else safe_excerpt(title, _MAX_TITLE_LENGTH)
