"""Folders of downloads: a path for each artifact, and subfolders that links cannot lead out of."""

from __future__ import annotations

import errno
import itertools
import os
import re
import unicodedata
from collections.abc import Callable, Container, Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from .._base.errors import DownloadError
from .._base.file_names import check_writable, is_name
from .._base.notes import note_in_errors
from .._base.safe_text import safe_repr
from .new_files import has_descriptor_paths

if TYPE_CHECKING:
    from _buildkite_rest.models import Artifact

_DRIVE = re.compile("[A-Za-z]:")
_MAX_NAME_BYTES: Final = 255
"""Length of the longest name on most file systems."""


def artifact_paths(
    to: str | os.PathLike[str], artifacts: Iterable[Artifact], name_for_note: Callable[[Artifact], str]
) -> list[Path]:
    """Return the path of the file for each artifact: its own path inside the folder `to`.

    Of two artifacts with the same path, the one that is listed later has its id in the name: `report.txt`, then
    `report.<id>.txt`, or `report.<id>.2.txt` if there is such a file too. A name that would be too long is shortened
    before the id. Names that differ only in case, or in dots and spaces at the end, are the same, as on many file
    systems. Errors have a note with the name of the artifact.

    Raises:
        DownloadError: A path leaves the folder, is not valid, or is that of a file that another one needs as a folder.
        OSError: A path is that of a folder, or a name is too long.
    """
    root = Path(to)
    real_root = root.resolve()
    found: dict[PurePosixPath, Artifact] = {}
    inside: set[PurePosixPath] = set()
    paths: list[Path] = []
    for artifact in artifacts:
        with note_in_errors(name_for_note, artifact):
            relative = _relative_path(artifact.path, root)
            if _collision_key(relative) in found:
                relative = _unused_path(relative, artifact.id, found, root)
            if relative.parent not in inside:
                if not (root / relative).parent.resolve().is_relative_to(real_root):
                    check_inside((root / relative).parent, root)
                    raise _path_error(artifact.path)
                inside.add(relative.parent)
        found[_collision_key(relative)] = artifact
        paths.append(root / relative)
    for path, (key, artifact) in zip(paths, found.items(), strict=True):
        with note_in_errors(name_for_note, artifact):
            if not found.keys().isdisjoint(key.parents):
                raise DownloadError(f"an artifact needs a folder where another one has a file: {safe_repr(str(key))}")
            check_writable(path)
    return paths


def _relative_path(path: object, root: Path) -> PurePosixPath:
    if not isinstance(path, str) or path.startswith("/") or _DRIVE.match(path):
        raise _path_error(path)
    relative = PurePosixPath(path)
    if not relative.name or not all(is_name(part, root) for part in relative.parts):
        raise _path_error(path)
    return relative


def _unused_path(path: PurePosixPath, artifact_id: str, keys: Container[PurePosixPath], root: Path) -> PurePosixPath:
    """Return `path` with the id of the artifact in its name, and a number if that path is used too."""
    for number in itertools.count(1):
        inserted = f".{artifact_id}{f'.{number}' if number > 1 else ''}"
        if not is_name(f"{path.stem}{inserted}{path.suffix}", root):
            raise DownloadError(f"the artifact id {safe_repr(artifact_id)} cannot be part of a file name")
        unused = path.with_name(_insert(path, inserted))
        if _collision_key(unused) not in keys:
            return unused
    raise AssertionError


def _insert(path: PurePosixPath, inserted: str) -> str:
    """Return the name of `path` with a text before its extension, and without the characters that do not fit."""
    stem, suffix = path.stem, path.suffix
    if len(os.fsencode(inserted + suffix)) >= _MAX_NAME_BYTES:
        stem, suffix = path.name, ""
    while stem and len(os.fsencode(stem + inserted + suffix)) > _MAX_NAME_BYTES:
        stem = stem[:-1]
    return stem + inserted + suffix


def _collision_key(path: PurePosixPath) -> PurePosixPath:
    """Return a key that is equal for paths that some file system treats as one."""
    parts = unicodedata.normalize("NFC", str(path)).casefold().split("/")
    return PurePosixPath(*(part.rstrip(". ") or part for part in parts))


def _path_error(path: object) -> DownloadError:
    return DownloadError(f"{safe_repr(path)} is not the path of a file inside the folder")


def check_inside(folder: Path, root: Path) -> tuple[str, ...]:
    """Return the parts of the real path of `folder` below `root`.

    Raises:
        DownloadError: A link leads out of `root`.
    """
    real_root = root.resolve()
    try:
        return folder.resolve().relative_to(real_root).parts
    except ValueError:
        outside = [path for path in (folder, *folder.parents) if not path.resolve().is_relative_to(real_root)]
        link = next((path for path in reversed(outside) if path.is_relative_to(root) and path != root), folder)
        raise DownloadError(f"{safe_repr(str(link))} leads out of the folder {safe_repr(str(root))}") from None


def check_folder(folder: Path) -> None:
    """Raise `NotADirectoryError` if `folder` or one of its parents is a file or a broken link."""
    existing = next((path for path in (folder, *folder.parents) if os.path.lexists(path)), None)
    if existing is not None and not existing.is_dir():
        reason = (
            "the target of this link does not exist or is not a folder" if existing.is_symlink() else "not a folder"
        )
        raise NotADirectoryError(errno.ENOTDIR, reason, str(existing))


@contextmanager
def inner_folder(folder: Path, root: Path) -> Generator[Path]:
    """Create `folder` inside `root`, and yield a path to it.

    On Linux the path is that of a descriptor: it leads to the same folder even if another process replaces a part of
    `folder` by a link.

    Raises:
        DownloadError: A link leads out of `root`.
    """
    if not has_descriptor_paths():
        root.mkdir(parents=True, exist_ok=True)
        check_inside(folder, root)
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    descriptor = _open_folder(root, folder.relative_to(root).parts)
    if descriptor is None:  # One of the parts is a link, whose target may be inside.
        descriptor = _open_folder(root, check_inside(folder, root))
    if descriptor is None:
        raise NotADirectoryError(errno.ENOTDIR, "a part of the path is not a folder", str(folder))
    try:
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


def _open_folder(root: Path, parts: Iterable[str]) -> int | None:
    """Create the folder of these names below `root`, and open it. Return None if one of them is a link or a file."""
    flags = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
    try:
        descriptor = os.open(root, flags)
    except FileNotFoundError:
        root.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(root, flags)
    for part in parts:
        parent = descriptor
        try:
            with suppress(FileExistsError):
                os.mkdir(part, dir_fd=parent)
            descriptor = os.open(part, flags | os.O_NOFOLLOW, dir_fd=parent)
        except OSError as error:
            if error.errno not in (errno.ENOTDIR, errno.ELOOP):
                raise
            return None
        finally:
            os.close(parent)
    return descriptor


def check_still_inside(folder: Path, opened: Path, root: Path) -> None:
    """Check that `folder`, which `inner_folder` has opened as `opened`, has not been replaced by a link out of `root`.

    Raises:
        DownloadError: A link leads out of `root`.
    """
    with suppress(OSError):
        if opened != folder and os.path.samefile(opened, folder):  # noqa: PTH121 - faster for each file
            return
    check_inside(folder, root)
