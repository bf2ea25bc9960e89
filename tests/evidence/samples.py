"""Values in samples of JSON, and in the description of a parameter or a property."""

import json
import re
from typing import Any

from generator.errors import Location
from tests.evidence.facts import UNKNOWN, Value, collected

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


_CODE = re.compile(r"`([^`\n]+)`")
_ASIDE = re.compile(r" \([^()]*\)")
_ITEM = r"`[^`\n]+`"
_SEPARATOR = r"(?:, ?(?:and |or )?| and | or | \([^()]*\)|\s*\n\s*(?:or\s+)?)+"
_LIST = rf"(?P<list>{_ITEM}(?:{_SEPARATOR}{_ITEM})++)"
_VALUES = re.compile(
    r"(?:(?:[Vv]alues?|[Ss]tates?)(?: are|:)|[Mm]ust be(?: one of| either)?:?|[Ee]ither|[Cc]an be|[Oo]ne of:?)"
    rf"\s+{_LIST}(?!,? and others)"
)
_MENTION = re.compile(r"^\w[\w.-]*[A-Za-z][\w.-]*$|^[A-Za-z]$")
_EXAMPLE = re.compile(r"Example:\s*`\s*(?P<value>[^`]+?)\s*`")


def read_description(text: str, location: Location, *, required: bool | None = None) -> Value:
    """Return what a description with code in backticks states about a value."""
    complete = _VALUES.search(text)
    values = _codes(_ASIDE.sub("", complete["list"])) if complete else ()
    types = UNKNOWN
    if set(values) == {"true", "false"}:
        values, types = (), frozenset({"boolean"})
    elif values and all(value.isdigit() for value in values):
        types = frozenset({"integer"})
    texts = [" ".join(match["value"].split()) for match in _EXAMPLE.finditer(text)]
    examples = [sample for each in texts if (sample := read_sample(each, location))]
    return Value(
        location=location,
        types=types or UNKNOWN.union(*(each.types for each in examples)),
        values=values or tuple(value for each in examples for value in each.values),
        has_all_values=bool(values),
        mentions=tuple(filter(_MENTION.match, _codes(_EXAMPLE.sub("", text)))),
        required=required,
        properties=collected(
            [(name, each) for one in examples for name, found in one.properties.items() for each in found]
        ),
        items=[item for each in examples for item in each.items],
    )


def _codes(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip('"') for word in _CODE.findall(text)))
