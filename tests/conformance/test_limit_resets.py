"""The check that rate limits reset sooner as the clock of the server runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from buildkite_rest.conformance.limit_resets import LimitResets

BEGIN = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


def problems(*samples: tuple[int, int]) -> list[str]:
    """Return the problems of responses, each with its time in seconds and its reset."""
    resets, found = LimitResets(), list[str]()
    for seconds, reset in samples:
        date = format_datetime(BEGIN + timedelta(seconds=seconds), usegmt=True)
        headers = {
            "Date": date,
            "RateLimit-Limit": "200",
            "RateLimit-Remaining": "100",
            "RateLimit-Reset": str(reset),
        }
        found += resets.problems("acme", headers)
    return found


def test_a_reset_comes_nearer_until_the_window_ends():
    assert problems((0, 60), (10, 50), (30, 31), (57, 3), (60, 60), (75, 45)) == []
    assert problems((0, 3), (2, 1), (4, 59), (30, 33)) == []


def test_a_reset_that_stays_or_falls_too_slowly_is_found():
    assert problems((0, 60), (10, 60)) == ["RateLimit-Reset is 60, and was 60 10 seconds before"]
    assert problems((0, 60), (3, 60)) == []
    assert len(problems((0, 60), (20, 50), (30, 45))) == 2
