"""Rules of a schema for single values: formats, patterns and limits."""

from __future__ import annotations

import json
import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import partial
from typing import Any, Final

from ._shapes import FORMATS

_MAX_PATTERN_TEXT: Final = 60
_MAX_PATTERN_INPUT: Final = 10_000
"""Characters of a text that is compared with a pattern."""
_PATTERN_PARTS: Final = re.compile(r"\\?.", re.DOTALL)
"""Characters of a pattern, with the backslash before them."""

Rule = tuple[str, Callable[[Any], bool]]
"""Text of a rule, and whether a value satisfies it."""


def rules_of(schema: Mapping[str, Any]) -> Iterator[tuple[type, Rule]]:
    """Yield the rules of a schema, each with the type that it applies to."""
    for keyword, limit in schema.items():
        if keyword == "format" and isinstance(limit, str) and limit in FORMATS:
            yield str, (f"format {limit}", FORMATS[limit])
        elif keyword == "pattern" and isinstance(limit, str):
            yield str, (f"pattern {limit[:_MAX_PATTERN_TEXT]}", matcher(limit))
        elif keyword == "uniqueItems" and limit is True:
            yield list, (keyword, _are_different)
        elif isinstance(limit, int | float) and not isinstance(limit, bool):
            if keyword in _LIMITS:
                yield float, (f"{keyword} {limit}", partial(_has_limit, _LIMITS[keyword], limit))
            elif keyword in _SIZES:
                kind, compare = _SIZES[keyword]
                yield kind, (f"{keyword} {limit}", partial(_has_size, compare, limit))
            elif keyword == "multipleOf" and 0 < limit < math.inf:
                yield float, (f"{keyword} {limit}", partial(_is_multiple, limit))


_Compare = Callable[[Any, Any], bool]
_LIMITS: Final[Mapping[str, _Compare]] = {
    "minimum": operator.ge,
    "maximum": operator.le,
    "exclusiveMinimum": operator.gt,
    "exclusiveMaximum": operator.lt,
}
_SIZES: Final[Mapping[str, tuple[type, _Compare]]] = {
    "minLength": (str, operator.ge),
    "maxLength": (str, operator.le),
    "minItems": (list, operator.ge),
    "maxItems": (list, operator.le),
    "minProperties": (dict, operator.ge),
    "maxProperties": (dict, operator.le),
}


def _has_limit(compare: _Compare, limit: float, value: float) -> bool:
    return compare(value, limit)


def _has_size(compare: _Compare, limit: float, value: Any) -> bool:
    return compare(len(value), limit)


def _is_multiple(limit: float, value: float) -> bool:
    """Whether a number is a multiple of another, as decimals: 0.3 is one of 0.1."""
    return not math.isfinite(value) or Fraction(str(value)) % Fraction(str(limit)) == 0


def _are_different(items: list[Any]) -> bool:
    return len({json.dumps(each, sort_keys=True) for each in items}) == len(items)


def matcher(pattern: str) -> Callable[[str], bool]:
    """Return a function that searches for a pattern. As in JSON Schema, `$` is the end, not before a line break."""
    try:
        compiled = re.compile(_with_exact_end(pattern))
    except re.error:  # valid in ECMAScript only
        return lambda _: True
    return lambda text: len(text) > _MAX_PATTERN_INPUT or compiled.search(text) is not None


def _with_exact_end(pattern: str) -> str:
    r"""Replace `$` by `\Z`, except in sets."""
    parts: list[str] = []
    is_in_set = False
    for part in _PATTERN_PARTS.findall(pattern):
        is_in_set = part == "[" or (is_in_set and part != "]")
        parts.append(r"\Z" if part == "$" and not is_in_set else part)
    return "".join(parts)
