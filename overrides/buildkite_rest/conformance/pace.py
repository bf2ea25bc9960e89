"""Keeps a run within the rate limits, whatever part of it sends the request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from time import monotonic, sleep
from typing import Any, Final

from attrs import define, field

from .._base.json_values import as_object
from .._base.rate_limits import RateLimit
from .._policy.pacing import Pacer, RateLimitPacing
from .._policy.retries import seconds_to_reset

#: While more than this share of a limit is left, requests are sent at once.
BELOW: Final = 0.2
#: No window is longer than this, in seconds.
_LONGEST: Final = 120.0
#: Seconds to wait after an answer 429 that does not say how long.
_UNTOLD: Final = 1.0
_PREFIXES: Final = ("RateLimit", "RateLimit-User")


class TimeOverError(KeyboardInterrupt):
    """No more requests may be sent, because the time that a run may take is over.

    schemathesis takes it for Ctrl-C: it ends what it is at and hands over what it has seen so far.
    """


@define
class Pace:
    """Says when the next request may be sent, from what the answers before it told.

    Args:
        interval: Seconds between two requests at least.
        most: Seconds from now on after which no request may be sent any more.
    """

    interval: float = 0.0
    most: float = float("inf")
    waited: float = field(default=0.0, init=False)
    """Seconds, all in all."""
    _next: float = field(default=0.0, init=False)
    _end: float = field(init=False)
    _pacer: Pacer = field(factory=lambda: Pacer(RateLimitPacing(below=BELOW)), init=False)

    def __attrs_post_init__(self) -> None:
        self._end = monotonic() + self.most

    @property
    def is_over(self) -> bool:
        """Whether the time for requests is over."""
        return monotonic() >= self._end

    def wait_for_turn(self) -> None:
        """Sleep until the next request may be sent.

        Raises:
            TimeOverError: There is no time for that.
        """
        now = monotonic()
        self._sleep(max(self._pacer.claim(None, now, _LONGEST), self._next - now))
        self._next = monotonic() + self.interval

    def observe(self, headers: Mapping[str, str]) -> None:
        """Take in the headers of an answer."""
        self._pacer.observe(headers, None, monotonic())

    def wait_for_reset(self, headers: Mapping[str, str], body: object) -> None:
        """Sleep until a request that was one too many can be sent again.

        Raises:
            TimeOverError: There is no time for that.
        """
        told = seconds_to_reset(headers, body)
        self._sleep(max(min(_UNTOLD if told is None else told, _LONGEST), self._next - monotonic()))
        self._next = monotonic() + self.interval

    def _sleep(self, seconds: float) -> None:
        if monotonic() + max(seconds, 0.0) >= self._end:
            self._end = monotonic()  # for requests that are due sooner too: the run ends here
            raise TimeOverError
        if seconds > 0:
            self.waited += seconds
            sleep(seconds)


def refusal_problems(headers: Mapping[str, str], body: object) -> Iterator[str]:
    """Check an answer 429: it must tell which limit is used up, and when it starts anew."""
    told: Mapping[str, Any] = as_object(body)
    for name, kind in {"message": str, "scope": str, "limit": int, "current": int, "reset": int}.items():
        if not isinstance(told.get(name), kind) or isinstance(told.get(name), bool):
            yield f"the body has no {name!r} of type {kind.__name__}"
    limits = [RateLimit.from_headers(headers, prefix) for prefix in _PREFIXES]
    for prefix, limit in zip(_PREFIXES, limits, strict=True):
        if limit is None or None in (limit.scope, limit.limit, limit.remaining, limit.reset):
            yield f"not all of the four headers {prefix}-* are there"
    if all(limit is None or limit.remaining != 0 for limit in limits):
        yield "no header says that a limit is used up"
