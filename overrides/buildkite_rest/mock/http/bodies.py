"""Request bodies: JSON and multipart forms."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping

import attrs
import msgspec
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
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
        return parse_form_body(headers, raw)
    _checked_content_type(expected, headers, raw)
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequestError("The body is not valid JSON") from error


def parse_form_body(headers: Mapping[str, str], raw: bytes) -> dict[str, str | File]:
    """Parse a body that must be a form, or raise 400."""
    return parse_form(_checked_content_type(FORM_TYPE, headers, raw), raw)


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


def parse_form(content_type: str, raw: bytes) -> dict[str, str | File]:
    """Parse a form into files and text. The last field of a name wins, in the position of the first."""
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise BadRequestError(f"{_MALFORMED}: the Content-Type has no boundary")
    reader = _Reader(memoryview(raw))
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": reader.begin,
                "on_header_field": reader.header_name,
                "on_header_value": reader.header_value,
                "on_header_end": reader.header_end,
                "on_part_data": reader.data,
                "on_part_end": reader.part_end,
                "on_end": reader.end,
            },
        )
        parser.write(raw)
        parser.finalize()
    except FormParserError as error:
        raise BadRequestError(f"{_MALFORMED}: {error}") from error
    if not reader.complete:
        raise BadRequestError(f"{_MALFORMED}: it is incomplete")
    return reader.form


def without_content(form: Mapping[str, object]) -> dict[str, object]:
    """Return a form for validation, in which files are empty strings."""
    return {name: "" if isinstance(value, File) else value for name, value in form.items()}


@attrs.define
class _Reader:
    """Callbacks of the parser. The bytes of a part are copied only once."""

    raw: memoryview
    form: dict[str, str | File] = attrs.field(factory=dict[str, str | File])
    complete: bool = False
    _name: bytes = b""
    _value: bytes = b""
    _headers: dict[bytes, bytes] = attrs.field(factory=dict[bytes, bytes])
    _data: list[memoryview] = attrs.field(factory=list[memoryview])

    def begin(self) -> None:
        self._headers, self._data = {}, []

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def data(self, _: bytes, start: int, end: int) -> None:
        self._data.append(self.raw[start:end])

    def part_end(self) -> None:
        kind, options = parse_options_header(self._headers.get(b"content-disposition", b"").decode("latin-1"))
        if kind != b"form-data" or b"name" not in options:
            raise BadRequestError(f"{_MALFORMED}: a part has no name")
        name, content = options[b"name"].decode(errors="replace"), b"".join(self._data)
        if b"filename" in options:
            self.form[name] = File(options[b"filename"].decode(errors="replace"), content)
        else:
            try:
                self.form[name] = content.decode()
            except UnicodeDecodeError as error:
                raise BadRequestError(f"{_MALFORMED}: {name} is not UTF-8") from error

    def end(self) -> None:
        self.complete = True
