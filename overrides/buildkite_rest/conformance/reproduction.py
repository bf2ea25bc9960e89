"""Requests as commands that repeat them, and responses as lines of a report."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Final

from .._base.safe_text import safe_excerpt
from .credentials import Secrets

#: Characters of a body that a report shows.
_EXCERPT: Final = 300
#: Characters of a body that are searched for secrets, and shortened to those that are shown.
_SEARCHED: Final = 20_000
#: Headers that curl sets by itself, or that have no effect.
_OMITTED_HEADERS: Final = frozenset(
    {"accept-encoding", "connection", "content-length", "host", "user-agent", "x-schemathesis-testcaseid"}
)


def excerpt(status: int, text: str, secrets: Secrets) -> str:
    """Return a status and the start of a body without secrets, on one line."""
    text = secrets.hide(text[:_SEARCHED])
    return f"{status} {safe_excerpt(' '.join(text.split()), _EXCERPT)}".rstrip()


def curl(method: str, url: str, headers: Mapping[str, Sequence[str]], body: bytes | None, secrets: Secrets) -> str:
    """Return a request as a shell command. A secret becomes a variable; an invalid credential is shown."""
    words = ["curl", "-i"]
    words += ["--head"] if method == "HEAD" else [] if method == "GET" and body is None else ["-X", method]
    for name, values in headers.items():
        if name.lower() in _OMITTED_HEADERS or (name.lower(), list(values)) == ("accept", ["*/*"]):
            continue
        for value in values:
            if name.lower() == "authorization" and (variable := secrets.name(value)) is not None:
                words += ["-H", f'"Authorization: Bearer {variable}"']
            else:
                words += ["-H", _quoted(f"{name}: {value}" if value else f"{name};")]
    if body is not None:
        words += ["--data-binary", _quoted(body)]
    return secrets.hide(" ".join([*words, shlex.quote(url)]))


def _quoted(content: str | bytes) -> str:
    text = content if isinstance(content, str) else content.decode("utf-8", "surrogateescape")
    return shlex.quote(text) if text.isprintable() else "$'" + "".join(map(_escaped, text)) + "'"


def _escaped(character: str) -> str:
    if character.isprintable() and character not in "\\'":
        return character
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))
