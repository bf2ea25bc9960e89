"""Annotations of builds and of jobs."""

from __future__ import annotations

from collections.abc import Iterable

from ..engine.call import Call
from ..engine.pages import page
from ..engine.reply import Reply, json, no_content
from ..engine.routes import Routes
from ..errors import NotFoundError
from ..ids import Kind
from ..render.annotations import annotation as render
from ..world.builds import Annotation, Build, Job
from . import lookup
from .lookup import BUILD, job_paths

routes = Routes()
_DEFAULT_CONTEXT = "default"
_DEFAULT_PRIORITY = 3


@routes.route("GET", f"{BUILD}/annotations", scope="read_builds")
def list_build_annotations(call: Call) -> Reply:
    """List the annotations of a build; those of its jobs only if they are asked for."""
    scope = call.query.text("scope") or "build"
    found = [
        one for one in lookup.build(call).annotations if scope == "all" or (scope == "job") == (one.job is not None)
    ]
    return _list(call, found)


@routes.route("POST", f"{BUILD}/annotations", scope="write_builds")
def create_build_annotation(call: Call) -> Reply:
    """Annotate a build."""
    return _create(call, lookup.build(call), None)


@routes.route("DELETE", f"{BUILD}/annotations/{{annotation_id}}", scope="write_builds")
def delete_build_annotation(call: Call) -> Reply:
    """Delete an annotation of a build, or of one of its jobs."""
    build = lookup.build(call)
    return _delete(call, build, build.annotations)


@routes.route("GET", *job_paths("/annotations"), scope="read_builds")
def list_job_annotations(call: Call) -> Reply:
    """List the annotations of a job."""
    job = lookup.job(call)
    return _list(call, [one for one in job.build.annotations if one.job is job])


@routes.route("POST", *job_paths("/annotations"), scope="write_builds")
def create_job_annotation(call: Call) -> Reply:
    """Annotate a job."""
    job = lookup.job(call)
    return _create(call, job.build, job)


@routes.route("DELETE", *job_paths("/annotations/{annotation_id}"), scope="write_builds")
def delete_job_annotation(call: Call) -> Reply:
    """Delete an annotation of a job."""
    job = lookup.job(call)
    return _delete(call, job.build, [one for one in job.build.annotations if one.job is job])


def _list(call: Call, annotations: Iterable[Annotation]) -> Reply:
    with_body = not call.query.flag("omit_body")
    found = sorted(annotations, key=lambda one: -one.priority)
    return page(call, found, lambda one: render(one, with_body=with_body))


def _create(call: Call, build: Build, job: Job | None) -> Reply:
    """Add an annotation, or change the one that has the same context."""
    body = call.body
    context = body.get("context") or _DEFAULT_CONTEXT
    present = next((one for one in build.annotations if one.job is job and one.context == context), None)
    if present is None:
        present = Annotation(
            id=call.world.new_id(Kind.ANNOTATION),
            context=context,
            style=None,
            priority=_DEFAULT_PRIORITY,
            body="",
            created_at=call.now,
            updated_at=call.now,
            job=job,
        )
        build.annotations.append(present)
    present.body = f"{present.body}{body['body']}" if body.get("append") else body["body"]
    present.style = body.get("style") or present.style
    present.priority = body.get("priority") or present.priority
    present.updated_at = call.now
    return json(render(present), 201)


def _delete(call: Call, build: Build, annotations: Iterable[Annotation]) -> Reply:
    """Delete that one of the annotations of a build which the path names."""
    wanted = call.params["annotation_id"].lower()
    found = next((one for one in annotations if one.id == wanted), None)
    if found is None:
        raise NotFoundError("No annotation found")
    build.annotations.remove(found)
    return no_content()
