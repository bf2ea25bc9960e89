"""Decoding of response bodies, which several checks read."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from .._base.json_values import loads_or_none


@lru_cache(maxsize=4)
def decoded(content: bytes) -> Any:
    """Return the JSON of a body, or None. All checks of a response share the value, so they must not change it."""
    return loads_or_none(content)
