"""On Linux, a second process sends generated reads while the first one reads lists."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
from tests.conformance.runner_support import TOKEN, Request, Response, change, conform, environment, mock_with

from buildkite_rest._auth.tokens import TokenAuth
from buildkite_rest.conformance import reading_process
from buildkite_rest.conformance.options import Options
from buildkite_rest.conformance.reading_process import ReadingProcess, Reads
from buildkite_rest.conformance.results import Results

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) == 1, reason="needs Linux and two processors"
)
SELECTION = ("--include-tag", "teams", "--phases", "lists,headers,examples,coverage,access", "--seed", "1")
ON_ONE_PROCESSOR = """
import os, sys
from buildkite_rest.conformance.__main__ import main
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
sys.exit(main(sys.argv[1:]))
"""


def fails_for_page_zero(request: Request, response: Response) -> None:
    """Only generated requests find it."""
    if request.method == "GET" and b"page=0" in request.query.split(b"&"):
        response.status = 500


def on_one_processor(folder: Path, url: str, *arguments: str) -> dict[str, Any]:
    report = folder / "one.json"
    command = [sys.executable, "-c", ON_ONE_PROCESSOR, "--base-url", url, *arguments, "--json", str(report)]
    subprocess.run(command, env=environment(), cwd=folder, capture_output=True, timeout=280, check=False)
    found: dict[str, Any] = json.loads(report.read_text())
    return found


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    """The reports of the same run with two processes and with one, and the log of the first."""
    folder = tmp_path_factory.mktemp("runs")
    log = folder / "requests.jsonl"
    with mock_with(change(fails_for_page_zero)) as url:
        two = conform(folder, url, *SELECTION, "--log-requests", str(log)).report
        one = on_one_processor(folder, url, *SELECTION)
    return two, one, [json.loads(line) for line in log.read_text().splitlines()]


def test_two_processes_find_the_same_as_one(reports: tuple[dict[str, Any], dict[str, Any], Any]) -> None:
    two, one, _ = reports
    assert (two["processes"], one["processes"]) == (2, 1)
    found = [
        {
            each["id"]: (each["requests"], each["statuses"], {failure["check"] for failure in each["failures"]})
            for each in report["operations"]
        }
        for report in (two, one)
    ]
    assert found[0] == found[1]
    assert "not_a_server_error" in found[0]["listTeams"][2]
    assert two["compared"] == one["compared"]


def test_all_requests_are_counted_and_logged(reports: tuple[dict[str, Any], Any, list[dict[str, Any]]]) -> None:
    two, _, lines = reports
    assert len(lines) == two["sent"]
    assert {line["method"] for line in lines} == {"GET", "HEAD"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"max_time": 100}, False),
        ({"interval": 0.1}, False),
        ({"phases": ("coverage",)}, False),
        ({"phases": ("lists",)}, False),
        ({"budget": 8, "organization": "acme"}, False),
        ({"base_url": "https://api.buildkite.com"}, False),
    ],
)
def test_a_second_process_is_of_use_to_a_run_without_limits_that_has_other_reads(
    changes: dict[str, Any], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "active_count", lambda: 1)  # pytest-xdist has a thread
    options = {"base_url": "http://127.0.0.1:1", "auth": TokenAuth(TOKEN), "seed": 1, **changes}
    assert reading_process.is_useful(Options(**options)) is expected


@pytest.mark.exhaustive
@pytest.mark.parametrize("options", [("--max-time", "100"), ("--rate-limit", "5000/s"), ("--phases", "coverage")])
def test_a_run_that_has_limits_or_no_other_reads_has_one_process(options: tuple[str, ...], tmp_path: Path) -> None:
    with mock_with(change(lambda request, response: None)) as url:
        run = conform(tmp_path, url, "--include-tag", "emojis", *options)

    assert (run.status, run.report["processes"]) == (0, 1)


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.exhaustive)])
def test_a_signal_ends_both_processes(number: signal.Signals, tmp_path: Path) -> None:
    requests: list[str] = []
    with mock_with(change(lambda request, response: requests.append(request.path))) as url:
        command = [sys.executable, "-m", "buildkite_rest.conformance", "--base-url", url]
        with subprocess.Popen(
            command, env=environment(), cwd=tmp_path, start_new_session=True, stdout=subprocess.PIPE, text=True
        ) as run:
            while len(requests) < 400:
                assert run.poll() is None
                time.sleep(0.01)
            run.send_signal(number)
            out = run.communicate(timeout=90)[0]

        assert "interrupted, " in out.splitlines()[-1]
        with pytest.raises(ProcessLookupError):
            os.killpg(run.pid, 0)


def test_the_process_ends_with_a_run_that_is_killed() -> None:
    code = (
        "import time; from buildkite_rest.conformance import reading_process\n"
        "def read(): print('reads', flush=True); time.sleep(600)\n"
        "with reading_process.started(read): time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "reads\n"
        run.kill()
        assert run.communicate(timeout=60) == ("", None)  # the process that reads has the same output


def read() -> Reads:
    return Reads(Results({}), 3, frozenset({"id"}), frozenset({"/path"}))


def fail() -> NoReturn:
    raise ValueError


def test_results_of_the_process_are_returned() -> None:
    with reading_process.started(read) as process:
        assert process.join() == read()


@pytest.mark.parametrize("function", [fail, lambda: os._exit(1), lambda: os.kill(os.getpid(), signal.SIGKILL)])
def test_a_process_that_fails_has_no_results(function: Callable[[], Reads]) -> None:
    with reading_process.started(function) as process:
        assert process.join() is None
    assert ReadingProcess().join() is None


def test_the_process_ends_with_the_block() -> None:
    began = time.monotonic()
    with reading_process.started(lambda: time.sleep(600)):  # type: ignore[arg-type, return-value]
        pass

    assert time.monotonic() - began < 60
