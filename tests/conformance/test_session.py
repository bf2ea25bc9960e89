"""Runs send only what they say, and leave a server as it was, however they end."""

from __future__ import annotations

import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.conformance.runner_support import Request, conform, environment, mock_with
from tests.conformance.snapshots import differences, snapshot

from buildkite_rest._base.json_values import as_object, loads_or_none
from buildkite_rest.conformance.api import Api
from buildkite_rest.conformance.slug_references import slugs_in
from buildkite_rest.mock import MockServer, seeded_backend

API = Api.load()
_UNIQUE = re.compile(r"conformance[-_]?[0-9a-f]{8}[-_]?[0-9a-f]{8}")
_TAGS = ("pipelines", "clusters", "teams", "team_members")
SMALL = (
    *("--seed", "1", "--phases", "effects"),
    *(word for tag in (*_TAGS, "organization_api_settings") for word in ("--include-tag", tag)),
)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--include-tag", "user"),
        pytest.param(("--include-tag", "clusters"), marks=pytest.mark.exhaustive),
        pytest.param(("--budget", "40"), marks=pytest.mark.exhaustive),
    ],
)
def test_a_read_only_run_only_reads(arguments: Sequence[str], tmp_path: Path) -> None:
    with MockServer(seed=1, builds=30) as server:
        run = conform(tmp_path, server.url, "--organization", "acme", *arguments)

        assert run.status in {0, 3}, run.everything
        assert {request.method for request in server.requests} <= {"GET", "HEAD"}
        # Requests with invalid headers get a 400 from the HTTP parser, and are not received.
        assert 10 < len(server.requests) <= run.report["sent"]


def test_a_run_leaves_the_server_as_it_was(tmp_path: Path) -> None:
    with MockServer(seed=1, builds=30) as server:
        before = snapshot(server.backend)
        run = conform(tmp_path, server.url, *SMALL, "--write")

        assert differences(before, snapshot(server.backend)) == []
    assert run.failures == set(), run.out
    assert run.status == 3, run.out  # settings of the organization, for example, are not tried
    assert re.search(r"cleanup: \d+ objects? deleted", run.out)
    skipped = [(each["check"], each["operation_id"]) for each in run.report["skipped"]]
    assert ("write", "updateOrganizationApiSettings") in skipped


@pytest.mark.parametrize("status", [303, 500])
def test_objects_of_requests_with_unknown_results_are_deleted(status: int, tmp_path: Path) -> None:
    backend, hidden = seeded_backend(1, builds=0), list[str]()

    def bug(request: Request, call: Any) -> Any:
        response = call(request)
        collection = request.path.rpartition("/")[2]
        if request.method == "POST" and response.status == 201 and collection in {"clusters", "teams"}:
            hidden.append(collection)
            response.status, response.body = status, b'{"message": "Internal server error"}'
        return response

    with mock_with(bug, backend) as url:
        before = snapshot(backend)
        options = (
            "--seed",
            "1",
            "--write",
            "--phases",
            "effects",
            "--include-operation",
            "createCluster",
            "--include-operation",
            "createTeam",
        )
        run = conform(tmp_path, url, *options)

        assert differences(before, snapshot(backend)) == [], run.out
    assert {*hidden} == {"clusters", "teams"}


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "arguments",
    [
        ("--phases", "errors", "--include-tag", "organization_pipeline_settings", "--include-tag", "organizations"),
        pytest.param((), marks=pytest.mark.exhaustive),
    ],
    ids=["errors without an object to change", "all"],
)
def test_a_run_without_leave_to_change_what_exists_has_no_failure(arguments: Sequence[str], tmp_path: Path) -> None:
    with MockServer(seed=1, builds=30) as server:
        run = conform(tmp_path, server.url, "--write", "--seed", "1", *arguments)

        assert run.status in {0, 3}, run.everything
        assert "Please report it" not in run.everything


@pytest.mark.exhaustive
def test_new_objects_have_names_of_the_run_and_refer_to_no_others(tmp_path: Path) -> None:
    tags = (*_TAGS, "jobs", "step_uploads", "cluster_secrets", "pipeline_templates", "portals")
    options = ("--seed", "1", "--write", "--phases", "effects,statuses,fuzzing,refusals")
    with MockServer(seed=1, builds=30) as server:
        run = conform(tmp_path, server.url, *options, *(word for tag in tags for word in ("--include-tag", tag)))
        sent = [(each, loads_or_none(each.content)) for each in server.requests if each.method not in {"GET", "HEAD"}]

    assert run.failures == set(), run.out
    references = {slug for _, body in sent for slug in slugs_in(body)}
    assert references
    assert all(re.match("conformance|no-such|00000000-0000-4000-|01920000-0001-", slug) for slug in references), (
        references
    )
    found = ((API.find(each.method, urlsplit(each.path).path), as_object(body)) for each, body in sent)
    new = [
        (each[0].id, body)
        for each, body in found
        if each is not None and each[0].path in API.created_templates and each[0].parameters == ("org",)
    ]
    assert {name for name, _ in new} >= {"createPipeline", "createTeam"}
    named = [body for _, body in new if isinstance(body.get("name"), str)]
    assert len(named) > 50
    assert [body for body in named if not _UNIQUE.search(f"{body['name']} {body.get('description')}")] == []


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


@pytest.mark.exhaustive
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
