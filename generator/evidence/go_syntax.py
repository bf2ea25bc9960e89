"""Syntax of Go source that is read by patterns: the package clause, literals, comments and brackets."""

import re
from pathlib import Path

from ..errors import Location
from .facts import NotASourceError, read_text

_TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\[^\n])+'"""
    r"""|\w+|[][(){}]|(?P<open>["`']|/\*)""",
    re.DOTALL,
)
_PAIRS = {")": "(", "]": "[", "}": "{"}


def check_syntax(path: Path) -> None:
    """Raise `NotASourceError` at the first mistake that would hide what follows."""
    text = read_text(path)
    brackets: list[re.Match[str]] = []
    code = (each for each in _TOKEN.finditer(text) if not each[0].startswith(("//", "/*")) or each["open"])
    if (first := next(code, None)) is None or first[0] != "package":
        raise _error(path, first, "must begin with a package clause")
    for token in code:
        if token["open"]:
            raise _error(path, token, f"{token[0]} is not closed")
        if token[0] in _PAIRS.values():
            brackets.append(token)
        elif token[0] in _PAIRS and (not brackets or brackets.pop()[0] != _PAIRS[token[0]]):
            raise _error(path, token, f"{token[0]} closes nothing")
    if brackets:
        raise _error(path, brackets[-1], f"{brackets[-1][0]} is not closed")


def _error(path: Path, token: re.Match[str] | None, message: str) -> NotASourceError:
    location = Location(path, token.string.count("\n", 0, token.start()) + 1 if token else 1)
    return NotASourceError(f"{location}: not Go source: {message}")
