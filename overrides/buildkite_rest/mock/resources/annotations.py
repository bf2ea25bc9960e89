"""Annotations of builds and of jobs."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .. import lookup
from ..http.call import Call, Reply, json, no_content
from ..http.errors import BadRequestError, require
from ..http.pagination import page
from ..http.routing import Routes
from ..ids import Kind
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
    style: str | None
    priority: int
    body: str = field(hidden=True)
    created_at: float
    updated_at: float
    job: Job | None = field(default=None, hidden=True)


_HEADING = re.compile(r"(#{1,6})\s+(\S.*)")
_INLINE = ((re.compile(r"\*\*([^*\n]+)\*\*"), r"<strong>\1</strong>"), (re.compile(r"`([^`\n]+)`"), r"<code>\1</code>"))


def annotation_json(call: Call, annotation: Annotation, *, with_body: bool = True) -> Json:
    job_id = None if annotation.job is None else annotation.job.id
    scope = {"scope": "build" if annotation.job is None else "job", "job_id": job_id}
    html = {"body_html": markdown_to_html(annotation.body)} if with_body else {}
    return {**fields_json(call, annotation), **scope, **html}


def markdown_to_html(markdown: str) -> str:
    """Render headings, paragraphs, bold text and code. Blocks that start with `<` are HTML already."""
    return "".join(_block_html(block.strip()) for block in re.split(r"\n{2,}", markdown) if block.strip())


def _block_html(block: str) -> str:
    if block.startswith("<"):
        return f"{block}\n"
    heading = _HEADING.fullmatch(block)
    if heading is not None:
        level = len(heading[1])
        return f"<h{level}>{_inline_html(heading[2])}</h{level}>\n"
    return f"<p>{_inline_html(block)}</p>\n"


def _inline_html(text: str) -> str:
    for pattern, replacement in _INLINE:
        text = pattern.sub(replacement, text)
    return text


routes = Routes()
_DEFAULT_CONTEXT = "default"
_DEFAULT_PRIORITY = 3
_LARGEST_BODY = 1 << 20


@routes.route("GET", f"{BUILD}/annotations", scope="read_builds")
def list_build_annotations(call: Call) -> Reply:
    """List the annotations of a build; those of its jobs only on request."""
    scope = call.query.text("scope") or "build"
    annotations = [
        one for one in lookup.build(call).annotations if scope == "all" or (scope == "job") == (one.job is not None)
    ]
    return _list_annotations(call, annotations)


@routes.route("POST", f"{BUILD}/annotations", scope="write_builds")
def create_build_annotation(call: Call) -> Reply:
    return _upsert(call, lookup.build(call), None)


@routes.route("DELETE", f"{BUILD}/annotations/{{annotation_id}}", scope="write_builds")
def delete_build_annotation(call: Call) -> Reply:
    """Delete an annotation of a build or of one of its jobs."""
    build = lookup.build(call)
    return _delete_annotation(call, build, build.annotations)


@routes.route("GET", *job_paths("/annotations"), scope="read_builds")
def list_job_annotations(call: Call) -> Reply:
    job = lookup.job(call)
    return _list_annotations(call, [one for one in job.build.annotations if one.job is job])


@routes.route("POST", *job_paths("/annotations"), scope="write_builds")
def create_job_annotation(call: Call) -> Reply:
    job = lookup.job(call)
    return _upsert(call, job.build, job)


@routes.route("DELETE", *job_paths("/annotations/{annotation_id}"), scope="write_builds")
def delete_job_annotation(call: Call) -> Reply:
    job = lookup.job(call)
    return _delete_annotation(call, job.build, [one for one in job.build.annotations if one.job is job])


def _list_annotations(call: Call, annotations: Iterable[Annotation]) -> Reply:
    with_body = not call.query.flag("omit_body")
    by_priority = sorted(annotations, key=lambda one: -one.priority)
    return page(call, by_priority, lambda one: annotation_json(call, one, with_body=with_body))


def _upsert(call: Call, build: Build, job: Job | None) -> Reply:
    """Create an annotation, or update the one with the same context."""
    body = call.body
    context = body.get("context") or _DEFAULT_CONTEXT
    present = next((one for one in build.annotations if one.job is job and one.context == context), None)
    if present is None:
        present = Annotation(
            id=call.backend.new_id(Kind.ANNOTATION),
            context=context,
            style=None,
            priority=_DEFAULT_PRIORITY,
            body="",
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


def _delete_annotation(call: Call, build: Build, annotations: Iterable[Annotation]) -> Reply:
    annotation_id = call.params["annotation_id"]
    annotation = require(next((one for one in annotations if one.id == annotation_id), None), "annotation")
    build.annotations.remove(annotation)
    return no_content()
