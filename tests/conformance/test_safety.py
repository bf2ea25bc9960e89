"""Runs leave a server as it was, and send only what they say."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from tests.conformance.runner_support import TOKEN, Request, Response, change, conform, environment, mock_with
from tests.conformance.snapshots import differences, snapshot

from buildkite_rest.mock import MockServer, seeded_backend

pytestmark = pytest.mark.exhaustive

_TAGS = (
    "pipelines",
    "builds",
    "clusters",
    "cluster_queues",
    "teams",
    "team_members",
    "test_suites",
    "registries",
    "rules",
)
SMALL = (
    *("--seed", "1", "--max-examples", "1", "--phases", "agreement,effects"),
    *(word for tag in (*_TAGS, "organization_api_settings") for word in ("--include-tag", tag)),
)


def logged(path: Path) -> list[Mapping[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--max-examples", "3", "--include-tag", "clusters"),
        ("--budget", "40"),
        ("--max-examples", "3", "--include-tag", "user"),
    ],
)
def test_a_read_only_run_sends_what_it_logs_and_only_reads(arguments: Sequence[str], tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    with MockServer(seed=1, builds=30) as server:
        options = ("--organization", "acme", "--log-requests", str(log), *arguments)
        run = conform(tmp_path, server.url, *options)
        lines = logged(log)

        assert run.status in {0, 3}, run.everything
        assert {line["method"] for line in lines} <= {"GET", "HEAD"}
        # Requests with invalid headers get a 400 from the HTTP parser, and are not received.
        sent = Counter((line["method"], unquote(line["path"].partition("?")[0])) for line in lines)
        invalid = Counter(
            (line["method"], unquote(line["path"].partition("?")[0])) for line in lines if line["status"] == 400
        )
        received = Counter((request.method, unquote(request.path)) for request in server.requests)
        assert received <= sent, received - sent
        assert sent - received <= invalid
        assert all(isinstance(line["status"], int) for line in lines)
        assert TOKEN not in log.read_text()


@pytest.mark.parametrize("budget", [5, 6, 17, 60])
def test_the_budget_counts_all_requests(budget: int, tmp_path: Path) -> None:
    with MockServer(seed=1, builds=30) as server:
        conform(tmp_path, server.url, "--organization", "acme", "--budget", str(budget))

        assert len(server.requests) <= budget
        assert budget == 60 or len(server.requests) == budget


def test_a_run_leaves_the_server_as_it_was(tmp_path: Path) -> None:
    with MockServer(seed=1, builds=30) as server:
        before = snapshot(server.backend)
        run = conform(tmp_path, server.url, *SMALL, "--write", "--coverage")

        assert differences(before, snapshot(server.backend)) == []
    assert run.failures == set(), run.out
    assert run.status == 3, run.out  # settings of the organization, for example, are not tried
    assert re.search(r"cleanup: \d+ objects? deleted", run.out)
    assert "skipped: write of updateOrganizationApiSettings" in run.out
    assert not list(tmp_path.glob("*.jsonl"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("--phases", "errors", "--include-tag", "organization_pipeline_settings", "--include-tag", "organizations"),
        pytest.param(("--max-examples", "2"), marks=pytest.mark.exhaustive),
    ],
    ids=["errors without an object to change", "all"],
)
def test_a_run_without_leave_to_change_what_exists_has_no_failure(arguments: Sequence[str], tmp_path: Path) -> None:
    with MockServer(seed=1, builds=30) as server:
        run = conform(tmp_path, server.url, "--write", "--seed", "1", *arguments)

        assert run.status in {0, 3}, run.everything
        assert "Please report it" not in run.everything


def test_all_objects_of_an_organization_have_a_name_of_the_run(tmp_path: Path) -> None:
    tags = (word for tag in (*_TAGS, "pipeline_templates", "portals") for word in ("--include-tag", tag))
    created: list[Request] = []

    def record(request: Request, response: Response) -> None:
        if request.method == "POST" and response.status in {200, 201}:
            created.append(request)

    with mock_with(change(record), seeded_backend(1, builds=30)) as url:
        options = ("--seed", "1", "--max-examples", "1", "--write", "--phases", "effects,refusals,statuses")
        run = conform(tmp_path, url, *options, *tags)

    assert run.failures == set(), run.out
    of_organization = [each for each in created if re.fullmatch(r".*/organizations/[^/]+/[^/]+", each.path)]
    assert {each.path.rpartition("/")[2] for each in of_organization} >= {"clusters", "pipelines", "rules", "teams"}
    without = [each for each in of_organization if b"conformance-" not in each.body]
    assert {each.path.rpartition("/")[2] for each in without} <= {"rules"}, without


def start(folder: Path, url: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "buildkite_rest.conformance", "--base-url", url, *SMALL, "--write", *arguments]
    return subprocess.Popen(
        command, env=environment(), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def wait_for(lines: list[str], requests: int) -> None:
    """Wait until the log of a mock server has so many requests that change something."""
    end = time.monotonic() + 60
    while sum(not {"GET", "HEAD"} & set(line.split()) for line in lines) < requests:
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.skipif(sys.platform == "win32", reason="no signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", range(3))
def test_an_interrupted_run_leaves_the_server_as_it_was(number: int, moment: int, tmp_path: Path) -> None:
    lines: list[str] = []
    with MockServer(seed=1, builds=30, log=lines.append) as server:
        before = snapshot(server.backend)
        run = start(tmp_path, server.url)
        wait_for(lines, random.Random(f"{number} {moment}").randint(1, 160))
        run.send_signal(number)
        out, _ = run.communicate(timeout=60)

        assert differences(before, snapshot(server.backend)) == [], out
    assert run.returncode == 128 + number, out
    assert not list(tmp_path.glob("*.jsonl"))


@pytest.mark.skipif(sys.platform == "win32", reason="no signals")
@pytest.mark.parametrize("moment", range(3))
def test_a_killed_run_is_cleaned_up_with_its_journal(moment: int, tmp_path: Path) -> None:
    lines: list[str] = []
    with MockServer(seed=1, builds=30, log=lines.append) as server:
        before = snapshot(server.backend)
        run = start(tmp_path, server.url)
        wait_for(lines, random.Random(moment).randint(1, 160))
        os.kill(run.pid, signal.SIGKILL)
        run.communicate(timeout=60)
        (journal,) = tmp_path.glob("*.jsonl")
        assert TOKEN not in journal.read_text()
        command = [sys.executable, "-m", "buildkite_rest.conformance", "cleanup", str(journal)]
        done = [
            subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=60, check=False)
            for _ in range(2)
        ]

        assert differences(before, snapshot(server.backend)) == []
    assert [each.returncode for each in done] == [0, 0], done
    assert "cleanup: 0 objects deleted" in done[1].stdout


def test_a_run_with_a_time_limit_cleans_up(tmp_path: Path) -> None:
    with MockServer(seed=1, builds=30) as server:
        before = snapshot(server.backend)
        run = conform(tmp_path, server.url, *SMALL, "--write", "--max-time", "2")

        assert differences(before, snapshot(server.backend)) == []
    assert "Time limit reached" in run.out
