"""Untrusted text for messages and log records: one bounded, printable line without credentials."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from typing import Final

MAX_LENGTH: Final = 500
"""Default maximum length of an excerpt, in characters."""
_MAX_REPR_LENGTH: Final = 200
_MAX_CREDENTIALS: Final = 4
"""Credentials of a thread or task that are masked in its messages."""
_MAX_LATEST: Final = 64
"""Credentials of the process that are masked in every message."""
_MAX_COPY: Final = 1 << 20
"""Bytes of a body that are copied at a time."""
_MIN_SECRET_LENGTH: Final = 8
"""Length of the shortest secret that is masked. Shorter ones occur in words by chance."""
_MIN_PART_LENGTH: Final = 16
_MASK: Final = "***"
_LOWER: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def _mask_forms(secret: str) -> tuple[str, ...]:
    """Return the texts to mask for `secret`, in lower case: itself and its parts between dots, as in a JWT."""
    parts = [part for part in secret.split(".") if len(part) >= _MIN_PART_LENGTH]
    return tuple(ascii_lower(text) for text in (secret, *parts) if len(text) >= _MIN_SECRET_LENGTH)


def ascii_lower(text: str) -> str:
    """Return `text` with ASCII letters in lower case, which keeps its length. `str.lower` turns `İ` into two."""
    return text.translate(_LOWER)


def masked(text: str, names: Mapping[str, str]) -> str:
    """Return `text` with the value of `names` in place of each of its keys, which are in lower case.

    They are replaced in upper or lower case, percent-encoded once, several times or not. A key may begin with another.
    """
    text = _replace_forms(text, text, names)
    if "%" in text:
        decoded = re.sub("%(?:25)*([0-9A-Fa-f]{2})", lambda escape: chr(int(escape[1], 16)), text)
        text = _replace_forms(re.findall("%(?:25)*[0-9A-Fa-f]{2}|.", text, re.DOTALL), decoded, names)
    return text


def _replace_forms(characters: Sequence[str], text: str, names: Mapping[str, str]) -> str:
    """Return `characters` with a name in place of each form in `text`, which has the same characters decoded."""
    lower, visible, end = ascii_lower(text), list[str](), 0
    spans = ((start, -stop, name) for form, name in names.items() for start, stop in _spans(lower, form))
    for start, negative_stop, name in sorted(spans):
        if start >= end:
            visible += [*characters[end:start], name]
        end = max(end, -negative_stop)
    return "".join([*visible, *characters[end:]])


def _spans(text: str, form: str) -> Iterable[tuple[int, int]]:
    start = text.find(form)
    while start >= 0:
        yield start, start + len(form)
        start = text.find(form, start + len(form))


class _Credential:
    """A credential without a `repr`."""

    __slots__ = ("authorization", "forms")

    def __init__(self, authorization: str) -> None:
        self.authorization = authorization
        self.forms = _mask_forms(authorization.partition(" ")[2] or authorization)


_credentials: ContextVar[tuple[_Credential, ...]] = ContextVar("buildkite_rest_credentials", default=())
"""The latest credentials of this thread or task. A server may return one that it refused before."""
_latest: dict[str, _Credential] = {}
"""The latest credentials of all threads and tasks, in order: objects with text of a server have a `repr` anywhere."""
_process_wide: dict[str, None] = {}
"""Texts that are masked in all threads, as an ordered set."""


def hide_credential(authorization: str) -> None:
    """Mask the credential of an `Authorization` header in later messages.

    A server may return it in any text. The latest four credentials of this thread or task are masked, and the latest 64
    of the process.
    """
    known = _credentials.get()
    if not known or known[-1].authorization != authorization:  # Most calls use the previous credential.
        others = (each for each in known if each.authorization != authorization)
        credential = _latest.pop(authorization, None) or _Credential(authorization)
        _credentials.set((*others, credential)[-_MAX_CREDENTIALS:])
        _latest[authorization] = credential
        for oldest in list(_latest)[:-_MAX_LATEST]:
            _latest.pop(oldest, None)  # Another thread may have removed it.


def hide_everywhere(secret: str) -> None:
    """Mask `secret` in later messages of this process."""
    _process_wide.update(dict.fromkeys(_mask_forms(secret)))


def without_credential(text: str) -> str:
    """Return `text` with `***` in place of the credentials of the latest requests and the passwords of proxies."""
    credentials = {*_credentials.get(), *tuple(_latest.values())}
    forms = [*tuple(_process_wide), *(form for credential in credentials for form in credential.forms)]
    return masked(text, dict.fromkeys(forms, _MASK)) if forms else text


def without_token(content: bytes) -> bytes:
    """Return `content` with `***` in place of the tokens of the latest requests.

    Letters may be in upper or lower case, and characters may be percent-encoded.
    """
    for form in {form.encode() for credential in _credentials.get() for form in credential.forms[:1]}:
        content = _without(content, form)
        if b"%" in content:
            content = _percent_encoded(form).sub(b"***", content)
    return content


def _percent_encoded(form: bytes) -> re.Pattern[bytes]:
    """Return a pattern of `form` with any of its characters percent-encoded, in upper or lower case."""
    return re.compile(b"".join(b"(?:%s)" % b"|".join(_spellings(byte)) for byte in form))


def _spellings(byte: int) -> Iterable[bytes]:
    for each in {*bytes([byte]).lower(), *bytes([byte]).upper()}:
        yield re.escape(bytes([each]))
        yield from (b"%%(?:25)*%s" % text.encode() for text in {f"{each:02x}", f"{each:02X}"})


def _without(content: bytes, form: bytes) -> bytes:
    """Return `content` with `***` in place of `form`. A copy in lower case is made of a part at a time."""
    visible, end = list[bytes](), 0
    for base in range(0, len(content), _MAX_COPY):
        lower = content[base : base + _MAX_COPY + len(form) - 1].lower()
        while (found := lower.find(form, max(end - base, 0))) >= 0:
            visible.append(content[end : base + found])
            end = base + found + len(form)
    return b"***".join([*visible, content[end:]]) if visible else content


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
