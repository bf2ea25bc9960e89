"""Values of fields as the text of a model shows them, with credentials masked."""

import re
from typing import Any, Final

_URL: Final = re.compile(r"(?<=://)[^\s\"'<>]+")
_ENVIRONMENT: Final = "env"
"""Name of the fields with environment variables."""
_MAX_DEPTH: Final = 20


class _Mask:
    """The value of a secret in a text."""

    def __repr__(self) -> str:
        return "***"


MASK: Final = _Mask()


def shown(name: str, value: Any, depth: int = 0) -> Any:
    """Return the value of the field `name` as it may be shown. What is nested deeply, is masked."""
    if isinstance(value, str):
        return _URL.sub(_without_credentials, value) if "://" in value else value
    if type(value) not in (dict, list):  # Subclasses and models have a text of their own.
        return value
    if depth >= _MAX_DEPTH:
        return MASK
    if isinstance(value, list):
        return [shown("", each, depth + 1) for each in value]  # pyright: ignore[reportUnknownVariableType]
    return {key: MASK if name == _ENVIRONMENT else shown("", each, depth + 1) for key, each in value.items()}


def _without_credentials(url: re.Match[str]) -> str:
    """Return the part of a URL after its scheme, with `***` in place of its user and its query."""
    authority, slash, path = url[0].partition("/")
    user, at, host = authority.rpartition("@")
    visible, question_mark, _ = f"{host}{slash}{path}".partition("?")
    return f"{'***' if user not in ('', 'git') else user}{at}{visible}{question_mark}{'***' if question_mark else ''}"
