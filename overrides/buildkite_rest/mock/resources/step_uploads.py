"""Step uploads, which are there to be read only.

Buildkite answers 410 for builds beyond their maximum lifetime. Nothing says how long that is, so builds live on here.
"""

from __future__ import annotations

from ..engine.call import Call
from ..engine.pages import cursor_page
from ..engine.reply import Reply, json
from ..engine.routes import Routes
from ..errors import NotFoundError
from ..render.step_uploads import step_upload as render
from ..render.step_uploads import whole_step_upload
from ..world.step_uploads import step_uploads
from . import lookup
from .lookup import BUILD

routes = Routes()


@routes.route("GET", f"{BUILD}/step-uploads", scope="read_builds")
def list_step_uploads(call: Call) -> Reply:
    """List the step uploads of a build, newest first, or those of one of its jobs."""
    uploads, view = step_uploads(call.world, lookup.build(call)), lookup.view(call)
    job_id = call.query.mapping("filter").get("source_job_id")
    if job_id is not None:
        uploads = [upload for upload in uploads if upload.job.id == job_id.lower()]
    return cursor_page(call, uploads, lambda upload: upload.id, lambda upload: render(view, upload))


@routes.route("GET", f"{BUILD}/step-uploads/{{step_upload_uuid}}", scope="read_builds")
def get_step_upload(call: Call) -> Reply:
    """Return one step upload with its definition."""
    wanted = call.params["step_upload_uuid"].lower()
    found = next((upload for upload in step_uploads(call.world, lookup.build(call)) if upload.id == wanted), None)
    if found is None:
        raise NotFoundError("No step upload found")
    return json(whole_step_upload(lookup.view(call), found))
