"""The requests that are left of a rate limit in a window, and how many of them others are expected to send."""

from __future__ import annotations

from typing import Final, Self

from msgspec.structs import replace

from .._base.records import Record

WINDOW_SECONDS: Final = 60
"""Length of a window of the API."""
_SAME_WINDOW_SECONDS: Final = 2.0  # Rounding to seconds and latency blur the end of a window.
#: Responses in a window after which those in the window before do not count.
_ENOUGH_RESPONSES: Final = 8


class Usage(Record, frozen=True):
    """Requests that others send under a limit, as the responses to this client's requests in one window show."""

    begin: int
    """Requests that were left at the first response."""
    left: int
    """Requests that were left at the last response."""
    responses: int = 0
    """Responses after the first."""
    others: int = 0
    """Requests of others since the first response."""
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

    def after_response(self, left: int, in_flight: int) -> Self:
        """Return the usage after a response in the same window, with other requests of this client in flight."""
        left, responses = min(self.left, left), self.responses + 1
        others = max(0, self.begin - left - responses - in_flight)
        last_others = max(0, self.left - left - 1)
        return replace(self, left=left, responses=responses, others=others, last_others=last_others)

    def in_next_window(self, left: int) -> Self:
        """Return the usage after the first response in another window."""
        earlier = self.others_per_response if self.responses > 0 else self.earlier
        return type(self)(left, left, earlier=earlier)


class Budget(Record, frozen=True):
    """The requests that are left of one limit in one window."""

    limit: int
    remaining: int
    """As in the last response, without the requests that this client has sent since."""
    ends: float
    window: float
    """Length of the window in seconds: the longest reset seen so far."""
    usage: Usage
    in_flight: int = 0
    """Requests of this client that have no response yet."""

    @classmethod
    def first(cls, limit: int, remaining: int, reset: int, now: float) -> Self:
        """Return the budget after the first response with a limit."""
        return cls(limit, remaining, now + reset, reset, Usage(remaining, remaining))

    def after_request(self) -> Self:
        """Return the budget after a request of this client was sent."""
        return replace(self, remaining=self.remaining - 1, in_flight=self.in_flight + 1)

    def after_response(self, limit: int, remaining: int, reset: int, now: float) -> Self:
        """Return the budget after a response with these numbers."""
        ends, window = now + reset, max(self.window, reset)
        if abs(ends - self.ends) > _SAME_WINDOW_SECONDS:
            return type(self)(limit, remaining, ends, window, self.usage.in_next_window(remaining))
        in_flight = max(0, self.in_flight - 1)
        usage = self.usage.after_response(remaining, in_flight)
        # Responses overtake one another, and do not count the requests that are in flight.
        return type(self)(limit, min(self.remaining, remaining), ends, window, usage, in_flight)

    def turn(self, previous: float, now: float, *, below: float, reserve: float) -> float:
        """Return when the next request may start, the previous one having started at `previous`."""
        left, needed = self.remaining - reserve * self.limit, max(1, self._others_in_flight())
        if now >= self.ends or (left >= needed and left > below * self.limit):
            return now
        after = max(previous, now)
        if left < needed or after >= self.ends:
            return max(self.ends, previous + self.window / self.limit)
        processes = 1 + self.usage.others_per_response
        return max(now, previous + processes * (self.ends - after) / (left + 1))

    def _others_in_flight(self) -> int:
        """Return the requests of others that are expected to arrive before the next one of this client.

        If the last two responses show fewer than all before, some of the others have finished.
        """
        expected = round(self.usage.others_per_response * (self.in_flight + 1))
        if self.in_flight or not self.usage.responses:
            return expected
        return min(expected + 1, self.usage.last_others)
