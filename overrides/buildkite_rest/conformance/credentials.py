"""Credentials of a run, masked in everything that is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from .._base.safe_text import escaped, masked

#: Shell variable that replaces the token of the run.
TOKEN: Final = "$TOKEN"  # noqa: S105 - its name
#: Shell variable that replaces forged tokens.
FORGED_TOKEN: Final = "$FORGED_TOKEN"  # noqa: S105
#: Credentials that responses are searched for. A JWT is used for a few seconds only.
_RECENT: Final = 4
_JWT: Final = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")


class Secrets:
    """Values that must not be shown.

    Args:
        keys: Names of properties whose values are credentials.
    """

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._names: dict[str, str] = {}
        names = "|".join(map(re.escape, sorted(keys))) or "(?!)"
        # Without a quote at the end, the value is truncated.
        self._properties = re.compile(rf'("(?:{names})"\s*:\s*)"(?:[^"\\\n]|\\.)*"?')

    def add(self, authorization: str, name: str = TOKEN) -> None:
        """Register the value of an `Authorization` header and the variable that replaces it."""
        self._names.setdefault(authorization.removeprefix("Bearer "), name)

    def values(self, name: str) -> list[str]:
        """Return the latest credentials that a variable replaces."""
        return [value for value, variable in self._names.items() if variable == name][-_RECENT:]

    def name(self, authorization: str) -> str | None:
        """Return the variable for the value of an `Authorization` header, or None if it is not a secret."""
        return self._names.get(authorization.removeprefix("Bearer "))

    def hide(self, text: str) -> str:
        """Return `text` without secrets, and with control characters escaped."""
        text = masked(text, {value: name for value, name in self._names.items() if value})
        text = _JWT.sub(TOKEN, text)
        return escaped(self._properties.sub(r'\1"***"', text), but="\n\t")
