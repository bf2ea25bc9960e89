"""Valid names of files and folders, and paths that a file can be written to."""

from __future__ import annotations

import errno
import os
import re
import stat
from contextlib import suppress
from pathlib import Path, PurePath, PureWindowsPath
from typing import Final

_INVALID: Final = re.compile(r"[/\\\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Characters that are not valid in a name: separators, control characters and surrogates."""
_INVALID_ON_WINDOWS: Final = frozenset('<>:"|?*')
"""Characters that denote a drive, a stream or a pattern."""
_DEVICES: Final = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"}
)


def is_name(name: str, folder: PurePath) -> bool:
    """Whether `name` is valid for a file or folder in `folder`, by the rules of the system of that path."""
    if name in ("", ".", "..") or _INVALID.search(name):
        return False
    try:
        os.fsencode(name)
    except UnicodeEncodeError:  # in a locale with fewer characters
        return False
    return not isinstance(folder, PureWindowsPath) or _is_windows_name(name)


def _is_windows_name(name: str) -> bool:
    """Whether `name` is valid on Windows, which drops final dots and spaces, and has devices with any extension."""
    device = name.partition(".")[0].rstrip(" ").lower()
    return _INVALID_ON_WINDOWS.isdisjoint(name) and name[-1] not in ". " and device not in _DEVICES


def check_writable(path: Path) -> None:
    """Raise `OSError` if `path` is a folder or a special file, which must not be replaced, or a name is too long."""
    with suppress(FileNotFoundError):
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "the path is a folder", str(path))
        if not stat.S_ISREG(mode) and not stat.S_ISLNK(mode):
            raise FileExistsError(errno.EEXIST, f"the path is a {kind_of(mode)}", str(path))
        return
    if os.path.lexists(path.parent):
        return
    # The system does not check the length of names in a folder that does not exist.
    existing = next((folder for folder in path.parents if os.path.lexists(folder)), path)
    for name in path.relative_to(existing).parts:
        with suppress(FileNotFoundError):
            (existing / name).lstat()


def kind_of(mode: int) -> str:
    """Name the kind of a special file."""
    kinds = (
        (stat.S_ISFIFO, "FIFO"),
        (stat.S_ISSOCK, "socket"),
        (stat.S_ISBLK, "block device"),
        (stat.S_ISCHR, "device"),
    )
    return next((name for is_kind, name in kinds if is_kind(mode)), "special file")
