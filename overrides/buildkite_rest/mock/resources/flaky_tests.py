"""Flaky tests, as the old endpoint lists them: tests that failed and passed within one run."""

from __future__ import annotations

from collections.abc import Sequence

from ..engine.call import Call
from ..engine.pages import page
from ..engine.reply import Reply
from ..engine.routes import Routes
from ..render.tests import flaky_test
from ..world.executions import Execution
from ..world.metrics import Window
from ..world.suites import Test
from .test_suites import SUITE, suites
from .test_windows import PERIODS

routes = Routes()
_DEFAULT_PERIOD = "7days"


@routes.route("GET", f"{SUITE}/flaky-tests", scope="read_suites")
def list_flaky_tests(call: Call) -> Reply:
    """List the tests that were flaky lately, those first that were it last."""
    suite, query = suites.find(call), call.query
    seconds = PERIODS[query.text("period") or _DEFAULT_PERIOD]
    branch, search = query.text("branch"), (query.text("search") or "").lower()
    executions = list(Window(call.now - seconds, call.now).executions(call.world, suite))
    flakes = _flakes([item for item in executions if not branch or item.run.build.branch == branch])
    found = [(test, items) for test, items in flakes.items() if search in _searched(test)]
    found.sort(key=lambda pair: max(item.created_at for item in pair[1]), reverse=True)
    return page(call, found, lambda pair: flaky_test(*pair))


def _flakes(executions: Sequence[Execution]) -> dict[Test, list[Execution]]:
    """Return the failed executions after which the test passed in the same run."""
    passed = {(item.run.id, item.test.id) for item in executions if item.result == "passed"}
    flakes: dict[Test, list[Execution]] = {}
    for item in executions:
        if item.result == "failed" and (item.run.id, item.test.id) in passed:
            flakes.setdefault(item.test, []).append(item)
    return flakes


def _searched(test: Test) -> str:
    """Return the text in which a search looks. Only the collector for Ruby sends locations that can be searched."""
    parts = [test.scope, test.name]
    if test.suite.tags.get("language.name") == "ruby":
        parts.append(test.location)
    return "\n".join(parts).lower()
