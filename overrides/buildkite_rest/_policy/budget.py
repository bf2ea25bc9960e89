"""The requests that are left of a rate limit in a window, and how many of them others are expected to send."""

from __future__ import annotations

from math import ceil, inf
from typing import Final, Self

from msgspec.structs import replace

from .._base.records import Record

WINDOW_SECONDS: Final = 60
"""Length of a window of the API."""
_TOLERANCE_SECONDS: Final = 1.0
"""How far the ends of a window may be apart that responses show: clocks drift."""
_QUICK_SECONDS: Final = 0.5
_STRAGGLER_SECONDS: Final = 30.0
"""A request that was sent no longer before the end of a window may be counted in the next one."""
FIRST_REQUESTS: Final = 4
"""Requests in flight at most before the first response in a window, which shows what is left of it."""
_MORE_OTHERS: Final = 3
"""How many more requests of others may be between two responses than between the last two."""
#: Responses in a window after which those in the window before do not count.
_ENOUGH_RESPONSES: Final = 8


class Usage(Record, frozen=True):
    """Requests that others send under a limit, as the responses to this client's requests in one window show."""

    begin: int
    """Requests that were left at the first response, or at the beginning of the window."""
    left: int
    """Requests that were left at the last response."""
    responses: int = 0
    """Responses since `begin`, without those that the API refused."""
    others: int = 0
    """Requests of others since `begin`."""
    last_others: int = 0
    """Requests of others between the last two responses."""
    earlier: float | None = None
    """`others_per_response` in the window before."""

    @property
    def others_per_response(self) -> float:
        """Requests of others for each response to this client."""
        if self.responses == 0:
            return self.earlier or 0.0
        average = self.others / self.responses
        if self.earlier is None:
            return average
        weight = min(1.0, self.responses / _ENOUGH_RESPONSES)
        return weight * average + (1 - weight) * self.earlier

    def after_response(self, left: int, in_flight: int, counted: int) -> Self:
        """Return the usage after a response in the same window.

        It shows `counted` requests of this client as counted. `in_flight` others may be counted.
        """
        left, responses = min(self.left, left), self.responses + counted
        others = max(0, self.begin - left - responses - in_flight)
        last_others = max(0, self.left - left - counted)
        return replace(self, left=left, responses=responses, others=others, last_others=last_others)

    def in_next_window(self, left: int) -> Self:
        """Return the usage at the beginning of another window, or after the first response in it."""
        earlier = self.others_per_response if self.responses > 0 else self.earlier
        return type(self)(left, left, earlier=earlier)


class Place(Record, frozen=True):
    """The requests of this client before one."""

    ahead: int
    """Those that wait."""
    in_flight: int
    """Those that may be counted in this window and have no response yet."""
    uncounted: int
    """Those in flight that the last response does not count. It may count the others."""
    lost: int
    """Those that may be counted in this window and will have no response."""


class End(Record, frozen=True):
    """Between when and when a window ends."""

    earliest: float
    latest: float

    @classmethod
    def shown(cls, reset: float, sent: float, received: float, slack: float) -> Self:
        """Return the end that a response shows. It was made between the two times, and its reset was rounded up.

        `slack` is 1.0 if the server rounds down.
        """
        return cls(min(sent, received) + reset - 1.0 + slack, received + reset + slack)

    def is_before(self, other: Self) -> bool:
        """Whether this window ends before the other one."""
        return self.latest + _TOLERANCE_SECONDS < other.earliest

    def after_response(self, shown: Self) -> Self:
        """Return the end of the same window as another response shows it.

        A quick response sets the latest end even if an earlier one was more exact, so that it is not always the same of
        several clients that is the first one in a new window. A slow one can only be more exact.
        """
        is_quick = shown.latest - shown.earliest < 1.0 + _QUICK_SECONDS
        latest = shown.latest if is_quick else min(self.latest, shown.latest)
        return type(self)(max(self.earliest, shown.earliest), latest)


class Budget(Record, frozen=True):
    """The requests that are left of one limit in one window."""

    limit: int
    remaining: int
    """As in the last response."""
    end: End
    window: float
    """Length of the window in seconds: the longest reset seen so far."""
    usage: Usage
    seen: float
    """When that response arrived: requests sent later are not counted in it."""
    begins: float = -inf
    """Since when requests of this client count."""
    has_response: bool = True
    """Whether there was a response in this window. Without one, its end is a guess."""
    slack: float = 0.0
    """1.0 if the server rounds resets down, as one of 0 shows."""

    @property
    def ends(self) -> float:
        """When the window has ended in any case."""
        return self.end.latest

    @property
    def counts_since(self) -> float:
        """Since when requests without a response may be counted in this window."""
        return self.begins - _STRAGGLER_SECONDS

    @classmethod
    def first(cls, limit: int, remaining: int, reset: float, *, sent: float, now: float) -> Self:
        """Return the budget after the first response with a limit."""
        slack = float(reset == 0)
        end = End.shown(reset, sent, now, slack)
        return cls(limit, remaining, end, reset, Usage(remaining, remaining), now, slack=slack)

    def at(self, now: float) -> Self:
        """Return the budget at a moment: the whole limit, if the window has ended."""
        if now < self.ends:
            return self
        earliest, usage = self.end.earliest + self.window, self.usage.in_next_window(self.limit)
        end = End(earliest if earliest > now else -inf, now + self.window)
        return replace(self, remaining=self.limit, end=end, usage=usage, seen=now, begins=now, has_response=False)

    def after_response(
        self, limit: int, remaining: int, reset: float, *, sent: float, now: float, in_flight: int, counted: int
    ) -> Self:
        """Return the budget after a response with these numbers. See `Usage.after_response` for the last two."""
        slack, window = max(self.slack, float(reset == 0)), max(self.window, reset)
        end = End.shown(reset, sent, now, slack)
        if end.is_before(self.end) and sent < self.begins:
            return replace(self, slack=slack)  # It was made in an earlier window.
        new = replace(self, limit=limit, window=window, seen=now, has_response=True, slack=slack)
        if limit != self.limit or end.is_before(self.end) or self.end.is_before(end):
            return replace(new, remaining=remaining, end=end, usage=self.usage.in_next_window(remaining))
        usage = self.usage.after_response(remaining, in_flight, counted)
        # Responses overtake one another.
        end = self.end.after_response(end) if self.has_response else end
        return replace(new, remaining=min(self.remaining, remaining), end=end, usage=usage)

    def start(self, place: Place, previous: float, now: float, *, below: float, reserve: float) -> float:
        """Return when a request may start, the last one having started at `previous`.

        It is infinite if that depends on the responses to those in flight.
        """
        in_flight, uncounted, ahead = place.in_flight, place.uncounted, place.ahead
        own, left = in_flight + ahead, self.remaining - place.lost - reserve * self.limit
        needed = max(1, self._others_in_flight(own))
        if not self.has_response and own < FIRST_REQUESTS and (left - own >= needed or own == 0):
            return now
        if needed <= left - ahead - uncounted and (not self.has_response or left - own < needed):
            return inf
        if left - own >= needed and left - own > below * self.limit:
            return now if own < self._at_once else inf
        after, others = max(previous, now), self.usage.others_per_response
        if left - own < needed or after >= self.ends:
            share = max(1, int((1 - reserve) * self.limit / (1 + others)))
            return self.ends + ahead // share * self.window
        at_once = max(0, ceil(left - in_flight - below * self.limit))  # of those ahead
        seconds = (1 + others) * (self.ends - after) / (left - in_flight - at_once + 1)
        return max(now, previous + (ahead - at_once + 1) * seconds)

    @property
    def _at_once(self) -> float:
        """Requests in flight at most. In the first window they become more with each response.

        Several clients that start at the same time know nothing of each other before.
        """
        return max(FIRST_REQUESTS, self.usage.responses // 2) if self.usage.earlier is None else inf

    def _others_in_flight(self, own: int) -> int:
        """Return the requests of others that are expected to arrive before the next one of this client.

        If the last two responses show fewer than all before, some of the others have finished.
        """
        expected = round(self.usage.others_per_response * (own + 1))
        if not self.usage.responses:
            return expected
        if own:
            return min(expected, (self.usage.last_others + _MORE_OTHERS) * (own + 1))
        return min(expected + 1, self.usage.last_others)
