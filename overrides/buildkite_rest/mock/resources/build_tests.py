"""Tests that ran in a build, of all suites."""

from __future__ import annotations

from ..engine.call import Call
from ..engine.pages import page
from ..engine.reply import Reply
from ..engine.routes import Routes
from ..errors import NotFoundError
from ..ids import Kind
from ..render.tests import measured_test
from ..world.builds import Build
from ..world.metrics import Window
from ..world.runs import runs_in
from . import lookup
from .test_filters import selected

routes = Routes()
_LONGEST_SECONDS = 86_400.0


@routes.route("GET", "/v2/analytics/organizations/{org}/builds/{build_id}/tests", scope="read_suites")
def list_build_tests(call: Call) -> Reply:
    """List the tests that ran in a build, with metrics. No tag leads to another build."""
    build = _build(call)
    end = call.now if build.finished_at is None else build.finished_at
    window = Window(build.created_at, min(end, build.created_at + _LONGEST_SECONDS))
    executions = [item for run in runs_in(build) for item in window.within(run.executions)]
    view = lookup.view(call)
    found = selected(executions, call.query, without_tags={"build.id"})
    return page(call, found, lambda pair: measured_test(view, *pair))


def _build(call: Call) -> Build:
    """Find the build in the path by its UUID."""
    organization = lookup.organization(call)
    number = call.world.ids.number(Kind.BUILD, call.params["build_id"])
    found = None if number is None else call.world.builds.get(number)
    if found is None or found.pipeline.organization is not organization:
        raise NotFoundError("No build found")
    return found
