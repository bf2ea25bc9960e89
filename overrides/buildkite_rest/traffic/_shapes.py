"""Shapes of values for reports: types, formats, and words that can only be values of an enum or names of properties."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from .._base.json_values import is_array

KINDS: Final[dict[type, str]] = {
    dict: "object",
    list: "array",
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
}
"""Names of types in JSON Schema."""
HIDDEN: Final = "…"
"""Text in place of a name that may be a value."""

_WORD: Final = re.compile(r"[a-z_]{1,40}")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}")
_MAX_DIGITS: Final = 3
"""Digits in the name of a property. An id has more."""
_VERSION: Final = re.compile(r"v(?:[2-9]|[1-9][0-9])")
_BRACKETS: Final = re.compile(r"\[[^\[\]]{0,1000}\]")
_MAX_BRACKETS: Final = 4
_MEDIA_TYPE: Final = re.compile(r"[a-z]{1,20}/[a-z0-9.+-]{1,40}")
_DATE_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ](\d\d:\d\d:)(\d\d)(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")
_SAMPLED_ITEMS: Final = 20


def shape(value: object) -> str:
    """Return the type of a JSON value, with the format of a string and the types of the items of an array."""
    kind = KINDS.get(type(value), "value")
    if isinstance(value, str):
        formats = [name for name, is_valid in FORMATS.items() if is_valid(value)]
        return f"string ({formats[0]})" if formats else kind
    if is_array(value) and value:
        return f"array of {any_of(sorted({shape(item) for item in value[:_SAMPLED_ITEMS]}))}"
    return kind


def enum_word(value: object) -> str:
    """Return a value if it is spelled like that of an enum, otherwise its shape."""
    return f"'{value}'" if isinstance(value, str) and _WORD.fullmatch(value) else shape(value)


def property_name(name: str) -> str:
    """Return the name of a property or parameter, unless it may be an id or other data."""
    is_name = _NAME.fullmatch(name) and sum(map(str.isdigit, name)) <= _MAX_DIGITS
    return name if is_name else HIDDEN


def parameter_name(name: str) -> str:
    """Return the name of a query parameter such as `created[from]`, without what may be data."""
    base, bracket, _ = name.partition("[")
    groups = _BRACKETS.findall(name[len(base) :])
    is_well_formed = "".join(groups) == name[len(base) :] and len(groups) <= _MAX_BRACKETS
    shown = ["[]" if group == "[]" else f"[{HIDDEN}]" for group in groups] if is_well_formed else [f"[{HIDDEN}]"]
    return property_name(base) + "".join(shown if bracket else [])


def segment_shape(text: str) -> str:
    """Return the shape of a segment of a path. Only a version is shown."""
    if is_version(text):
        return text
    return "{number}" if text.isascii() and text.isdigit() else "{uuid}" if _is_uuid(text) else HIDDEN


def is_version(segment: str) -> bool:
    """Whether a segment of a path is the version of a REST API. That of the GraphQL API is 1."""
    return _VERSION.fullmatch(segment) is not None


def media_type(content_type: str) -> str:
    """Return the media type of a Content-Type, without parameters."""
    found = content_type.partition(";")[0].strip().lower()
    return found if _MEDIA_TYPE.fullmatch(found) else HIDDEN


def any_of(names: Sequence[str]) -> str:
    """Join alternatives."""
    return " or ".join(names) or "nothing"


def _is_date_time(text: str) -> bool:
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        return False
    if match[2] == "60":  # a leap second, which Python does not parse
        text = f"{text[:17]}59{text[19:]}"
    return _parses(datetime.fromisoformat, text.upper())


def _is_date(text: str) -> bool:
    return len(text) == 10 and text[4] == "-" and _parses(date.fromisoformat, text)


def _is_uuid(text: str) -> bool:
    return _UUID.fullmatch(text) is not None


def _is_url(text: str) -> bool:
    return text.startswith(("https://", "http://"))


def _is_email(text: str) -> bool:
    return _EMAIL.fullmatch(text) is not None


def _parses(parse: Any, text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


FORMATS: Final = {
    "date-time": _is_date_time,
    "date": _is_date,
    "uuid": _is_uuid,
    "uri": _is_url,
    "email": _is_email,
}
"""Formats of strings that are checked, and recognized in values of properties that the spec lacks."""
