"""Untrusted text for messages and log records: one bounded, printable line without credentials."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

MAX_LENGTH: Final = 500
"""Default maximum length of an excerpt, in characters."""
_MAX_REPR_LENGTH: Final = 200
_MAX_CREDENTIALS: Final = 64
"""Latest credentials of the process that are masked. A server may return one that it refused before."""
_MIN_SECRET_LENGTH: Final = 8
"""Length of the shortest secret that is masked. Shorter ones occur in words by chance."""
_MIN_PART_LENGTH: Final = 16
_MASK: Final = "***"
_LOWER: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)

_credentials: dict[str, tuple[str, ...]] = {}
"""The latest `Authorization` headers in order, and what is masked of each."""
_secrets: set[str] = set()
"""Texts that are always masked."""


def ascii_lower(text: str) -> str:
    """Return `text` with ASCII letters in lower case, which keeps its length. `str.lower` turns `İ` into two."""
    return text.translate(_LOWER)


def masked(text: str, names: Mapping[str, str]) -> str:
    """Return `text` with the value of `names` in place of each of its keys, which are in lower case.

    They are replaced in upper or lower case, percent-encoded once, several times or not. A key may begin with another.
    """
    lower = ascii_lower(text)
    for form in sorted(names, key=len, reverse=True):
        if form in lower or "%" in text:
            text = _pattern(form).sub(lambda _, name=names[form]: name, text)  # type: ignore[misc]
    return text


@lru_cache(4 * _MAX_CREDENTIALS)
def _pattern(form: str) -> re.Pattern[str]:
    """Return a pattern of `form` in upper or lower case, with any of its characters percent-encoded."""
    return re.compile("".join(map(_spellings, form)), re.IGNORECASE | re.ASCII)


def _spellings(character: str) -> str:
    encoded = "".join(f"%(?:25)*{byte:02x}" for byte in character.encode(errors="replace"))
    upper = "" if character.upper() == character else f"|%(?:25)*{ord(character.upper()):02x}"
    return f"(?:{re.escape(character)}|{encoded}{upper})"


def _mask_forms(secret: str) -> tuple[str, ...]:
    """Return the texts to mask for `secret`, in lower case: itself and its parts between dots, as in a JWT."""
    parts = [part for part in secret.split(".") if len(part) >= _MIN_PART_LENGTH]
    return tuple(ascii_lower(text) for text in (secret, *parts) if len(text) >= _MIN_SECRET_LENGTH)


def hide_credential(authorization: str) -> None:
    """Mask the credential of an `Authorization` header in later messages of this process, which may echo it."""
    known = _credentials.pop(authorization, None)  # It is the latest again.
    credential = authorization.partition(" ")[2] or authorization
    _credentials[authorization] = _mask_forms(credential) if known is None else known
    if len(_credentials) > _MAX_CREDENTIALS:
        _credentials.pop(next(iter(tuple(_credentials))), None)  # Another thread may have removed it.


def hide_everywhere(secret: str) -> None:
    """Mask `secret` in later messages of this process."""
    _secrets.update(_mask_forms(secret))


def without_credential(text: str) -> str:
    """Return `text` with `***` in place of the credentials of the latest requests and the passwords of proxies."""
    forms = [*tuple(_secrets), *(form for forms in tuple(_credentials.values()) for form in forms)]
    return masked(text, dict.fromkeys(forms, _MASK)) if forms else text


def without_token(content: bytes) -> bytes:
    """Return `content` with `***` in place of the tokens of the latest requests. See `masked`."""
    tokens = [forms[0] for forms in tuple(_credentials.values()) if forms]
    return masked(content.decode("latin-1"), dict.fromkeys(tokens, _MASK)).encode("latin-1")


def shows_credential(error: BaseException | None) -> bool:
    """Whether the text of an exception, or of one in its chain, has a credential."""
    seen = set[int]()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        for text in (str(error), repr(error)):
            if without_credential(text) != text:
                return True
        error = error.__cause__ or error.__context__
    return False


def escaped(text: str, but: str = "") -> str:
    """Return `text` with escapes in place of characters that are not printable, except those of `but`.

    Control characters, line separators, bidirectional overrides, characters without a width and lone surrogates forge
    log records, control a terminal, or cannot be encoded.
    """
    if text.translate(dict.fromkeys(map(ord, but))).isprintable():
        return text  # as are most, which have up to millions of characters
    return "".join(each if each.isprintable() or each in but else ascii(each)[1:-1] for each in text)


def safe_excerpt(text: str, max_length: int = MAX_LENGTH) -> str:
    """Return `text` in one line of at most `max_length` characters, with credentials masked.

    Characters that are not printable are escaped. Credentials are masked before the text is truncated, which could
    leave a part of one.
    """
    excerpt = escaped(without_credential(text).strip()[: max_length + 1])
    return excerpt if len(excerpt) <= max_length else f"{excerpt[: max(max_length - 1, 0)]}…"


def safe_repr(value: object) -> str:
    """Return the `repr` of `value` in one bounded line."""
    if isinstance(value, str):
        value = without_credential(value)[:_MAX_REPR_LENGTH]
    elif isinstance(value, bytes):
        value = value[:_MAX_REPR_LENGTH]
    return safe_excerpt(repr(value), _MAX_REPR_LENGTH)


class SafeRepr:
    """A value in a `repr`, as `safe_repr` returns it."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __repr__(self) -> str:
        return safe_repr(self._value)


def plural(number: int, noun: str) -> str:
    """Return a number with a noun, in the plural unless it is one."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
