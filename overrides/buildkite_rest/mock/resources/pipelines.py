"""Pipelines."""

from __future__ import annotations

from ..engine.call import Call
from ..engine.pages import page
from ..engine.reply import Reply, json, no_content
from ..engine.routes import Routes
from ..errors import UnprocessableError
from ..render.pipelines import pipeline as render
from ..world.pipeline_edits import create_pipeline, update_pipeline
from ..world.team_edits import give_access
from . import lookup
from .lookup import PIPELINE

routes = Routes()
PIPELINES = "/v2/organizations/{org}/pipelines"


@routes.route("GET", PIPELINES, scope="read_pipelines")
def list_pipelines(call: Call) -> Reply:
    """List pipelines by parts of their name or repository."""
    name = (call.query.text("name") or "").lower()
    repository = (call.query.text("repository") or "").lower()
    found = [
        item
        for item in lookup.organization(call).pipelines.values()
        if name in item.name.lower() and repository in item.repository.lower()
    ]
    view = lookup.view(call)
    return page(call, found, lambda item: render(view, item))


@routes.route("GET", PIPELINE, scope="read_pipelines")
def get_pipeline(call: Call) -> Reply:
    """Return one pipeline."""
    return json(render(lookup.view(call), lookup.pipeline(call)))


@routes.route("POST", PIPELINES, scope="write_pipelines")
def post_pipeline(call: Call) -> Reply:
    """Create a pipeline."""
    created = create_pipeline(call.world, lookup.organization(call), call.body, call.token.user, call.now)
    give_access(created, call.body, call.now)
    return json(render(lookup.view(call), created), 201)


@routes.route("PATCH", PIPELINE, scope="write_pipelines")
def patch_pipeline(call: Call) -> Reply:
    """Change a pipeline."""
    pipeline = lookup.managed_pipeline(call)
    update_pipeline(call.world, pipeline, call.body, call.token.user)
    return json(render(lookup.view(call), pipeline))


@routes.route("DELETE", PIPELINE, scope="write_pipelines")
def delete_pipeline(call: Call) -> Reply:
    """Delete a pipeline and its builds."""
    call.world.remove_pipeline(lookup.managed_pipeline(call))
    return no_content()


@routes.route("POST", f"{PIPELINE}/archive", scope="write_pipelines")
def archive_pipeline(call: Call) -> Reply:
    """Make a pipeline read-only."""
    pipeline = lookup.managed_pipeline(call)
    if pipeline.archived_at is not None:
        raise UnprocessableError("Pipeline could not be archived.")
    pipeline.archived_at = call.now
    return json(render(lookup.view(call), pipeline))


@routes.route("POST", f"{PIPELINE}/unarchive", scope="write_pipelines")
def unarchive_pipeline(call: Call) -> Reply:
    """Make an archived pipeline writable again."""
    pipeline = lookup.managed_pipeline(call)
    if pipeline.archived_at is None:
        raise UnprocessableError("Pipeline could not be unarchived.")
    pipeline.archived_at = None
    return json(render(lookup.view(call), pipeline))
