"""Atomic writing: files that appear at their path when they are complete."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Generator
from pathlib import Path
from typing import IO

from .._base.file_names import check_writable


def create_file(path: Path) -> IO[bytes]:
    """Create the file `path`, which must not exist."""
    return path.open("xb")


@contextlib.contextmanager
def new_file(path: Path, create: Callable[[Path], IO[bytes]] = create_file) -> Generator[IO[bytes]]:
    """Yield a file that replaces `path` when the block ends without an exception.

    Until then it is a hidden file in the same folder, which is removed after an exception. Its permissions are those of
    any new file: the system applies the umask, which Python cannot read without a race.

    Args:
        path: The path.
        create: Creates the hidden file.

    Raises:
        OSError: `path` is something that must not be replaced, such as a folder.
    """
    check_writable(path)  # in a folder that exists, where the system knows the length of names
    temporary = path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}")
    file = create(temporary)
    try:
        with _closing(file, path):
            yield file
        check_writable(path)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


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
