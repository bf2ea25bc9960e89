"""Rate-limit pacing: requests are delayed before a limit is exhausted. All threads and tasks of a client share it."""

from __future__ import annotations

import logging
import os
from collections import defaultdict
from collections.abc import Mapping
from itertools import count
from math import inf
from typing import Final

from .._base.arguments import check_share
from .._base.fork_safety import ForkSafeLock
from .._base.rate_limits import RateLimit
from .._base.records import Record
from .._base.safe_text import safe_excerpt
from .budget import FIRST_REQUESTS, WINDOW_SECONDS, Budget, Place
from .turns import LimitKey, Pause, Turn, Turns

#: Seconds until a call asks again that depends on the responses to others, the first time and at most.
_POLL_SECONDS: Final = 0.05
_MAX_POLL_SECONDS: Final = 1.0
_EXCERPT: Final = 40

_logger: Final = logging.getLogger("buildkite_rest")


class RateLimitPacing(Record, frozen=True, kw_only=True):
    """Send no request that would exceed a rate limit, and wait for the next window instead.

    The responses show how fast other processes use the same limit. Requests are sent at once until the rest of the
    limit is what the others are expected to use. All threads and tasks that share a client are paced together: earlier
    calls are sent in earlier windows, those of one window in any order.

    Args:
        below: A share of the limit, from 0 to 1. Once no more than this is left, the remaining requests are spread over
            the rest of the window. 0 sends them at once, 1 always spreads requests.
        reserve: A share of the limit, from 0 to 1, that is left to others. With 1, there is one request per window. Up
            to four are sent before the first response shows the limit.

    Raises:
        TypeError: An argument is not a number.
        ValueError: It is out of range.
    """

    below: float = 0.0
    reserve: float = 0.0

    def __post_init__(self) -> None:
        check_share("below", self.below)
        check_share("reserve", self.reserve)


class Pacer:
    """Schedules the requests of a client."""

    def __init__(self, pacing: RateLimitPacing) -> None:
        self._pacing = pacing
        self._budgets: dict[LimitKey, Budget | None] = {}
        """None after responses without the limit."""
        self._turns: defaultdict[LimitKey, Turns] = defaultdict(Turns)
        self._numbers = count()
        self._previous = -inf
        self._lock = ForkSafeLock()
        self._process = os.getpid()
        self._has_warned = False

    def new_turn(self, organization: str | None) -> Turn:
        """Return the turn of a call to `organization`, behind those of earlier calls."""
        return Turn(next(self._numbers), organization)

    def pause(self, turn: Turn, now: float, *, max_pause: float, max_delay: float = inf) -> Pause | None:
        """Return after which pause to ask again whether a request may be sent, or None: it counts as sent.

        If the pause is longer than `max_pause`, or the request could only be sent in more than `max_delay` seconds, it
        is sent at once, and may get a 429.
        """
        # A clock of a test may stand still while its `sleep` returns.
        now = max(now, turn.wakes)
        with self._lock.current:
            self._forget_parent()
            for key in turn.keys:
                self._turns[key].lose(turn)
            turn.sent = None
            found = {key: self._budgets[key] for key in turn.keys if key in self._budgets}
            budgets = {key: budget and budget.at(now) for key, budget in found.items()}
            starts = {key: self._start(turn, key, budgets, now) for key in turn.keys}
            known = [(starts[key], budget) for key, budget in budgets.items() if budget and starts[key] < inf]
            start = max((start for start, _ in known), default=now)
            # It asks again in each window, because those before it may have been canceled.
            seconds = max((min(start, budget.ends) for start, budget in known), default=now) - now
            poll = min(_MAX_POLL_SECONDS, _POLL_SECONDS * 2.0**turn.polls)
            if start > now and seconds <= max_pause and start - now <= max_delay:
                turn.wakes, turn.polls = now + seconds, 0
                pause = Pause(seconds)
            elif start <= now and inf in starts.values() and 2 * poll <= max_delay:
                pause = Pause(poll, is_poll=True)
                turn.polls += 1
            else:
                turn.sent, pause = now, None
                self._previous = now
            for key in turn.keys:
                self._turns[key].add(turn)
            self._budgets = {**self._budgets, **budgets}
            return pause

    def observe(self, turn: Turn, headers: Mapping[str, str], now: float, *, is_accepted: bool) -> None:
        """Store the limits in the headers of the response to a request."""
        for key in turn.keys:
            prefix, _ = key
            seen = self._read(headers, prefix)
            with self._lock.current:
                self._forget_parent()
                budget, turns = self._budgets.get(key), self._turns[key]
                if seen is None:
                    if is_accepted:
                        turns.lose(turn, now)
                    else:
                        turns.discard(turn)
                    self._budgets = {key: None, **self._budgets}
                    continue
                turns.discard(turn)
                begins = -inf if budget is None else budget.counts_since
                found = 0 if turn.sent is None else turns.find(turn.sent, begins)
                sent = now if turn.sent is None else turn.sent
                if budget is None:
                    budget = Budget.first(*seen, sent=sent, now=now)
                else:
                    in_flight, counted = turns.in_flight(begins) + turns.lost(begins), is_accepted + found
                    budget = budget.after_response(*seen, sent=sent, now=now, in_flight=in_flight, counted=counted)
                self._budgets = {**self._budgets, key: budget}

    def leave(self, turn: Turn) -> None:
        """Forget a request that waits. One that has been sent has no response, but may have been counted."""
        with self._lock.current:
            self._forget_parent()
            for key in turn.keys:
                self._turns[key].lose(turn)

    def _forget_parent(self) -> None:
        if self._process != os.getpid():  # the calls of the other threads are not in the child
            self._turns.clear()
            self._process = os.getpid()

    def _start(self, turn: Turn, key: LimitKey, budgets: Mapping[LimitKey, Budget | None], now: float) -> float:
        """Return when a request may start as far as one limit is concerned, or infinity: after a response."""
        budget, turns, pacing = budgets.get(key), self._turns[key], self._pacing
        if budget is None:
            waits = key not in budgets and turns.ahead(turn) + turns.in_flight(-inf) >= FIRST_REQUESTS
            return inf if waits else now
        begins = budget.counts_since
        place = Place(turns.ahead(turn), turns.in_flight(begins), turns.in_flight(budget.seen), turns.lost(begins))
        return budget.start(place, self._previous, now, below=pacing.below, reserve=pacing.reserve)

    def _read(self, headers: Mapping[str, str], prefix: str) -> tuple[int, int, int] | None:
        """Return the limit, the remaining requests and the seconds until the reset, or None without them."""
        seen = RateLimit.from_headers(headers, prefix)
        limit, remaining, reset = (None, None, None) if seen is None else (seen.limit, seen.remaining, seen.reset)
        if reset is None and _is_too_long(headers.get(f"{prefix}-Reset")):
            reset = 10**9  # such as a time
        for name, number in (("Limit", limit), ("Remaining", remaining), ("Reset", reset)):
            header = f"{prefix}-{name}"
            if number is None and header in headers:
                self._warn(header, headers[header], "pacing ignores this limit")
        if limit is None or remaining is None or reset is None:
            return None
        if limit < 1:
            self._warn(f"{prefix}-Limit", limit, "pacing ignores it")
            return None
        if remaining > limit:
            self._warn(f"{prefix}-Remaining", remaining, f"pacing uses the limit of {limit}")
        if reset > WINDOW_SECONDS + 1:
            self._warn(f"{prefix}-Reset", headers[f"{prefix}-Reset"], f"pacing waits for at most {WINDOW_SECONDS} s")
        return limit, min(remaining, limit), min(reset, WINDOW_SECONDS)

    def _warn(self, header: str, value: object, effect: str) -> None:
        """Log once that a header of a limit is implausible."""
        if self._has_warned:
            return
        self._has_warned = True
        _logger.warning("implausible rate limit: %s is %s; %s", header, safe_excerpt(str(value), _EXCERPT), effect)


def _is_too_long(number: str | None) -> bool:
    return number is not None and number.isascii() and number.isdecimal()
