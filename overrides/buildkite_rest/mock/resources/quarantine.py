"""The states of tests: skipped ones do not run, failures of muted ones do not count."""

from __future__ import annotations

from collections.abc import Callable

from ..engine.call import Call
from ..engine.reply import Reply, json
from ..engine.routes import Routes
from ..errors import ForbiddenError
from ..render.tests import plain_test
from ..world.suites import TestState
from . import lookup, suite_lookup
from .suite_lookup import TEST, TESTS
from .test_suites import suites

routes = Routes()


def _puts(state: TestState) -> Callable[[Call], Reply]:
    """Return a handler that puts a test into a state. It may be in it already."""

    def answer(call: Call) -> Reply:
        test = suite_lookup.test(call)
        if state not in test.suite.lifecycle:
            raise ForbiddenError(f"The settings of the suite do not allow {state} tests")
        if state != test.state:
            test.history.append((call.now, state))
        return json(plain_test(lookup.view(call), test))

    return answer


def _lists(state: TestState) -> Callable[[Call], Reply]:
    """Return a handler that lists the tests in a state, all at once."""

    def answer(call: Call) -> Reply:
        view = lookup.view(call)
        return json([plain_test(view, test) for test in suites.find(call).tests.values() if test.state == state])

    return answer


routes.route("PUT", f"{TEST}/skip", scope="write_suites")(_puts("skipped"))
routes.route("PUT", f"{TEST}/mute", scope="write_suites")(_puts("muted"))
routes.route("PUT", f"{TEST}/enable", scope="write_suites")(_puts("enabled"))
routes.route("GET", f"{TESTS}/skipped", scope="read_suites")(_lists("skipped"))
routes.route("GET", f"{TESTS}/muted", scope="read_suites")(_lists("muted"))
