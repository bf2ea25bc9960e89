"""Folders of downloads: names and paths of files in them, and subfolders that links cannot lead out of."""

from __future__ import annotations

import errno
import os
import re
import stat
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Final

from .._base.errors import DownloadError, note_in_errors
from .._base.safe_text import safe_repr

if TYPE_CHECKING:
    from _buildkite_rest.models import Artifact

_INVALID: Final = re.compile(r"[/\\\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Characters that are not valid in a name: separators, control characters and surrogates."""
_INVALID_ON_WINDOWS: Final = re.compile(r'[<>:"|?*]|[. ]\Z')
"""Characters that denote a drive, a stream or a pattern, and those that Windows drops at the end."""
_DRIVE: Final = re.compile("[A-Za-z]:")
_MAX_PATH_LENGTH: Final = 4096
"""Length of the longest path on most systems, and so of one in an error."""


def is_name(name: str, folder: PurePath) -> bool:
    """Whether `name` is valid for a file or folder in `folder`, by the rules of the system of that path."""
    if name in ("", ".", "..") or _INVALID.search(name):
        return False
    return not isinstance(folder, PureWindowsPath) or _INVALID_ON_WINDOWS.search(name) is None


def check_replaceable(path: Path) -> None:
    """Raise `OSError` unless `path` is a regular file or does not exist. A link is refused, wherever it leads to."""
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(path.lstat().st_mode):
            raise FileExistsError(errno.EEXIST, "not a regular file", str(path))


def name_for_note(artifact: Artifact) -> str:
    """Name an artifact for a note."""
    return f"Artifact {safe_repr(artifact.path)}, id {safe_repr(artifact.id)}"


def artifact_paths(root: Path, artifacts: Iterable[Artifact]) -> list[Path]:
    """Return the path of the file for each artifact: its own path inside the folder `root`.

    Of two artifacts with the same path, the one that is listed later has its id in the name: `report.txt`, then
    `report.<id>.txt`. Paths that differ only in case or normalization are the same, as on many file systems.

    Raises:
        DownloadError: A path leaves the folder, is not valid, or is the folder of another artifact.
        OSError: A path is not that of a regular file.

    Errors have a note with the name of the artifact.
    """
    used, folders = set[str](), set[str]()
    real_root = os.path.realpath(root)
    paths: list[Path] = []
    for artifact in artifacts:
        with note_in_errors(name_for_note, artifact):
            relative = _relative_path(artifact.path, root)
            if _collision_key(relative) in used:
                renamed = f"{relative.stem}.{artifact.id}{relative.suffix}"
                relative = _relative_path(f"{relative.parent}/{renamed}", root)
            path = root / relative
            leads_out = not Path(os.path.realpath(path.parent)).is_relative_to(real_root)
            if leads_out or _collision_key(relative) in used:
                raise _path_error(artifact.path)
            check_replaceable(path)
        used.add(_collision_key(relative))
        folders.update(map(_collision_key, relative.parents))
        paths.append(path)
    if both := used & folders:
        raise DownloadError(f"{safe_repr(min(both))} is the path of an artifact and the folder of another")
    return paths


def _relative_path(path: object, root: Path) -> PurePosixPath:
    if not isinstance(path, str) or path.startswith("/") or _DRIVE.match(path) or len(path) > _MAX_PATH_LENGTH:
        raise _path_error(path)
    relative = PurePosixPath(path)
    if not relative.name or not all(is_name(part, root) for part in relative.parts):
        raise _path_error(path)
    return relative


def _collision_key(path: PurePosixPath) -> str:
    """Return a key that is equal for paths that differ only in case or in the form of Unicode."""
    return unicodedata.normalize("NFC", str(path)).casefold()


def _path_error(path: object) -> DownloadError:
    return DownloadError(f"{safe_repr(path)} is not the path of a file inside the folder")
