"""Fields of `buildkite-rest api`: `name=value` arguments that become a JSON body or a query string."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from attrs import evolve, frozen

from .._base.json_values import is_array, is_object
from .._base.safe_text import safe_repr
from .._http.extra_parameters import replace_query
from .errors import CommandError
from .files import STANDARD_INPUT, read_text

_NAME: Final = re.compile(r"([^\[\]]+)((?:\[\](?=\[[^\[\]]|$)|\[[^\[\]]+\])*)")
_LITERAL: Final = re.compile(r"true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")


@frozen
class _File:
    """A file whose text is the value of a field."""

    path: str


class _EmptyList:
    """The value of `name[]` without an item."""


@frozen
class Field:
    """A field: its name, such as `env[DEBUG]`, and its value: a str, or JSON that is sent unchanged."""

    name: str
    value: str | msgspec.Raw | _File | _EmptyList

    @property
    def text(self) -> str:
        """The value in a query string."""
        match self.value:
            case str():
                return self.value
            case msgspec.Raw():
                return bytes(self.value).decode()
            case _:
                return ""


def query_field(argument: str) -> Field:
    """Parse `name=value`. Errors do not show the value, which may be a secret."""
    name, equals, value = argument.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError("a field must be name=value")
    try:
        argument.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("a field must be UTF-8 text") from None
    return Field(name, value)


def text_field(argument: str) -> Field:
    """Parse `name=value`, or `name[]` for an empty list."""
    if argument.endswith("[]") and "=" not in argument:
        return evolve(query_field(f"{argument}="), value=_EmptyList())
    return query_field(argument)


def typed_field(argument: str) -> Field:
    """Parse `name=value` with a JSON literal, a number or `@file` as value. Others are strings."""
    name, _, value = argument.partition("=")
    if value.startswith("@"):  # the name of a file need not be UTF-8
        return evolve(query_field(f"{name}="), value=_File(value[1:]))
    field = text_field(argument)
    if isinstance(field.value, str) and _LITERAL.fullmatch(field.value):
        return evolve(field, value=msgspec.Raw(field.value.encode()))
    return field


def with_files(fields: Iterable[Field]) -> list[Field]:
    """Return the fields with the texts of their files.

    Raises:
        CommandError: A file cannot be read, or more than one is standard input.
    """
    fields = tuple(fields)
    if sum(field.value == _File(STANDARD_INPUT) for field in fields) > 1:
        raise CommandError("more than one field is read from standard input. Use @- once.")
    return [_with_text(field) for field in fields]


def _with_text(field: Field) -> Field:
    if not isinstance(field.value, _File):
        return field
    return evolve(field, value=read_text(field.value.path, f"the file of field {safe_repr(field.name)}"))


def add_query(path: str, fields: Iterable[Field]) -> str:
    """Return `path` with the fields in its query string, in place of those with the same name."""
    return replace_query(path, [(field.name, field.text) for field in fields])


def body_of(fields: Iterable[Field]) -> dict[str, Any]:
    """Return the JSON object with the fields.

    `name[key]` is in an object, `name[]` is an item of an array, and `name[][key]` is in an object in an array: the
    last one, or a new one if the last one has the key.

    Raises:
        CommandError: A name is malformed, or is used for more than one value.
    """
    body: dict[str, Any] = {}
    for field in fields:
        match = _NAME.fullmatch(field.name)
        if match is None:
            raise CommandError(f"{safe_repr(field.name)} is not the name of a field. Use name, name[key] or name[].")
        if not _put(body, [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])], field.value):
            raise CommandError(f"field {safe_repr(field.name)} has more than one value. For a list, use name[].")
    return body


def _put(target: object, keys: Sequence[str], value: object) -> bool:
    """Set the value at `keys`, of which an empty one is an item of a list. Return whether there was no other value."""
    key, *rest = keys
    if not is_object(target):
        return False
    if not rest:
        return key not in target and target.setdefault(key, value) is value
    if rest[0]:
        return _put(target.setdefault(key, {}), rest, value)
    items = target.setdefault(key, [])
    if not is_array(items):
        return False
    if rest[1:]:
        if items and _put(items[-1], rest[1:], value):
            return True
        items.append({})
        return _put(items[-1], rest[1:], value)
    if not isinstance(value, _EmptyList):
        items.append(value)
    return True
