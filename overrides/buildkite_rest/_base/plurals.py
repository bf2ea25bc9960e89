"""Numbers with nouns, for messages."""

from __future__ import annotations


def plural(number: int, noun: str) -> str:
    """Return a number with a noun, in the plural unless it is one."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
