"""Content negotiation, byte ranges, and CORS headers of the API and of the storage."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import attrs

_WEIGHT: Final = re.compile(r";\s*q=(\d(?:\.\d+)?)", re.ASCII)


def preferred_media_type(accept: str | None, offered: Sequence[str]) -> str:
    """Return the offered media type that an `Accept` header prefers, by default the first one, as the API does."""
    wanted = sorted((accept or "*/*").lower().split(","), key=_weight, reverse=True)
    pairs = ((item.partition(";")[0].strip(), media) for item in wanted for media in offered)
    covered = (media for item, media in pairs if item in {"*/*", media, f"{media.partition('/')[0]}/*"})
    return next(covered, offered[0])


def _weight(media_range: str) -> float:
    found = _WEIGHT.search(media_range)
    return 1.0 if found is None else float(found[1])


#: Header that announces support for ranges.
ACCEPT_RANGES = {"Accept-Ranges": "bytes"}
_RANGE = re.compile(r"bytes=(?P<first>\d*)-(?P<last>\d*)", re.ASCII | re.IGNORECASE)


@attrs.frozen
class Range:
    """A byte range. Without `last` it ends with the file; without `first` it is a suffix of `last` bytes."""

    first: int | None
    last: int | None

    def part(self, content: bytes) -> tuple[bytes, dict[str, str]] | None:
        """Return the bytes of the range and the response headers, or None if the range is empty."""
        size = len(content)
        if self.first is None:
            begin, end = max(0, size - (self.last or 0)), size
        else:
            begin, end = self.first, size if self.last is None else min(self.last + 1, size)
        if begin >= end:
            return None
        return content[begin:end], {**ACCEPT_RANGES, "Content-Range": f"bytes {begin}-{end - 1}/{size}"}


def parse_range(header: str) -> Range | None:
    """Parse a `Range` header. Return None if it is not a single byte range."""
    match = _RANGE.fullmatch(header.strip())
    if match is None or match[0].endswith("=-"):
        return None
    first, last = _position(match["first"]), _position(match["last"])
    return None if first is not None and last is not None and last < first else Range(first, last)


def unsatisfied_range(size: int) -> dict[str, str]:
    """Return the headers of a 416 for a file of this size."""
    return {"Content-Range": f"bytes */{size}"}


def _position(digits: str) -> int | None:
    """Parse a byte position. Python refuses to parse very long numbers, and no file is that large."""
    return int(digits[:4000]) if digits else None


ANY_ORIGIN: Final = {"Access-Control-Allow-Origin": "*"}
API_HEADERS: Final = {**ANY_ORIGIN, "Access-Control-Expose-Headers": "Link"}
STORAGE_HEADERS: Final = {**ANY_ORIGIN, "Access-Control-Expose-Headers": "Accept-Ranges, Content-Range, ETag"}
_REQUEST_HEADERS: Final = "Accept, Authorization, Buildkite-Version, Content-Type, Range, traceparent, User-Agent"


def preflight_headers(methods: str) -> dict[str, str]:
    """Return the headers of a response to a preflight request for a path with these `methods`."""
    return {
        "Access-Control-Allow-Methods": methods,
        "Access-Control-Allow-Headers": _REQUEST_HEADERS,
        "Access-Control-Max-Age": "600",
    }
