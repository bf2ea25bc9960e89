"""What the runner makes of rate limits and of servers that fail now and then."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from tests.conformance.mutants.access import refuses_once
from tests.conformance.runner_support import TOKEN, Answer, Request, change, conform, mock_with

from buildkite_rest.conformance import pacing
from buildkite_rest.conformance.checks import refusal_problems
from buildkite_rest.conformance.cli import main
from buildkite_rest.conformance.pacing import Pace
from buildkite_rest.mock import MockServer
from buildkite_rest.mock.clock import ManualClock

START = 1_770_000_000.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> ManualClock:
    """The time of the runner and of the mock, which goes on only while the runner waits."""
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
    assert "because of the rate limit" in out


def test_hand_picked_requests_wait_for_the_limit(
    clock: ManualClock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    with MockServer(builds=10, clock=lambda: clock.now, user_rate_limit=20) as server:
        picked = ["--budget", "70", "--organization", "acme", "--seed", "1", "--json", str(report)]
        status = main(["--base-url", server.url, "--token", server.token, *picked])

    assert status == 0, capsys.readouterr().out
    assert json.loads(report.read_text())["waited"] > 60


def test_a_refused_request_is_sent_again_and_is_no_failure(tmp_path: Path) -> None:
    """Somebody else may have used the limit up."""
    with mock_with(refuses_once(lambda answer: None)()) as url:
        run = conform(tmp_path, url, "--seed", "1", "--phases", "examples", "--include-operation", "getUser")

    assert run.status == 0, run.out
    assert run.operations["getUser"]["statuses"]["200"] > 0
    assert "429" not in run.operations["getUser"]["statuses"]


def test_requests_keep_the_pace_that_is_asked_for(clock: ManualClock, tmp_path: Path) -> None:
    with MockServer(builds=10) as server:
        arguments = ["--phases", "lists", "--include-operation", "listAllBuilds", "--rate-limit", "30/m", "--seed", "1"]
        assert main(["--base-url", server.url, "--token", server.token, *arguments]) == 0

    assert clock.now >= START + 2 * 3


@pytest.mark.parametrize(
    "arguments",
    [
        ("--include-tag", "meta", "--phases", "examples,fuzzing,stateful"),
        ("--include-tag", "emojis", "--phases", "examples"),
        ("--include-tag", "meta", "--write", "--phases", "access"),
        ("--include-tag", "meta", "--budget", "9"),
    ],
    ids=["no token", "wrong token and looking for objects", "preflight", "hand-picked"],
)
def test_no_request_leaves_before_its_turn(arguments: tuple[str, ...], clock: ManualClock) -> None:
    times: list[float] = []

    def note(request: Request, answer: Answer) -> None:
        if b"x-schemathesis-probe" not in request.headers:  # sent by the library before anything else
            times.append(clock.now)

    with mock_with(change(note)) as url:
        main(
            [
                "--base-url",
                url,
                "--token",
                TOKEN,
                "--seed",
                "1",
                "--max-examples",
                "3",
                "--rate-limit",
                "6/m",
                *arguments,
            ]
        )

    assert len(times) > 3
    assert [later - earlier for earlier, later in pairwise(times) if later - earlier < 10] == []


FUZZ = ("--phases", "examples,fuzzing,stateful", "--max-examples", "1")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--include-tag", "builds", *FUZZ),
        ("--include-tag", "builds", "--phases", "coverage"),
        ("--include-tag", "builds", "--phases", "stateful"),
        ("--include-tag", "builds", "--phases", "lists"),
        ("--budget", "70", "--organization", "acme"),
    ],
    ids=["fuzzing", "coverage", "stateful", "lists", "hand-picked"],
)
def test_nothing_is_sent_when_the_time_is_over(
    arguments: tuple[str, ...], clock: ManualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    times: list[float] = []
    with mock_with(change(lambda request, answer: times.append(clock.now))) as url:
        limits = ("--rate-limit", "1/s", "--max-time", "30")
        status = main(["--base-url", url, "--token", TOKEN, "--seed", "1", *limits, *arguments])

    out = capsys.readouterr().out
    assert status == 0, out
    assert "stopped early: Time limit reached" in out
    assert START + 25 < times[-1] < START + 30


def test_a_run_that_is_done_earlier_ends_earlier(clock: ManualClock, capsys: pytest.CaptureFixture[str]) -> None:
    counts: list[int] = []
    for limit in ((), ("--max-time", "100000")):
        times: list[float] = []
        with mock_with(change(lambda request, answer, times=times: times.append(clock.now))) as url:  # type: ignore[misc]
            always = ("--token", TOKEN, "--seed", "1", "--rate-limit", "1/s")
            assert main(["--base-url", url, *always, "--include-tag", "user", *FUZZ, *limit]) == 0
        counts.append(len(times))

    assert counts[0] == counts[1]
    assert "stopped early" not in capsys.readouterr().out


def test_a_time_that_is_over_before_anything_is_checked_is_told(
    clock: ManualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    with MockServer(builds=10) as server:
        status = main(["--base-url", server.url, "--token", TOKEN, "--rate-limit", "1/h", "--max-time", "30"])

    assert status == 2
    assert "--max-time was over before the first request that checks anything\n" in capsys.readouterr().err


def test_a_server_that_fails_now_and_then_is_a_finding(tmp_path: Path) -> None:
    with MockServer(builds=30, fault_rate=0.02) as server:
        run = conform(tmp_path, server.url, "--seed", "1", "--phases", "examples,lists", "--include-tag", "jobs")

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
def test_the_wait_is_the_one_that_the_client_has(
    clock: ManualClock, headers: dict[str, str], body: object, seconds: float
) -> None:
    pace = Pace()
    pace.wait_for_reset(headers, body)

    assert pace.waited == seconds


def test_a_pace_without_news_does_not_wait(clock: ManualClock) -> None:
    pace = Pace()
    for _ in range(100):
        pace.wait_for_turn()

    assert pace.waited == 0


GOOD_HEADERS = {
    f"{prefix}-{name}": value
    for prefix in ("RateLimit", "RateLimit-User")
    for name, value in {"Scope": "rest", "Limit": "50", "Remaining": "0", "Reset": "9"}.items()
}
GOOD_BODY = {"message": "No", "scope": "rest", "limit": 50, "current": 51, "reset": 9}


def test_a_good_refusal() -> None:
    assert list(refusal_problems(GOOD_HEADERS, GOOD_BODY)) == []


@pytest.mark.parametrize(
    ("headers", "body", "problem"),
    [
        ({}, {"scope": None}, "no 'scope' of type str"),
        ({}, {"reset": "soon"}, "no 'reset' of type int"),
        ({}, {"limit": True}, "no 'limit' of type int"),
        ({"RateLimit-Scope": ""}, {}, None),
        ({"RateLimit-User-Reset": "soon"}, {}, "not all of the four headers RateLimit-User-*"),
        ({"RateLimit-Remaining": "1", "RateLimit-User-Remaining": "2"}, {}, "no header says that a limit is used up"),
    ],
)
def test_a_bad_refusal(headers: dict[str, str], body: dict[str, object], problem: str | None) -> None:
    found = list(refusal_problems({**GOOD_HEADERS, **headers}, {**GOOD_BODY, **body}))

    assert len(found) == (problem is not None)
    assert problem is None or problem in found[0]
