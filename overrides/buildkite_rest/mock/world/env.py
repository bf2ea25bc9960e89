"""The environment variables that a job runs with."""

from __future__ import annotations

from .builds import Job


def environment(job: Job) -> dict[str, str]:
    """Return the environment of a job."""
    build, pipeline, organization = job.build, job.build.pipeline, job.build.pipeline.organization
    pull_request = build.pull_request or {}
    clean_checkout = {"BUILDKITE_CLEAN_CHECKOUT": "true"} if build.clean_checkout else {}
    mirror = {} if pipeline.clone_mirror_url is None else {"BUILDKITE_GIT_REMOTE_MIRROR_URL": pipeline.clone_mirror_url}
    return {
        "CI": "true",
        "BUILDKITE": "true",
        "BUILDKITE_AGENT_NAME": "" if job.agent is None else job.agent.name,
        "BUILDKITE_ARTIFACT_PATHS": job.step.artifact_paths or "",
        "BUILDKITE_BRANCH": build.branch,
        "BUILDKITE_BUILD_CREATOR": "" if build.creator is None else build.creator.name,
        "BUILDKITE_BUILD_CREATOR_EMAIL": "" if build.creator is None else build.creator.email,
        "BUILDKITE_BUILD_ID": build.id,
        "BUILDKITE_BUILD_NUMBER": str(build.number),
        "BUILDKITE_BUILD_URL": f"https://buildkite.com/{organization.slug}/{pipeline.slug}/builds/{build.number}",
        "BUILDKITE_COMMAND": job.step.command or "",
        "BUILDKITE_COMMIT": build.commit,
        "BUILDKITE_JOB_ID": job.id,
        "BUILDKITE_MESSAGE": build.message or "",
        "BUILDKITE_ORGANIZATION_SLUG": organization.slug,
        "BUILDKITE_PIPELINE_PROVIDER": pipeline.provider_id,
        "BUILDKITE_PIPELINE_SLUG": pipeline.slug,
        "BUILDKITE_PULL_REQUEST": str(pull_request.get("id", "false")),
        "BUILDKITE_REPO": pipeline.repository,
        "BUILDKITE_SOURCE": build.source,
        "BUILDKITE_TAG": build.tag or "",
        **clean_checkout,
        **(pipeline.env or {}),
        **job.step.env,
        **build.env,
        **mirror,
    }
