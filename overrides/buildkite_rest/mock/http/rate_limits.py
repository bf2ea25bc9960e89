"""Rate limits per organization and per user, in windows of one minute."""

from __future__ import annotations

import math

import attrs

from ..clock import Clock

WINDOW_SECONDS = 60
#: Limit that is reported when none is enforced, high enough that no client slows down.
_UNENFORCED = 1_000_000
_WARNING = "You have exceeded your API rate limit."


@attrs.frozen(kw_only=True)
class Usage:
    """Usage of one limit."""

    scope: str
    limit: int
    current: int
    reset: int
    enforced: bool

    @property
    def exceeded(self) -> bool:
        """Whether this request is over the limit."""
        return self.enforced and self.current > self.limit

    @property
    def exhausted(self) -> bool:
        """Whether the next request is over the limit."""
        return self.enforced and self.current >= self.limit

    def headers(self, prefix: str) -> dict[str, str]:
        """Return the response headers that report the limit."""
        headers = {
            f"{prefix}-Scope": self.scope,
            f"{prefix}-Remaining": str(max(0, self.limit - self.current)),
            f"{prefix}-Limit": str(self.limit),
            f"{prefix}-Reset": str(self.reset),
        }
        return {**headers, f"{prefix}-Warning": _WARNING} if self.exhausted else headers

    def body(self) -> dict[str, object]:
        """Return the body of the 429."""
        return {
            "message": f"{_WARNING} Please wait {self.reset} seconds before making more requests.",
            "scope": self.scope,
            "limit": self.limit,
            "current": self.current,
            "reset": self.reset,
        }


@attrs.define
class RateLimit:
    """Request counters by key. Without a maximum the limit is reported but not enforced."""

    scope: str
    maximum: int | None
    clock: Clock
    #: Begin of the window and number of requests since, by key.
    _windows: dict[str, tuple[float, int]] = attrs.field(factory=dict[str, tuple[float, int]], init=False)

    def count(self, key: str) -> Usage:
        """Count a request."""
        begin, count = self._window(key)
        self._windows[key] = begin, count + 1
        return self.usage(key)

    def usage(self, key: str) -> Usage:
        """Return the usage without counting a request."""
        begin, count = self._window(key)
        return Usage(
            scope=self.scope,
            limit=_UNENFORCED if self.maximum is None else self.maximum,
            current=count,
            reset=WINDOW_SECONDS - max(0, math.floor(self.clock() - begin)),
            enforced=self.maximum is not None,
        )

    def _window(self, key: str) -> tuple[float, int]:
        now = self.clock()
        begin, count = self._windows.get(key, (now, 0))
        return (now, 0) if now >= begin + WINDOW_SECONDS else (begin, count)
