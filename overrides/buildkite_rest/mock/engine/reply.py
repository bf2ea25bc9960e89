"""What a handler answers: a status, a body, headers."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import msgspec

JSON = "application/json; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"

_encode = msgspec.json.Encoder().encode


@attrs.frozen
class Reply:
    """An answer that is not on the wire yet."""

    status: int
    body: bytes = b""
    content_type: str | None = None
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])


def json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """Answer with a JSON value."""
    return Reply(status, _encode(value), JSON, headers or {})


def no_content() -> Reply:
    """Answer that it is done, and nothing more."""
    return Reply(204)
