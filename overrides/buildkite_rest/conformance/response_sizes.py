"""Limit of the size of a response, after its decompression."""

# requests has no public way to set the body of a response.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import requests

#: Bytes of a body that are read, as of recorded traffic.
MAX_BYTES: Final = 64 << 20
#: Bytes of a larger body that are kept.
_KEPT: Final = 1_000
#: Bytes that are decompressed at a time.
_CHUNK: Final = 1 << 16


def read_limited(response: requests.Response) -> bool:
    """Read the body of a response, and return whether it is complete. Only the start of one that is too large is kept.

    Raises:
        RequestException: The body is incomplete or cannot be decoded.
    """
    if response.raw is None or response._content_consumed:
        return True
    content, is_complete = limited(response.iter_content(_CHUNK))
    if not is_complete:
        response.close()  # before it counts as consumed, or its connection would be used again
    # `content` would read it without a limit.
    response._content, response._content_consumed = content, True
    return is_complete


def limited(chunks: Iterable[bytes]) -> tuple[bytes, bool]:
    """Return chunks as one, or only its start if it is too large, and whether it is complete."""
    found: list[bytes] = []
    size = 0
    for chunk in chunks:
        found.append(chunk)
        size += len(chunk)
        if size > MAX_BYTES:
            return found[0][:_KEPT], False
    return b"".join(found), True
