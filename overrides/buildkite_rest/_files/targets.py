"""Files that are written whole, downloads and reports: they appear, or are replaced, when they are complete."""

from __future__ import annotations

import errno
import os
import secrets
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from .._base.errors import DownloadError
from .._base.safe_text import safe_repr
from .folders import check_replaceable, is_name

_FULL_DISK: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Errors of a write, which name no file."""


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


@contextmanager
def open_target(path: Path, create: Callable[[Path], IO[bytes]] = create_file) -> Generator[IO[bytes]]:
    """Yield a file whose content replaces the file `path` when the block ends without an exception.

    Until then it is a hidden file in the same folder, which is removed after an exception. Its permissions are those of
    any new file: the system applies the umask, which Python cannot read without a race.

    Raises:
        OSError: The path is not that of a regular file, or the file cannot be written. The error names `path`.
    """
    check_replaceable(path)
    temporary = path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with create(temporary) as file:
            yield file
        temporary.replace(path)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError) and (error.filename == str(temporary) or error.errno in _FULL_DISK):
            error.filename = str(path)
        raise


def write_file(path: Path, content: bytes) -> None:
    """Replace a file. If that fails, the old one is unchanged. Raises `OSError`."""
    with open_target(path) as file:
        file.write(content)


def check_target(path: Path) -> None:
    """Check before the work starts that its result can be written to `path`, as far as that is known.

    Raises:
        OSError: The path is not that of a regular file, or no file can be created in its folder. The error names
            `path`.
    """
    check_replaceable(path)
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise OSError(error.errno, f"no file can be created in its folder: {error.strerror}", str(path)) from None
