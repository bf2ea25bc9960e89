"""The time that metrics of tests are for."""

from __future__ import annotations

from ..engine.call import Call
from ..errors import BadRequestError
from ..world.metrics import Window

_HOUR = 3_600.0
_DAY = 24 * _HOUR
PERIODS = {
    "1hour": _HOUR,
    "4hours": 4 * _HOUR,
    "1day": _DAY,
    "7days": 7 * _DAY,
    "14days": 14 * _DAY,
    "28days": 28 * _DAY,
}


def window(call: Call) -> Window:
    """Return the time that a request asks for. If it does not, that is all time: so long is the usual period here."""
    period = call.query.text("period")
    begin, end = call.query.moment("min_timestamp"), call.query.moment("max_timestamp")
    if not period:
        return Window(0.0 if begin is None else begin, call.now if end is None else end)
    if begin is not None or end is not None:
        raise BadRequestError("period cannot be combined with min_timestamp or max_timestamp")
    if period not in PERIODS:
        raise BadRequestError(f"period must be one of {', '.join(PERIODS)}")
    return Window(call.now - PERIODS[period], call.now)
