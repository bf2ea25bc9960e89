"""Bodies of requests: JSON, and multipart forms."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec
from starlette.requests import Request

from ..errors import BadRequestError
from .multipart import File, parse_form

JSON, FORM = "application/json", "multipart/form-data"
#: Other media types that are JSON too.
_JSON = re.compile(r"text/json|[a-z0-9.-]+/[a-z0-9.-]+\+json", re.ASCII)
#: JSON texts that Rails reads as no parameters.
_BLANK = frozenset({b"", b"null", b'""'})
#: Larger bodies of a media type are refused.
LARGEST = {JSON: 2 << 20, FORM: 64 << 20}


async def read(request: Request) -> bytes:
    """Return the body. Of one that is too large for its media type, only so much is kept that this can be told."""
    most = LARGEST.get(_media_type(request.headers.get("content-type", JSON)), LARGEST[JSON]) + 1
    body = bytearray()
    async for chunk in request.stream():
        body += chunk[: most - len(body)]
    return bytes(body)


def is_blank(expected: str, raw: bytes) -> bool:
    """Tell whether a body counts as none."""
    return not raw or (expected == JSON and raw.strip() in _BLANK)


def parse(expected: str, headers: Mapping[str, str], raw: bytes) -> object:
    """Return what is in a body of the expected media type, or refuse it."""
    if expected == FORM:
        return form(headers, raw)
    _check(expected, headers, raw)
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequestError("The body is not valid JSON") from error


def form(headers: Mapping[str, str], raw: bytes) -> dict[str, str | File]:
    """Return what is in a body that must be a form, or refuse it."""
    return parse_form(_check(FORM, headers, raw), raw)


def _check(expected: str, headers: Mapping[str, str], raw: bytes) -> str:
    content_type = headers.get("content-type", "").strip() or JSON
    media_type = _media_type(content_type)
    if media_type != expected and not (expected == JSON and _JSON.fullmatch(media_type)):
        raise BadRequestError(f"The body must be sent as {expected}")
    if len(raw) > LARGEST[expected]:
        raise BadRequestError("The body is too large")
    return content_type


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()
