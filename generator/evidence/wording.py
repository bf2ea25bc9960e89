"""Values, defaults and limits in the description of a parameter or a property."""

import json
import re
from typing import Any

from ..errors import Location
from .facts import UNKNOWN, Value, collected
from .samples import read_sample

_CODE = re.compile(r"`([^`\n]+)`")
_ASIDE = re.compile(r" \([^()]*\)")
_ITEM = r"`[^`\n]+`"
_SEPARATOR = r"(?:, ?(?:and |or )?| and | or | \([^()]*\)|\s*\n\s*(?:or\s+)?)+"
_LIST = rf"(?P<list>{_ITEM}(?:{_SEPARATOR}{_ITEM})++)"
_ANY_LIST = re.compile(rf"{_ITEM}(?:(?: for [^`,]*)?{_SEPARATOR}{_ITEM})++")
_VALUES = re.compile(
    r"(?:(?:[Vv]alues?|[Ss]tates?)(?: are|:)|[Mm]ust be(?: one of| either)?:?|[Ee]ither|[Cc]an be|[Oo]ne of:?)"
    rf"\s+{_LIST}(?!,? and others)"
)
_WORD = re.compile(r"^[a-z][\w.-]*$")
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
    lists = [_codes(match) for match in _ANY_LIST.findall(text)]
    types = UNKNOWN
    if set(values) == {"true", "false"}:
        values, types = (), frozenset({"boolean"})
    elif values and all(value.isdigit() for value in values):
        values, types = (), frozenset({"integer"})
    default = _DEFAULT.search(text)
    maximum = _MAXIMUM.search(text)
    texts = [" ".join(match["value"].split()) for match in _EXAMPLE.finditer(text)]
    examples = [sample for each in texts if (sample := read_sample(each, location))]
    return Value(
        location=location,
        types=types or UNKNOWN.union(*(each.types for each in examples)),
        values=values or tuple(value for each in examples for value in each.values),
        has_all_values=bool(values),
        lists=tuple(each for each in lists if all(map(_WORD.match, each)) and not {"true", "false", "null"} & {*each}),
        required=required,
        default=_literal(default["value"] or default["marked"]) if default else None,
        maximum=int(maximum["value"]) if maximum else None,
        properties=collected(
            [(name, each) for one in examples for name, found in one.properties.items() for each in found]
        ),
        items=[item for each in examples for item in each.items],
    )


def _codes(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip('"') for word in _CODE.findall(_ASIDE.sub("", text))))


def _literal(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
