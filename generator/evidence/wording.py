"""Values, defaults and limits in the description of a parameter or a property."""

import json
import re
from typing import Any

from ..errors import Location
from .facts import UNKNOWN, Value

_CODE = re.compile(r"`([^`\n]+)`")
_ASIDE = re.compile(r" \([^()]*\)")
_LIST = r"(?P<list>`[^`\n]+`(?:(?:, ?(?:and |or )?| and | or | \([^()]*\)|\s*\n\s*)+`[^`\n]+`)++)"
_ANY_LIST = re.compile(_LIST)
_VALUES = re.compile(
    r"(?:(?:[Vv]alues?|[Ss]tates?)(?: are|:)|[Mm]ust be(?: one of| either)?:?|[Ee]ither|[Cc]an be|[Oo]ne of:?)"
    rf"\s+{_LIST}(?!,? and others)"
)
_WORD = re.compile(r"^[a-z]\w*$")
_DEFAULT = re.compile(
    r"(?:Default:|[Dd]efaults to|[Dd]efault(?: value| priority)?(?: is| of)?) `(?P<value>[^`\n]+)`"
    r"|`(?P<marked>[^`\n]+)` \(default\)"
)
_MAXIMUM = re.compile(r"[Mm]aximum(?: is|:)? `?(?P<value>\d+)`?")
_EXAMPLE = re.compile(r"Example:\s*`\s*(?P<value>[^`]+?)\s*`")


def read_description(text: str, location: Location, *, required: bool | None = None) -> Value:
    """Return what a description with code in backticks states about a value."""
    complete = _VALUES.search(text)
    values = _codes(complete["list"]) if complete else ()
    lists = [_codes(match["list"]) for match in _ANY_LIST.finditer(text)]
    types = UNKNOWN
    if set(values) == {"true", "false"}:
        values, types = (), frozenset({"boolean"})
    elif values and all(value.isdigit() for value in values):
        values, types = (), frozenset({"integer"})
    default = _DEFAULT.search(text)
    maximum = _MAXIMUM.search(text)
    if not types and (example := _EXAMPLE.search(text)):
        types = example_types(example["value"])
    return Value(
        location=location,
        types=types,
        values=values,
        has_all_values=bool(values),
        lists=tuple(each for each in lists if all(map(_WORD.match, each)) and not {"true", "false", "null"} & {*each}),
        required=required,
        default=_literal(default["value"] or default["marked"]) if default else None,
        maximum=int(maximum["value"]) if maximum else None,
    )


def _codes(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_CODE.findall(_ASIDE.sub("", text))))


def example_types(text: str) -> frozenset[str]:
    """Return the type of a JSON value, or nothing known for other text."""
    try:
        value = json.loads(text)
    except ValueError:
        return UNKNOWN
    return json_types(value)


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


def _literal(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
