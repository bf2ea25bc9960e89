"""The part of rendering that depends on the request, and URLs of objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from .values import Json

if TYPE_CHECKING:
    from .resources.builds.build import Build
    from .resources.clusters import Cluster
    from .resources.jobs.job import Job
    from .resources.organizations import Organization
    from .resources.pipelines.pipeline import Pipeline


WEB = "https://buildkite.com"


@attrs.define
class RenderContext:
    """Request-dependent part of rendering: base URL and permissions, and a cache of rendered pipelines."""

    base_url: str
    can_read_webhooks: bool
    pipelines: dict[str, Json] = attrs.field(factory=dict[str, Json], init=False)

    def organization_url(self, organization: Organization) -> str:
        """Return the URL of an organization in the API."""
        return f"{self.base_url}/v2/organizations/{organization.slug}"

    def pipeline_url(self, pipeline: Pipeline) -> str:
        """Return the URL of a pipeline in the API."""
        return f"{self.organization_url(pipeline.organization)}/pipelines/{pipeline.slug}"

    def build_url(self, build: Build) -> str:
        """Return the URL of a build in the API."""
        return f"{self.pipeline_url(build.pipeline)}/builds/{build.number}"

    def job_url(self, job: Job) -> str:
        """Return the URL of a job in the API."""
        return f"{self.build_url(job.build)}/jobs/{job.id}"

    def cluster_url(self, organization: Organization, cluster: Cluster) -> str:
        """Return the URL of a cluster in the API."""
        return f"{self.organization_url(organization)}/clusters/{cluster.id}"


def pipeline_web_url(pipeline: Pipeline) -> str:
    """Return the URL of a pipeline's page."""
    return f"{WEB}/{pipeline.organization.slug}/{pipeline.slug}"


def build_web_url(build: Build) -> str:
    """Return the URL of a build's page."""
    return f"{pipeline_web_url(build.pipeline)}/builds/{build.number}"


def cluster_web_url(organization: Organization, cluster: Cluster) -> str:
    """Return the URL of a cluster's page."""
    return f"{WEB}/organizations/{organization.slug}/clusters/{cluster.id}"
