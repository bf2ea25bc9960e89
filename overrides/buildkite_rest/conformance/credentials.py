"""Credentials of a run, masked in everything that is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import takewhile
from typing import Final

from .._base.safe_text import ascii_lower, escaped, masked

#: Shell variable that replaces the token of the run.
TOKEN: Final = "$TOKEN"  # noqa: S105 - its name
#: Shell variable that replaces forged tokens.
FORGED_TOKEN: Final = "$FORGED_TOKEN"  # noqa: S105
#: Credentials that responses are searched for. A JWT is used for a few seconds only.
_RECENT: Final = 4
_JWT: Final = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")
#: Characters of a truncated credential that are masked, at the end of a line or before an ellipsis.
_MIN_PREFIX: Final = 8
#: The same before any other character that ends a word. Shorter ones occur in texts by chance.
_MIN_WORD: Final = 12
_TRUNCATION: Final = re.compile(r"[ \t]*(?:\.\.\.|…|$)", re.MULTILINE)
_WORD_CHARACTER: Final = re.compile(r"\w")


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

    def mask(self, text: str) -> str:
        """Return `text` without secrets."""
        values = sorted(self._names, key=len, reverse=True)  # one may be a prefix of another
        text = masked(text, {ascii_lower(value): self._names[value] for value in values if value})
        text = _JWT.sub(TOKEN, text)
        for value in values:
            text = _without_prefixes(text, value, self._names[value])
        return self._properties.sub(r'\1"***"', text)

    def hide(self, text: str) -> str:
        """Return `text` without secrets, and with control characters escaped."""
        return escaped(self.mask(text), but="\n\t")


def _without_prefixes(text: str, value: str, name: str) -> str:
    """Return `text` with `name` in place of each truncated `value`."""
    start = value[:_MIN_PREFIX]
    if len(value) <= _MIN_PREFIX or start not in text:
        return text
    parts = text.split(start)
    shown = parts[0]
    for part in parts[1:]:
        pairs = zip(part, value[_MIN_PREFIX:], strict=False)
        length = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        rest = part[length:]
        is_word = _MIN_PREFIX + length >= _MIN_WORD and not _WORD_CHARACTER.match(rest)
        is_truncated = is_word or _TRUNCATION.match(rest) is not None
        shown += (name if is_truncated else start + part[:length]) + rest
    return shown
