"""Unpacks bodies that are compressed with gzip.

The HTTP libraries do so too, but do not tell when the data ends before its end, and hold whatever a piece unpacks to.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

_LARGEST_PIECE: Final = 1 << 20
_WITH_HEADER: Final = zlib.MAX_WBITS | 16
_MAGIC: Final = b"\x1f\x8b"


class GzipError(Exception):
    """The data is no gzip, or not all of it."""


class Gunzip:
    """Unpacks one body."""

    def __init__(self) -> None:
        self._unpack = zlib.decompressobj(_WITH_HEADER)
        self._came = False
        self._over = False

    def take(self, packed: bytes) -> Iterator[bytes]:
        """Yield what comes out of a piece, in pieces of 1 MiB at most.

        Raises:
            GzipError: It is no gzip.
        """
        self._came = self._came or bool(packed)
        while not self._over:
            try:
                piece = self._unpack.decompress(packed, _LARGEST_PIECE)
            except zlib.error as error:
                raise GzipError(f"what came is no gzip: {error}") from None
            if piece:
                yield piece
            packed = self._unpack.unconsumed_tail
            if self._unpack.unused_data.startswith(_MAGIC):
                packed, self._unpack = self._unpack.unused_data, zlib.decompressobj(_WITH_HEADER)
            elif not packed and len(piece) < _LARGEST_PIECE:
                self._over = not _MAGIC.startswith(self._unpack.unused_data)
                return

    def end(self) -> None:
        """Take note that nothing more comes.

        Raises:
            GzipError: The data ended too early.
        """
        if self._came and not self._unpack.eof:
            raise GzipError("the compressed data ends too early")
