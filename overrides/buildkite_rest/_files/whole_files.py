"""Files that are written whole, such as reports: the old content is replaced when the new one is complete."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from .._base.file_names import check_writable
from .new_files import name_in_errors, new_file


def write_file(path: Path, content: bytes) -> None:
    """Replace a file. If that fails, the old one is unchanged.

    Of a symbolic link, the target is replaced.

    Raises:
        OSError: The file cannot be written, or is not a regular file. The error names `path`.
    """
    try:
        check_writable(path, follow=True)
        _replace(Path(os.path.realpath(path)), content)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def check_target(path: Path) -> None:
    """Check before the work starts that its result can be written to `path`, as far as that is known.

    Raises:
        OSError: The path is not that of a regular file, or its folder or itself is not writable. The error names
            `path`.
    """
    check_writable(path, follow=True)
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        raise FileNotFoundError(errno.ENOENT, "its folder does not exist", str(path))
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


def _replace(path: Path, content: bytes) -> None:
    mode = None
    with suppress(FileNotFoundError):
        mode = stat.S_IMODE(path.stat().st_mode)
    with new_file(path) as file, name_in_errors(path):
        if mode is not None and hasattr(os, "fchmod"):
            os.fchmod(file.fileno(), mode)
        file.write(content)
