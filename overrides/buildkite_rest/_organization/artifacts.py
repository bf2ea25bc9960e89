"""Handwritten methods of artifacts, for the clients of one organization."""

from __future__ import annotations

from _buildkite_rest.organization.artifacts import AsyncOrganizationArtifacts as _AsyncOrganizationArtifacts
from _buildkite_rest.organization.artifacts import OrganizationArtifacts as _OrganizationArtifacts
from _buildkite_rest.organization.bound import bound

from .._resources.artifacts import Artifacts, AsyncArtifacts


class OrganizationArtifacts(_OrganizationArtifacts):
    """Artifacts: files uploaded by jobs."""

    download = bound(Artifacts.download)
    """Download an artifact to a file and return its path."""
    read = bound(Artifacts.read)
    """Return the content of an artifact."""
    stream = bound(Artifacts.stream)
    """Get the content of an artifact as a stream."""
    download_build = bound(Artifacts.download_build)
    """Download the artifacts of a build into a folder and return their paths, in the order of the API."""


class AsyncOrganizationArtifacts(_AsyncOrganizationArtifacts):
    """Artifacts: files uploaded by jobs."""

    download = bound(AsyncArtifacts.download)
    """Download an artifact to a file and return its path."""
    read = bound(AsyncArtifacts.read)
    """Return the content of an artifact."""
    stream = bound(AsyncArtifacts.stream)
    """Get the content of an artifact as a stream."""
    download_build = bound(AsyncArtifacts.download_build)
    """Download the artifacts of a build into a folder and return their paths, in the order of the API."""
