"""When a build is over, and how long to wait before it is looked at again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _buildkite_rest.models import Build

_OVER: Final = ("passed", "failed", "canceled", "skipped", "not_run")


def is_over(build: Build) -> bool:
    """Whether `build` will not change by itself any more. A blocked build waits for somebody to unblock it."""
    return build.state in _OVER or bool(build.blocked)


def intervals(first: float, longest: float) -> Iterator[float]:
    """Yield the seconds between looks: `first`, then half as much more each time, up to `longest`."""
    interval = first
    while True:
        yield min(interval, longest)
        interval *= 1.5
