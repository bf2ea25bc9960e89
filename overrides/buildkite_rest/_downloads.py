"""Writes what is downloaded to a file that is there whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Callable, Generator
from pathlib import Path
from typing import IO, Any, Final

from attrs import define, field

from ._errors import DownloadError
from ._names import check_place, is_name
from ._safe_text import safe_excerpt, safe_repr

_SHOWN: Final = 64


def target_path(to: str | os.PathLike[str], filename: str | None) -> Path:
    """Return the file to write: `to` itself, or a file called `filename` when `to` is a folder or ends with a slash.

    Raises:
        DownloadError: `to` is a folder and `filename` cannot be the name of a file in it.
    """
    text = os.fspath(to)
    path = Path(text)
    if not path.is_dir() and not text.endswith(("/", os.sep)):
        return path
    name = (filename if isinstance(filename, str) else "").replace("\\", "/").rpartition("/")[2]
    if not is_name(name, path):
        raise DownloadError(
            f"{safe_repr(filename)} is no name for a file in {safe_repr(text)}; pass the path of a file instead"
        )
    return path / name


@define
class Receiver:
    """A temporary file that counts and hashes what is written to it."""

    _file: IO[bytes]
    _size: int = field(default=0, init=False)
    _sha1: Any = field(factory=lambda: hashlib.sha1(usedforsecurity=False), init=False)

    @property
    def size(self) -> int:
        """Bytes that are there."""
        return self._size

    def restart(self) -> None:
        """Forget all that came."""
        if not self._size:
            return  # To truncate even an empty file makes ext4 flush what is written later, when it is closed.
        self._file.seek(0)
        self._file.truncate()
        self._size = 0
        self._sha1 = hashlib.sha1(usedforsecurity=False)

    def write(self, piece: bytes) -> None:
        """Append `piece`."""
        self._file.write(piece)
        self._size += len(piece)
        self._sha1.update(piece)

    def verify(self, size: int | None, sha1sum: str | None) -> None:
        """Raise `DownloadError` when size or checksum are known and differ."""
        if isinstance(size, int) and size != self._size:
            raise DownloadError(f"{self._size} bytes came, but the artifact has {size}")
        if isinstance(sha1sum, str) and sha1sum and sha1sum.lower() != self._sha1.hexdigest():
            expected = safe_excerpt(sha1sum, _SHOWN)
            raise DownloadError(f"the SHA-1 of what came is {self._sha1.hexdigest()}, but should be {expected}")


def _create(path: Path) -> IO[bytes]:
    return path.open("xb")


@contextlib.contextmanager
def receive(path: Path, create: Callable[[Path], IO[bytes]] = _create) -> Generator[Receiver]:
    """Give a `Receiver`, and move what it received to `path` when the block ends without an exception.

    The file has the permissions of any new file: the umask is applied by the system, for only there no other thread can
    come between.

    Raises:
        OSError: A folder is in the place of the file, or its name is too long. Nothing has been written.
    """
    check_place(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}")
    file = create(temporary)
    try:
        with file:
            yield Receiver(file)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
