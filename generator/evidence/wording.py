"""Values, defaults and limits in the description of a parameter or a property."""

import json
import re
from typing import Any

from ..errors import Location
from .facts import UNKNOWN, Value

_CODE = re.compile(r"`([^`\n]+)`")
_LIST = r"(?P<list>`[^`\n]+`(?:(?:, ?(?:and |or )?| and | or | \([^()]*\))*`[^`\n]+`)+)"
_VALUES = (
    re.compile(
        r"(?:(?:[Vv]alues?|[Ss]tates?)(?: are|:)|[Mm]ust be(?: one of| either)?:?|[Ee]ither|[Cc]an be|[Oo]ne of:?)"
        rf" {_LIST}(?! and other)"
    ),
    re.compile(rf"[Vv]alues?:\s*{_LIST}"),
)
_DEFAULT = re.compile(
    r"(?:Default:|[Dd]efaults to|[Dd]efault(?: value| priority)?(?: is| of)?) `(?P<value>[^`\n]+)`"
    r"|`(?P<marked>[^`\n]+)` \(default\)"
)
_MAXIMUM = re.compile(r"[Mm]aximum(?: is|:)? `?(?P<value>\d+)`?")
_EXAMPLE = re.compile(r"Example:\s*`\s*(?P<value>[^`]+?)\s*`")


def read_description(text: str, location: Location, *, required: bool | None = None) -> Value:
    """Return what a description with code in backticks states about a value."""
    listed = next((match["list"] for pattern in _VALUES for match in pattern.finditer(text)), "")
    values = tuple(dict.fromkeys(_CODE.findall(re.sub(r" \([^()]*\)", "", listed))))
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
        required=required,
        default=_literal(default["value"] or default["marked"]) if default else None,
        maximum=int(maximum["value"]) if maximum else None,
    )


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
