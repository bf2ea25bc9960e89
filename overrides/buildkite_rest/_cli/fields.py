"""Arguments of `buildkite-rest api` that become a JSON body or a query string: `name=value` and files."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from json import JSONDecodeError
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from .._base.json_values import DepthError, is_array, is_object, loads
from .._base.safe_text import safe_repr
from .errors import CommandError

Field: TypeAlias = tuple[str, str | msgspec.Raw]
"""A name, such as `env[DEBUG]`, and its value: a str, or JSON that is sent unchanged."""

_MAX_KEYS: Final = 100
"""Keys in the name of a field, each of which is a level of the body."""
_NO_ITEM: Final = msgspec.Raw(b"")
"""The value of `name[]` without an item."""
_NAME: Final = re.compile(r"([^\[\]]+)((?:\[\](?=\[[^\[\]]|$)|\[[^\[\]]+\])*)")
_LITERAL: Final = re.compile(r"true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")


def query_field(argument: str) -> Field:
    """Parse `name=value`. Errors do not show the value, which may be a secret."""
    name, equals, value = argument.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError("a field must be name=value")
    try:
        argument.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("a field must be UTF-8 text") from None
    return name, value


def text_field(argument: str) -> Field:
    """Parse `name=value`, or `name[]` for an empty list."""
    if argument.endswith("[]") and "=" not in argument:
        return query_field(f"{argument}=")[0], _NO_ITEM
    return query_field(argument)


def typed_field(argument: str) -> Field:
    """Parse `name=value` with a JSON literal, a number or `@file` as value. Others are strings."""
    name, value = text_field(argument)
    if isinstance(value, str) and value.startswith("@"):
        return name, _read_text(value[1:])
    return name, msgspec.Raw(value.encode()) if isinstance(value, str) and _LITERAL.fullmatch(value) else value


def json_file(path: str) -> msgspec.Raw:
    """Return the content of a file of JSON, or of standard input for `-`, without a byte order mark."""
    text = _read_text(path)
    try:
        loads(text, parse_constant=_refuse_constant)
    except DepthError:
        problem = "is nested too deeply"
    except JSONDecodeError as error:
        problem = f"is not JSON: line {error.lineno}, column {error.colno}"
    except ValueError as error:
        problem = f"is not JSON: it contains {error}"
    else:
        return msgspec.Raw(text.encode())
    raise argparse.ArgumentTypeError(f"{safe_repr(path)} {problem}")


def _refuse_constant(name: str) -> None:
    """Refuse `NaN` and `Infinity`, which Python decodes."""
    raise ValueError(name)


def _read_text(path: str) -> str:
    """Return the content of a file, or of standard input for `-`, as text without a byte order mark."""
    try:
        content = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        problem = f"{safe_repr(path)} is not UTF-8 text"
    except (OSError, AttributeError) as error:
        reason = getattr(error, "strerror", None) or "standard input is closed"
        problem = f"cannot read {safe_repr(path)}: {reason}"
    raise argparse.ArgumentTypeError(problem)


def query_of(fields: Iterable[Field]) -> list[tuple[str, str]]:
    """Return the names and texts of fields in a query string."""
    return [(name, value if isinstance(value, str) else bytes(value).decode()) for name, value in fields]


def body_of(fields: Iterable[Field]) -> dict[str, Any]:
    """Return the JSON object with the fields.

    `name[key]` is in an object, `name[]` is an item of an array, and `name[][key]` is in an object in an array: the
    last one, or a new one if the last one has the key.

    Raises:
        CommandError: A name is malformed, too deep, or used for more than one value.
    """
    body: dict[str, Any] = {}
    for name, value in fields:
        match = _NAME.fullmatch(name)
        if match is None:
            raise CommandError(f"{safe_repr(name)} is not the name of a field. Use name, name[key] or name[].")
        keys = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
        if len(keys) > _MAX_KEYS:
            raise CommandError(f"field {safe_repr(name)} has more than {_MAX_KEYS} keys. Use --input.")
        if not _put(body, keys, value):
            raise CommandError(f"field {safe_repr(name)} has more than one value. For a list, use name[].")
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
    if value is not _NO_ITEM:
        items.append(value)
    return True
