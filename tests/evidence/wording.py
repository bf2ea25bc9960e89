"""Values in the description of a parameter or a property."""

import re

from generator.errors import Location
from tests.evidence.facts import UNKNOWN, Value, collected
from tests.evidence.keywords import keywords_of_text
from tests.evidence.samples import read_sample

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
        keywords=keywords_of_text(text),
        properties=collected(
            [(name, each) for one in examples for name, found in one.properties.items() for each in found]
        ),
        items=[item for each in examples for item in each.items],
    )


def _codes(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip('"') for word in _CODE.findall(text)))
