"""The identity of an object: what distinguishes it from all others, whatever its name and its path."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from .._base.json_values import as_object

#: Properties that may contain the name of an object.
_NAMES: Final = ("name", "slug", "key", "label", "description", "email")
#: A membership, for example, has the id of its user, and nothing else of its own.
_IDENTITIES: Final = ("id", "uuid", "created_at")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_UUID_LENGTH: Final = 36
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def identity_of(item: object) -> str | None:
    """Return the id of an object or, if it has none, the time of its creation."""
    values = (as_object(item).get(name) for name in _IDENTITIES)
    return next((str(value).lower() for value in values if isinstance(value, str | int) and value != ""), None)


def name_in(item: object, names: Iterable[str]) -> str | None:
    """Return which of some unique names is the whole name of an object, or its filled-up or e-mail form."""
    texts = [value for key in _NAMES if isinstance(value := as_object(item).get(key), str)]
    for name in names:
        if any(re.fullmatch(rf"{re.escape(name)}x*(@example\.com)?", text) for text in texts):
            return name
    return None


def name_within(item: object, names: Iterable[str]) -> str | None:
    """Return which of some unique names a name of an object contains, ignoring case and `x` that fill it up.

    A server may have changed it.
    """
    texts = [value.lower() for key in _NAMES if isinstance(value := as_object(item).get(key), str)]
    for name in names:
        if any(_contains(text, name.lower()) for text in texts):
            return name
    return None


def _contains(text: str, name: str) -> bool:
    """Return whether a text has a name that is not a part of a longer word, but for `x` behind it."""
    for found in re.finditer(rf"(?<![0-9a-z]){re.escape(name)}", text):
        rest = text[found.end() :].lstrip("x")
        if re.match("[0-9a-z]", rest) is None:
            return True
    return False


def is_uuid(value: object) -> bool:
    """Return whether a value is a UUID."""
    return isinstance(value, str) and len(value) == _UUID_LENGTH and _UUID.fullmatch(value) is not None


def is_revoked(item: object) -> bool:
    """Return whether an object was deleted, although it can still be read: an invitation."""
    return as_object(item).get("state") == "revoked"


def is_segment(key: object) -> bool:
    """Return whether a key is one segment of a path, so that it leads to an object of its collection."""
    text = str(key)
    return text not in {"", ".", ".."} and "/" not in text and not _SURROGATE.search(text)
