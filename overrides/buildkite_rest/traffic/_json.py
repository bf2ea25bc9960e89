"""JSON of recordings and bodies, with limits: the memory that it takes decoded is bounded."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from .._base.json_values import is_deep

MAX_VALUES: Final = 3_000_000
"""Values of a document: objects, arrays, and what is in them."""

_WHITESPACE: Final = b" \t\r\n"
_STRING: Final = re.compile(rb'"[^"]*"?')
_MAX_INTEGER: Final = 10**18


class JSONLimitError(Exception):
    """A document is not decoded. The message is a predicate on one line: `is nested too deeply`."""


def decode(content: bytes, *, levels: int | None = None, allow_constants: bool = False) -> Any:
    """Decode JSON. Integers that Python does not convert become large ones with the same sign.

    Args:
        content: The document.
        levels: Maximum nesting.
        allow_constants: Whether `NaN` and `Infinity` are accepted.

    Raises:
        ValueError: It is not JSON.
        JSONLimitError: It is nested too deeply, or has too many values.
    """
    encoding = json.detect_encoding(content)
    if not encoding.startswith("utf-8"):
        content = content.decode(encoding, "surrogatepass").encode("utf-8", "surrogatepass")
    if _has_too_many_values(content):
        raise JSONLimitError(f"has more than {MAX_VALUES:,} values")
    try:
        value = json.loads(content, parse_int=integer_of, parse_constant=None if allow_constants else _reject)
    except RecursionError:
        raise JSONLimitError("is nested too deeply") from None
    if levels is not None and is_deep(value, levels):
        raise JSONLimitError("is nested too deeply")
    return value


def _has_too_many_values(content: bytes) -> bool:
    """Count values by their separators, first also those in strings."""
    if _separators(content) < MAX_VALUES:
        return False
    plain = content.replace(b"\\\\", b"").replace(b'\\"', b"")
    if plain.count(b'"') > 4 * MAX_VALUES:  # two quotes for each string, and at most as many keys as values
        return True
    return _separators(_STRING.sub(b'"', plain).translate(None, _WHITESPACE)) >= MAX_VALUES


def _separators(content: bytes) -> int:
    """Count what is before the values in objects and arrays: `[`, `{` and `,`."""
    return sum(map(content.count, (b"[", b"{", b","))) - sum(map(content.count, (b"[]", b"{}")))


def integer_of(digits: str) -> int:
    """Return an integer, which has a limited size."""
    try:
        return int(digits)
    except ValueError:  # more digits than `sys.get_int_max_str_digits()`
        return -_MAX_INTEGER if digits.startswith("-") else _MAX_INTEGER


def _reject(name: str) -> None:
    raise ValueError(name)
