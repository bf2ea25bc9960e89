"""Writes a request down as a command for a shell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from shlex import quote
from typing import Final

from .credentials import Secrets

#: Headers that curl writes itself, or that change nothing.
_LEFT_OUT: Final = frozenset(
    {"accept-encoding", "connection", "content-length", "host", "user-agent", "x-schemathesis-testcaseid"}
)


def curl(method: str, url: str, headers: Mapping[str, Sequence[str]], body: bytes | None, secrets: Secrets) -> str:
    """Return the command. A secret becomes the name of a variable; a credential that is none stays."""
    words = ["curl", "-i"]
    words += ["--head"] if method == "HEAD" else [] if method == "GET" and body is None else ["-X", method]
    for name, values in headers.items():
        if name.lower() in _LEFT_OUT or (name.lower(), list(values)) == ("accept", ["*/*"]):
            continue
        for value in values:
            if name.lower() == "authorization" and (variable := secrets.name(value)) is not None:
                words += ["-H", f'"Authorization: Bearer {variable}"']
            else:
                words += ["-H", _quoted(f"{name}: {value}" if value else f"{name};")]
    if body is not None:
        words += ["--data-binary", _quoted(body)]
    return secrets.hide(" ".join([*words, quote(url)]))


def _quoted(text: str | bytes) -> str:
    if isinstance(text, bytes):
        try:
            text = text.decode()
        except UnicodeDecodeError:
            return "$'" + "".join(f"\\x{byte:02x}" for byte in text) + "'"
    if text.isprintable():
        return quote(text)
    return "$'" + "".join(_escaped(character) for character in text) + "'"


def _escaped(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    if character.isprintable():
        return character
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))
