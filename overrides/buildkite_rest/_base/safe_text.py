"""Text from elsewhere as one bounded, printable line, for messages and log records."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

from .masking import forms_of, masked

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
