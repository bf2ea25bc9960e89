"""URLs of objects in the API and on the site."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .http.call import Call
    from .resources.builds.build import Build
    from .resources.jobs.job import Job
    from .resources.organizations import Organization
    from .resources.pipelines.pipeline import Pipeline


WEB = "https://buildkite.com"


def organization_url(call: Call, organization: Organization) -> str:
    """Return the URL of an organization in the API."""
    return f"{call.base_url}/v2/organizations/{organization.slug}"


def pipeline_url(call: Call, pipeline: Pipeline) -> str:
    """Return the URL of a pipeline in the API."""
    return f"{organization_url(call, pipeline.organization)}/pipelines/{pipeline.slug}"


def build_url(call: Call, build: Build) -> str:
    """Return the URL of a build in the API."""
    return f"{pipeline_url(call, build.pipeline)}/builds/{build.number}"


def job_url(call: Call, job: Job) -> str:
    """Return the URL of a job in the API."""
    return f"{build_url(call, job.build)}/jobs/{job.id}"


def pipeline_web_url(pipeline: Pipeline) -> str:
    """Return the URL of a pipeline's page."""
    return f"{WEB}/{pipeline.organization.slug}/{pipeline.slug}"


def build_web_url(build: Build) -> str:
    """Return the URL of a build's page."""
    return f"{pipeline_web_url(build.pipeline)}/builds/{build.number}"
