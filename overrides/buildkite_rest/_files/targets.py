"""Files that are written whole, downloads and reports: they appear, or are replaced, when they are complete."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import stat
import tempfile
from collections.abc import Callable, Generator
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from .._base.errors import DownloadError
from .._base.safe_text import safe_excerpt, safe_repr
from .folders import check_inside, check_writable, is_name

_MAX_CHECKSUM_LENGTH: Final = 64


def create_file(path: Path) -> IO[bytes]:
    """Create the file `path`, which must not exist."""
    return path.open("xb")


def target_path(to: str | os.PathLike[str], filename: str | None) -> Path:
    """Return the path to write: `to`, or `filename` in it if `to` is a folder or ends with a slash.

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
            f"{safe_repr(filename)} is not a valid file name in {safe_repr(text)}. Pass the path of a file instead"
        )
    return path / name


class Target:
    """A file that counts and hashes what is written to it.

    Args:
        file: A file that can be truncated.
        path: Path that errors name, if the caller knows the file by another name.
        is_hashed: Whether `verify` may be called with a SHA-1.
    """

    def __init__(self, file: IO[bytes], path: Path | None = None, *, is_hashed: bool = True) -> None:
        self._file = file
        self._path = path
        self._is_hashed = is_hashed
        self._size = 0
        self._sha1 = hashlib.sha1(usedforsecurity=False)

    @property
    def size(self) -> int:
        """Bytes that were written."""
        return self._size

    def restart(self) -> None:
        """Discard the bytes that were written."""
        if not self._size:
            return  # Truncating makes ext4 flush the file when it is closed, even if the file was empty.
        self._file.seek(0)
        self._file.truncate()
        self._size = 0
        self._sha1 = hashlib.sha1(usedforsecurity=False)

    def write(self, chunk: bytes) -> None:
        """Append `chunk`."""
        with _name_in_errors(self._path):
            self._file.write(chunk)
        self._size += len(chunk)
        if self._is_hashed:
            self._sha1.update(chunk)

    def verify(self, size: int | None, sha1sum: str | None) -> None:
        """Raise `DownloadError` if the size or checksum is known and differs."""
        if isinstance(size, int) and size != self._size:
            raise DownloadError(f"received {self._size} bytes of a file of {size}")
        if isinstance(sha1sum, str) and sha1sum and sha1sum.lower() != self._sha1.hexdigest():
            expected = safe_excerpt(sha1sum, _MAX_CHECKSUM_LENGTH)
            raise DownloadError(f"the SHA-1 of the received bytes is {self._sha1.hexdigest()}, not {expected}")


@contextlib.contextmanager
def open_target(
    path: Path,
    *,
    follow: bool = False,
    create: Callable[[Path], IO[bytes]] = create_file,
    root: Path | None = None,
    is_hashed: bool = True,
) -> Generator[Target]:
    """Yield a `Target` whose content replaces the file `path` when the block ends without an exception.

    Until then it is a hidden file in the same folder, which is removed after an exception. Its permissions are those of
    any new file: the system applies the umask, which Python cannot read without a race.

    Args:
        path: The path.
        follow: Whether the target of a symbolic link is replaced. Otherwise the link is.
        create: Creates the hidden file.
        root: A folder that the file must not leave by a link in its path.
        is_hashed: Whether the content is verified by a SHA-1.

    Raises:
        DownloadError: The file would leave the folder `root`.
        OSError: The path is a folder or not that of a regular file, or a name is too long. Nothing has been written.
    """
    check_writable(path, follow=follow)
    real = Path(os.path.realpath(path)) if follow else path
    if root is not None:
        check_inside(path.parent, root)
    real.parent.mkdir(parents=True, exist_ok=True)
    temporary = real.with_name(f".{real.name[:40]}.{secrets.token_hex(8)}")
    with _name_in_errors(path):
        check_writable(path, follow=follow)  # in a folder that exists, where the system knows the length of names
        file = create(temporary)
    try:
        try:
            yield Target(file, path, is_hashed=is_hashed)
        finally:
            with _name_in_errors(path):
                file.close()
        if root is not None:
            check_inside(path.parent, root)
        with _name_in_errors(path):
            check_writable(path, follow=follow)
            temporary.replace(real)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _name_in_errors(path: Path | None) -> Generator[None]:
    """Name `path` in errors of the hidden file, which the caller does not know, and in those that name no file."""
    try:
        yield
    except OSError as error:
        raise type(error)(error.errno, error.strerror, None if path is None else str(path)) from None


def write_file(path: Path, content: bytes) -> None:
    """Replace a file. If that fails, the old one is unchanged.

    Of a symbolic link, the target is replaced.

    Raises:
        OSError: The file cannot be written, or is not a regular file. The error names `path`.
    """
    _check_folder(path)

    def create(temporary: Path) -> IO[bytes]:
        file = create_file(temporary)
        with suppress(FileNotFoundError):
            temporary.chmod(stat.S_IMODE(path.stat().st_mode))
        return file

    with open_target(path, follow=True, create=create, is_hashed=False) as file:
        file.write(content)


def _check_folder(path: Path) -> Path:
    """Return the folder of a file. Raises `FileNotFoundError` if there is none."""
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        raise FileNotFoundError(errno.ENOENT, "its folder does not exist", str(path))
    return folder


def check_target(path: Path) -> None:
    """Check before the work starts that its result can be written to `path`, as far as that is known.

    Raises:
        OSError: The path is not that of a regular file, or its folder or itself is not writable. The error names
            `path`.
    """
    check_writable(path, follow=True)
    folder = _check_folder(path)
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "the file is not writable", str(path))
    try:  # A folder such as /sys grants that and refuses it.
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OSError(error.errno, f"no file can be created in its folder: {error.strerror}", str(path)) from None
