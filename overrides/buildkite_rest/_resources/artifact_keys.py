"""Identity of the artifacts in a list: their path parameters and their names in notes."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from .._base.errors import DecodeError
from .._base.safe_text import safe_repr
from .._http.request import path_segment

if TYPE_CHECKING:
    from _buildkite_rest.models import Artifact

ArtifactKey: TypeAlias = tuple[str, str, str]
"""Slug of the organization, UUID of the job and UUID of the artifact."""


def name_for_note(artifact: Artifact) -> str:
    """Name an artifact for a note."""
    return f"Artifact {safe_repr(artifact.path)}, id {safe_repr(artifact.id)}"


def id_for_note(artifact_id: str) -> str:
    """Name an artifact of which only the id is known for a note."""
    return f"Artifact with the id {safe_repr(artifact_id)}"


def artifact_key(org: str, artifact: Artifact) -> ArtifactKey:
    """Return the path parameters of a listed artifact. Raises `DecodeError` if they are missing or invalid."""
    job_id, artifact_id = getattr(artifact, "job_id", None), getattr(artifact, "id", None)
    if not (isinstance(job_id, str) and isinstance(artifact_id, str)):
        raise DecodeError("an artifact has no job or no id", "listBuildArtifacts")
    try:
        path_segment("job_id", job_id)
        path_segment("artifact_id", artifact_id)
    except ValueError as error:
        raise DecodeError(str(error), "listBuildArtifacts") from None
    return org, job_id, artifact_id
