"""Values that differ from the spec and that the API accepts all the same, because Rails casts them.

The spec has one form of each value, so that clients send that one. That the API accepts another form is not an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from .._base.json_values import as_object

_PAGE: Final = frozenset({"page", "per_page"})
_BOOLEANS: Final = frozenset({"true", "t", "1", "yes", "y", "on", "false", "f", "0", "no", "n", "off"})


def is_accepted(url: str, name: str, schema: Mapping[str, Any]) -> bool:
    """Return whether each value of a parameter in a URL is one that Rails casts to a valid one."""
    texts = parse_qs(urlsplit(url).query, keep_blank_values=True).get(name, [])
    return bool(texts) and all(_is_cast(text, name, as_object(schema.get("items")) or schema) for text in texts)


def is_no_body(body: object) -> bool:
    """Return whether Rails reads no parameters from a JSON body."""
    return body is None or body == ""


def _is_cast(text: str, name: str, schema: Mapping[str, Any]) -> bool:
    if name in _PAGE and "maximum" not in schema:
        return True
    if not text.strip():
        return schema.get("type") != "string" or "enum" in schema or "format" in schema
    if schema.get("type") == "boolean":
        return text.strip().lower() in _BOOLEANS
    return schema.get("format") == "date-time" and _is_time(text)


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text.strip().upper().removesuffix(" UTC"))
    except ValueError:
        return False
    return True
