"""Masking of secrets in text."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Sequence
from typing import Final

_SHORTEST: Final = 8
"""Characters of a secret that is masked. A shorter one is in words by chance."""
_SHORTEST_PART: Final = 16
_LOWER: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_ESCAPE: Final = re.compile("%([0-9A-Fa-f]{2})")
_CHARACTER: Final = re.compile("%[0-9A-Fa-f]{2}|.", re.DOTALL)


def forms_of(secret: str) -> tuple[str, ...]:
    """Return the texts to mask for `secret`, in lower case: all of it, and its parts between dots.

    A JSON Web Token has three parts, the last of which is its signature.
    """
    parts = [part for part in secret.split(".") if len(part) >= _SHORTEST_PART]
    return tuple(text.translate(_LOWER) for text in (secret, *parts) if len(text) >= _SHORTEST)


def masked(text: str, forms: Iterable[str]) -> str:
    """Return `text` with `***` in place of each of `forms`, in upper or lower case, percent-encoded or not."""
    forms = tuple(forms)
    text = _replaced(text, text, forms)
    if "%" in text:
        decoded = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), text)
        text = _replaced(_CHARACTER.findall(text), decoded, forms)
    return text


def _replaced(characters: Sequence[str], text: str, forms: tuple[str, ...]) -> str:
    """Return `characters`, which `text` has in another spelling, with `***` wherever `text` has one of `forms`."""
    lower, shown, end = text.translate(_LOWER), list[str](), 0
    for start, stop in sorted(span for form in forms for span in _spans(lower, form)):
        if start >= end:
            shown += [*characters[end:start], "***"]
        end = max(end, stop)
    return "".join([*shown, *characters[end:]])


def _spans(text: str, form: str) -> Iterable[tuple[int, int]]:
    start = text.find(form)
    while start >= 0:
        yield start, start + len(form)
        start = text.find(form, start + len(form))
