"""Recorded bodies: base64 and content codings, with limits."""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Final

MAX_BODY: Final = 1 << 26
"""Bytes of a decoded body."""
_GZIP_OR_ZLIB: Final = 32 + zlib.MAX_WBITS
_CODINGS: Final = frozenset({"gzip", "x-gzip", "deflate"})
_GZIP: Final = b"\x1f\x8b"
_JSON_STARTS: Final = b'{["'


class UnreadableBodyError(Exception):
    """A body cannot be decoded. The message completes `not checked, because`."""


def from_base64(text: str | bytes) -> bytes:
    """Decode base64, with or without line breaks."""
    try:
        return base64.b64decode(b"".join((text.encode() if isinstance(text, str) else text).split()), validate=True)
    except (binascii.Error, ValueError):
        raise UnreadableBodyError("the body is not valid base64") from None


def without_coding(body: bytes, content_encoding: str) -> bytes:
    """Remove the content coding of a body, if the recorder has not done so."""
    coding = content_encoding.strip().lower()
    if coding in ("", "identity") or not body or body[:1] in _JSON_STARTS:
        return body
    if coding not in _CODINGS:
        if _is_text(body):
            return body
        raise UnreadableBodyError("the content coding of the body is not supported")
    if coding != "deflate" and not body.startswith(_GZIP):
        return body
    decoder = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        decoded = decoder.decompress(body, MAX_BODY)
    except zlib.error:
        if _is_text(body):
            return body
        raise UnreadableBodyError("the body cannot be decompressed") from None
    if decoder.unconsumed_tail:
        raise UnreadableBodyError("the body is too large")
    if not decoder.eof:
        raise UnreadableBodyError("the recording ends within the body")
    return decoded


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
