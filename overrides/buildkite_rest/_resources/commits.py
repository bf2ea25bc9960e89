"""What the API knows a commit by."""

from __future__ import annotations

import re
from typing import Final

from .._base.argument_types import check_type
from .._base.safe_text import safe_repr

_FULL: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def full_sha(commit: str) -> str:
    """Return `commit` as the API writes it.

    Raises:
        TypeError: It is not a str.
        ValueError: It is a part of a SHA, or no SHA at all.
    """
    check_type("commit", commit, str, "a str")
    sha = commit.lower()
    if _FULL.fullmatch(sha) is None:
        raise ValueError(
            f"commit must be the full SHA, 40 hexadecimal digits, not {safe_repr(commit)}: `git rev-parse` tells it"
        )
    return sha
