"""Annotations of builds and of jobs."""

from __future__ import annotations

import re
from functools import partial

from .. import lookup
from ..http.call import Call, Reply, json, no_content
from ..http.errors import BadRequestError, require
from ..http.pagination import page
from ..http.routing import routes
from ..lookup import BUILD, job_paths
from ..undo import stored
from ..values import Json
from .builds import Build
from .jobs import Job
from .resource import field, fields_json


@stored
class Annotation:
    """A note on the page of a build or of one of its jobs."""

    id: str
    context: str
    style: str | None = None
    priority: int = 3
    body: str = field(default="", hidden=True)
    created_at: float
    updated_at: float
    job: Job | None = field(default=None, hidden=True)


_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")


def annotation_json(call: Call, annotation: Annotation, *, with_body: bool = True) -> Json:
    job_id = None if annotation.job is None else annotation.job.id
    scope = {"scope": "build" if annotation.job is None else "job", "job_id": job_id}
    html = {"body_html": markdown_to_html(annotation.body)} if with_body else {}
    return {**fields_json(annotation), **scope, **html}


def markdown_to_html(markdown: str) -> str:
    """Render paragraphs and bold text. Blocks that start with `<` are HTML already."""
    blocks = [block.strip() for block in markdown.split("\n\n") if block.strip()]
    bold = partial(_BOLD.sub, r"<strong>\1</strong>")
    return "".join(f"{block}\n" if block.startswith("<") else f"<p>{bold(block)}</p>\n" for block in blocks)


_LARGEST_BODY = 1 << 20


def _paths(rest: str = "") -> tuple[str, ...]:
    """Return the paths of the annotations of a build and of a job."""
    return (f"{BUILD}/annotations{rest}", *job_paths(f"/annotations{rest}"))


@routes.route("GET", *_paths(), scope="read_builds")
def list_annotations(call: Call) -> Reply:
    """List the annotations of a job, or of a build: those of its jobs only on request."""
    build, job = _owner(call)
    scope = "all" if job is not None else call.query.text("scope") or "build"
    found = [one for one in _of(build, job) if scope == "all" or (scope == "job") == (one.job is not None)]
    with_body = not call.query.flag("omit_body")
    by_priority = sorted(found, key=lambda one: -one.priority)
    return page(call, by_priority, lambda one: annotation_json(call, one, with_body=with_body))


@routes.route("POST", *_paths(), scope="write_builds")
def create_annotation(call: Call) -> Reply:
    """Create an annotation, or update the one with the same context."""
    (build, job), body = _owner(call), call.body
    context = body.get("context") or "default"
    present = next((one for one in build.annotations if one.job is job and one.context == context), None)
    if present is None:
        present = Annotation(
            id=call.backend.new_id(),
            context=context,
            created_at=call.now,
            updated_at=call.now,
            job=job,
        )
        build.annotations.append(present)
    text = f"{present.body}{body['body']}" if body.get("append") else body["body"]
    if len(text.encode()) > _LARGEST_BODY:
        raise BadRequestError("The body is larger than 1 MiB")
    present.body = text
    present.style = body.get("style") or present.style
    present.priority = body.get("priority") or present.priority
    present.updated_at = call.now
    return json(annotation_json(call, present), 201)


@routes.route("DELETE", *_paths("/{annotation_id}"), scope="write_builds")
def delete_annotation(call: Call) -> Reply:
    """Delete an annotation. The path of a build finds those of its jobs too."""
    build, job = _owner(call)
    annotation_id = call.params["annotation_id"]
    annotation = require(next((one for one in _of(build, job) if one.id == annotation_id), None), "annotation")
    build.annotations.remove(annotation)
    return no_content()


def _owner(call: Call) -> tuple[Build, Job | None]:
    """Return the build in the path, and the job if the path has one."""
    if "job_id" not in call.params:
        return lookup.build(call), None
    job = lookup.job(call)
    return job.build, job


def _of(build: Build, job: Job | None) -> list[Annotation]:
    return [one for one in build.annotations if job is None or one.job is job]
