"""Validation of clocks."""

import math

import pytest

from buildkite_rest.mock import ManualClock, MockServer, create_app

UNFIT = [math.nan, math.inf, -math.inf, -1, 1e300, 253402300800, 10**400]


@pytest.mark.parametrize("now", UNFIT)
def test_a_manual_clock_rejects_a_time_without_a_date(now):
    with pytest.raises(ValueError, match="now must be a number from 0 to"):
        ManualClock(now)


@pytest.mark.parametrize("seconds", [value for value in UNFIT if not value < 0])
def test_a_manual_clock_is_not_moved_to_a_time_without_a_date(seconds):
    clock = ManualClock(10)
    with pytest.raises(ValueError, match="must be a number from"):
        clock.advance(seconds)
    assert clock() == 10


@pytest.mark.parametrize("seconds", [-1, -0.001, -math.inf])
def test_a_manual_clock_is_not_moved_back(seconds):
    clock = ManualClock(10)
    with pytest.raises(ValueError, match="a clock can only be moved forward"):
        clock.advance(seconds)
    assert clock() == 10


@pytest.mark.parametrize("make", [MockServer, create_app])
@pytest.mark.parametrize(
    ("clock", "error", "message"),
    [
        *((lambda now=now: now, ValueError, "the result of clock must be a number from 0 to") for now in UNFIT),
        *((lambda now=now: now, TypeError, "the result of clock must be a number") for now in ("now", None, True)),
        (lambda: 1 / 0, ZeroDivisionError, "division"),
    ],
)
def test_a_clock_is_checked_at_the_start(make, clock, error, message):
    with pytest.raises(error, match=message):
        make(builds=1, clock=clock)


@pytest.mark.parametrize("now", [0, 10**11])
def test_the_first_and_the_last_time_have_dates(now):
    with MockServer(builds=1, clock=ManualClock(now)) as server:
        server.advance(10**9)
        server.reset()
