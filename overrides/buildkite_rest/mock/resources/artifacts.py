"""Artifacts: lists, single ones, and the way to their bytes."""

from __future__ import annotations

from ..engine.call import Call
from ..engine.pages import page
from ..engine.reply import Reply, json, no_content
from ..engine.routes import Routes
from ..errors import NotFoundError, UnprocessableError
from ..render.artifacts import artifact as render
from ..storage import signed_url
from ..world.builds import Artifact, Job
from ..world.patterns import matches_glob
from . import lookup
from .lookup import BUILD, job_paths

routes = Routes()
_STATES = ("new", "error", "finished", "deleted", "expired")
_STATE_MESSAGE = f"State must be one of {', '.join(_STATES)}"


@routes.route("GET", f"{BUILD}/artifacts", scope="read_artifacts", checks="state")
def list_build_artifacts(call: Call) -> Reply:
    """List the artifacts of all jobs of a build."""
    return _list(call, lookup.build(call).jobs)


@routes.route("GET", *job_paths("/artifacts"), scope="read_artifacts", checks="state")
def list_job_artifacts(call: Call) -> Reply:
    """List the artifacts of a job."""
    return _list(call, [lookup.job(call)])


@routes.route("GET", *job_paths("/artifacts/{artifact_id}"), scope="read_artifacts")
def get_artifact(call: Call) -> Reply:
    """Return one artifact."""
    job, artifact = _find(call)
    return json(render(lookup.view(call), job, artifact))


@routes.route("DELETE", *job_paths("/artifacts/{artifact_id}"), scope="write_artifacts")
def delete_artifact(call: Call) -> Reply:
    """Delete an artifact and its bytes."""
    job, artifact = _find(call)
    job.artifacts.remove(artifact)
    return no_content()


@routes.route("GET", *job_paths("/artifacts/{artifact_id}/download"), scope="read_artifacts")
def download_artifact(call: Call) -> Reply:
    """Send the client to the storage origin, where the address itself is the permission."""
    _, artifact = _find(call)
    if artifact.state != "finished":
        raise NotFoundError(f"The artifact can't be downloaded because it is {artifact.state}")
    url = signed_url(call.world, call.storage_url, artifact)
    return json({"url": url}, 302, {"Location": url})


def _list(call: Call, jobs: list[Job]) -> Reply:
    state, path = call.query.text("state"), call.query.text("path")
    if state is not None and state not in _STATES:
        raise UnprocessableError(_STATE_MESSAGE)
    found = [
        (job, artifact)
        for job in jobs
        for artifact in job.artifacts
        if (state is None or artifact.state == state) and (path is None or matches_glob(path, artifact.path))
    ]
    view = lookup.view(call)
    return page(call, found, lambda pair: render(view, *pair))


def _find(call: Call) -> tuple[Job, Artifact]:
    job = lookup.job(call)
    wanted = call.params["artifact_id"].lower()
    artifact = next((one for one in job.artifacts if one.id == wanted), None)
    if artifact is None:
        raise NotFoundError("No artifact found")
    return job, artifact
