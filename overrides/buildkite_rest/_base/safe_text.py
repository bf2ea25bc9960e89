"""Text from elsewhere as one bounded, printable line, for messages and log records."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
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


LONGEST: Final = 500
"""Characters of such a text that are shown at most."""
_LONGEST_REPR: Final = 200
_MOST_CREDENTIALS: Final = 4


class _Credential:
    """A credential without a `repr`."""

    __slots__ = ("authorization", "forms")

    def __init__(self, authorization: str) -> None:
        self.authorization = authorization
        self.forms = forms_of(authorization.partition(" ")[2] or authorization)


_credentials: ContextVar[tuple[_Credential, ...]] = ContextVar("buildkite_rest_credentials", default=())
"""The latest credentials of this thread or task. A server may return one that it refused before."""
_everywhere: dict[str, None] = {}
"""Texts that are hidden in all threads, as an ordered set."""


def hide_credential(authorization: str) -> None:
    """Hide the credential of an `Authorization` header in all safe texts of this thread or task from now on.

    A server may return it in any text. Of several credentials the latest four are hidden.
    """
    known = _credentials.get()
    if not known or known[-1].authorization != authorization:  # Most calls use the credential of the last.
        others = (each for each in known if each.authorization != authorization)
        _credentials.set((*others, _Credential(authorization))[-_MOST_CREDENTIALS:])


def hide_everywhere(secret: str) -> None:
    """Hide `secret` in all safe texts of this process from now on."""
    _everywhere.update(dict.fromkeys(forms_of(secret)))


def without_credential(text: str) -> str:
    """Return `text` with `***` in place of the credentials of the latest requests and the passwords of proxies."""
    forms = [form for credential in _credentials.get() for form in credential.forms]
    forms.extend(tuple(_everywhere))
    return masked(text, forms) if forms else text


def shows_credential(error: BaseException | None) -> bool:
    """Whether an exception, or one that it was raised from, has a hidden credential in its text."""
    seen = set[int]()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        for text in (str(error), repr(error)):
            if without_credential(text) != text:
                return True
        error = error.__cause__ or error.__context__
    return False


def safe_excerpt(text: str, longest: int = LONGEST) -> str:
    """Return `text` in one line of at most `longest` characters, escaped where it is not printable.

    Escaped are control characters, ANSI sequences with them, line separators, bidirectional overrides and lone
    surrogates: they forge log records, change what a terminal shows, or cannot be encoded. A hidden
    credential is replaced before the text is cut, which could leave a part of it.
    """
    excerpt = without_credential(text).strip()[: longest + 1]
    if not excerpt.isprintable():
        excerpt = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in excerpt)
    return excerpt if len(excerpt) <= longest else f"{excerpt[: max(longest - 1, 0)]}…"


def safe_repr(value: object) -> str:
    """Return the `repr` of `value` in one bounded line."""
    if isinstance(value, str):
        value = without_credential(value)[:_LONGEST_REPR]  # the rest is not shown, and may be long
    elif isinstance(value, bytes):
        value = value[:_LONGEST_REPR]  # the rest is not shown, and may be long
    return safe_excerpt(repr(value), _LONGEST_REPR)
