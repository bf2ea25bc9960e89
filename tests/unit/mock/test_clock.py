"""Validation of clocks."""

import math

import pytest

from buildkite_rest.mock import ManualClock, MockServer, create_app


@pytest.mark.parametrize("seconds", [-1, math.nan, math.inf, 10**12])
def test_a_manual_clock_is_only_moved_forward_to_a_date(seconds):
    clock = ManualClock(10)
    with pytest.raises(ValueError, match="seconds is invalid: "):
        clock.advance(seconds)
    assert clock() == 10


@pytest.mark.parametrize("make", [MockServer, create_app])
@pytest.mark.parametrize("now", [math.nan, -1, 253402300800])
def test_a_clock_is_checked_at_the_start(make, now):
    with pytest.raises(ValueError, match="the result of clock is invalid: "):
        make(builds=1, clock=lambda: now)


@pytest.mark.parametrize("now", [0, 10**11])
def test_the_first_and_the_last_time_have_dates(now):
    with MockServer(builds=1, clock=ManualClock(now)) as server:
        server.advance(10**9)
        server.reset()
