"""Bodies that are compressed."""

import gzip
import zlib

import pytest

from buildkite_rest._http.gzip_stream import Gunzip, GzipError

TEXT = bytes(range(256)) * 20_000
PACKED = gzip.compress(TEXT)


def unpacked(*pieces):
    gunzip = Gunzip()
    found = [piece for packed in pieces for piece in gunzip.decompress(packed)]
    gunzip.end()
    return found


@pytest.mark.parametrize("size", [1, 7, 1000, len(PACKED)])
def test_chunks_of_any_size_are_read(size):
    assert b"".join(unpacked(*(PACKED[start : start + size] for start in range(0, len(PACKED), size)))) == TEXT


def test_chunks_are_bounded():
    pieces = unpacked(gzip.compress(bytes(1 << 25)))
    assert sum(map(len, pieces)) == 1 << 25
    assert max(map(len, pieces)) == 1 << 20


def test_members_follow_one_another():
    whole = gzip.compress(b"one ") + gzip.compress(b"two ") + gzip.compress(b"")
    assert b"".join(unpacked(whole)) == b"one two "
    assert b"".join(unpacked(*(whole[start : start + 1] for start in range(len(whole))))) == b"one two "


def test_bytes_after_the_end_are_ignored():
    assert b"".join(unpacked(gzip.compress(b"one") + bytes(64))) == b"one"
    assert b"".join(unpacked(gzip.compress(b"one"), bytes(64), gzip.compress(b"two"))) == b"one"


@pytest.mark.parametrize("length", [1, 9, 11, len(PACKED) // 2, len(PACKED) - 9, len(PACKED) - 1])
def test_a_truncated_stream_is_an_error(length):
    with pytest.raises(GzipError, match="body is truncated"):
        unpacked(PACKED[:length])


@pytest.mark.parametrize("packed", [b"{}", zlib.compress(TEXT), PACKED[:-8] + bytes(8)])
def test_invalid_gzip_is_an_error(packed):
    with pytest.raises(GzipError, match="not gzip"):
        unpacked(packed)
