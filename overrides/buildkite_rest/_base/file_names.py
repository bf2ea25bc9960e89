"""Which names files and folders can have, and what stands in the place of a file."""

from __future__ import annotations

import errno
import os
import re
import stat
from contextlib import suppress
from pathlib import Path, PurePath, PureWindowsPath
from typing import Final

_NOWHERE: Final = re.compile(r"[/\\\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""What no name may have: separators, control characters, and halves of characters."""
_NOT_ON_WINDOWS: Final = frozenset('<>:"|?*')
"""What means a drive, a stream or a pattern there."""
_DEVICES: Final = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"}
)


def is_name(name: str, folder: PurePath) -> bool:
    """Whether `name` can be that of a file or a folder in `folder`, by the rules of the system that has such paths."""
    if name in ("", ".", "..") or _NOWHERE.search(name):
        return False
    try:
        os.fsencode(name)
    except UnicodeEncodeError:  # in a locale that has fewer characters
        return False
    return not isinstance(folder, PureWindowsPath) or _is_windows_name(name)


def _is_windows_name(name: str) -> bool:
    """Whether Windows has such a name: it drops dots and spaces at the end, and has devices with any extension."""
    device = name.partition(".")[0].rstrip(" ").lower()
    return _NOT_ON_WINDOWS.isdisjoint(name) and name[-1] not in ". " and device not in _DEVICES


def check_place(path: Path) -> None:
    """Raise `OSError` when no file can be written to `path`.

    A folder, a FIFO, a socket or a device is there, which must not be replaced, or a name is too long.
    """
    with suppress(FileNotFoundError):
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "a folder is in the place of the file", str(path))
        if not stat.S_ISREG(mode) and not stat.S_ISLNK(mode):
            raise FileExistsError(errno.EEXIST, f"a {kind_of(mode)} is in the place of the file", str(path))
        return
    # In a folder that is not there nothing is found to be too long, so names are tried in one that is.
    there = next((folder for folder in path.parents if os.path.lexists(folder)), path)
    for name in path.relative_to(there).parts:
        with suppress(FileNotFoundError):
            (there / name).lstat()


def kind_of(mode: int) -> str:
    """Return the name of the kind of a special file."""
    kinds = (
        (stat.S_ISFIFO, "FIFO"),
        (stat.S_ISSOCK, "socket"),
        (stat.S_ISBLK, "block device"),
        (stat.S_ISCHR, "device"),
    )
    return next((name for is_kind, name in kinds if is_kind(mode)), "special file")
