"""Values of fields as the text of a model shows them, with credentials masked."""

import re
from typing import Any, Final

_ENVIRONMENT: Final = "env"
"""Name of the fields with environment variables."""
_URL_NAME: Final = re.compile("(?:.*_)?(?:url|uri)|href")
"""Names of the fields with URLs."""
_URL: Final = re.compile(r"(?<=://)[^\s\"'<>]+")
"""The part of an absolute URL after its scheme, in any text."""
_RELATIVE_URL: Final = re.compile(r"(?<=^//).+|^/(?!/).*", re.DOTALL)
"""The same part of a whole relative URL."""
_MAX_DEPTH: Final = 20
_MAX_BITS: Final = 2000
"""Bits of an int that Python writes with any limit of digits, which is at least 640."""


class _Mask:
    """The value of a secret in a text."""

    def __repr__(self) -> str:
        return "***"


MASK: Final = _Mask()


class _LongInt:
    """An int with more digits than Python writes, in a text."""

    def __init__(self, value: int) -> None:
        self._bits = value.bit_length()

    def __repr__(self) -> str:
        return f"<int of {self._bits} bits>"


def _is_long(value: object) -> bool:
    return isinstance(value, int) and value.bit_length() > _MAX_BITS


def shown(name: object, value: Any, depth: int = 0) -> Any:
    """Return the value of the field `name` as it may be shown. What is nested deeply, is masked."""
    if name == _ENVIRONMENT:
        return _masked_variables(value)
    if isinstance(value, str):
        if value.startswith("/") and isinstance(name, str) and _URL_NAME.fullmatch(name):
            return _RELATIVE_URL.sub(_without_credentials, value)
        return _URL.sub(_without_credentials, value) if "://" in value else value
    if _is_long(value):
        return _LongInt(value)
    if type(value) not in (dict, list):  # Subclasses and models have a text of their own.
        return value
    if depth >= _MAX_DEPTH:
        return MASK
    if isinstance(value, list):
        return [shown("", each, depth + 1) for each in value]  # pyright: ignore[reportUnknownVariableType]
    return {key: shown(key, each, depth + 1) for key, each in value.items()}


def _masked_variables(value: object) -> Any:
    """Return environment variables with their values masked. Another type than in the spec is masked as a whole."""
    if not isinstance(value, dict):
        return MASK
    return dict.fromkeys(value, MASK)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _without_credentials(url: re.Match[str]) -> str:
    """Return the part of a URL after its scheme, with `***` in place of its user and its query."""
    authority, slash, path = url[0].partition("/")
    user, at, host = authority.rpartition("@")
    visible, question_mark, _ = f"{host}{slash}{path}".partition("?")
    return f"{'***' if user not in ('', 'git') else user}{at}{visible}{question_mark}{'***' if question_mark else ''}"
