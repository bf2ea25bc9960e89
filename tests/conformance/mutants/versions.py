"""Bugs in responses that depend on a version of the API, and in operators within the value of a filter."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from attrs import evolve
from tests.conformance.mutants.filters import TESTS, Call, found, ignore, rewrite, value
from tests.conformance.mutants.kinds import AGREEMENT, EXAMPLES, FILTERS, STATUSES, SUITES, Mutant, server
from tests.conformance.runner_support import Request, Response

VERSION = b"buildkite-version"
BUILD_TESTS = "/v2/analytics/organizations/*/builds/*/tests"
TEST = f"{TESTS}/*"
FAILED = f"{SUITES}/*/runs/*/failed_executions"


def version(path: str, edit: Callable[[str], str]) -> Any:
    """Another version is used than the one of the request."""

    async def bug(request: Request, call: Call) -> Response:
        text = request.headers.get(VERSION, b"").decode()
        if not request.matches("GET", path):
            return await call(request)
        return await call(evolve(request, headers={**request.headers, VERSION: edit(text).encode()}))

    return bug


def edited(path: str, edit: Callable[[Any], Any]) -> Any:
    """Each object of a response is changed."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("GET", path) and response.status == 200:
            body = response.json
            response.json = [edit(item) for item in body] if isinstance(body, list) else edit(body)
        return response

    return bug


def ignore_beside(path: str, name: str, other: str) -> Any:
    """A parameter has no effect beside another one, although both are an error."""

    async def bug(request: Request, call: Call) -> Response:
        pairs = parse_qsl(request.query.decode(), keep_blank_values=True)
        if request.matches("GET", path) and {name, other} <= dict(pairs).keys():
            pairs = [pair for pair in pairs if pair[0] != name]
            return await call(evolve(request, query=urlencode(pairs).encode()))
        return await call(request)

    return bug


def always_new(text: str) -> str:
    return "2026-08-01" if text[:2] == "20" and len(text) == 10 else text


def without(*names: str) -> Callable[[Any], Any]:
    return lambda item: {name: each for name, each in item.items() if name not in names}


def in_milliseconds(item: Any) -> Any:
    return {name: each * 1000 if "duration" in name and each else each for name, each in item.items()}


def with_zeros(item: Any) -> Any:
    counts = item.get("executions_count_by_result")
    return item if counts is None else item | {"executions_count_by_result": {"skipped": 0, **counts}}


def zero_for_null(item: Any) -> Any:
    return {name: 0 if each is None else each for name, each in item.items()} if "reliability" in item else item


VERSIONS_MUTANTS: dict[str, Mutant] = {
    "version: metrics for earlier dates": found("listTests", version(TESTS, always_new)),
    "version: metrics of a test for earlier dates": found("getTest", version(TEST, always_new)),
    "version: a month of one digit": server(
        "listTests", "documented_refusal", STATUSES, version(TESTS, lambda text: text.replace("-8-1", "-08-01"))
    ),
    "version: no metrics for later dates": found(
        "getTest", version(TEST, lambda text: "" if text > "2026-12" else text)
    ),
    "version: labels only in the old format": found(
        "listTests", edited(TESTS, lambda item: without("labels")(item) if "reliability" in item else item)
    ),
    "version: a metric is missing": found("getTest", edited(TEST, without("duration_sum"))),
    "version: filters have an effect without it": found("listTests", version(TESTS, lambda text: text or "2026-08-01")),
    "version: durations of a test in milliseconds": server(
        "getTest", "responses_disagree", AGREEMENT, edited(TEST, in_milliseconds), include=("listTests",)
    ),
    "status: other date formats are accepted": server(
        "listTests", "documented_refusal", STATUSES, version(TESTS, lambda text: text.replace("/", "-"))
    ),
    "status: a time is accepted as a date": server(
        "getTest", "documented_refusal", STATUSES, version(TEST, lambda text: text[:10])
    ),
    "status: label beside labels": server(
        "listTests", "documented_refusal", STATUSES, ignore_beside(TESTS, "label", "labels")
    ),
    "status: period beside max_timestamp": server(
        "getTest", "documented_refusal", STATUSES, ignore_beside(TEST, "period", "max_timestamp")
    ),
    "operator: period ignored": found("listTests", ignore(TESTS, "period")),
    "operator: period of a test ignored": found("getTest", ignore(TEST, "period")),
    "operator: branch without patterns": found("listTests", value(TESTS, "branch", lambda text: text.rstrip("*"))),
    "operator: branch always a pattern": found(
        "listBuildTests", value(BUILD_TESTS, "branch", lambda text: text if text[0] == "!" else f"{text.rstrip('*')}*")
    ),
    "operator: only the first owner": found("listTests", value(TESTS, "owners", lambda text: text.partition(",")[0])),
    "operator: only the last tag": found("listTests", value(TESTS, "tags", lambda text: text.rpartition(",")[2])),
    "operator: some is all": found("listTests", value(TESTS, "tags", lambda text: text.replace("~", "^"))),
    "operator: all is some": found("listTests", value(TESTS, "tags", lambda text: text.replace("^", "~"))),
    "operator: some is a filter": found("listTests", value(TESTS, "tags", lambda text: text.replace("~", ""))),
    "metrics: zeros of other results": server(
        "listBuildTests", "response_schema_conformance", FILTERS, edited(BUILD_TESTS, with_zeros)
    ),
    "metrics: zero instead of null": server("getTest", "body_consistency", FILTERS, edited(TEST, zero_for_null)),
    "metrics: no labels in a build": server(
        "listBuildTests", "undescribed_property", FILTERS, edited(BUILD_TESTS, without("labels"))
    ),
    "metrics: default order": found(
        "listTests",
        rewrite(TESTS, lambda pairs: pairs if "sort_by" in dict(pairs) else [*pairs, ("sort_by", "duration_sum")]),
    ),
    "tags: branch repeated": server(
        "listFailedExecutions",
        "response_schema_conformance",
        EXAMPLES,
        edited(FAILED, lambda item: item | {"tags": item["tags"] | {"scm.branch": item["branch"]}}),
    ),
}
