"""Tests of a suite. They come with metrics if a new enough version of the API is asked for."""

from __future__ import annotations

import re
from calendar import monthrange

from ..engine.call import Call
from ..engine.pages import page
from ..engine.reply import Reply, json
from ..engine.routes import Routes
from ..errors import BadRequestError, NotFoundError
from ..render.tests import labeled_test, measured_test, plain_test
from ..world.metrics import Metrics
from . import lookup, suite_lookup
from .suite_lookup import TEST, TESTS
from .test_filters import selected
from .test_suites import suites
from .test_windows import window

routes = Routes()
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
#: The version that brought metrics.
_METRICS_VERSION = "2026-08-01"


@routes.route("GET", TESTS, scope="read_suites")
def list_tests(call: Call) -> Reply:
    """List tests: those that ran in some time, with metrics, or all of them."""
    suite, view, query = suites.find(call), lookup.view(call), call.query
    label = query.text("label")
    if not _wants_metrics(call):
        found = [test for test in suite.tests.values() if not label or label in test.labels]
        return page(call, found, lambda test: labeled_test(view, test))
    if label and query.text("labels"):
        raise BadRequestError("label cannot be combined with labels")
    measured = selected(window(call).executions(call.world, suite), query)
    labeled = [(test, metrics) for test, metrics in measured if not label or label in test.labels]
    return page(call, labeled, lambda pair: measured_test(view, *pair))


@routes.route("GET", TEST, scope="read_suites")
def get_test(call: Call) -> Reply:
    """Return one test, with metrics or without."""
    test, view = suite_lookup.test(call), lookup.view(call)
    if not _wants_metrics(call):
        return json(labeled_test(view, test))
    executions = window(call).executions(call.world, test.suite)
    return json(measured_test(view, test, Metrics([item for item in executions if item.test is test])))


@routes.route("POST", f"{TESTS}/find", scope="read_suites")
def find_test(call: Call) -> Reply:
    """Find a test by its scope and name."""
    wanted = call.body["scope"], call.body["name"]
    found = next((test for test in suites.find(call).tests.values() if (test.scope, test.name) == wanted), None)
    if found is None:
        raise NotFoundError("No test found")
    return json(plain_test(lookup.view(call), found))


@routes.route("PATCH", f"{TEST}/labels", scope="write_suites")
def update_labels(call: Call) -> Reply:
    """Add labels to a test or remove them. Those that it has, or has not, already are no mistake."""
    test = suite_lookup.test(call)
    labels: list[str] = call.body["labels"]
    if call.body["operator"] == "add":
        test.labels = list(dict.fromkeys([*test.labels, *labels]))
    else:
        test.labels = [label for label in test.labels if label not in labels]
    return json(labeled_test(lookup.view(call), test))


def _wants_metrics(call: Call) -> bool:
    version = call.headers.get("buildkite-version", "").strip()
    if version and not _is_date(version):
        raise BadRequestError("Buildkite-Version must be in format YYYY-MM-DD")
    return version >= _METRICS_VERSION


def _is_date(text: str) -> bool:
    match = _DATE.fullmatch(text)
    if match is None:
        return False
    year, month, day = map(int, match.groups())
    return 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]
