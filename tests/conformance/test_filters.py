"""Filters select what the spec says, and the plans of lists and filters find what a server does instead."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from attrs import evolve
from tests.conformance.runner_support import Request, Response, conform, mock_with

from buildkite_rest.conformance.api import Api
from buildkite_rest.conformance.selections import ListFilter

API: Final = Api.load()
NOW: Final = datetime(2026, 3, 1, tzinfo=UTC)
PAGING: Final = {"page", "per_page", "after", "before"}
#: Undocumented operations whose parameters select no items of a list.
WITHOUT_ITEMS: Final = {"getBuildPreflight", "getTestPlan", "listSuiteCommits"}
#: Parameters that select items by what no response has.
UNSEEN: Final = {"branch", "owners", "state", "tags", "period", "min_timestamp", "max_timestamp"}
OPTIONS: Final = ("--write", "--write-existing", "all", "--phases", "lists,filters", "--seed", "1")
AGENTS: Final = "/v2/organizations/*/agents"


def filter_of(operation: str, name: str) -> ListFilter:
    found = API.by_id[operation]
    behaviour = found.query[name].behaviour.filters
    assert behaviour is not None
    return ListFilter.of(found, found.query[name], behaviour, NOW, is_local=True)


def test_every_query_parameter_of_a_get_has_a_meaning() -> None:
    for operation in API.operations:
        for name, each in operation.query.items() if operation.method == "GET" else ():
            known = each.behaviour
            has_meaning = known.filters or known.includes or known.excludes or known.sorts or name in UNSEEN
            assert operation.id in WITHOUT_ITEMS or name in PAGING or has_meaning, f"{operation.id} {name}"


@pytest.mark.parametrize(
    ("each", "value", "item", "expected"),
    [
        (filter_of("listBuilds", "creator"), "7", {"creator": {"id": "7"}}, True),
        (filter_of("listBuilds", "branch"), "f*/b", {"branch": "foo/bar/b"}, True),
        (filter_of("listBuilds", "branch"), "f.o", {"branch": "foo"}, False),
        (filter_of("listBuilds", "branch[]"), ["x", "foo"], {"branch": "foo"}, True),
        (filter_of("listBuilds", "state"), "finished", {"state": "passed"}, True),
        (filter_of("listBuilds", "state"), "blocked", {"state": "passed", "blocked": True}, True),
        (filter_of("listBuilds", "state"), "passed", {"state": "passed", "blocked": True}, None),
        (filter_of("listBuilds", "created_from"), "2026-03-01T02:00+02:00", {"created_at": "2026-03-01T00:00Z"}, True),
        (filter_of("listBuilds", "created_to"), "2026-03-01T00:00Z", {"created_at": "2026-03-01T00:00Z"}, False),
        (filter_of("listBuilds", "meta_data"), {"a": "1"}, {"meta_data": {"a": "1", "b": "2"}}, True),
        (filter_of("listPipelines", "name"), "EB", {"name": "Web"}, True),
        (filter_of("listTests", "labels"), "a,!b", {"labels": ["a", "b"]}, False),
        (filter_of("listAgents", "cluster_queue_id"), "7", {"cluster_queue_url": "https://x/queues/7"}, True),
        (filter_of("listFlakyTests", "period"), "7days", {"latest_occurrence_at": "2026-02-27T00:00Z"}, True),
        (filter_of("listFlakyTests", "period"), "1day", {"latest_occurrence_at": "2026-02-27T00:00Z"}, False),
        (filter_of("listFlakyTests", "search"), "spec/a", {"name": "b", "location": "spec/a.py"}, None),
    ],
)
def test_values_select_items(each: ListFilter, value: Any, item: Any, expected: bool | None) -> None:
    assert each.matches(value, item) is expected


def asked(path: str, change: Callable[[dict[str, list[str]]], object]) -> Any:
    """Return a bug that answers another query."""

    def bug(request: Request, call: Any) -> Response:
        if request.matches("GET", path):
            query = dict(request.query)
            change(query)
            request = evolve(request, query=query)
        response: Response = call(request)
        return response

    return bug


def returned(path: str, change: Callable[[Any], object]) -> Any:
    """Return a bug that changes the JSON of successes."""

    def bug(request: Request, call: Any) -> Response:
        response: Response = call(request)
        if request.matches("GET", path) and response.status == 200:
            body = response.json
            change(body)
            response.json = body
        return response

    return bug


BUGS: Final[dict[str, tuple[Any, str, str, str]]] = {
    "a filter is ignored": (asked(AGENTS, lambda query: query.pop("name", None)), "agents", "listAgents", "filter"),
    "two filters exclude each other": (
        asked(AGENTS, lambda query: query.pop("name", None) if "hostname" in query else None),
        *("agents", "listAgents", "filter_mismatch"),
    ),
    "small pages are in another order": (
        returned(AGENTS, lambda body: body.reverse() if len(body) < 20 else None),
        *("agents", "listAgents", "list_inconsistent"),
    ),
    "a page has no default size": (
        asked(AGENTS, lambda query: query.setdefault("per_page", ["25"])),
        *("agents", "listAgents", "list_inconsistent"),
    ),
    "sorting is ignored": (
        asked("/v2/analytics/organizations/*/suites/*/tests", lambda query: query.pop("order", None)),
        *("tests", "listTests", "list_unsorted"),
    ),
    "a flag is ignored": (
        asked("/v2/organizations/*/pipelines/*/builds/*/annotations", lambda query: query.pop("omit_body", None)),
        *("annotations", "listBuildAnnotations", "filter_mismatch"),
    ),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_is_found(bug: str, tmp_path: Path) -> None:
    wrong, tag, operation, check = BUGS[bug]
    with mock_with(wrong) as url:
        run = conform(tmp_path, url, *OPTIONS, "--include-tag", tag)
    assert any(name == operation and found.startswith(check) for name, found in run.failures), run.everything
