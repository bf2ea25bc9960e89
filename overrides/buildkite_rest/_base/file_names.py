"""Valid names of files and folders, and paths that a file can be written to."""

from __future__ import annotations

import errno
import os
import re
import stat
from contextlib import suppress
from pathlib import Path, PurePath, PureWindowsPath
from typing import Final

MAX_NAME_BYTES: Final = 255
"""Length of the longest name on most file systems."""
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
        if len(os.fsencode(name)) > MAX_NAME_BYTES:
            return False
    except UnicodeEncodeError:  # in a locale with fewer characters
        return False
    return not isinstance(folder, PureWindowsPath) or _is_windows_name(name)


def _is_windows_name(name: str) -> bool:
    """Whether `name` is valid on Windows, which drops final dots and spaces, and has devices with any extension."""
    device = name.partition(".")[0].rstrip(" ").lower()
    return _INVALID_ON_WINDOWS.isdisjoint(name) and name[-1] not in ". " and device not in _DEVICES


def check_writable(path: Path, *, follow: bool = False) -> None:
    """Raise `OSError` if a file must not replace `path`, or if its name is too long.

    A folder, a FIFO, a device and a socket must not be replaced, and with `follow` neither must what a symbolic link
    leads to. An open descriptor, such as `/dev/stdout`, is a link that leads to a regular file if it is redirected: to
    replace that file would leave the process with another one.
    """
    with suppress(FileNotFoundError):
        mode = (path.stat() if follow else path.lstat()).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "the path is a folder", str(path))
        is_descriptor = follow and path.is_symlink() and path.absolute().parts[1] in ("dev", "proc")
        if is_descriptor or not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
            reason = "not a regular file. Pass the path of a file or folder"
            raise FileExistsError(errno.EEXIST, reason, str(path))
