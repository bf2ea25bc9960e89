"""Validation of clocks."""

import math

import pytest

from buildkite_rest.mock import ManualClock, MockServer, create_app

UNFIT = [math.nan, math.inf, -math.inf, -1, 1e300, 253402300800, 10**400]


@pytest.mark.parametrize("now", UNFIT)
def test_a_manual_clock_rejects_a_time_without_a_date(now):
    with pytest.raises(ValueError, match="now must be a number from 0 to"):
        ManualClock(now)


@pytest.mark.parametrize("seconds", [value for value in UNFIT if value != -1] + [-11])
def test_a_manual_clock_is_not_moved_to_a_time_without_a_date(seconds):
    clock = ManualClock(10)
    with pytest.raises(ValueError, match="must be a number from"):
        clock.advance(seconds)
    assert clock() == 10


@pytest.mark.parametrize("make", [MockServer, create_app])
@pytest.mark.parametrize("now", UNFIT)
def test_a_clock_is_checked_at_the_start(make, now):
    with pytest.raises(ValueError, match="the result of clock must be a number from 0 to"):
        make(builds=1, clock=lambda: now)


@pytest.mark.parametrize("make", [MockServer, create_app])
@pytest.mark.parametrize("now", ["now", None, True])
def test_a_clock_that_does_not_return_a_number_is_rejected(make, now):
    with pytest.raises(TypeError, match="the result of clock must be a number"):
        make(builds=1, clock=lambda: now)


@pytest.mark.parametrize("make", [MockServer, create_app])
def test_the_error_of_a_clock_is_raised_at_the_start(make):
    with pytest.raises(ZeroDivisionError):
        make(builds=1, clock=lambda: 1 / 0)


@pytest.mark.parametrize("now", [0, 10**11])
def test_the_first_and_the_last_time_have_dates(now):
    with MockServer(builds=1, clock=ManualClock(now)) as server:
        server.advance(10**9)
        server.reset()
