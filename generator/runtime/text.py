"""Values of fields as the text of a model shows them, with credentials masked."""

import re
from typing import Any, Final

_ENVIRONMENT: Final = "env"
"""Name of the fields with environment variables."""
_URL_NAME: Final = re.compile("(?:.*_)?(?:url|uri)|href")
"""Names of the fields with URLs."""
_WHOLE_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
"""A text that is an absolute URL."""
_AUTHORITY: Final = re.compile("(?:[A-Za-z][A-Za-z0-9+.-]*:)?//")
"""The part of a URL before its user and host."""
_URL: Final = re.compile(
    r"(?:(?<='http://)|(?<='https://)|(?<='ssh://)|(?<='git://))[^\s\"'<>]*(?:'(?:[^\s\"'<>,;)\]}][^\s\"'<>]*)?)*"
    r"|(?<=://)[^\s\"<>]+"
)
"""The part of an absolute URL after its scheme, in any text, with the apostrophes after it.

A URL may contain apostrophes. If there is one before it, it ends at an apostrophe before a comma or a bracket.
"""
_MAX_DEPTH: Final = 20
_MAX_BITS: Final = 2000
"""Bits of an int that Python writes with any limit of digits, which is at least 640."""


class Shown:
    """A value in a `repr`, as a certain text. As a key it is unlike any other, also one with the same text."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


MASK: Final = Shown("***")
"""The value of a secret."""


def shown(name: object, value: Any, depth: int = 0) -> Any:
    """Return the value of the field `name` as it may be shown. What is nested deeply, is masked."""
    if name == _ENVIRONMENT:
        # Another type than in the spec is masked as a whole.
        return all_masked(value) if isinstance(value, dict) else MASK  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, str):
        return _shown_text(name, value)
    if type(value) not in (dict, list):  # Subclasses and models have a text of their own.
        is_long = isinstance(value, int) and value.bit_length() > _MAX_BITS
        return Shown(f"<int of {value.bit_length()} bits>") if is_long else value
    if depth >= _MAX_DEPTH:
        return MASK
    if isinstance(value, list):
        return [shown("", each, depth + 1) for each in value]  # pyright: ignore[reportUnknownVariableType]
    return {_shown_key(key): shown(key, each, depth + 1) for key, each in value.items()}


def all_masked(values: dict[Any, Any]) -> dict[Any, Any]:
    """Return a dictionary as it may be shown, with all of its values masked."""
    return {_shown_key(key): MASK for key in values}


def _shown_key(key: Any) -> Any:
    if not isinstance(key, str):
        return key
    text = _shown_text("", key)
    return key if text == key else Shown(repr(text))


def _shown_text(name: object, text: str) -> str:
    """Return the text of the field `name` with the credentials in URLs masked, in fields with URLs in any URL."""
    if "?" not in text and "//" not in text:
        return text
    if (isinstance(name, str) and _URL_NAME.fullmatch(name)) or _WHOLE_URL.fullmatch(text):
        authority = _AUTHORITY.match(text)
        if authority is None:
            return _without_credentials(f"/{text}")[1:]
        return authority[0] + _without_credentials(text[authority.end() :])
    return _URL.sub(_shown_match, text)


def _shown_match(match: re.Match[str]) -> str:
    url = match[0].rstrip("'")
    return _without_credentials(url) + match[0][len(url) :]


def _without_credentials(url: str) -> str:
    """Return the part of a URL after its scheme, with `***` in place of its query and of the users in it."""
    if "?" in url.partition("/")[0].rpartition("@")[0]:  # a query with an `@`, or a user with a `?`
        return "***"
    visible, question_mark, _ = url.partition("?")
    visible = "://".join(_without_user(part) for part in visible.split("://"))
    return f"{visible}{question_mark}{'***' if question_mark else ''}"


def _without_user(url: str) -> str:
    authority, slash, path = url.partition("/")
    user, at, host = authority.rpartition("@")
    return f"{'***' if user not in ('', 'git') else user}{at}{host}{slash}{path}"
