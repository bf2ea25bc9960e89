"""Step uploads: steps that jobs add to their builds with `buildkite-agent pipeline upload`.

A build of the mock has all its jobs from the start. An upload consists of the steps that the job would have added:
those after its own, up to the next step that uploads. It exists once a job of the step has passed. Buildkite returns
410 for builds beyond their maximum lifetime, which is not documented; here they stay.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

import attrs

from .. import lookup
from ..backend import Backend
from ..clock import iso
from ..http.call import Call, Reply, json
from ..http.errors import require
from ..http.pagination import cursor_page
from ..http.routing import Routes
from ..ids import graphql_id
from ..lookup import BUILD, build_url
from ..values import Json
from .builds import Build
from .jobs import Job
from .steps import Step, job_count, to_configuration

_UPLOAD = re.compile(r"\bbuildkite-agent\s+pipeline\s+upload\b(?P<options>[^\n;&|]*)")
_REPLACE = re.compile(r"(?<!\S)--replace(?!\S)")


@attrs.frozen(kw_only=True, eq=False)
class StepUpload:
    """Steps that a job has uploaded to its build."""

    id: str
    job: Job
    steps: Sequence[Step]
    uploaded_at: float
    replaces: bool

    @property
    def created_jobs(self) -> int:
        """Number of jobs of the steps."""
        return job_count(self.steps)


def step_uploads(backend: Backend, build: Build) -> list[StepUpload]:
    """Return the step uploads of a build, newest first."""
    steps = list(dict.fromkeys(job.step for job in build.jobs))
    uploads: dict[Step, StepUpload] = {}
    for job in build.jobs:
        command = _upload_command(job.step)
        if command is None or job.step in uploads or job.state != "passed" or job.finished_at is None:
            continue
        rest = steps[steps.index(job.step) + 1 :]
        if uploaded := list(takewhile(lambda step: _upload_command(step) is None, rest)):
            uploads[job.step] = StepUpload(
                id=backend.step_upload_id(job),
                job=job,
                steps=uploaded,
                uploaded_at=job.finished_at,
                replaces=_REPLACE.search(command["options"]) is not None,
            )
    return sorted(uploads.values(), key=lambda upload: (upload.uploaded_at, upload.job.index), reverse=True)


def _upload_command(step: Step) -> re.Match[str] | None:
    return _UPLOAD.search(step.command or "") if step.type == "script" else None


#: Bytes of the longest definition that is shown. The API's limit is not documented.
_LARGEST_DEFINITION = 100_000


def step_upload_json(call: Call, upload: StepUpload) -> Json:
    """Return a step upload as JSON, as in lists."""
    moment = iso(upload.uploaded_at)
    return {
        "uuid": upload.id,
        "graphql_id": graphql_id("StepUpload", upload.id),
        "state": "applied",
        "source": "job",
        "source_job_id": upload.job.id,
        "replace_existing_steps": upload.replaces,
        "created_jobs_count": upload.created_jobs,
        "rejection_type": None,
        "message": None,
        "url": f"{build_url(call, upload.job.build)}/step-uploads/{upload.id}",
        "created_at": moment,
        "processed_at": moment,
    }


def step_upload_details_json(call: Call, upload: StepUpload) -> Json:
    """Return a step upload as JSON, with its definition."""
    definition = to_configuration(upload.steps)
    size = len(definition.encode())
    omitted = size > _LARGEST_DEFINITION
    return {
        **step_upload_json(call, upload),
        "definition_bytes": size,
        "definition_yaml": None if omitted else definition,
        "definition_yaml_omitted": omitted,
    }


routes = Routes()


@routes.route("GET", f"{BUILD}/step-uploads", scope="read_builds")
def list_step_uploads(call: Call) -> Reply:
    """List the step uploads of a build or of one of its jobs, newest first."""
    uploads = step_uploads(call.backend, lookup.build(call))
    job_id = call.query.mapping("filter").get("source_job_id")
    if job_id is not None:
        uploads = [upload for upload in uploads if upload.job.id == job_id.lower()]
    return cursor_page(call, uploads, lambda upload: upload.id, lambda upload: step_upload_json(call, upload))


@routes.route("GET", f"{BUILD}/step-uploads/{{step_upload_uuid}}", scope="read_builds")
def get_step_upload(call: Call) -> Reply:
    uuid = call.params["step_upload_uuid"].lower()
    uploads = step_uploads(call.backend, lookup.build(call))
    upload = require(next((upload for upload in uploads if upload.id == uuid), None), "step upload")
    return json(step_upload_details_json(call, upload))
