"""Descriptions of mismatches, the errors of strict decoding."""

from __future__ import annotations

from typing import Final

import msgspec

from .._base.safe_text import safe_excerpt

_PATH: Final = " - at `"
_MAX_REASON: Final = 200
_MAX_PATH: Final = 250


def mismatch_text(error: Exception, root: str = "$") -> str:
    """Return the reason of a mismatch and its path in the body, in one line. Only a long value is truncated.

    `root` is the path of the part of the body that was decoded.
    """
    if isinstance(error, msgspec.ValidationError):
        reason, separator, path = str(error).rpartition(_PATH)
        if not separator:
            reason, path = path, "$`"
        path = path.replace("$", root, 1)  # It may begin with "key` in `".
        return f"{safe_excerpt(reason, _MAX_REASON)}{_PATH}{safe_excerpt(path, _MAX_PATH)}"
    if isinstance(error, UnicodeError):
        return "it has text that is not UTF-8"
    if isinstance(error, RecursionError):
        return "it is nested deeply"
    # The strict decoder also refuses JSON that Python accepts, and stops there.
    return "it has NaN, an infinity, half of a surrogate pair, a byte order mark, or an encoding other than UTF-8"
