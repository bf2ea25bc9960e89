"""Rate limits."""

import json
from pathlib import Path

import pytest

from buildkite_rest.conformance import pacing
from buildkite_rest.conformance.cli import main
from buildkite_rest.conformance.pacing import RequestSchedule
from buildkite_rest.mock import MockServer
from buildkite_rest.mock.clock import AdvanceableClock

#: They run the whole program many times.
pytestmark = pytest.mark.exhaustive

#: After the seeded history, which would otherwise be in the future.
START = 1_772_528_400.0  # 2026-03-03 09:00 UTC


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> AdvanceableClock:
    """The time of the runner and of the mock, which advances only while the runner waits."""
    clock = AdvanceableClock(lambda: START)
    monkeypatch.setattr(pacing, "sleep", clock.advance)
    monkeypatch.setattr(pacing, "monotonic", clock)
    return clock


@pytest.mark.parametrize(
    "limits", [{"user_rate_limit": 10}, {"rate_limit": 10}, {"user_rate_limit": 12, "rate_limit": 8}]
)
def test_a_run_waits_for_the_limit_and_stays_clean(
    limits: dict[str, int], clock: AdvanceableClock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    arguments = ["--seed", "1", "--include-tag", "user", "--include-tag", "access_token"]
    with MockServer(builds=10, clock=clock, **limits) as server:
        status = main(["--base-url", server.url, "--token", server.token, "--write", "--json", str(report), *arguments])
    found = json.loads(report.read_text())
    out = capsys.readouterr().out

    assert status == 0, out
    assert found["waited"] > 60
    assert clock() > START + 60
    assert not any("429" in operation["statuses"] for operation in found["operations"])
    assert "for rate limits" in out


USED_UP = {"RateLimit-Remaining": "0", "RateLimit-Reset": "60"}


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        (USED_UP, None, 60),
        (USED_UP, {"scope": "rest_user", "reset": 5}, 5),
        ({"Retry-After": "7"}, None, 7),
        ({"RateLimit-Reset": "3600"}, {"scope": "rest"}, 120),
        ({}, "nonsense", 1),
    ],
)
def test_wait_after_a_429(clock: AdvanceableClock, headers: dict[str, str], body: object, seconds: float) -> None:
    schedule = RequestSchedule()
    schedule.wait_for_reset(headers, body)

    assert schedule.waited == seconds


def test_pacing_without_a_limit_does_not_wait(clock: AdvanceableClock) -> None:
    schedule = RequestSchedule()
    for _ in range(100):
        schedule.wait_for_turn()

    assert schedule.waited == 0
