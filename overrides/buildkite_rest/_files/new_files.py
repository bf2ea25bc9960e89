"""Atomic writing: files that appear at their path when they are complete."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import IO, Final

from .._base.file_names import check_writable

_BUFFER_BYTES: Final = 1 << 16
"""Size of the buffer of a file. Python asks the system for the default."""


def create_file(path: Path) -> IO[bytes]:
    """Create the file `path`, which must not exist."""
    return path.open("xb")


@contextlib.contextmanager
def new_file(path: Path, create: Callable[[Path], IO[bytes]] = create_file) -> Generator[IO[bytes]]:
    """Yield a file that replaces `path` when the block ends without an exception.

    If the file system supports it (`O_TMPFILE` on Linux), the file has no name until then, so nothing remains of it if
    the process is killed. Otherwise it is a hidden file in the same folder, which is removed after an exception. Its
    permissions are those of any new file: the system applies the umask, which Python cannot read without a race.

    Args:
        path: The path.
        create: Creates the hidden file, if one is needed.

    Raises:
        OSError: `path` is something that must not be replaced, such as a folder.
    """
    unnamed = _open_unnamed(path.parent)
    if unnamed is not None:
        with _closing(unnamed, path):
            yield unnamed
            with name_in_errors(path):
                unnamed.flush()
                _link_or_replace(unnamed, path)
        return
    temporary = _hidden_path(path)
    file = create(temporary)
    with _remove_on_error(temporary):
        with _closing(file, path):
            yield file
        _replace(temporary, path)


@contextlib.contextmanager
def name_in_errors(path: Path | None) -> Generator[None]:
    """Name `path` in errors that name no file, such as that of a full disk."""
    try:
        yield
    except OSError as error:
        if error.filename is None and path is not None:
            error.filename = str(path)
        raise


@contextlib.contextmanager
def _closing(file: IO[bytes], path: Path) -> Generator[None]:
    """Close `file`. After an exception, an error of closing it does not replace that."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            file.close()
        raise
    with name_in_errors(path):
        file.close()


def has_descriptor_paths() -> bool:
    """Whether open files and folders have paths, which a minimal container may lack."""
    return sys.platform == "linux" and os.path.isdir("/proc/self/fd")  # noqa: PTH112 - the path is a str


def _open_unnamed(folder: Path) -> IO[bytes] | None:
    """Open a file without a name, or return None if the system cannot give it a name later."""
    if not has_descriptor_paths():
        return None
    try:
        descriptor = os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o666)
    except OSError:
        return None  # If a file with a name is not possible either, that error is raised.
    return os.fdopen(descriptor, "w+b", buffering=_BUFFER_BYTES)


def _link_or_replace(file: IO[bytes], path: Path) -> None:
    """Give an unnamed file the path `path`."""
    with contextlib.suppress(OSError):
        _link(file, path)
        return
    # The path exists: a link cannot replace it, a rename can.
    temporary = _hidden_path(path)
    try:
        _link(file, temporary)
    except FileExistsError:
        raise
    except OSError:  # The file system does not support hard links, or a security module forbids this one.
        _copy(file, temporary)
    with _remove_on_error(temporary):
        _replace(temporary, path)


def _descriptor_path(file: IO[bytes]) -> str:
    return f"/proc/self/fd/{file.fileno()}"


def _link(file: IO[bytes], path: Path) -> None:
    # Python only follows the link if there is a descriptor of a folder, which an absolute path makes irrelevant.
    os.link(_descriptor_path(file), path, src_dir_fd=file.fileno())


def _copy(file: IO[bytes], path: Path) -> None:
    file.seek(0)
    copy = path.open("xb")
    with _remove_on_error(path), copy:
        shutil.copyfileobj(file, copy, 1 << 20)


def _hidden_path(path: Path) -> Path:
    return path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}")


def _replace(temporary: Path, path: Path) -> None:
    check_writable(path)
    temporary.replace(path)


@contextlib.contextmanager
def _remove_on_error(path: Path) -> Generator[None]:
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise
