"""Runs of test suites."""

from __future__ import annotations

from ..engine.call import Call
from ..engine.pages import page
from ..engine.reply import Reply, json
from ..engine.routes import Routes
from ..render.suites import failed_execution
from ..render.suites import run as render
from ..world.runs import runs_of
from . import lookup, suite_lookup
from .suite_lookup import RUN
from .test_suites import SUITE, suites

routes = Routes()


@routes.route("GET", f"{SUITE}/runs", scope="read_suites")
def list_runs(call: Call) -> Reply:
    """List the runs of a suite, or those in one build."""
    runs = runs_of(call.world, suites.find(call))
    if build_id := call.query.text("build_id"):
        runs = [run for run in runs if run.build.id == build_id.lower()]
    view = lookup.view(call)
    return page(call, runs, lambda run: render(view, run, call.now))


@routes.route("GET", RUN, scope="read_suites")
def get_run(call: Call) -> Reply:
    """Return one run."""
    return json(render(lookup.view(call), suite_lookup.run(call), call.now))


@routes.route("GET", f"{RUN}/failed_executions", scope="read_suites")
def list_failed_executions(call: Call) -> Reply:
    """List what failed in a run."""
    expanded = call.query.flag("include_failure_expanded")
    return page(call, suite_lookup.run(call).failed, lambda item: failed_execution(item, expanded=expanded))
