"""Folders of downloads: names and paths of files in them, and subfolders that links cannot lead out of."""

from __future__ import annotations

import errno
import os
import re
import stat
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Container, Iterable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Final, TypeAlias

from .._base.errors import DownloadError, note_in_errors
from .._base.safe_text import safe_repr

if TYPE_CHECKING:
    from _buildkite_rest.models import Artifact

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
_DRIVE = re.compile("[A-Za-z]:")
_MAX_PATH_BYTES: Final = 4096
"""Length of the longest path on most systems."""
_Key: TypeAlias = tuple[str, ...]
"""The parts of a path, equal for paths that some file system treats as one."""


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


def artifact_paths(
    to: str | os.PathLike[str], artifacts: Iterable[Artifact], name_for_note: Callable[[Artifact], str]
) -> list[Path]:
    """Return the path of the file for each artifact: its own path inside the folder `to`.

    Of two artifacts with the same path, the one that is listed later has its id in the name: `report.txt`, then
    `report.<id>.txt`, or `report.<id>.2.txt` if there is such a file too. A name that would be too long is shortened
    before the id. Names that differ only in case, or in dots and spaces at the end, are the same, as on many file
    systems. Errors have a note with the name of the artifact. Time is linear in the artifacts, but for a sort.

    Raises:
        DownloadError: A path leaves the folder, is not valid, or is that of a file that another one needs as a folder.
        OSError: A path is that of a folder or not of a regular file.
    """
    root = Path(to)
    found: dict[_Key, Artifact] = {}
    inside: set[PurePosixPath] = set()
    numbers = defaultdict[_Key, int](int)
    paths: list[Path] = []
    for artifact in artifacts:
        with note_in_errors(name_for_note, artifact):
            relative = _relative_path(artifact.path, root)
            if _collision_key(relative) in found:
                relative = _unused_path(relative, artifact.id, found, numbers, root)
            if relative.parent not in inside:
                check_inside(root / relative.parent, root)
                inside.add(relative.parent)
        found[_collision_key(relative)] = artifact
        paths.append(root / relative)
    for file, key in pairwise(sorted(found)):  # What is in a folder follows it directly.
        with note_in_errors(name_for_note, found[key]):
            if key[: len(file)] == file:
                raise DownloadError(
                    f"an artifact needs a folder where another one has a file: {safe_repr('/'.join(key))}"
                )
    for path, artifact in zip(paths, found.values(), strict=True):
        with note_in_errors(name_for_note, artifact):
            check_writable(path)
    return paths


def _relative_path(path: object, root: Path) -> PurePosixPath:
    if not isinstance(path, str) or path.startswith("/") or _DRIVE.match(path):
        raise _path_error(path)
    if len(path.encode(errors="surrogatepass")) > _MAX_PATH_BYTES:
        raise DownloadError(f"the path is longer than {_MAX_PATH_BYTES} bytes: {safe_repr(path)}")
    relative = PurePosixPath(path)
    if not relative.name or not all(is_name(part, root) for part in relative.parts):
        raise _path_error(path)
    return relative


def _unused_path(
    path: PurePosixPath, artifact_id: str, keys: Container[_Key], numbers: dict[_Key, int], root: Path
) -> PurePosixPath:
    """Return `path` with the id of the artifact in its name, and the next of `numbers` if that path is used too."""
    inserted, first = f".{artifact_id}", None
    while True:
        name = _insert(path, inserted)
        if not is_name(name, root):
            raise DownloadError(f"the artifact id {safe_repr(artifact_id)} cannot be part of a file name")
        key = _collision_key(path.with_name(name))
        if key not in keys:
            return path.with_name(name)
        first = first or key
        numbers[first] += 1
        inserted = f".{artifact_id}.{numbers[first] + 1}"


def _insert(path: PurePosixPath, inserted: str) -> str:
    """Return the name of `path` with a text before its extension, and without the characters that do not fit."""
    stem, suffix = path.stem, path.suffix
    if len(os.fsencode(inserted + suffix)) >= MAX_NAME_BYTES:
        stem, suffix = path.name, ""
    while stem and len(os.fsencode(stem + inserted + suffix)) > MAX_NAME_BYTES:
        stem = stem[:-1]
    return stem + inserted + suffix


def _collision_key(path: PurePosixPath) -> _Key:
    """Return a key that is equal for paths that some file system treats as one."""
    parts = unicodedata.normalize("NFC", str(path)).casefold().split("/")
    return tuple(part.rstrip(". ") or part for part in parts)


def _path_error(path: object) -> DownloadError:
    return DownloadError(f"{safe_repr(path)} is not the path of a file inside the folder")


def check_inside(folder: Path, root: Path) -> None:
    """Raise `DownloadError` if a link leads `folder` out of `root`."""
    if not Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(root)):
        raise DownloadError(f"{safe_repr(str(folder))} leads out of the folder {safe_repr(str(root))}")


def check_folder(folder: Path) -> None:
    """Raise `NotADirectoryError` if `folder` or one of its parents is a file or a broken link."""
    existing = next((path for path in (folder, *folder.parents) if os.path.lexists(path)), None)
    if existing is not None and not existing.is_dir():
        reason = (
            "the target of this link does not exist or is not a folder" if existing.is_symlink() else "not a folder"
        )
        raise NotADirectoryError(errno.ENOTDIR, reason, str(existing))
