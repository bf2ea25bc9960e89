"""Memory of this process. Needs Linux."""

from __future__ import annotations

import contextlib
from pathlib import Path

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


def held_now() -> float:
    """Return the megabytes in use by this process."""
    return _field("VmRSS")


def held_at_most() -> float:
    """Return the peak megabytes of this process, since `forget` where Linux allows that."""
    return _field("VmHWM")


def forget() -> None:
    """Reset the peak."""
    with contextlib.suppress(OSError):
        _CLEAR.write_text("5")


def _field(name: str) -> float:
    lines = _STATUS.read_text().splitlines() if _STATUS.exists() else []
    for line in lines:
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    raise RuntimeError("memory is measured on Linux only")
