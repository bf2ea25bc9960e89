"""Samples of JSON bodies in a page."""

import json
import re
from typing import Any

from generator.errors import Location
from tests.evidence.facts import Value, collected

_STRING = r'"(?:[^"\\\n]|\\.)*"'
_ESCAPED_COLON = re.compile(r"\\:")
_EXTRA_COMMA = re.compile(r",(?=\s*[}\]])")
_MISSING_COMMA = re.compile(rf"((?:{_STRING}|[\d}}\]]|true|false|null))(?=[ \t]*\n\s*\")")
_ELLIPSIS = re.compile(r"^\s*(?:\.\.\.|…),?\s*$", re.MULTILINE)
_OMITTED = "..."
_ENTITY = re.compile(r"&quot;")


def parse(text: str) -> Any:
    """Return the decoded sample. Repairs wrong commas, escaped colons and omissions. Raises `ValueError`."""
    repaired = _ELLIPSIS.sub("", _ESCAPED_COLON.sub(":", _ENTITY.sub('"', text)))
    try:
        return json.loads(repaired, strict=False)
    except ValueError:
        return json.loads(_EXTRA_COMMA.sub("", _MISSING_COMMA.sub(r"\1,", repaired)), strict=False)


def read_sample(text: str, location: Location) -> Value | None:
    """Return the keys and types of a sample, or None if it is not JSON."""
    try:
        data = parse(text)
    except ValueError:
        return None
    return _value(data, _Keys(text, location))


class _Keys:
    """The lines of the keys of a sample, which is read in the order of its text."""

    def __init__(self, text: str, location: Location) -> None:
        self._text, self._location, self._offset = text, location, 0

    def locate(self, key: str) -> Location:
        offset = self._text.find(f'"{key}"', self._offset) if key else -1
        if offset >= 0:
            self._offset = offset + 1
        line = self._text.count("\n", 0, self._offset)
        return Location(self._location.file, self._location.line + line)


def _value(data: Any, keys: _Keys, key: str = "") -> Value:
    location = keys.locate(key)
    types = json_types(data)
    match data:
        case dict():
            pairs = [(name, _value(each, keys, name)) for name, each in data.items() if name != _OMITTED]
            return Value(location, types, properties=collected(pairs))
        case list():
            return Value(location, types, items=[_value(each, keys) for each in data])
        case str() if data != _OMITTED:
            return Value(location, types, values=(data,))
        case _:
            return Value(location, types)


def json_types(value: Any) -> frozenset[str]:
    """Return the JSON type of a decoded value."""
    match value:
        case None:
            return frozenset({"null"})
        case bool():
            return frozenset({"boolean"})
        case int():
            return frozenset({"integer"})
        case float():
            return frozenset({"number"})
        case str():
            return frozenset({"string"})
        case list():
            return frozenset({"array"})
        case _:
            return frozenset({"object"})
