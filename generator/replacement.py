"""Replacement of a folder as a whole, so that a run that is killed leaves either the old or the new one."""

import ctypes
import fcntl
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_EXCHANGES = {"linux": ("renameat2", 2), "darwin": ("renameatx_np", 2)}
_CURRENT_FOLDER = {"linux": -100, "darwin": -2}


def replace_folder(out: Path, fresh: Path) -> None:
    """Put a copy of `fresh` in place of `out`. Another process that does the same waits."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with _locked(out.parent):
        # Beside `out`, because a folder can only be renamed within a file system. Only one process has the lock, so a
        # folder with this name is left over from a run that was killed.
        scratch = out.with_name(f".{out.name}.replacing")
        _restore(out, scratch)
        scratch.mkdir()
        try:
            _copy(fresh, scratch / "new")
            _swap(scratch / "new", out)
        finally:
            with uninterrupted():
                shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM wait for the end of the block."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lock `folder` itself, which leaves no lock file. The system releases the lock of a process that was killed."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _restore(out: Path, scratch: Path) -> None:
    """Remove what a killed run left, after renaming back a folder that had not been replaced yet."""
    if (scratch / "old").is_dir() and not out.exists():
        (scratch / "old").rename(out)
    if scratch.exists():
        shutil.rmtree(scratch)


def _copy(fresh: Path, new: Path) -> None:
    """Copy a folder until the first error. `shutil.copytree` would continue, and raise all errors as one."""
    for folder, _, names in os.walk(fresh):
        target = new / Path(folder).relative_to(fresh)
        target.mkdir()
        for name in names:
            shutil.copy2(Path(folder, name), target)


def _swap(new: Path, out: Path) -> None:
    if not out.exists():
        new.rename(out)
    elif not _exchange(new, out):
        old = new.with_name("old")
        out.rename(old)
        try:
            new.rename(out)
        except OSError:
            old.rename(out)
            raise


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step. Returns False where the system or the file system cannot."""
    if sys.platform not in _EXCHANGES:
        return False
    name, flag = _EXCHANGES[sys.platform]
    function = getattr(ctypes.CDLL(None, use_errno=True), name, None)
    here = _CURRENT_FOLDER[sys.platform]
    return function is not None and function(here, os.fsencode(one), here, os.fsencode(other), flag) == 0
