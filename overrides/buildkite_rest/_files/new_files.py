"""Files that appear under their name when they are complete, and not before."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import IO

from .._base.file_names import check_place


def create_file(path: Path) -> IO[bytes]:
    """Create the file `path`, which must not exist."""
    return path.open("xb")


@contextlib.contextmanager
def new_file(path: Path, create: Callable[[Path], IO[bytes]] = create_file) -> Generator[IO[bytes]]:
    """Yield a file that becomes `path` when the block ends without an exception, in place of what was there.

    Where the file system supports it (Linux: O_TMPFILE) the file has no name until then, so that nothing remains of it
    even when a signal ends the process. Elsewhere it is a hidden file in the same folder, which an exception removes.

    The file has the permissions of any new file: the umask is applied by the system, for only there no other thread can
    come between.

    Args:
        path: The path.
        create: Creates the hidden file, where one is needed.

    Raises:
        OSError: What is at `path` must not be replaced.
    """
    unnamed = _open_unnamed(path.parent)
    if unnamed is not None:
        with unnamed:
            yield unnamed
            unnamed.flush()
            _publish(unnamed, path)
        return
    temporary = _beside(path)
    file = create(temporary)
    with _removed_on_error(temporary):
        with file:
            yield file
        _replace(temporary, path)


def _open_unnamed(folder: Path) -> IO[bytes] | None:
    """Open a file without a name, or return None where a name could not be given to it later."""
    if sys.platform != "linux":
        return None
    try:
        descriptor = os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o666)
    except OSError:
        return None  # A file with a name may be possible, or else its error is the one to raise.
    file = os.fdopen(descriptor, "w+b")
    if os.path.exists(_link_to(file)):  # noqa: PTH110 - the same, without a Path
        return file
    file.close()
    return None


def _publish(file: IO[bytes], path: Path) -> None:
    """Give an unnamed file the name `path`."""
    with contextlib.suppress(OSError):
        _name(file, path)
        return
    # There is a file, which only a rename replaces.
    temporary = _beside(path)
    try:
        _name(file, temporary)
    except FileExistsError:
        raise
    except OSError:  # The file system has no hard links, or a security module forbids this one.
        _copy(file, temporary)
    with _removed_on_error(temporary):
        _replace(temporary, path)


def _link_to(file: IO[bytes]) -> str:
    return f"/proc/self/fd/{file.fileno()}"


def _name(file: IO[bytes], path: Path) -> None:
    # Only with a descriptor of a folder, which an absolute path makes meaningless, does Python follow the link.
    os.link(_link_to(file), path, src_dir_fd=file.fileno())


def _copy(file: IO[bytes], path: Path) -> None:
    file.seek(0)
    copy = path.open("xb")
    with _removed_on_error(path), copy:
        shutil.copyfileobj(file, copy, 1 << 20)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}")


def _replace(temporary: Path, path: Path) -> None:
    check_place(path)
    temporary.replace(path)


@contextlib.contextmanager
def _removed_on_error(path: Path) -> Generator[None]:
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise
