"""Content codings: which one a request accepts, and how a response body is encoded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

_GZIP: Final = frozenset({"gzip", "x-gzip"})


def accept_encoding(headers: Mapping[str, str]) -> str:
    """Return the `Accept-Encoding` of a request with `headers`.

    Only gzip, because the HTTP libraries do not detect truncation of other codings. `identity` for a range request,
    because ranges apply to the encoded bytes.
    """
    return "identity" if "range" in map(str.lower, headers) else "gzip"


def coding_of(content_encoding: str | None) -> Literal["gzip", "other"] | None:
    """Return how a body with this `Content-Encoding` is encoded: None for not at all.

    Names are case-insensitive, and `identity` means none. A body that is encoded twice has an `other` coding, even gzip
    in gzip, which only a decompression bomb has.
    """
    if not content_encoding:
        return None
    codings = [
        name for coding in content_encoding.split(",") if (name := coding.strip().lower()) not in ("", "identity")
    ]
    if not codings:
        return None
    return "gzip" if len(codings) == 1 and codings[0] in _GZIP else "other"


def is_undecoded(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the body of an error has a coding that was not requested, so that it was not decoded."""
    return coding_of(headers.get("Content-Encoding")) == "other" and body[:1] not in (b"{", b"[", b"")
