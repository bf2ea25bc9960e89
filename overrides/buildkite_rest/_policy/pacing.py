"""Rate-limit pacing: requests are delayed before a limit is exhausted. All threads and tasks of a client share it."""

from __future__ import annotations

import os
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Mapping
from itertools import count
from math import ceil, inf
from typing import Final

from msgspec import Struct

from .._base.arguments import check_share
from .._base.fork_safety import ForkSafeLock
from .._base.rate_limits import PREFIXES, RateLimit
from .._base.records import Record

_WINDOW_SECONDS: Final = 60
"""Length of a window of the API. An implausible reset stops no client for longer."""
_TOLERANCE_SECONDS: Final = 1.0
"""How far the ends of one window may be apart that responses show: resets are whole seconds, and clocks drift."""
_QUICK_SECONDS: Final = 0.5
_FIRST_REQUESTS: Final = 4
"""Requests in flight at most before the first responses in a window, which show what is left of it."""
_ENOUGH_RESPONSES: Final = 8
"""Responses in a window after which those in the window before do not count."""
_POLL_SECONDS: Final = 0.2


class RateLimitPacing(Record, frozen=True, kw_only=True):
    """Send no request that would exceed a rate limit, and wait for the next window instead.

    The responses show how fast other processes use the same limit. Requests are sent at once until the rest of the
    limit is what the others are expected to use. All threads and tasks that share a client are paced together: earlier
    calls are sent in earlier windows, those of one window in any order.

    Args:
        reserve: A share of the limit, from 0 to 1, that is left to others. With 1, there is one request per window. Up
            to four are sent before the first response shows the limit.

    Raises:
        TypeError: An argument is not a number.
        ValueError: It is out of range.
    """

    reserve: float = 0.0

    def __post_init__(self) -> None:
        check_share("reserve", self.reserve)


class Pause(Record, frozen=True):
    """Time after which a request asks again whether it may be sent."""

    seconds: float
    is_poll: bool = False
    """Whether it waits for the response to another, which takes real time on any clock."""


class Turn(Struct):
    """The turn of a call to an organization, for each of its attempts."""

    number: int
    """Its place in the order of calls."""
    organization: str | None
    wakes: float = -inf
    """When it asks again whether it may be sent, on the clock of the client. Infinitely early if it has not waited."""
    sent: float | None = None
    """When it was sent."""


class _Window(Struct):
    """The current window of one limit: what is left of it, and the requests of this client that count towards it."""

    waiting: list[int] = []
    in_flight: set[int] = set()
    limit: int = 0
    """0 until a response shows it."""
    begins: float = -inf
    ends: float = -inf
    length: float = 0.0
    """The longest reset seen so far, in seconds."""
    remaining: int = 0
    first_remaining: int = 0
    responses: int = 0
    all_others: int = 0
    """Requests of others in this window."""
    earlier_others: float | None = None
    """`others` in the window before."""

    @property
    def others(self) -> float:
        """Requests of others for each response to this client, in this window and, at its start, in the last one."""
        average, earlier = self.all_others / max(1, self.responses), self.earlier_others
        if earlier is None:
            return average
        weight = min(1.0, self.responses / _ENOUGH_RESPONSES)
        return weight * average + (1 - weight) * earlier

    def start_next(self, remaining: int, begins: float, ends: float) -> None:
        """Start the next window."""
        self.earlier_others = self.others if self.responses else self.earlier_others
        self.remaining = self.first_remaining = remaining
        self.begins, self.ends, self.responses, self.all_others = begins, ends, 0, 0

    def observe(self, limit: int, remaining: int, reset: float, *, sent: float, now: float, is_accepted: bool) -> None:
        """Store the numbers of a response to a request that was sent at a time."""
        reset = max(reset, 1)
        ends, self.length = now + reset, max(self.length, reset)
        is_earlier = ends < self.ends - _TOLERANCE_SECONDS
        if is_earlier and sent < self.begins:
            return  # It was made in an earlier window.
        if limit != self.limit or is_earlier or sent + reset - 1 > self.ends + _TOLERANCE_SECONDS:
            self.limit = limit
            self.start_next(remaining, sent, ends)
            return
        remaining = min(self.remaining, remaining)  # Responses overtake one another.
        self.responses += is_accepted
        self.all_others = max(0, self.first_remaining - remaining - self.responses - len(self.in_flight))
        # The end that a slow response shows is only a limit.
        self.remaining, self.ends = remaining, ends if now - sent < _QUICK_SECONDS else min(self.ends, ends)

    def count_lost(self) -> None:
        """Count a request whose response is lost or lacks the limit."""
        self.remaining, self.responses = max(0, self.remaining - 1), self.responses + 1

    def start(self, turn: Turn, now: float, pacing: RateLimitPacing) -> float:
        """Return when a request may be sent, or infinity: when the responses to those in flight are known.

        It is sent at once while, of the remaining requests, those of this client that are sent or called before it and
        those that others send meanwhile leave one.
        """
        ahead, in_flight = bisect_left(self.waiting, turn.number), len(self.in_flight)
        own, is_first = ahead + in_flight, self.earlier_others is None or not self.responses
        # Clients may start at the same time: until it knows more, this one sends few requests.
        is_slow_start = is_first and own >= max(_FIRST_REQUESTS, self.responses // 2)
        if not self.limit:
            return inf if is_slow_start else now
        if now >= self.ends:
            self.start_next(self.limit, now, now + self.length)
        left, others = self.remaining - pacing.reserve * self.limit, self.others
        # The formula: remaining - reserve - own >= others for each of own and this request, and at least this request.
        needed = max(1, ceil(others * (own + 1)))
        if own == 0 and self.remaining == self.limit:
            return now  # The first response in a window shows what is left of it.
        if left - own < needed:
            if in_flight and left - ahead >= needed:
                return inf
            share = max(1, int((1 - pacing.reserve) * self.limit / (1 + others)))
            return self.ends + ahead // share * self.length
        return inf if is_slow_start else now


class Pacer:
    """Schedules the requests of a client."""

    def __init__(self, pacing: RateLimitPacing) -> None:
        self._pacing = pacing
        self._windows: defaultdict[str | None, _Window] = defaultdict(_Window)
        """Those of the limits of organizations."""
        self._user_window = _Window()
        self._numbers = count()
        self._lock = ForkSafeLock()
        self._process = os.getpid()

    def new_turn(self, organization: str | None) -> Turn:
        """Return the turn of a call to `organization`, behind those of earlier calls."""
        return Turn(next(self._numbers), organization)

    def pause(self, turn: Turn, now: float, *, max_pause: float, max_delay: float = inf) -> Pause | None:
        """Return after which pause to ask again whether a request may be sent, or None: it counts as sent.

        If the pause is longer than `max_pause`, or the request could only be sent in more than `max_delay` seconds, it
        is sent at once, and may get a 429.
        """
        now = max(now, turn.wakes)  # A clock of a test may stand still while its `sleep` returns.
        with self._lock.current:
            windows = self._without(turn)
            starts = [window.start(turn, now, self._pacing) for window in windows]
            known = [(start, window.ends) for start, window in zip(starts, windows, strict=True) if now < start < inf]
            start = max((start for start, _ in known), default=now)
            # It asks again in each window, because those before it may have been canceled.
            seconds = max((min(start, ends) for start, ends in known), default=now) - now
            pause: Pause | None = None
            if start > now and seconds <= max_pause and start - now <= max_delay:
                turn.wakes = now + seconds
                pause = Pause(seconds)
            elif start <= now and inf in starts and max_delay >= 2 * _POLL_SECONDS:
                pause = Pause(_POLL_SECONDS, is_poll=True)
            else:
                turn.sent = now
            for window in windows:
                if pause is None:
                    window.in_flight.add(turn.number)
                else:
                    insort(window.waiting, turn.number)
            return pause

    def observe(self, turn: Turn, headers: Mapping[str, str], now: float, *, is_accepted: bool) -> None:
        """Store the limits in the headers of the response to a request."""
        sent = now if turn.sent is None else turn.sent
        with self._lock.current:
            for prefix, window in zip(PREFIXES.values(), self._without(turn), strict=True):
                seen = RateLimit.from_headers(headers, prefix)
                if seen is not None and seen.limit and seen.remaining is not None and seen.reset is not None:
                    left, reset = min(seen.remaining, seen.limit), min(seen.reset, _WINDOW_SECONDS)
                    window.observe(seen.limit, left, reset, sent=sent, now=now, is_accepted=is_accepted)
                elif is_accepted and turn.sent is not None:
                    window.count_lost()
        turn.sent = None

    def leave(self, turn: Turn) -> None:
        """Forget a request that waits, or has been sent and gets no response."""
        with self._lock.current:
            for window in self._without(turn):
                if turn.sent is not None:
                    window.count_lost()
        turn.sent = None

    def _without(self, turn: Turn) -> list[_Window]:
        """Return the windows of a request, from which it is removed."""
        if self._process != os.getpid():  # the calls of the other threads are not in the child
            self._process = os.getpid()
            self._windows.clear()
            self._user_window = _Window()
        windows = [self._windows[turn.organization], self._user_window]
        for window in windows:
            window.in_flight.discard(turn.number)
            index = bisect_left(window.waiting, turn.number)
            if window.waiting[index : index + 1] == [turn.number]:
                del window.waiting[index]
        return windows
