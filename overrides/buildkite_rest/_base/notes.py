"""Notes of errors."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TypeVar

from .errors import BuildkiteError

T = TypeVar("T")


@contextmanager
def note_in_errors(name: Callable[[T], str], file: T) -> Generator[None]:
    """Add a note to errors that names the file. Most files have no error, and need no name."""
    try:
        yield
    except (BuildkiteError, OSError) as error:
        error.add_note(name(file))
        raise
