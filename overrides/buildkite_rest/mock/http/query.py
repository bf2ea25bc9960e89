"""Query strings as in Rails: `a=1` is a scalar, `a[]=1` a list element, `a[k]=1` a mapping entry.

Text is cast as in Rails, too.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

import attrs

from .errors import BadRequestError, UnprocessableError

_TRUE = frozenset({"true", "t", "1", "yes", "y", "on"})
_FALSE = frozenset({"false", "f", "0", "no", "n", "off"})
_INTEGER = re.compile(r"[+-]?\d{1,100}", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,100}(?:\.\d{1,100})?", re.ASCII)


def parse_boolean(text: str) -> bool | None:
    """Parse a boolean in any case. Return None if the text is not one."""
    word = text.strip().lower()
    return word in _TRUE if word in _TRUE | _FALSE else None


def parse_integer(text: str) -> int | None:
    """Parse an integer. Return None if the text is not one."""
    return int(text) if _INTEGER.fullmatch(text.strip()) else None


def parse_number(text: str) -> float | None:
    """Parse a number. Return None if the text is not one."""
    return float(text) if _NUMBER.fullmatch(text.strip()) else None


def parse_time(text: str) -> datetime | None:
    """Parse a time in ISO 8601, with UTC as the default offset. Return None if the text is not one.

    The API's own second format, `2026-02-01 10:00:00 UTC`, is accepted too.
    """
    try:
        moment = datetime.fromisoformat(text.strip().upper().removesuffix(" UTC"))
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)


_KEY = re.compile(r"(?P<name>[^\[]+)\[(?P<key>[^\]]*)\]", re.DOTALL)
#: An unencoded plus arrives as a space, and the API rejects it with 422.
NOT_A_TIME = "must be a time in ISO 8601, such as 2026-02-01T10:00:00Z. Encode the + of an offset as %2B."
#: Value of a parameter: a scalar, a list, or a mapping.
Value = str | list[str] | dict[str, str]


@attrs.frozen
class Query:
    """Query parameters. The key of a list has brackets: `a[]`."""

    pairs: tuple[tuple[str, str], ...]
    values: Mapping[str, Value]

    @classmethod
    def parse(cls, raw: bytes) -> Query:
        """Parse a query string. Invalid UTF-8 is replaced; the last scalar of a name wins; lists lose empty values."""
        pairs = tuple(parse_qsl(raw.decode("latin-1"), keep_blank_values=True, encoding="utf-8", errors="replace"))
        values: dict[str, Value] = {}
        for name, value in pairs:
            _insert(values, name, value)
        return cls(pairs, values)

    def is_blank(self, name: str) -> bool:
        """Return whether a parameter is an empty scalar."""
        value = self.text(name)
        return value is not None and not value.strip()

    def without(self, names: Collection[str]) -> Query:
        """Return the query without some parameters."""
        return attrs.evolve(self, values={name: value for name, value in self.values.items() if name not in names})

    def text(self, name: str) -> str | None:
        """Return a scalar, or None if it is missing or not a scalar."""
        value = self.values.get(name)
        return value if isinstance(value, str) else None

    def scalar(self, name: str) -> str | None:
        """Return a scalar, or None if it is missing. Raise 400 for a list."""
        if f"{name}[]" in self.values:
            raise BadRequestError(f"{name} must be a string")
        return self.text(name)

    def texts(self, name: str) -> list[str]:
        """Return all values of a parameter that may be a scalar or a list."""
        scalar = self.text(name)
        elements = self.values.get(f"{name}[]")
        return [*([] if scalar is None else [scalar]), *(elements if isinstance(elements, list) else [])]

    def mapping(self, name: str) -> dict[str, str]:
        """Return the entries of a mapping, empty if it is missing or not a mapping."""
        value = self.values.get(name)
        return value if isinstance(value, dict) else {}

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a boolean."""
        value = parse_boolean(self.text(name) or "")
        return default if value is None else value

    def moment(self, name: str) -> float | None:
        """Return a time in seconds since the Unix epoch, or None if it is missing."""
        text = self.text(name)
        if not text:
            return None
        moment = parse_time(text)
        if moment is None:
            raise UnprocessableError(f"{name} {NOT_A_TIME}")
        return moment.timestamp()

    def replaced(self, **changes: str | int | None) -> str:
        """Return the query string with some scalars changed, or removed where the change is None.

        The parameters are sorted, as in Rails, for clients that search for `page=` up to the next `&`.
        """
        unchanged = [(name, value) for name, value in self.pairs if name not in changes]
        changed = [(name, str(value)) for name, value in changes.items() if value is not None]
        return urlencode(sorted(unchanged + changed, key=lambda pair: pair[0]))


def _insert(values: dict[str, Value], name: str, value: str) -> None:
    match = _KEY.fullmatch(name)
    if match is None:
        values[name] = value
    elif match["key"]:
        present = values.get(match["name"])
        values[match["name"]] = {**(present if isinstance(present, dict) else {}), match["key"]: value}
    else:
        present = values.get(name)
        values[name] = [*(present if isinstance(present, list) else []), *([value] if value.strip() else [])]
