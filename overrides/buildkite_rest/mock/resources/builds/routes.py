"""Routes of builds."""

from __future__ import annotations

from collections.abc import Sequence

from ... import lookup
from ...http.call import Call, Reply, json
from ...http.errors import BadRequestError, UnprocessableError
from ...http.pagination import DEEPEST_BUILD, page
from ...http.routing import Routes
from ...lookup import BUILD, PIPELINE
from ...values import as_string, matches_branches
from ..jobs.job import FAILURES, retry_failed_jobs
from .build import (
    Build,
    Parts,
    build_json,
    filter_builds,
    new_build_attributes,
    newest_builds,
    newest_builds_of,
    rebuild_attributes,
)
from .events import new_build
from .states import cancel, supersede, update_state

routes = Routes()


@routes.route("GET", "/v2/builds", scope="read_builds")
def list_all_builds(call: Call) -> Reply:
    return _list(call, newest_builds(call.backend, call.token.organizations))


@routes.route("GET", "/v2/organizations/{org}/builds", scope="read_builds")
def list_organization_builds(call: Call) -> Reply:
    return _list(call, newest_builds(call.backend, (lookup.organization(call),)))


@routes.route("GET", f"{PIPELINE}/builds", scope="read_builds")
def list_pipeline_builds(call: Call) -> Reply:
    return _list(call, newest_builds_of(lookup.pipeline(call)))


@routes.route("GET", BUILD, scope="read_builds")
def get_build(call: Call) -> Reply:
    query = call.query
    parts = Parts(
        jobs=not query.flag("exclude_jobs"),
        pipeline=not query.flag("exclude_pipeline"),
        retried_jobs=query.flag("include_retried_jobs"),
        job_states=frozenset(query.texts("job_states")),
        job_state_counts=True,
        test_engine=query.flag("include_test_engine"),
    )
    return json(build_json(call, lookup.build(call), parts))


@routes.route("POST", f"{PIPELINE}/builds", scope="write_builds")
def create_build(call: Call) -> Reply:
    """Create a build, which then advances with the clock."""
    pipeline = lookup.pipeline(call)
    body, user = call.body, call.token.user
    if pipeline.archived_at is not None:
        raise UnprocessableError("Builds can't be created in an archived pipeline")
    allowed = body.get("ignore_pipeline_branch_filters") or matches_branches(
        pipeline.branch_configuration, body["branch"]
    )
    if not allowed:
        raise UnprocessableError("The branch is excluded by the branch filter of the pipeline")
    build = new_build(call.backend, pipeline, call.now, **new_build_attributes(body, user), creator=user)
    update_state(call.backend, build, call.now)
    supersede(call.backend, build, call.now)
    return json(build_json(call, build, Parts()), 201)


@routes.route("PUT", f"{BUILD}/cancel", scope="write_builds")
def cancel_build(call: Call) -> Reply:
    build = lookup.build(call)
    cancel(call.backend, build, call.now)
    return json(build_json(call, build, Parts()))


@routes.route("PUT", f"{BUILD}/rebuild", scope="write_builds")
def rebuild_build(call: Call) -> Reply:
    """Rebuild a build and return the new one, with 200."""
    build, now = lookup.build(call), call.now
    if not build.pipeline.allow_rebuilds:
        raise UnprocessableError("Rebuilds are turned off for this pipeline")
    if build.pipeline.archived_at is not None:
        raise UnprocessableError("Builds of an archived pipeline can't be rebuilt")
    if not build.finished:
        raise UnprocessableError(f"Build can't be rebuilt while it is {build.state}")
    again = new_build(
        call.backend, build.pipeline, now, creator=call.token.user, rebuilt_from=build, **rebuild_attributes(build)
    )
    update_state(call.backend, again, now)
    supersede(call.backend, again, now)
    return json(build_json(call, again, Parts()))


@routes.route("PUT", f"{BUILD}/retry_failed_jobs", scope="write_builds", checks="states")
def retry_failed_jobs_of_build(call: Call) -> Reply:
    build = lookup.build(call)
    states = _requested_failures(call.body.get("states", ""))
    count = retry_failed_jobs(call.backend, build, states, call.token.user, call.now)
    return json({**build_json(call, build, Parts()), "retried_jobs_count": count}, 202)


def _requested_failures(states: object) -> Sequence[str]:
    """Return the kinds of failure in a comma-separated list, all of them if it is empty."""
    if states == "":
        return FAILURES
    names = states.split(",") if isinstance(states, str) else [as_string(states)]
    unknown = [state for state in names if state not in FAILURES]
    if unknown:
        raise BadRequestError(f"Invalid states: {', '.join(unknown)}. Valid states are {', '.join(FAILURES)}.")
    return names


def _list(call: Call, builds: list[Build]) -> Reply:
    query = call.query
    parts = Parts(
        jobs=not query.flag("exclude_jobs"),
        pipeline=not query.flag("exclude_pipeline"),
        retried_jobs=query.flag("include_retried_jobs"),
        paused_queues=query.flag("include_paused", default=True),
    )
    return page(call, filter_builds(builds, query), lambda build: build_json(call, build, parts), deepest=DEEPEST_BUILD)
