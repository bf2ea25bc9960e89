"""Decompression of gzip bodies.

The HTTP libraries do not report truncated data, and decompress a chunk of any size into memory.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

_MAX_CHUNK_BYTES: Final = 1 << 20
_WITH_HEADER: Final = zlib.MAX_WBITS | 16
_MAGIC: Final = b"\x1f\x8b"


class GzipError(Exception):
    """The data is not gzip, or is truncated."""


class Gunzip:
    """Decompressor of one body."""

    def __init__(self) -> None:
        self._decompressor = zlib.decompressobj(_WITH_HEADER)
        self._has_data = False
        self._finished = False

    def decompress(self, compressed: bytes) -> Iterator[bytes]:
        """Yield the decompressed data of a chunk, in chunks of at most 1 MiB.

        Raises:
            GzipError: The data is not gzip.
        """
        self._has_data = self._has_data or bool(compressed)
        while not self._finished:
            try:
                chunk = self._decompressor.decompress(compressed, _MAX_CHUNK_BYTES)
            except zlib.error as error:
                raise GzipError(f"the body is not gzip: {error}") from None
            if chunk:
                yield chunk
            compressed = self._decompressor.unconsumed_tail
            if self._decompressor.unused_data.startswith(_MAGIC):
                compressed, self._decompressor = self._decompressor.unused_data, zlib.decompressobj(_WITH_HEADER)
            elif not compressed and len(chunk) < _MAX_CHUNK_BYTES:
                self._finished = not _MAGIC.startswith(self._decompressor.unused_data)
                return

    def end(self) -> None:
        """Check that the data is complete.

        Raises:
            GzipError: It is truncated.
        """
        if self._has_data and not self._decompressor.eof:
            raise GzipError("the compressed body is truncated")
