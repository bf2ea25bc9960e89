"""Subfolders that a download must not leave, though another process may replace them by links at any time."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from .._base.errors import DownloadError
from .._base.safe_text import safe_repr


def check_inside(folder: Path, root: Path) -> tuple[str, ...]:
    """Return the parts of the real path of `folder` below `root`.

    Raises:
        DownloadError: A link leads out of `root`.
    """
    try:
        return folder.resolve().relative_to(root.resolve()).parts
    except ValueError:
        raise DownloadError(f"{safe_repr(str(folder))} leads out of the folder {safe_repr(str(root))}") from None


@contextmanager
def inner_folder(folder: Path, root: Path) -> Generator[Path]:
    """Create `folder` inside `root`, and yield a path of it.

    On Linux that is the path of a descriptor, so that it leads to the same folder until the block ends.

    Raises:
        DownloadError: A link leads out of `root`.
    """
    root.mkdir(parents=True, exist_ok=True)
    parts = check_inside(folder, root)
    if sys.platform != "linux" or not os.path.isdir("/proc/self/fd"):  # noqa: PTH112 - the same, without a Path
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    flags = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
    with ExitStack() as opened:
        descriptor = os.open(root, flags)
        opened.callback(os.close, descriptor)
        for part in parts:
            with suppress(FileExistsError):
                os.mkdir(part, dir_fd=descriptor)
            try:
                descriptor = os.open(part, flags | os.O_NOFOLLOW, dir_fd=descriptor)
            except OSError as error:
                if error.errno not in (errno.ENOTDIR, errno.ELOOP):
                    raise
                raise NotADirectoryError(errno.ENOTDIR, "a part of the path is not a folder", str(folder)) from None
            opened.callback(os.close, descriptor)
        yield Path(f"/proc/self/fd/{descriptor}")
