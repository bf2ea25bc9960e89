"""Files that are written whole, such as reports: the old content is replaced when the new one is complete."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from .._base.file_names import check_writable
from .files_in_place import overwrite
from .new_files import name_in_errors, new_file
from .special_files import special_file

_NOT_REPLACEABLE: Final = frozenset({errno.EACCES, errno.EBUSY, errno.EPERM, errno.EROFS})
"""Errors for a file that may be written and not replaced: one in a read-only folder, or mounted in a container."""


def write_file(path: Path, content: bytes) -> None:
    """Replace a file. If that fails, the old one is unchanged.

    A FIFO, a device or an open descriptor such as `/dev/stdout` is written to. For a FIFO without a reader, this waits.
    Of a symbolic link, the target is replaced. A file that the system does not replace is overwritten: a reader can see
    a part of the new content, and a process that is killed leaves a part of it.

    Raises:
        OSError: The file cannot be written. The error names `path`.
    """
    try:
        _write(path, content)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def _write(path: Path, content: bytes) -> None:
    if path.is_fifo():
        path.write_bytes(content)  # waits for a reader, as the shell does
        return
    with special_file(path, blocking=True) as special:
        if special is not None:
            special.write(content)
            return
    target = Path(os.path.realpath(path))
    check_writable(target)
    try:
        _replace(target, content)
    except OSError as error:
        if error.errno not in _NOT_REPLACEABLE or not target.is_file():
            raise
        overwrite(target, content)


def check_target(path: Path) -> None:
    """Check before the work starts that its result can be written to `path`, as far as that is known.

    Raises:
        OSError: The path is a folder or in none, is not writable, or its name is too long. The error names `path`.
    """
    target = Path(os.path.realpath(path))
    mode = None
    with suppress(FileNotFoundError):
        mode = path.stat().st_mode
    if mode is None:
        if not target.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, "its folder does not exist", str(path))
    elif stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "the path is a folder", str(path))
    if not os.access(target.parent if mode is None else path, os.W_OK):
        raise PermissionError(errno.EACCES, "the file is not writable", str(path))
    if mode is None:
        _check_folder(target.parent, path)


def _check_folder(folder: Path, path: Path) -> None:
    """Create and remove a file: a folder such as /sys grants that and refuses it."""
    try:
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
