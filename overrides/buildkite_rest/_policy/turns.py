"""The requests of a client that wait for their turn under a rate limit, or for their response."""

from __future__ import annotations

from bisect import bisect_left, insort
from math import inf
from typing import TypeAlias

from .._base.records import Record

LimitKey: TypeAlias = tuple[str, str | None]
"""Prefix of the headers of a limit, and the slug for the limit of an organization."""


class Turn:
    """A request to an organization. `number` is its place in the order of the calls."""

    __slots__ = ("number", "organization", "polls", "sent", "wakes")

    def __init__(self, number: int, organization: str | None) -> None:
        self.number = number
        self.organization = organization
        self.wakes = -inf
        """When it asks again whether it may be sent, on the clock of the client."""
        self.polls = 0
        """How often it has asked since that depends on the responses to others."""
        self.sent: float | None = None
        """When it was sent."""

    @property
    def keys(self) -> tuple[LimitKey, LimitKey]:
        """The limits that it counts towards."""
        return ("RateLimit", self.organization), ("RateLimit-User", None)


class Pause(Record, frozen=True):
    """Time after which a request asks again whether it may be sent."""

    seconds: float
    is_poll: bool = False
    """Whether it waits for the response to another, which takes real time on any clock."""


class Turns:
    """The requests that count towards one limit."""

    __slots__ = ("_sent", "_waiting")

    def __init__(self) -> None:
        self._waiting: list[int] = []
        self._sent: list[float] = []

    def ahead(self, turn: Turn) -> int:
        """Return how many wait that were called earlier."""
        return bisect_left(self._waiting, turn.number)

    def in_flight(self, since: float) -> int:
        """Return how many have been sent `since` a moment, and have no response yet."""
        return len(self._sent) - bisect_left(self._sent, since)

    def add(self, turn: Turn) -> None:
        """Add a request that waits or has been sent."""
        if turn.sent is None:
            insort(self._waiting, turn.number)
        else:
            insort(self._sent, turn.sent)

    def discard(self, turn: Turn) -> None:
        """Remove a request, if it is here."""
        for values, value in ((self._waiting, turn.number), (self._sent, turn.sent)):
            if value is not None and (index := bisect_left(values, value)) < len(values) and values[index] == value:
                del values[index]
