"""Step uploads as JSON, with their definition or without."""

from __future__ import annotations

from ..clock import iso
from ..ids import graphql_id
from ..world.step_uploads import StepUpload
from ..world.step_yaml import to_configuration
from .view import Json, View

#: Longer definitions are not shown. The limit of the API is not known.
_LARGEST_DEFINITION = 100_000


def step_upload(view: View, upload: StepUpload) -> Json:
    """Write a step upload as it stands in a list."""
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
        "url": f"{view.build_url(upload.job.build)}/step-uploads/{upload.id}",
        "created_at": moment,
        "processed_at": moment,
    }


def whole_step_upload(view: View, upload: StepUpload) -> Json:
    """Write a step upload with its definition."""
    definition = to_configuration(upload.steps)
    size = len(definition.encode())
    omitted = size > _LARGEST_DEFINITION
    return {
        **step_upload(view, upload),
        "definition_bytes": size,
        "definition_yaml": None if omitted else definition,
        "definition_yaml_omitted": omitted,
    }
