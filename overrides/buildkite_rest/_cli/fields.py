"""Fields of `buildkite-rest api`: `name=value` arguments that become a JSON body or a query string."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec
from attrs import frozen

from .._base.json_values import is_array, is_object
from .._base.safe_text import safe_repr
from .errors import CommandError

_NAME: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]+\])*)(\[\])?")
_LITERAL: Final = re.compile(r"true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")


@frozen
class Field:
    """A field: its name, such as `env[DEBUG]`, and its value."""

    name: str
    value: Any

    @property
    def text(self) -> str:
        """The value in a query string."""
        return self.value if isinstance(self.value, str) else msgspec.json.encode(self.value).decode()


def text_field(argument: str) -> Field:
    """Parse `name=value`. Errors do not show the value, which may be a secret."""
    name, equals, value = argument.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError("a field must be name=value")
    return Field(name, value)


def typed_field(argument: str) -> Field:
    """Parse `name=value` with a JSON literal, a number or `@file` as value. Others are strings."""
    field = text_field(argument)
    if field.value.startswith("@"):
        return Field(field.name, read_text(field.value[1:], f"the file of field {safe_repr(field.name)}"))
    if _LITERAL.fullmatch(field.value):
        try:
            return Field(field.name, msgspec.json.decode(field.value))
        except msgspec.DecodeError:
            raise argparse.ArgumentTypeError(f"the number of field {safe_repr(field.name)} is too large") from None
    return field


def read_bytes(path: str, name: str) -> bytes:
    """Return the content of the file `path`, or of standard input for `-`. `name` is its name in messages."""
    try:
        if path != "-":
            with open(path, "rb") as file:  # noqa: PTH123 - an empty path is an error, not the current folder
                return file.read()
        if sys.stdin is None:
            raise CommandError(f"{name} is standard input, which is closed. Name a file.")
        return sys.stdin.buffer.read()
    except (OSError, ValueError) as error:  # ValueError: a null character
        raise CommandError(f"cannot read {name}: {getattr(error, 'strerror', None) or error}") from None


def read_text(path: str, name: str) -> str:
    """Return the content of a file as text."""
    try:
        return read_bytes(path, name).decode()
    except UnicodeDecodeError:
        raise CommandError(f"{name} is not UTF-8 text") from None


def add_query(path: str, fields: Iterable[Field]) -> str:
    """Return `path` with the fields in its query string."""
    query = urlencode([(field.name, field.text) for field in fields], quote_via=quote)
    return f"{path}{'&' if '?' in path else '?'}{query}" if query else path


def body_of(fields: Iterable[Field]) -> dict[str, Any]:
    """Return the JSON object with the fields: `name[key]` is in an object, `name[]` is an item of an array.

    Raises:
        CommandError: A name is malformed, or is used for more than one value.
    """
    body: dict[str, Any] = {}
    for field in fields:
        match = _NAME.fullmatch(field.name)
        if match is None:
            raise CommandError(f"{safe_repr(field.name)} is not the name of a field. Use name, name[key] or name[].")
        *keys, last = (match[1], *re.findall(r"\[([^\[\]]+)\]", match[2]))
        target: Any = body
        for key in keys:
            target = target.setdefault(key, {}) if is_object(target) else None
        if not is_object(target):
            raise _conflict(field)
        if match[3] is None:
            if last in target:
                raise _conflict(field)
            target[last] = field.value
            continue
        items = target.setdefault(last, [])
        if not is_array(items):
            raise _conflict(field)
        items.append(field.value)
    return body


def _conflict(field: Field) -> CommandError:
    return CommandError(f"field {safe_repr(field.name)} has more than one value. For a list, use name[].")
