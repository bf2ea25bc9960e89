"""Runs against servers that other people use, and sampled runs."""

import re
from pathlib import Path

import pytest
from tests.conformance.runner_support import Request, Response, change, conform, mock_with

from buildkite_rest import TokenAuth
from buildkite_rest.conformance.api import Api, CannotRunError
from buildkite_rest.conformance.options import (
    PROBE_REQUESTS,
    SAMPLED_OPERATIONS,
    Options,
    check_remote,
    check_url,
    is_local,
    select_operations,
)
from buildkite_rest.mock import MockServer

API = Api.load()

#: They run the whole program many times.
pytestmark = pytest.mark.exhaustive

LIVE = "https://api.buildkite.com"
LOCAL = "http://127.0.0.1:8000"


def options(url: str, **more: object) -> Options:
    return Options(base_url=url, auth=TokenAuth("t"), seed=1, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "local"),
    [
        (LOCAL, True),
        ("http://127.8.9.10", True),
        ("http://[::1]:8000", True),
        ("http://localhost:8000", True),
        ("http://mock.localhost", True),
        ("http://localhost.:9330", True),
        ("http://mock.localhost.", True),
        ("http://127.0.0.1.", True),
        ("http://example.com.", False),
        ("http://localhost..", False),
        (LIVE, False),
        ("http://10.0.0.1", False),
        ("http://0.0.0.0", False),
        ("http://localhost.example", False),
        ("http://127.0.0.1.example", False),
        ("http://127.0.0.1@api.buildkite.com", False),
        ("nonsense", False),
    ],
)
def test_loopback_addresses_are_local(url: str, local: bool) -> None:
    assert is_local(url) == local


@pytest.mark.parametrize(
    ("url", "more", "problem"),
    [
        (LIVE, {}, "Pass the organization to test as --organization"),
        (LIVE, {"write": True}, "Pass the organization to test as --organization"),
        (LIVE, {"write": True, "organization": "acme"}, "add --confirm-write acme"),
        (
            LIVE,
            {"write": True, "organization": "acme", "confirm_write": "acne"},
            "--confirm-write differs from --organization",
        ),
        (LOCAL, {"confirm_write": "acme"}, "--confirm-write differs from --organization"),
    ],
)
def test_remote_runs_need_explicit_options(url: str, more: dict[str, object], problem: str) -> None:
    with pytest.raises(CannotRunError, match=re.escape(problem)):
        check_remote(options(url, **more))


def test_a_token_is_sent_elsewhere_only_with_tls() -> None:
    check_url("http://127.0.0.1:8000")
    check_url(LIVE)
    with pytest.raises(CannotRunError, match="Use https"):
        check_url("http://api.buildkite.com")


@pytest.mark.parametrize(
    ("url", "more", "is_sampled"),
    [
        (LOCAL, {}, False),
        (LOCAL, {"write": True}, False),
        (LOCAL, {"budget": 10}, True),
        (LIVE, {"organization": "acme"}, True),
        (LIVE, {"organization": "acme", "write": True, "confirm_write": "acme"}, False),
    ],
)
def test_sampled_mode(url: str, more: dict[str, object], is_sampled: bool) -> None:
    check_remote(options(url, **more))
    assert options(url, **more).is_sampled == is_sampled


@pytest.mark.parametrize("arguments", [[], ["--organization", "acme", "--write"], ["--write"]])
def test_remote_runs_without_options_send_nothing(arguments: list[str], tmp_path: Path) -> None:
    run = conform(tmp_path, "https://api.buildkite.invalid", *arguments)

    assert run.out == ""
    assert "cannot be reached" not in run.error


def test_sampled_operations_only_read() -> None:
    operations = select_operations(options(LOCAL, budget=100), API)

    assert tuple(operation.id for operation in operations) == SAMPLED_OPERATIONS
    assert {operation.method for operation in operations} == {"GET"}


def test_ids_come_from_lists_and_no_request_is_repeated(tmp_path: Path) -> None:
    known = ["acme"]
    unknown: list[str] = []
    sent: list[tuple[str, str, str]] = []

    def note(request: Request, response: Response) -> None:
        sent.append((request.method, request.path, str(request.query)))
        found = API.find(request.method, request.path)
        assert found is not None
        unknown.extend(value for value in found[1].values() if value not in "\n".join(known))
        known.append(response.body.decode())

    with mock_with(change(note)) as url:
        run = conform(tmp_path, url, "--budget", "300", "--organization", "acme", "--seed", "1")

    assert run.status == 0, run.out
    assert {method for method, _, _ in sent} == {"GET"}
    assert len(sent[PROBE_REQUESTS:]) == len({*sent[PROBE_REQUESTS:]}), "the probe requests the organization, too"
    assert unknown == []
    assert run.report["succeeded"] == len(run.operations) == len(SAMPLED_OPERATIONS)


@pytest.mark.parametrize(
    ("arguments", "requested"),
    [
        (("--include-tag", "teams"), {"listTeams", "getTeam"}),
        (("--organization", "acme", "--include-operation", "getTeam"), {"getTeam"}),
        (("--include-operation", "getTestRun"), {"getTestRun"}),
    ],
)
def test_a_filtered_sampled_run_reads_the_lists_that_it_needs(
    arguments: tuple[str, ...], requested: set[str], tmp_path: Path
) -> None:
    with MockServer(builds=30) as server:
        run = conform(tmp_path, server.url, "--budget", "50", *arguments)

    assert run.status == 0, run.out
    assert run.operations.keys() == requested
    assert all(each["succeeded"] for each in run.operations.values())


@pytest.mark.parametrize("budget", [5, 30])
def test_a_run_stops_at_its_budget(budget: int, tmp_path: Path) -> None:
    seen: list[str] = []
    with mock_with(change(lambda request, response: seen.append(request.path))) as url:
        run = conform(tmp_path, url, "--budget", str(budget), "--organization", "acme", "--seed", "1")

    assert run.status == 3, run.out
    assert len(seen) <= budget
    assert f"budget of {budget} requests used up: " in run.out
    assert run.report["over_budget"] > 0


def test_only_the_given_organization_is_changed(tmp_path: Path) -> None:
    written: set[str] = set()

    def note(request: Request, response: Response) -> None:
        _, is_within, rest = request.path.partition("/organizations/")
        if request.method not in {"GET", "HEAD"} and is_within:
            written.add(rest.partition("/")[0])

    with mock_with(change(note)) as url:
        arguments = ("--write", "--organization", "acme", "--confirm-write", "acme")
        run = conform(tmp_path, url, "--seed", "1", *arguments, "--include-tag", "teams")

    assert run.status == 3, run.out
    assert "not tried: enableTeams (the run did not create this object" in run.out
    assert "incomplete, 1 operation not tried" in run.out
    assert {name for name in written if not name.startswith("no-such-object-")} == {"acme"}
