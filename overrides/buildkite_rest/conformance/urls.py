"""URLs in responses, which may be invalid."""

from __future__ import annotations

from functools import lru_cache
from typing import Final
from urllib.parse import SplitResult, urlsplit

#: URLs whose parts are remembered. Responses repeat them, and several rules read each.
_CACHED: Final = 10_000
_NO_PARTS: Final = SplitResult("", "", "", "", "")


@lru_cache(_CACHED)
def is_url(url: str) -> bool:
    """Return whether a URL can be parsed."""
    try:
        _ = urlsplit(url).port  # a property, which is parsed here
    except ValueError:
        return False
    return True


@lru_cache(_CACHED)
def url_parts(url: str) -> SplitResult:
    """Return the parts of a URL, all empty if it cannot be parsed: `urlsplit` raises ValueError then."""
    return urlsplit(url) if is_url(url) else _NO_PARTS
