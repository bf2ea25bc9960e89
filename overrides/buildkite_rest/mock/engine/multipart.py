"""Multipart forms."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import attrs
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from ..errors import BadRequestError

_MALFORMED = "The body is not a valid multipart form"
# The parser logs what it refuses, which would be printed otherwise.
logging.getLogger("python_multipart").addHandler(logging.NullHandler())


@attrs.frozen
class File:
    """A file in a form."""

    name: str
    content: bytes = attrs.field(repr=False)


def parse_form(content_type: str, raw: bytes) -> dict[str, str | File]:
    """Read a form: its files, and its other fields as text. The last one of a name wins, at the place of the first."""
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
        raise BadRequestError(f"{_MALFORMED}: it ends in the middle")
    return reader.form


def without_content(form: Mapping[str, object]) -> dict[str, object]:
    """Return a form as its schema sees it: nothing is said of what is in a file."""
    return {name: "" if isinstance(value, File) else value for name, value in form.items()}


@attrs.define
class _Reader:
    """Puts together what the parser finds. The bytes of a part are copied only once."""

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
