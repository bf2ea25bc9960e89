"""Rate limits: requests are counted per organization and per user, in windows of a minute."""

from __future__ import annotations

import math

import attrs

from ..clock import Clock

WINDOW_SECONDS = 60
#: Largest limit that can be set.
LARGEST_LIMIT = 10**9
#: The limit that is reported where none is enforced: nobody should slow down for it.
_UNENFORCED = 1_000_000
_WARNING = "You have exceeded your API rate limit."


@attrs.define
class Window:
    """Requests counted since a moment."""

    begin: float
    count: int = 0


@attrs.frozen(kw_only=True)
class Usage:
    """How much of one limit is used."""

    scope: str
    limit: int
    current: int
    reset: int
    enforced: bool

    @property
    def exceeded(self) -> bool:
        """Whether this request is refused."""
        return self.enforced and self.current > self.limit

    @property
    def exhausted(self) -> bool:
        """Whether the next request is refused."""
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
        """Return the body of the response to a request too many."""
        return {
            "message": f"{_WARNING} Please wait {self.reset} seconds before making more requests.",
            "scope": self.scope,
            "limit": self.limit,
            "current": self.current,
            "reset": self.reset,
        }


@attrs.define
class RateLimit:
    """Counts requests by key. Without a maximum they are counted and never refused."""

    scope: str
    maximum: int | None
    clock: Clock
    _windows: dict[str, Window] = attrs.field(factory=dict[str, Window], init=False)
    _start: int | None = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._start = self.maximum

    def count(self, key: str) -> Usage:
        """Count a request."""
        self._window(key).count += 1
        return self.usage(key)

    def usage(self, key: str) -> Usage:
        """Tell how much is used, without counting anything."""
        window = self._window(key)
        return Usage(
            scope=self.scope,
            limit=_UNENFORCED if self.maximum is None else self.maximum,
            current=window.count,
            reset=max(0, math.ceil(window.begin + WINDOW_SECONDS - self.clock())),
            enforced=self.maximum is not None,
        )

    def change(self, maximum: int | None) -> None:
        """Set another maximum, and count from nothing again."""
        self.maximum = maximum
        self._windows.clear()

    def reset(self) -> None:
        """Set the maximum of the start, and count from nothing again."""
        self.change(self._start)

    def _window(self, key: str) -> Window:
        now = self.clock()
        window = self._windows.get(key)
        if window is None or now >= window.begin + WINDOW_SECONDS:
            window = self._windows[key] = Window(now)
        return window
