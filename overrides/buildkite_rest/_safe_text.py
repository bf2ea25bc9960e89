"""Text from elsewhere as one bounded, printable line, for messages and log records."""

from __future__ import annotations

from typing import Final

LONGEST: Final = 500
"""Characters of such a text that are shown at most."""
_LONGEST_REPR: Final = 200


def safe_excerpt(text: str, longest: int = LONGEST) -> str:
    """Return `text` in one line of at most `longest` characters, escaped where it is not printable.

    Escaped are control characters, ANSI sequences with them, line separators, bidirectional overrides and lone
    surrogates: they forge log records, change what a terminal shows, or cannot be encoded.
    """
    excerpt = text.strip()[: longest + 1]
    if not excerpt.isprintable():
        excerpt = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in excerpt)
    return excerpt if len(excerpt) <= longest else f"{excerpt[: max(longest - 1, 0)]}…"


def safe_repr(value: object) -> str:
    """Return the `repr` of `value` in one bounded line."""
    if isinstance(value, str | bytes):
        value = value[:_LONGEST_REPR]  # the rest is not shown, and may be long
    return safe_excerpt(repr(value), _LONGEST_REPR)
