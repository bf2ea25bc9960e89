"""The build that a job belongs to, from the environment that the agent sets."""

from __future__ import annotations

import os

from .._base.errors import ConfigurationError
from ._kinds import BuildURL


def current_build() -> BuildURL:
    """Return the URL of the build of this job: `client.builds.get(*urls.current_build().args)`. Nothing is sent.

    The agent sets `BUILDKITE_ORGANIZATION_SLUG`, `BUILDKITE_PIPELINE_SLUG` and `BUILDKITE_BUILD_NUMBER` in each job.

    Raises:
        ConfigurationError: One of them is not set, as outside of a job, or is not such a slug or number.

    Source: https://buildkite.com/docs/pipelines/configure/environment-variables
    """
    organization = _variable("BUILDKITE_ORGANIZATION_SLUG")
    pipeline = _variable("BUILDKITE_PIPELINE_SLUG")
    try:
        return BuildURL(organization, pipeline, int(_variable("BUILDKITE_BUILD_NUMBER")))
    except ValueError:
        raise ConfigurationError(
            "BUILDKITE_ORGANIZATION_SLUG, BUILDKITE_PIPELINE_SLUG and BUILDKITE_BUILD_NUMBER are not those of a build."
            " Set them as an agent does"
        ) from None


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise ConfigurationError(f"{name} is not set, as outside of a job. Run this in a job, or set it")
    return value
