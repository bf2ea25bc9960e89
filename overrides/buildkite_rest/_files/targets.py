"""Writes what is downloaded to a file that appears when it is complete, or into a special file."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Generator
from pathlib import Path
from typing import IO, Any, Final

from attrs import define, field

from .._base.errors import DownloadError
from .._base.file_names import check_place, is_name
from .._base.safe_text import safe_excerpt, safe_repr
from .folders import check_inside, inner_folder
from .new_files import create_file, new_file
from .special_files import SpecialFile, special_file

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
    """A file that counts and hashes what is written to it.

    Args:
        file: A file that can be truncated, or a special file, which cannot.
    """

    _file: IO[bytes] | SpecialFile
    _size: int = field(default=0, init=False)
    _sha1: Any = field(factory=lambda: hashlib.sha1(usedforsecurity=False), init=False)

    @property
    def size(self) -> int:
        """Bytes that were written."""
        return self._size

    @property
    def can_restart(self) -> bool:
        """Whether the file can be written again from its start."""
        return not self._size or not isinstance(self._file, SpecialFile)

    def restart(self) -> None:
        """Discard all that was written."""
        if not self._size or isinstance(self._file, SpecialFile):
            return  # To truncate even an empty file makes ext4 flush what is written later, when it is closed.
        self._file.seek(0)
        self._file.truncate()
        self._size = 0
        self._sha1 = hashlib.sha1(usedforsecurity=False)

    def write(self, chunk: bytes) -> None:
        """Append `chunk`."""
        self._file.write(chunk)
        self._size += len(chunk)
        self._sha1.update(chunk)

    async def drain(self) -> None:
        """Wait for a reader of the file that is slow, without blocking."""
        if isinstance(self._file, SpecialFile):
            await self._file.drain()

    def verify(self, size: int | None, sha1sum: str | None) -> None:
        """Raise `DownloadError` when size or checksum are known and differ."""
        if isinstance(size, int) and size != self._size:
            raise DownloadError(f"received {self._size} bytes, but the artifact has {size}")
        if isinstance(sha1sum, str) and sha1sum and sha1sum.lower() != self._sha1.hexdigest():
            expected = safe_excerpt(sha1sum, _SHOWN)
            raise DownloadError(f"the SHA-1 of the received bytes is {self._sha1.hexdigest()}, not {expected}")


@contextlib.contextmanager
def receive(
    path: Path,
    *,
    follow: bool = False,
    blocking: bool = True,
    create: Callable[[Path], IO[bytes]] = create_file,
    inside: Path | None = None,
) -> Generator[Receiver]:
    """Yield a `Receiver` whose content becomes the file `path` when the block ends without an exception.

    Args:
        path: The path.
        follow: Whether to write to the target of a symbolic link, and into a special file. Otherwise a link is
            replaced, and a special file is refused.
        blocking: Whether writing into a special file blocks. Otherwise `drain` waits.
        create: Creates the temporary file, where one is needed.
        inside: A folder that the file must not leave, even when a subfolder is replaced by a link meanwhile.

    Raises:
        DownloadError: The file would leave the folder `inside`.
        OSError: A folder or a special file is in the place of the file, or its name is too long. Nothing has been
            written.
    """
    with special_file(path, blocking=blocking) if follow else contextlib.nullcontext() as special:
        if special is not None:
            yield Receiver(special)
            return
    if follow and path.is_symlink():
        path = Path(os.path.realpath(path))
    check_place(path)
    if inside is None:
        path.parent.mkdir(parents=True, exist_ok=True)
    folder_of = contextlib.nullcontext(path.parent) if inside is None else inner_folder(path.parent, inside)
    with folder_of as folder, _errors_name(path, folder), new_file(folder / path.name, create) as file:
        yield Receiver(file)
        if inside is not None:
            check_inside(path.parent, inside)


@contextlib.contextmanager
def _errors_name(path: Path, folder: Path) -> Generator[None]:
    """Let errors of hidden files in `folder` name `path`, which the caller knows."""
    try:
        yield
    except OSError as error:
        named = error.filename
        if isinstance(named, str | Path) and Path(named).parent == folder and error.errno is not None:
            raise OSError(error.errno, error.strerror, str(path)) from None
        raise
