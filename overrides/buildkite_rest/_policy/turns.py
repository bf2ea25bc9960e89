"""The requests of a client that wait for their turn under a rate limit, or for their response."""

from __future__ import annotations

from bisect import bisect_left, insort
from math import inf
from typing import Any, Final, TypeAlias

from .._base.records import Record

LimitKey: TypeAlias = tuple[str, str | None]
"""Prefix of the headers of a limit, and the slug for the limit of an organization."""

_OVERTAKING_SECONDS: Final = 5.0
"""A request that is sent so much later is counted after another one. Until then, requests overtake one another."""


class Turn:
    """The turn of a call to an organization, for each of its attempts. `number` is its place in the order of calls."""

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
    def has_waited(self) -> bool:
        """Whether it has been delayed."""
        return self.wakes > -inf

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

    __slots__ = ("_lost", "_sent", "_waiting")

    def __init__(self) -> None:
        self._waiting: list[int] = []
        self._sent: list[tuple[float, int]] = []
        """When each was sent, and its number: several may be sent at the same time."""
        self._lost: list[float] = []
        """When each is counted at the latest."""

    def ahead(self, turn: Turn) -> int:
        """Return how many wait that were called earlier."""
        return bisect_left(self._waiting, turn.number)

    def in_flight(self, since: float) -> int:
        """Return how many have been sent `since` a moment, and have no response yet."""
        return len(self._sent) - bisect_left(self._sent, (since,))

    def lost(self, since: float) -> int:
        """Return how many have been sent `since` a moment, and will have no response, but may have been counted."""
        return len(self._lost) - bisect_left(self._lost, since)

    def add(self, turn: Turn) -> None:
        """Add a request that waits or has been sent."""
        if turn.sent is None:
            insort(self._waiting, turn.number)
        else:
            insort(self._sent, (turn.sent, turn.number))

    def discard(self, turn: Turn) -> None:
        """Remove a request, if it is here."""
        _remove(self._waiting, turn.number)
        if turn.sent is not None:
            _remove(self._sent, (turn.sent, turn.number))

    def lose(self, turn: Turn, received: float | None = None) -> None:
        """Remove a request that has no response, or one without the limit that was `received`, but may be counted."""
        _remove(self._waiting, turn.number)
        if turn.sent is not None and _remove(self._sent, (turn.sent, turn.number)):
            insort(self._lost, turn.sent + _OVERTAKING_SECONDS if received is None else received)

    def find(self, sent: float, since: float) -> int:
        """Forget the lost requests that a response to one that was `sent` later counts.

        Returns how many of them were sent `since` a moment.
        """
        index = bisect_left(self._lost, sent)
        found = max(0, index - bisect_left(self._lost, since))
        del self._lost[:index]
        return found


def _remove(values: list[Any], value: Any) -> bool:
    index = bisect_left(values, value)
    is_found = index < len(values) and values[index] == value
    if is_found:
        del values[index]
    return is_found
