"""Agreements about tests: their metrics, executions and states."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from attrs import evolve

from ..._base.json_values import as_object, is_array
from ..filters import at
from ..invariants.nodes import is_number
from ..objects import PathValues
from ..page_items import items_of
from ..urls import url_parts
from .differences import key_of, mention_difference
from .reading import PAGE, Comparison, Read
from .relations import Get

#: Failed executions to compare with the metrics of their tests.
_EXECUTIONS: Final = 2
#: Suites whose runs are compared with those of a build.
_SUITES: Final = 4
#: The state of the tests that an operation lists.
_STATES: Final = {"listMutedTests": "muted", "listSkippedTests": "skipped"}


def durations(read: Read, get: Get) -> Comparison:
    """Check the names of failed executions, and their durations against the metrics of their tests."""
    response = read.get(get)
    responses = [response]
    for source, item in _executions(read, get, response.body):
        window = {"min_timestamp": item.get("created_at")}
        for name, query in (("getTest", window), ("listBuildTests", {"per_page": PAGE})):
            if (found := read.other(name, source, query)) is None or not found.ok:
                continue
            tests = items_of(found.body)
            known = [as_object(each) for each in ([found.body] if tests is None else tests)]
            test = next((each for each in known if each.get("id") == item.get("test_id")), as_object(None))
            for part in ("scope", "name"):
                if str(test.get(part) or "") not in str(item.get("test_name") or test.get(part)):
                    message = f"test_name is {item['test_name']!r}, but {part} of the test is {test[part]!r}"
                    return message, [response, found]
            low, high, duration = test.get("duration_min"), test.get("duration_max"), item.get("duration")
            if is_number(low) and is_number(high) and is_number(duration) and not low <= duration <= high:
                message = f"the duration of an execution is {duration}, {name} has {low} to {high}"
                return message, [response, found]
            responses.append(found)
    return None, responses


def _executions(read: Read, get: Get, body: Any) -> Iterator[tuple[Get, Any]]:
    """Yield some failed executions, each with the path parameters of its test and build."""
    for run in _runs(read, get, body):
        values: PathValues = {**get.values, **run}
        failed = read.other("listFailedExecutions", evolve(get, values=values))
        for item in (items_of(failed.body) or ())[:_EXECUTIONS] if failed is not None and failed.ok else ():
            yield evolve(get, values={**values, "test_id": str(as_object(item).get("test_id"))}), as_object(item)


def _runs(read: Read, get: Get, body: Any) -> Iterator[PathValues]:
    """Yield the path parameters of a failed run: that of the request, or one of its suite or build."""
    values, query = dict(get.values), dict[str, str | int](per_page=PAGE)
    if "suite_slug" not in values:
        paths = [url_parts(str(as_object(item).get("url"))).path.split("/") for item in items_of(body) or ()]
        slug = next((path[-3] for path in paths if len(path) > 3), None)
        if slug is None or "build_id" not in values:
            return
        values["suite_slug"] = slug
        query |= {"build_id": values["build_id"]}
    runs = read.other("listTestRuns", evolve(get, values=values), query)
    for run in map(as_object, items_of(runs.body) or () if runs is not None and runs.ok else ()):
        if run.get("result") == "failed" and run.get("id") == values.get("run_id", run.get("id")):
            yield {**values, "run_id": str(run["id"]), "build_id": str(run.get("build_id"))}
            return


def build_runs(read: Read, get: Get) -> Comparison:
    """Check that a build has the runs that the suites list for it, each with its suite."""
    query = {"include_test_engine": "true", "exclude_jobs": "true"}
    build, suites = read.other(get.operation.id, get, query), read.other("listTestSuites", get)
    own = at(build.body, "test_engine/runs") if build is not None and build.ok else None
    if build is None or suites is None or not suites.ok or not is_array(own):
        return None, [read.get(get)]
    shown, responses = {as_object(each).get("id"): as_object(each) for each in own}, [build, suites]
    for suite in map(as_object, (items_of(suites.body) or ())[:_SUITES]):
        values: PathValues = {**get.values, "suite_slug": str(suite.get("slug"))}
        of_build = {"build_id": str(as_object(build.body).get("id")), "per_page": PAGE}
        runs = read.other("listTestRuns", evolve(get, values=values), of_build)
        if runs is None or not runs.ok:
            continue
        for run in items_of(runs.body) or ():
            if (mentioned := shown.get(as_object(run).get("id"))) is None:
                return f"the run {key_of(run)} of the build is not in its test_engine", [*responses, runs]
            if message := mention_difference(as_object(mentioned.get("suite")), suite):
                return f"the run {key_of(run)} has another suite in the build: {message}", [*responses, runs]
    return None, responses


def states(read: Read, get: Get) -> Comparison:
    """Check that muted and skipped tests are not among the tests in another state."""
    listed = read.get(get)
    own = {key_of(item) for item in items_of(listed.body) or ()} if listed.ok else set[str | None]()
    for state in ("enabled", "muted", "skipped") if own else ():
        found = read.other("listTests", get, {"state": state, "per_page": PAGE})
        keys = (
            {key_of(item) for item in items_of(found.body) or ()}
            if found is not None and found.ok
            else set[str | None]()
        )
        if found is not None and state != _STATES[get.operation.id] and (both := own & keys):
            return f"{min(map(str, both))} is also listed with state={state}", [listed, found]
    return None, [listed]
