"""The times at which rate limits reset: they come nearer as the clock of the server runs."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from datetime import datetime
from typing import Final

from attrs import define, field

from .header_rules import RATE_LIMIT_PREFIXES, Sample
from .response_times import server_time

#: Seconds after which a reset must be nearer, and by which clocks may differ: headers have whole seconds.
_SECONDS: Final = 4
_TOLERANCE: Final = 2


@define
class LimitResets:
    """Remembers when the window of each limit began, as far as known."""

    _first: dict[tuple[Hashable, str], tuple[datetime, int]] = field(
        factory=dict[tuple[Hashable, str], tuple[datetime, int]]
    )

    def problems(self, context: Hashable, headers: Mapping[str, str]) -> Iterator[str]:
        """Yield the resets that do not come nearer.

        Args:
            context: Identifies the server and the credential.
            headers: Headers of a response.
        """
        time = server_time(headers)
        for prefix in RATE_LIMIT_PREFIXES:
            sample = Sample.read(headers, prefix, 0)
            if sample is None:
                continue
            first, reset = self._first.setdefault((context, prefix), (time, sample.reset))
            passed = (time - first).total_seconds()
            if not 0 <= passed < reset - _TOLERANCE:
                self._first[context, prefix] = (time, sample.reset)
            elif passed >= _SECONDS and sample.reset > reset - passed + _TOLERANCE:
                yield f"{prefix}-Reset is {sample.reset}, and was {reset} {passed:.0f} seconds before"
