"""Files that options name to be written, checked before a command starts."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Final

from .._auth.environment import KEY_PATH
from .._base.safe_text import safe_repr
from .._files.targets import check_target, is_same_file
from .api import CannotRunError

#: Variables with the path of a file that a command reads: the private key, and certificates.
_VARIABLES: Final = (KEY_PATH, "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def environment_inputs() -> Iterator[tuple[str, Path]]:
    """Yield the files that the environment names, with their variables."""
    for name in _VARIABLES:
        if value := os.environ.get(name):
            yield f"${name}", Path(value)


def check_distinct(*paths: tuple[str, Path | None]) -> None:
    """Check that no two options name the same file, of which one would be overwritten.

    Raises:
        CannotRunError: Two of them do.
    """
    files = [(option, path) for option, path in paths if path is not None]
    for (option, path), (other, other_path) in combinations(files, 2):
        if is_same_file(path, other_path):
            raise CannotRunError(f"{option} and {other} name the same file. Use two files.")


def check_output(option: str, path: Path) -> None:
    """Check that a file can be written, without waiting for the reader of a FIFO.

    Raises:
        CannotRunError: It cannot, or is not a regular file.
    """
    check_kind(option, path)
    try:
        check_target(path)
    except OSError as error:
        raise CannotRunError(f"{option} {safe_repr(str(path))}: {error.strerror}. Name another file.") from None


def check_kind(option: str, path: Path) -> None:
    """Check that a path is a regular file, a folder, or missing.

    Raises:
        CannotRunError: It is something else. Opening a FIFO would wait for its reader.
    """
    try:
        mode = path.stat().st_mode
    except OSError:  # reported when the file is used
        return
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise CannotRunError(f"{option} {safe_repr(str(path))} is not a regular file. Name another file.")
