"""Runs that use the report of an earlier one."""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.package_spec import SPEC
from tests.conformance.runner_support import TOKEN, Request, Response, change, conform, mock_with

from buildkite_rest.conformance.cli import main
from buildkite_rest.conformance.earlier import EarlierReport
from buildkite_rest.conformance.results import Outcome, Results, Undescribed
from buildkite_rest.conformance.spec import CannotRunError, Spec
from buildkite_rest.mock import MockServer

OPERATIONS = {operation.id: operation for operation in SPEC.operations}
OPERATION = {
    "method": "GET",
    "path": "/v2/user",
    "id": "getUser",
    "requests": 2,
    "statuses": {"200": 2},
    "seconds": 0.1,
    "failures": [],
    "errors": [],
}
REPORT = {
    "server": "http://127.0.0.1:1",
    "spec": "2.0.0",
    "seed": 1,
    "write": False,
    "organization": None,
    "phases": ["lists", "headers"],
    "max_examples": 10,
    "include_tag": [],
    "include_operation": [],
    "other_tokens": [],
    "seconds": 1,
    "waited": 0.5,
    "sent": 7,
    "errors": [],
    "compared": {},
    "skipped": [],
    "links": {"followed": 3, "pairs": [{"from": "getUser", "to": "getMeta", "followed": 3}]},
    "chains": [],
    "operations": [OPERATION],
}
OPTIONS = ("--max-examples", "3", "--include-operation", "getUser", "--include-operation", "listOrganizations")


@pytest.mark.parametrize("content", ["", "nonsense", "[]", "{}", '{"server": "http://x"}', "\udcff"])
def test_another_file_is_not_a_report(content: str, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(content, errors="surrogateescape")

    with pytest.raises(CannotRunError, match=r"^--resume: .* is not a report of --json\.$"):
        EarlierReport.read("--resume", path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sent": "z"},
        {"sent": -1},
        {"errors": 7},
        {"seconds": -1.0},
        {"undescribed": [{}]},
        {"links": {"pairs": [{"from": "getUser"}]}},
        {"compared": {"list_order": -1}},
        {"operations": [{**OPERATION, "statuses": {"ok": 1}}]},
        {"operations": [{**OPERATION, "requests": -1}]},
    ],
)
def test_a_report_with_an_invalid_value_is_not_a_report(wrong: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(json.dumps(REPORT))
    EarlierReport.read("--resume", path)
    path.write_text(json.dumps({**REPORT, **wrong}))

    with pytest.raises(CannotRunError, match=r"^--resume: .* is not a report of --json\.$"):
        EarlierReport.read("--resume", path)


def test_everything_in_a_report_is_in_that_of_the_completed_run(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    errors = ["lists: no longer known", "headers: repeated", "Network Error: reset"]
    found = {"operation": "GET /v2/user", "kind": "field", "path": "$.x", "found": "string"}
    completed = {"lists": ["getUser"]}
    path.write_text(json.dumps({**REPORT, "errors": errors, "undescribed": [found], "completed": completed}))
    user = OPERATIONS["getUser"]
    results = Results({user.label: Outcome(user)})
    EarlierReport.read("--resume", path).add_to(results)

    assert results.errors == ["lists: no longer known", "Network Error: reset"]
    assert (results.sent, results.requests) == (7, 2)
    assert results.undescribed == [Undescribed(**found)]
    assert results.links == {("getUser", "getMeta"): 3}
    assert results.outcomes[user.label].statuses == {200: 2}


def test_a_device_is_not_a_report() -> None:
    with pytest.raises(CannotRunError, match=r"^--only-failed: /dev/zero is not a regular file\.$"):
        EarlierReport.read("--only-failed", Path("/dev/zero"))
    with pytest.raises(CannotRunError, match=r"^/dev/zero is not a regular file$"):
        Spec.load(Path("/dev/zero"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--include-operation", "getUser"), "was made with another --include-operation"),
        (("--include-tag", "user"), "was made with another --include-tag"),
        ((*OPTIONS, "--seed", "8"), "was made with --seed 7"),
        ((*OPTIONS, "--limited-token", "bkua_mock_read_only"), "was made with other tokens"),
    ],
)
def test_other_operations_are_not_another_part_of_a_run(
    options: tuple[str, ...], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report, only = tmp_path / "report.json", ("--max-examples", "3", "--phases", "headers")
    with MockServer(builds=10) as server:
        arguments = ["--base-url", server.url, "--token", server.token, *only]
        assert main([*arguments, *OPTIONS, "--seed", "7", "--json", str(report)], "conf") == 0
        capsys.readouterr()
        assert main([*arguments, *options, "--resume", str(report)], "conf") == 2
    assert message in capsys.readouterr().err


def test_a_missing_report_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CannotRunError, match="cannot be read: No such file"):
        EarlierReport.read("--resume", tmp_path / "report.json")


@pytest.mark.exhaustive
def test_an_interrupted_run_is_completed(tmp_path: Path) -> None:
    with MockServer(builds=10) as server:
        first = conform(tmp_path, server.url, *OPTIONS, "--seed", "7")
        path = tmp_path / "part.json"
        part = {**first.report, "completed": {"lists": ["getUser", "listOrganizations"], "examples": ["getUser"]}}
        path.write_text(json.dumps(part))
        both = conform(tmp_path, server.url, *OPTIONS, "--resume", str(path))
        other = conform(tmp_path, server.url, *OPTIONS, "--write", "--resume", str(path))

    assert (both.status, both.report["seed"]) == (0, 7)
    assert both.report["requests"] > first.report["requests"]
    assert both.report["sent"] > first.report["sent"] > first.report["requests"]
    assert set(both.report["completed"]["examples"]) == {"getUser", "listOrganizations"}
    assert other.error == f"--resume: {path} was made with another --write. Repeat the options of that run."


@pytest.mark.exhaustive
def test_only_failed_operations_are_tested(tmp_path: Path) -> None:
    with MockServer(builds=10) as server:
        first = conform(tmp_path, server.url, *OPTIONS, "--seed", "7")
        path = tmp_path / "failed.json"
        path.write_text(json.dumps(first.report))
        none = conform(tmp_path, server.url, *OPTIONS, "--only-failed", str(path))
        first.report["operations"][0]["errors"] = ["wrong"]
        path.write_text(json.dumps(first.report))
        one = conform(tmp_path, server.url, *OPTIONS, "--only-failed", str(path))
        path.write_text(json.dumps({**first.report, "server": "http://127.0.0.1:1"}))
        other = conform(tmp_path, server.url, *OPTIONS, "--only-failed", str(path))

    assert (none.status, none.out) == (0, f"{path} has no failure of the selected operations.\n")
    assert (one.report["seed"], list(one.operations)) == (7, [first.report["operations"][0]["id"]])
    assert "is a report about another server" in other.error


@pytest.mark.exhaustive
@pytest.mark.skipif(sys.platform == "win32", reason="no signal interrupts a request")
def test_comparisons_of_an_interrupted_phase_are_counted_once(tmp_path: Path) -> None:
    requests, limit = 0, 10**6

    def stop(request: Request, response: Response) -> None:
        nonlocal requests
        requests += 1
        if requests == limit:
            os.kill(os.getpid(), signal.SIGINT)

    def run(url: str, *more: str) -> tuple[int, dict[str, Any]]:
        path = tmp_path / "report.json"
        options = ["--base-url", url, "--token", TOKEN, "--seed", "7", "--phases", "lists,filters,headers,errors"]
        tags = ["--include-tag", "agents", "--include-tag", "teams"]
        return main([*options, *tags, "--json", str(path), *more]), json.loads(path.read_text())

    with mock_with(change(stop)) as url:
        _, whole = run(url)
        requests, limit = 0, requests * 3 // 4
        status, part = run(url)
        (tmp_path / "part.json").write_text(json.dumps(part))
        limit = 10**6
        _, both = run(url, "--resume", str(tmp_path / "part.json"))

    assert status == 130
    assert part["unfinished"]
    assert whole["unfinished"] == both["unfinished"] == {}
    assert both["compared"] == whole["compared"]


def test_results_of_a_report_are_added() -> None:
    user = OPERATIONS["getUser"]
    results = Results({user.label: Outcome(user)})
    results.complete("examples", [user])

    assert results.remaining("examples", [user, OPERATIONS["getMeta"]]) == [OPERATIONS["getMeta"]]
    assert results.remaining("coverage", [user]) == [user]
