"""Lone surrogates in JSON, which no encoding of Unicode can write."""

from __future__ import annotations

import re
from typing import Final

#: An escaped backslash, which begins no other escape; a pair; and, as the only group, a lone surrogate.
_ESCAPE: Final = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


def replace_lone_surrogates(text: str) -> str:
    """Return JSON in which U+FFFD is in the place of each escaped surrogate that is not one of a pair."""
    return _ESCAPE.sub(lambda escape: r"\ufffd" if escape[1] else escape[0], text)
