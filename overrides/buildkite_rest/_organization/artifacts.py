"""Handwritten methods of artifacts, for the clients of one organization."""

from __future__ import annotations

from _buildkite_rest.organization.artifacts import AsyncOrganizationArtifacts as _AsyncOrganizationArtifacts
from _buildkite_rest.organization.artifacts import OrganizationArtifacts as _OrganizationArtifacts
from _buildkite_rest.organization.bound import bound

from .._resources.artifacts import Artifacts, AsyncArtifacts


class OrganizationArtifacts(_OrganizationArtifacts):
    """Artifacts: files uploaded by jobs."""

    download = bound(Artifacts.download)
    read = bound(Artifacts.read)
    stream = bound(Artifacts.stream)
    download_build = bound(Artifacts.download_build)


class AsyncOrganizationArtifacts(_AsyncOrganizationArtifacts):
    """Artifacts: files uploaded by jobs."""

    download = bound(AsyncArtifacts.download)
    read = bound(AsyncArtifacts.read)
    stream = bound(AsyncArtifacts.stream)
    download_build = bound(AsyncArtifacts.download_build)
