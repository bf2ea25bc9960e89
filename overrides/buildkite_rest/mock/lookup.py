"""Lookup of the objects that a path names, which raises the API's 404, and URLs of objects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .http.call import Call
from .http.errors import BadRequestError, ForbiddenError, NotFoundError, require
from .values import Json

if TYPE_CHECKING:
    from .resources.builds import Build
    from .resources.clusters import Cluster
    from .resources.jobs import Job
    from .resources.organizations import Organization
    from .resources.pipelines import Pipeline
    from .resources.teams import Team


WEB = "https://buildkite.com"


def organization_url(call: Call, organization: Organization) -> str:
    """Return the URL of an organization in the API."""
    return f"{call.base_url}/v2/organizations/{organization.slug}"


def organization_cluster_url(call: Call, organization: Organization, cluster_id: str | None) -> str | None:
    """Return the URL of a cluster in the API, if there is one."""
    return None if cluster_id is None else f"{organization_url(call, organization)}/clusters/{cluster_id}"


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


#: Path of one pipeline.
PIPELINE = "/v2/organizations/{org}/pipelines/{pipeline}"
#: Path of one build.
BUILD = f"{PIPELINE}/builds/{{number}}"
#: The long and the short path of one job.
JOB = (f"{BUILD}/jobs/{{job_id}}", "/v2/organizations/{org}/jobs/{job_id}")
_NUMBER = re.compile(r"[1-9]\d{0,17}", re.ASCII)


def job_paths(rest: str) -> tuple[str, str]:
    """Return the long and the short path of a subresource of a job."""
    return JOB[0] + rest, JOB[1] + rest


def organization(call: Call) -> Organization:
    return require(call.find_organization(), "organization")


def administered_organization(call: Call) -> Organization:
    """Find the organization in the path, or raise 403 if the user is not an administrator."""
    org = organization(call)
    if not org.administered_by(call.token.user):
        raise ForbiddenError("Only organization administrators may do this")
    return org


def named_teams(call: Call) -> list[Team]:
    """Find the teams in `team_ids` of the body, at least one if teams are enabled."""
    org = organization(call)
    team_ids = [team_id.lower() for team_id in call.body.get("team_ids", ())]
    if org.teams_enabled and not team_ids:
        raise BadRequestError("team_ids must name a team")
    if not org.teams.keys() >= set(team_ids):
        raise BadRequestError("team_ids names a team that does not exist")
    return [org.teams[team_id] for team_id in team_ids]


def pipeline(call: Call) -> Pipeline:
    return require(organization(call).pipelines.get(call.params["pipeline"]), "pipeline")


def managed_pipeline(call: Call) -> Pipeline:
    """Find the pipeline in the path, or raise 403 if the user does not have full access."""
    target = pipeline(call)
    if not target.organization.gives_full_access(call.token.user, target.id):
        raise ForbiddenError("Only those with full access to the pipeline and organization administrators may do this")
    return target


def cluster(call: Call) -> Cluster:
    return require(organization(call).clusters.get(call.params["cluster_id"]), "cluster")


def organization_reference_json(call: Call) -> Json:
    """Return the reference to the organization in the path."""
    org = organization(call)
    return {"id": org.id, "slug": org.slug, "url": organization_url(call, org), "web_url": f"{WEB}/{org.slug}"}


def managed_cluster(call: Call) -> Cluster:
    """Find the cluster in the path, or raise 403 if the user may not manage it."""
    target = cluster(call)
    if not target.managed_by(organization(call), call.token.user):
        raise ForbiddenError("Only maintainers of the cluster and organization administrators may do this")
    return target


def build(call: Call) -> Build:
    """Find the build in the path by its number."""
    number = call.params["number"]
    return require(pipeline(call).builds.get(int(number)) if _NUMBER.fullmatch(number) else None, "build")


def job(call: Call) -> Job:
    """Find the job in the path, which may also name its build."""
    holder = build(call) if "number" in call.params else None
    target = call.backend.find_job(organization(call), call.params["job_id"])
    if target is None or (holder is not None and target.build is not holder):
        raise NotFoundError("No job found")
    return target
