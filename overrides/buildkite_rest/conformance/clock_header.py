"""The header `Date`: it advances as time passes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from time import monotonic
from typing import Final

from attrs import define, field

#: Seconds after which a response must have another time. The header has whole seconds.
_SECONDS: Final = 3.0


@define
class Clock:
    """Remembers since when responses of each server have had the same `Date`.

    Args:
        now: A clock in seconds.
    """

    now: Callable[[], float] = monotonic
    _first: dict[Hashable, tuple[str, float]] = field(factory=dict[Hashable, tuple[str, float]], init=False)
    _last: dict[Hashable, float] = field(factory=dict[Hashable, float], init=False)

    def problems(self, server: Hashable, headers: Mapping[str, str]) -> Iterator[str]:
        """Yield the `Date` that has stopped. Caches send an old one, with an `Age`."""
        date, time = headers.get("Date"), self.now()
        # The request was sent after the previous response, however long it has taken to check both.
        sent, self._last[server] = self._last.get(server, time), time
        if date is None or "Age" in headers:
            return
        known, since = self._first.get(server, ("", time))
        if known != date:
            self._first[server] = (date, time)
        elif sent - since >= _SECONDS:
            yield f"Date is {date}, as it was {sent - since:.0f} seconds before"
