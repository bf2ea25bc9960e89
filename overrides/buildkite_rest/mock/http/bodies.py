"""Request bodies: JSON and multipart forms."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping

import attrs
import msgspec
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field as FormField
from python_multipart.multipart import File as FormFile
from python_multipart.multipart import FormParser, parse_options_header
from starlette.requests import Request

from .errors import BadRequestError

JSON_TYPE, FORM_TYPE = "application/json", "multipart/form-data"
#: Other JSON media types.
_JSON_TYPES = re.compile(r"text/json|[a-z0-9.-]+/[a-z0-9.-]+\+json", re.ASCII)
#: JSON documents that Rails treats as no parameters.
_BLANK = frozenset({b"", b"null", b'""'})
#: Largest body in bytes, by media type.
LARGEST = {JSON_TYPE: 2 << 20, FORM_TYPE: 64 << 20}


async def read_body(request: Request) -> bytes:
    """Return the body, cut off one byte after the largest size for its media type."""
    most = LARGEST.get(_media_type(request.headers.get("content-type", JSON_TYPE)), LARGEST[JSON_TYPE]) + 1
    body = bytearray()
    async for chunk in request.stream():
        body += chunk[: most - len(body)]
    return bytes(body)


def is_blank_body(expected: str, raw: bytes) -> bool:
    """Return whether a body counts as missing."""
    return not raw or (expected == JSON_TYPE and raw.strip() in _BLANK)


def parse_body(expected: str, headers: Mapping[str, str], raw: bytes) -> object:
    """Parse a body of the expected media type, or raise 400."""
    if expected == FORM_TYPE:
        return parse_form(headers, raw)
    _checked_content_type(expected, headers, raw)
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequestError("The body is not valid JSON") from error


def _checked_content_type(expected: str, headers: Mapping[str, str], raw: bytes) -> str:
    content_type = headers.get("content-type", "").strip() or JSON_TYPE
    media_type = _media_type(content_type)
    if media_type != expected and not (expected == JSON_TYPE and _JSON_TYPES.fullmatch(media_type)):
        raise BadRequestError(f"The body must be sent as {expected}")
    if len(raw) > LARGEST[expected]:
        raise BadRequestError("The body is too large")
    return content_type


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


_MALFORMED = "The body is not a valid multipart form"
# The parser logs invalid forms, which would be printed otherwise.
logging.getLogger("python_multipart").addHandler(logging.NullHandler())


@attrs.frozen
class File:
    """A file in a form."""

    name: str
    content: bytes = attrs.field(repr=False)


def parse_form(headers: Mapping[str, str], raw: bytes) -> dict[str, str | File]:
    """Parse a form into files and text, or raise 400. The last field of a name wins, in the position of the first."""
    boundary = parse_options_header(_checked_content_type(FORM_TYPE, headers, raw))[1].get(b"boundary")
    if not boundary:
        raise BadRequestError(f"{_MALFORMED}: the Content-Type has no boundary")
    form: dict[str, str | File] = {}
    ends: list[bool] = []

    def add_field(field: FormField) -> None:
        form[_text(field.field_name)] = (field.value or b"").decode()

    def add_file(file: FormFile) -> None:
        file.file_object.seek(0)
        form[_text(file.field_name)] = File(_text(file.file_name), file.file_object.read())

    limits = {"MAX_MEMORY_FILE_SIZE": LARGEST[FORM_TYPE]}
    parser = FormParser(FORM_TYPE, add_field, add_file, lambda: ends.append(True), boundary, config=limits)
    try:
        parser.write(raw)
        parser.finalize()
    except (FormParserError, UnicodeDecodeError) as error:
        raise BadRequestError(f"{_MALFORMED}: {error}") from error
    if not ends:
        raise BadRequestError(f"{_MALFORMED}: it is incomplete")
    return form


def _text(value: bytes | None) -> str:
    return (value or b"").decode(errors="replace")
