"""What the runner does not hold against a server."""

import pytest

from buildkite_rest.conformance import false_positives


@pytest.mark.parametrize(
    ("version", "has_day"),
    [
        ("2026-08-01", True), ("2024-02-29", True), ("0000-01-01", True), ("", True), ("nonsense", True),
        ("2025-02-29", False), ("2026-04-31", False),
    ],
)  # fmt: skip
def test_a_version_of_a_day_that_there_is_not_may_be_refused(version: str, has_day: bool) -> None:
    assert false_positives._has_day(version) == has_day
