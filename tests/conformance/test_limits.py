"""Rate limits, `--max-time`, and servers that fail occasionally."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from tests.conformance.runner_support import TOKEN, Request, Response, change, conform, mock_with

from buildkite_rest.conformance import pacing
from buildkite_rest.conformance.cli import main
from buildkite_rest.conformance.pacing import RequestSchedule
from buildkite_rest.mock import MockServer
from buildkite_rest.mock.clock import ManualClock

#: They run the whole program many times.
pytestmark = pytest.mark.exhaustive

#: After the seeded history, which would otherwise be in the future.
START = 1_772_528_400.0  # 2026-03-03 09:00 UTC


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> ManualClock:
    """The time of the runner and of the mock, which advances only while the runner waits."""
    clock = ManualClock(START)

    def sleep(seconds: float) -> None:
        clock.now += seconds

    monkeypatch.setattr(pacing, "sleep", sleep)
    monkeypatch.setattr(pacing, "monotonic", lambda: clock.now)
    return clock


@pytest.mark.parametrize(
    "limits", [{"user_rate_limit": 10}, {"rate_limit": 10}, {"user_rate_limit": 12, "rate_limit": 8}]
)
def test_a_run_waits_for_the_limit_and_stays_clean(
    limits: dict[str, int], clock: ManualClock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    arguments = ["--seed", "1", "--max-examples", "3", "--include-tag", "user", "--include-tag", "access_token"]
    with MockServer(builds=10, clock=lambda: clock.now, **limits) as server:
        status = main(["--base-url", server.url, "--token", server.token, "--write", "--json", str(report), *arguments])
    found = json.loads(report.read_text())
    out = capsys.readouterr().out

    assert status == 0, out
    assert found["waited"] > 60
    assert clock.now > START + 60
    assert not any("429" in operation["statuses"] for operation in found["operations"])
    assert "for rate limits" in out


def test_a_sampled_run_waits_for_the_limit(
    clock: ManualClock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    with MockServer(builds=10, clock=lambda: clock.now, user_rate_limit=20) as server:
        sampled = ["--budget", "70", "--organization", "acme", "--seed", "1", "--json", str(report)]
        status = main(["--base-url", server.url, "--token", server.token, *sampled])

    assert status == 3, capsys.readouterr().out
    assert json.loads(report.read_text())["waited"] > 60


def test_rate_limit_option(clock: ManualClock, tmp_path: Path) -> None:
    with MockServer(builds=10) as server:
        arguments = ["--phases", "lists", "--include-operation", "listAllBuilds", "--rate-limit", "30/m", "--seed", "1"]
        assert main(["--base-url", server.url, "--token", server.token, *arguments]) == 0

    assert clock.now >= START + 2 * 3


@pytest.mark.parametrize(
    "arguments",
    [
        ("--include-tag", "meta", "--phases", "agreement,fuzzing"),
        ("--include-tag", "emojis", "--phases", "agreement"),
        ("--include-tag", "meta", "--write", "--phases", "access"),
        ("--include-tag", "meta", "--budget", "9"),
    ],
    ids=["no token", "invalid token and discovery", "preflight", "sampled"],
)
def test_no_request_leaves_before_its_turn(arguments: tuple[str, ...], clock: ManualClock) -> None:
    times: list[float] = []

    def note(request: Request, response: Response) -> None:
        if b"x-schemathesis-probe" not in request.headers:  # sent by the library before anything else
            times.append(clock.now)

    with mock_with(change(note)) as url:
        examples = () if "--budget" in arguments else ("--max-examples", "3")
        options = ("--token", TOKEN, "--seed", "1", "--rate-limit", "6/m")
        main(["--base-url", url, *options, *examples, *arguments])

    assert len(times) > 3
    assert [later - earlier for earlier, later in pairwise(times) if later - earlier < 10] == []


FUZZ = ("--phases", "agreement,fuzzing", "--max-examples", "1")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--include-tag", "builds", *FUZZ),
        ("--include-tag", "builds", "--phases", "agreement"),
        ("--include-tag", "builds", "--phases", "lists"),
        ("--budget", "70", "--organization", "acme"),
    ],
    ids=["fuzzing", "agreement", "lists", "sampled"],
)
def test_nothing_is_sent_after_max_time(
    arguments: tuple[str, ...], clock: ManualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    times: list[float] = []
    with mock_with(change(lambda request, response: times.append(clock.now))) as url:
        limits = ("--rate-limit", "1/s", "--max-time", "30")
        status = main(["--base-url", url, "--token", TOKEN, "--seed", "1", *limits, *arguments])

    out = capsys.readouterr().out
    assert status in {0, 3}, out
    assert "stopped early: Time limit reached" in out
    assert START + 25 < times[-1] < START + 30


def test_a_run_may_end_before_max_time(clock: ManualClock, capsys: pytest.CaptureFixture[str]) -> None:
    counts: list[int] = []
    for limit in ((), ("--max-time", "100000")):
        times: list[float] = []
        with mock_with(change(lambda request, response, times=times: times.append(clock.now))) as url:  # type: ignore[misc]
            always = ("--token", TOKEN, "--seed", "1", "--rate-limit", "1/s")
            assert main(["--base-url", url, *always, "--include-tag", "user", *FUZZ, *limit]) == 0
        counts.append(len(times))

    assert counts[0] == counts[1]
    assert "stopped early" not in capsys.readouterr().out


def test_max_time_before_the_first_check_is_an_error(clock: ManualClock, capsys: pytest.CaptureFixture[str]) -> None:
    with MockServer(builds=10) as server:
        status = main(["--base-url", server.url, "--token", TOKEN, "--rate-limit", "1/h", "--max-time", "30"])

    assert status == 2
    assert "--max-time expired before the first check. Allow more time.\n" in capsys.readouterr().err


def test_occasional_server_errors_are_failures(tmp_path: Path) -> None:
    with MockServer(builds=30, fault_rate=0.02) as server:
        run = conform(tmp_path, server.url, "--seed", "1", "--phases", "agreement", "--include-tag", "jobs")

    assert run.status == 1
    assert run.err == ""
    assert "not_a_server_error" in {check for _, check in run.failures}
    assert "Internal Server Error" in run.out


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
def test_wait_after_a_429(clock: ManualClock, headers: dict[str, str], body: object, seconds: float) -> None:
    schedule = RequestSchedule()
    schedule.wait_for_reset(headers, body)

    assert schedule.waited == seconds


def test_pacing_without_a_limit_does_not_wait(clock: ManualClock) -> None:
    schedule = RequestSchedule()
    for _ in range(100):
        schedule.wait_for_turn()

    assert schedule.waited == 0
