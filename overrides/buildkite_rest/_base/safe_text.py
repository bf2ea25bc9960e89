"""Untrusted text for messages and log records: one bounded, printable line without credentials.

What a `repr` hides is in `__hidden__` of a `Record`, and in `__secrets__` of a generated model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

MAX_LENGTH: Final = 500
"""Default maximum length of an excerpt, in characters."""
_MAX_REPR_LENGTH: Final = 200
_MAX_CREDENTIALS: Final = 64
"""Latest credentials of the process that are masked. A server may return one that it refused before."""
_MIN_SECRET_LENGTH: Final = 8
"""Length of the shortest secret that is masked. Shorter ones occur in words by chance."""
_MASK: Final = "***"

_credentials: dict[str, str] = {}
"""The latest credentials in order, and their mask."""


def masked(text: str, names: Mapping[str, str]) -> str:
    """Return `text` with the value of `names` in place of each of its keys, which may begin with another.

    They are replaced in upper or lower case, and percent-encoded as in a URL.
    """
    for secret in sorted(names, key=len, reverse=True):
        for sent in (secret, quote(secret, safe="", errors="replace")):
            text = re.sub(re.escape(sent), names[secret], text, flags=re.IGNORECASE)
    return text


def hide_credential(authorization: str) -> None:
    """Mask the credential of an `Authorization` header in later messages of this process, which may echo it."""
    credential = authorization.partition(" ")[2] or authorization
    if len(credential) < _MIN_SECRET_LENGTH:
        return
    _credentials.pop(credential, None)  # It is the latest again.
    _credentials[credential] = _MASK
    if len(_credentials) > _MAX_CREDENTIALS:
        _credentials.pop(next(iter(tuple(_credentials))), None)  # Another thread may have removed it.


def without_credential(text: str) -> str:
    """Return `text` with `***` in place of the credentials of the latest requests."""
    return masked(text, _credentials.copy())


def without_token(content: bytes) -> bytes:
    """Return `content` with `***` in place of the credentials of the latest requests."""
    return without_credential(content.decode("latin-1")).encode("latin-1")


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


def plural(number: int, noun: str) -> str:
    """Return a number with a noun, in the plural unless it is one."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
