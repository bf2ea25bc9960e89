"""Folders that downloads are written to, and never outside of."""

from __future__ import annotations

import errno
import itertools
import os
import re
import sys
import unicodedata
from collections.abc import Container, Generator, Iterable
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from .._base.errors import DownloadError
from .._base.file_names import check_place, is_name
from .._base.safe_text import safe_repr

if TYPE_CHECKING:
    from _buildkite_rest.models import Artifact

_DRIVE = re.compile("[A-Za-z]:")


def places(to: str | os.PathLike[str], artifacts: Iterable[Artifact]) -> list[Path]:
    """Return the file for each artifact: its own path inside the folder `to`.

    Where two have the same path, the one that is listed later gets its id into its name: `report.txt`, then
    `report.<id>.txt`, or `report.<id>.2.txt` if that is taken too. Names that differ only in case, or in dots and
    spaces at their end, are the same, because they are on many disks.

    Raises:
        DownloadError: A path leaves the folder or has a name that no file can have, or needs a folder where another
            artifact is a file.
        OSError: A folder is in the place of a file, or a name is too long.
    """
    root = Path(to)
    inside = root.resolve()
    taken: set[PurePosixPath] = set()
    found: list[Path] = []
    for artifact in artifacts:
        relative = _relative(artifact.path, root)
        if _key(relative) in taken:
            relative = _free(relative, artifact.id, taken, root)
        if not (root / relative).parent.resolve().is_relative_to(inside):
            raise _refusal(artifact.path)
        taken.add(_key(relative))
        found.append(root / relative)
    for key in taken:
        if not taken.isdisjoint(key.parents):
            raise DownloadError(f"one artifact is the file and another the folder of {safe_repr(str(key))}")
    for file in found:
        check_place(file)
    return found


def _relative(path: object, root: Path) -> PurePosixPath:
    if not isinstance(path, str) or path.startswith("/") or _DRIVE.match(path):
        raise _refusal(path)
    relative = PurePosixPath(path)
    if not relative.name or not all(is_name(part, root) for part in relative.parts):
        raise _refusal(path)
    return relative


def _free(path: PurePosixPath, artifact_id: str, taken: Container[PurePosixPath], root: Path) -> PurePosixPath:
    """Return the first path beside `path`, with the id of the artifact in its name, that is not taken."""
    for number in itertools.count(1):
        name = f"{path.stem}.{artifact_id}{f'.{number}' if number > 1 else ''}{path.suffix}"
        if not is_name(name, root):
            raise DownloadError(f"the artifact id {safe_repr(artifact_id)} cannot be part of a file name")
        if _key(path.with_name(name)) not in taken:
            return path.with_name(name)
    raise AssertionError


def _key(path: PurePosixPath) -> PurePosixPath:
    """Return what two paths have in common that are one on some disk."""
    parts = unicodedata.normalize("NFC", str(path)).casefold().split("/")
    return PurePosixPath(*(part.rstrip(". ") or part for part in parts))


def _refusal(path: object) -> DownloadError:
    return DownloadError(f"{safe_repr(path)} is no path of a file inside the folder")


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
