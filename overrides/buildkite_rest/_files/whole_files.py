"""Files that are written whole, such as reports: the old content is replaced when the new one is complete."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO

from .._base.file_names import check_writable
from .targets import create_file, open_target


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


def is_same_file(path: Path, other: Path) -> bool:
    """Whether two paths lead to the same file, also by links, or will if they are written."""
    try:
        return path.samefile(other)
    except (OSError, ValueError):  # One of them does not exist.
        return os.path.realpath(path) == os.path.realpath(other)
