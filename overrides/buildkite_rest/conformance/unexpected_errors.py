"""Errors that a check of a response should have prevented."""

from __future__ import annotations

import traceback
from pathlib import Path

from .._base.safe_text import safe_excerpt


def described(error: Exception) -> str:
    """Return the description of an error, with its place in the code."""
    places = traceback.extract_tb(error.__traceback__)
    place = f" in {Path(places[-1].filename).name}:{places[-1].lineno}" if places else ""
    return f"a response led to {type(error).__name__}: {safe_excerpt(str(error))}{place}. Please report it."
