"""Recorded bodies: base64 and content codings, with limits."""

from __future__ import annotations

import base64
import binascii
import zlib
from gzip import GzipFile
from io import BytesIO
from typing import Final

MAX_BODY: Final = 1 << 26
"""Bytes of a decoded body."""
_CODINGS: Final = frozenset({"gzip", "x-gzip", "deflate"})
_GZIP: Final = b"\x1f\x8b"
_JSON_STARTS: Final = b'{["'


class UnreadableBodyError(Exception):
    """A body cannot be decoded. The message is a predicate: `is too large`."""


def from_base64(text: str | bytes) -> bytes:
    """Decode base64, with or without line breaks."""
    try:
        return base64.b64decode(b"".join((text.encode() if isinstance(text, str) else text).split()), validate=True)
    except (binascii.Error, ValueError):
        raise UnreadableBodyError("is not valid base64") from None


def without_coding(body: bytes, content_encoding: str) -> bytes:
    """Remove the content coding of a body, if the recorder has not done so."""
    coding = content_encoding.strip().lower()
    if coding in ("", "identity") or not body or body[:1] in _JSON_STARTS:
        return body
    if coding not in _CODINGS:
        if _is_text(body):
            return body
        raise UnreadableBodyError("has a content coding that is not supported")
    try:
        decoded = _inflate(body) if coding == "deflate" and not body.startswith(_GZIP) else _gunzip(body)
    except EOFError:
        raise UnreadableBodyError("is incomplete in the recording") from None
    except (OSError, zlib.error):
        if _is_text(body):
            return body
        raise UnreadableBodyError("cannot be decompressed") from None
    if len(decoded) > MAX_BODY:
        raise UnreadableBodyError("is too large")
    return decoded


def _gunzip(body: bytes) -> bytes:
    """Decompress all members, up to one byte more than the limit."""
    with GzipFile(fileobj=BytesIO(body)) as file:
        return file.read(MAX_BODY + 1)


def _inflate(body: bytes) -> bytes:
    decoder = zlib.decompressobj()
    decoded = decoder.decompress(body, MAX_BODY + 1)
    if not decoder.eof and len(decoded) <= MAX_BODY:
        raise EOFError
    return decoded


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
