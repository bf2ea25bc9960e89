"""What an answer says in words. It may come from the API, from what stands before it, or from something else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ._json import as_array, as_object
from ._pagination import without_query

_BEGINNING: Final = 60
_TITLE: Final = re.compile(r"<title[^>]*>\s*([^<]{1,100}?)\s*</title>", re.IGNORECASE)
_READ: Final = 4096


def beginning(text: str) -> str | None:
    """Return how a text begins, but not that of JSON, for it may hold the value of a token."""
    start = text.lstrip()[:_BEGINNING]
    return None if start[:1] in ("", "{", "[", '"') else start


def error_message(status: int, headers: Mapping[str, str], content: bytes, body: Any) -> str:
    """Return what an answer with an error status says, in the words of whoever answered.

    Args:
        status: The status.
        headers: The headers.
        content: The body as it came.
        body: The decoded JSON body, or None when it is no JSON.
    """
    for said in _said(as_object(body)):
        if isinstance(said, str) and said.strip():
            return said
    plain = f"HTTP status {status}"
    if 300 <= status < 400 and (location := headers.get("Location")):
        return f"{plain}: redirected to {without_query(location)}; check base_url"
    text = "" if body is not None else content[:_READ].decode(errors="replace")
    if title := _TITLE.search(text):
        return f"{plain}: the answer is a page called {title[1]!r}"
    start = beginning(text)
    return plain if start is None else f"{plain}: the answer starts with {start!r}"


def _said(body: Mapping[str, Any]) -> Iterator[object]:
    yield body.get("message")
    yield body.get("error")
    for error in as_array(body.get("errors")):
        yield as_object(error).get("message")
