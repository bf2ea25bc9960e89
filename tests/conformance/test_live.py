"""Runs against servers that other people use: what they need, what they send, when they stop."""

import re
from pathlib import Path

import pytest
from tests.conformance.runner_support import Answer, Request, change, conform, mock_with

from buildkite_rest import TokenAuth
from buildkite_rest.conformance.errors import CannotRunError
from buildkite_rest.conformance.options import (
    HAND_PICKED,
    PROBE_REQUESTS,
    Mode,
    Options,
    check_live,
    hand_picked,
    is_local,
)
from buildkite_rest.conformance.spec import Description
from buildkite_rest.mock import MockServer

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
        (LIVE, False),
        ("http://10.0.0.1", False),
        ("http://0.0.0.0", False),
        ("http://localhost.example", False),
        ("http://127.0.0.1.example", False),
        ("http://127.0.0.1@api.buildkite.com", False),
        ("nonsense", False),
    ],
)
def test_only_this_machine_is_local(url: str, local: bool) -> None:
    assert is_local(url) == local


@pytest.mark.parametrize(
    ("url", "more", "problem"),
    [
        (LIVE, {}, "say with --organization"),
        (LIVE, {"write": True}, "say with --organization"),
        (LIVE, {"write": True, "organization": "acme"}, "add --confirm-write acme"),
        (LIVE, {"write": True, "organization": "acme", "confirm_write": "acne"}, "must repeat the organization"),
        (LOCAL, {"confirm_write": "acme"}, "must repeat the organization"),
        ("http://api.buildkite.com", {"organization": "acme"}, "use https"),
    ],
)
def test_what_was_not_said_clearly_enough_is_refused(url: str, more: dict[str, object], problem: str) -> None:
    with pytest.raises(CannotRunError, match=re.escape(problem)):
        check_live(options(url, **more))


@pytest.mark.parametrize(
    ("url", "more", "few"),
    [
        (LOCAL, {}, False),
        (LOCAL, {"write": True}, False),
        (LOCAL, {"budget": 10}, True),
        (LIVE, {"organization": "acme"}, True),
        (LIVE, {"organization": "acme", "write": True, "confirm_write": "acme"}, False),
    ],
)
def test_where_requests_are_hand_picked(url: str, more: dict[str, object], few: bool) -> None:
    check_live(options(url, **more))
    assert (options(url, **more).mode is Mode.SAMPLED) == few


@pytest.mark.parametrize("arguments", [[], ["--organization", "acme", "--write"], ["--write"]])
def test_nothing_is_sent_to_others_before_it_is_clear_what_for(arguments: list[str], tmp_path: Path) -> None:
    run = conform(tmp_path, "https://api.buildkite.invalid", *arguments)

    assert run.status == 2
    assert run.out == ""
    assert run.err.count("\n") == 1
    assert "cannot be reached" not in run.err


def test_hand_picked_requests_only_read_and_say_why() -> None:
    chosen = hand_picked(Description.load(None))

    assert len(chosen) == len(HAND_PICKED)
    assert {operation.method for operation in chosen} == {"GET"}
    assert all(HAND_PICKED.values())


def test_no_id_is_invented(tmp_path: Path) -> None:
    known = ["acme"]
    invented: list[str] = []
    methods: set[str] = set()
    templates = Description.load(None)

    def note(request: Request, answer: Answer) -> None:
        methods.add(request.method)
        operation = templates.find(request.method, request.path)
        assert operation is not None
        pairs = zip(operation.path.split("/"), request.path.split("/"), strict=True)
        text = "\n".join(known)
        invented.extend(sent for part, sent in pairs if part.startswith("{") and sent not in text)
        known.append(answer.body.decode())

    with mock_with(change(note)) as url:
        run = conform(tmp_path, url, "--budget", "300", "--organization", "acme", "--seed", "1")

    assert run.status == 0, run.out
    assert methods == {"GET"}
    assert invented == []
    assert run.report["succeeded"] == len(run.operations) == len(HAND_PICKED)


def test_nothing_is_read_twice(tmp_path: Path) -> None:
    seen: list[tuple[str, bytes]] = []
    with mock_with(change(lambda request, answer: seen.append((request.path, request.query)))) as url:
        run = conform(tmp_path, url, "--budget", "300", "--organization", "acme", "--seed", "1")

    # The first four are of the probe, which looks at the organization too.
    picked = seen[PROBE_REQUESTS:]
    assert run.status == 0, run.out
    assert len(picked) == len(set(picked))


@pytest.mark.parametrize("budget", [5, 30])
def test_a_run_ends_with_its_budget(budget: int, tmp_path: Path) -> None:
    seen: list[str] = []
    with mock_with(change(lambda request, answer: seen.append(request.path))) as url:
        run = conform(tmp_path, url, "--budget", str(budget), "--organization", "acme", "--seed", "1")

    assert run.status == 0, run.out
    assert len(seen) <= budget
    assert f"the budget of {budget} requests is spent" in run.out
    assert run.report["over_budget"] > 0


def test_a_bug_is_found_by_hand_picked_requests_too(tmp_path: Path) -> None:
    def spoil(request: Request, answer: Answer) -> None:
        if request.asks("GET", "/v2/organizations/*/pipelines/*") and answer.status == 200:
            answer.json = {**answer.json, "name": None}

    with mock_with(change(spoil)) as url:
        run = conform(tmp_path, url, "--budget", "200", "--organization", "acme", "--seed", "1")

    assert run.status == 1
    assert ("getPipeline", "response_schema_conformance") in run.failures


def test_only_the_named_organization_is_written_to(tmp_path: Path) -> None:
    written: set[str] = set()

    def note(request: Request, answer: Answer) -> None:
        if request.method not in {"GET", "HEAD"} and request.path.count("/") > 2:
            written.add(request.path.split("/")[3])

    with mock_with(change(note)) as url:
        arguments = ("--write", "--organization", "acme", "--confirm-write", "acme")
        run = conform(tmp_path, url, "--seed", "1", "--max-examples", "5", *arguments, "--include-tag", "teams")

    assert run.status == 0, run.out
    assert written == {"acme"}


def test_an_unknown_organization_is_told_in_one_line(tmp_path: Path) -> None:
    with MockServer(builds=10) as server:
        run = conform(tmp_path, server.url, "--organization", "nowhere")

    assert run.status == 2
    assert run.err == "python -m buildkite_rest.conformance: the token knows no organization nowhere\n"
