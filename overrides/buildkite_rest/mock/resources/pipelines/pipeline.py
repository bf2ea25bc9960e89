"""Pipelines: state, validation, JSON and routes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from ... import lookup
from ...backend import Backend
from ...clock import iso, iso_or_none
from ...http.call import Call, Reply, json, no_content
from ...http.errors import FieldError, UnprocessableError, invalid_fields
from ...http.pagination import page
from ...http.routing import Routes
from ...ids import Kind, digest, graphql_id
from ...lookup import PIPELINE
from ...rendering import organization_url, pipeline_url, pipeline_web_url
from ...undo import stored
from ...values import LONGEST_SLUG, Json, derived_slug, replace_key, strings
from ..pipeline_templates import PipelineTemplate, assign
from ..rules import remove_rules
from ..schedules import PipelineSchedule
from ..teams import give_access
from ..users import User, user_json_or_none
from .steps import Step, from_configuration, from_visual, step_json
from .webhooks import PRIVATE, default_settings, known_settings, provider_of

if TYPE_CHECKING:
    from ..builds.build import Build
    from ..organizations import Organization

_DEFAULT_BRANCH = "main"


@stored
class Pipeline:
    """A pipeline with its builds and schedules."""

    id: str
    organization: Organization
    slug: str
    name: str
    repository: str
    created_at: float
    created_by: User | None = None
    description: str | None = None
    configuration: str | None = None
    steps: tuple[Step, ...] = ()
    env: Mapping[str, str] | None = None
    cluster_id: str | None = None
    pipeline_template_uuid: str | None = None
    default_branch: str = _DEFAULT_BRANCH
    branch_configuration: str | None = None
    skip_queued_branch_builds: bool = False
    skip_queued_branch_builds_filter: str | None = None
    cancel_running_branch_builds: bool = False
    cancel_running_branch_builds_filter: str | None = None
    allow_rebuilds: bool = True
    default_timeout_in_minutes: int | None = None
    maximum_timeout_in_minutes: int | None = None
    clone_mirror_url: str | None = None
    visibility: str = "private"
    tags: tuple[str, ...] | None = None
    emoji: str | None = None
    color: str | None = None
    provider_id: str = "github"
    provider_settings: dict[str, Any] = attrs.field(factory=dict[str, Any])
    archived_at: float | None = None
    webhook_created: bool = False
    webhooks_disabled_at: float | None = None
    webhooks_disabled_by: str | None = None
    builds: dict[int, Build] = attrs.field(factory=dict[int, "Build"], repr=False)
    next_number: int = 1
    schedules: dict[str, PipelineSchedule] = attrs.field(factory=dict[str, "PipelineSchedule"], repr=False)

    def managed_by(self, user: User) -> bool:
        """Return whether a user has full access: as administrator, through a team, or because teams are off."""
        if self.organization.administered_by(user) or not self.organization.teams_enabled:
            return True
        teams = [team for team in self.organization.teams.values() if user.id in team.members]
        accesses = [team.pipelines[self.id] for team in teams if self.id in team.pipelines]
        return any(access.access_level == "manage_build_and_read" for access in accesses)


_SLUG = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-]*", re.ASCII)
#: Invalid mirror URLs. The user name in `git@host:path` and `ssh://git@host` is not a secret.
_UNFIT_MIRROR = re.compile(r".*[?#]|https?://[^/]*@|[\w+.-]+://[^/@:]*:[^/@]*@", re.DOTALL | re.IGNORECASE)
_NO_STEPS = 'Step configuration is missing, expected `steps: { yaml: "..." }`'
_READ_ONLY = "is read-only: it comes from the pipeline template"
#: Attributes that are set to fields of a body without a check, with the name of the field if it differs.
_PLAIN_FIELDS = {
    "default_timeout_in_minutes": "default_command_step_timeout",
    "maximum_timeout_in_minutes": "maximum_command_step_timeout",
} | {name: name for name in (
    "description", "default_branch", "branch_configuration", "skip_queued_branch_builds",
    "skip_queued_branch_builds_filter", "cancel_running_branch_builds", "cancel_running_branch_builds_filter",
    "allow_rebuilds", "visibility", "emoji", "color",
)}  # fmt: skip


def create_pipeline(
    backend: Backend, organization: Organization, body: Mapping[str, Any], user: User, now: float
) -> Pipeline:
    """Create a pipeline from a validated body. Raise 422 with all invalid fields."""
    name, repository = body["name"].strip(), body["repository"].strip()
    configuration, steps = body.get("configuration"), body.get("steps")
    template, errors = _assigned_template(organization, body, user)
    slug = body.get("slug") or derived_slug(name)
    errors += _blank_errors(name=name, repository=repository)
    if any(each.name == name for each in organization.pipelines.values()):
        errors.append(FieldError("name", "already_exists"))
    errors += _slug_errors(organization, slug, None) if name else []
    errors += _cluster_errors(organization, body)
    errors += _mirror_errors(body)
    if not (configuration or "").strip() and steps is None and body.get("pipeline_template_uuid") is None:
        errors.append(FieldError("configuration", _NO_STEPS))
    if errors:
        raise invalid_fields(*errors)
    number = backend.new_number(Kind.PIPELINE)
    pipeline = Pipeline(
        id=backend.ids.make(Kind.PIPELINE, number),
        organization=organization,
        slug=slug,
        name=name,
        repository=repository,
        created_at=now,
        created_by=user,
        provider_id=provider_of(repository),
        provider_settings=default_settings(repository) | known_settings(body.get("provider_settings", {})),
        default_branch=organization.pipeline_settings.default_branch or _DEFAULT_BRANCH,
    )
    _set_steps(backend, pipeline, body, template)
    _set_plain(pipeline, body)
    organization.pipelines[slug] = pipeline
    return pipeline


def update_pipeline(backend: Backend, pipeline: Pipeline, body: Mapping[str, Any], user: User) -> None:
    """Update the fields that the body names. A new name changes the slug, unless the body has a slug."""
    if pipeline.archived_at is not None:
        raise UnprocessableError("Archived pipelines are read-only")
    template, errors = _assigned_template(pipeline.organization, body, user)
    errors += _template_errors(pipeline, body)
    if pipeline.configuration is not None and "steps" in body and "configuration" not in body and template is None:
        raise UnprocessableError("Steps can't be set on a pipeline with a YAML configuration")
    name = body.get("name", pipeline.name).strip()
    repository = body.get("repository", pipeline.repository).strip()
    slug = body.get("slug") or (derived_slug(name) if name != pipeline.name else pipeline.slug)
    errors += _blank_errors(name=name, repository=repository)
    errors += _slug_errors(pipeline.organization, slug, pipeline) if name else []
    errors += _cluster_errors(pipeline.organization, body)
    errors += _mirror_errors(body)
    if "configuration" in body and not body["configuration"].strip():
        errors.append(FieldError("configuration", _NO_STEPS))
    if errors:
        raise invalid_fields(*errors)
    _set_steps(backend, pipeline, body, template)
    _set_plain(pipeline, body)
    if repository != pipeline.repository:
        pipeline.repository = repository
        pipeline.provider_id, pipeline.provider_settings = provider_of(repository), default_settings(repository)
    pipeline.provider_settings.update(known_settings(body.get("provider_settings", {})))
    pipeline.name = name
    _change_slug(pipeline, slug)


def remove_pipeline(backend: Backend, pipeline: Pipeline) -> None:
    """Remove a pipeline, its builds, and everything that belongs to it."""
    del pipeline.organization.pipelines[pipeline.slug]
    for team in pipeline.organization.teams.values():
        team.pipelines.pop(pipeline.id, None)
    for build in pipeline.builds.values():
        del backend.builds[build.ordinal]
        backend.live.pop(build.ordinal, None)
    agents = pipeline.organization.agents
    for agent in [*agents.values()]:
        left = [job for job in agent.jobs if job.build.pipeline is not pipeline]
        if agent.is_ephemeral and len(left) < len(agent.jobs):
            del agents[agent.id]
        agent.jobs = left
    remove_rules(pipeline)


def _blank_errors(**values: str) -> list[FieldError]:
    return [FieldError(field, "missing") for field, value in values.items() if not value]


def _assigned_template(
    organization: Organization, body: Mapping[str, Any], user: User
) -> tuple[PipelineTemplate | None, list[FieldError]]:
    """Return the template that a body assigns, and errors."""
    uuid = body.get("pipeline_template_uuid")
    if uuid is None:
        return None, []
    template = organization.pipeline_templates.get(uuid.lower())
    if template is None or not template.assignable_by(organization, user):
        return None, [FieldError("pipeline_template_uuid", "invalid")]
    return template, []


def _template_errors(pipeline: Pipeline, body: Mapping[str, Any]) -> list[FieldError]:
    """Return errors if a body has steps for a pipeline with a template."""
    if pipeline.pipeline_template_uuid is None or "pipeline_template_uuid" in body:
        return []
    return [FieldError(field, _READ_ONLY) for field in ("configuration", "steps") if field in body]


def _slug_errors(organization: Organization, slug: str, pipeline: Pipeline | None) -> list[FieldError]:
    if not _SLUG.fullmatch(slug) or len(slug) > LONGEST_SLUG:
        return [FieldError("slug", "invalid")]
    if organization.pipelines.get(slug) not in (None, pipeline):
        return [FieldError("slug", "already_exists")]
    return []


def _cluster_errors(organization: Organization, body: Mapping[str, Any]) -> list[FieldError]:
    cluster_id = body.get("cluster_id")
    unknown = cluster_id is not None and cluster_id.lower() not in organization.clusters
    return [FieldError("cluster_id", "invalid")] if unknown else []


def _mirror_errors(body: Mapping[str, Any]) -> list[FieldError]:
    unfit = _UNFIT_MIRROR.match((body.get("clone_mirror_url") or "").strip())
    return [FieldError("clone_mirror_url", "must have no credentials, query or fragment")] if unfit else []


def _set_steps(
    backend: Backend, pipeline: Pipeline, body: Mapping[str, Any], template: PipelineTemplate | None
) -> None:
    """Set the steps. The environment of a YAML pipeline is part of its configuration."""
    if template is not None:
        assign(backend, template, pipeline)
        return

    def new_id() -> str:
        return backend.new_id(Kind.STEP)

    if body.get("configuration"):
        pipeline.steps, pipeline.env = from_configuration(body["configuration"], new_id)
        pipeline.configuration = body["configuration"]
    elif pipeline.configuration is None:
        if "steps" in body:
            pipeline.steps = from_visual(body["steps"], new_id)
        if "env" in body:
            pipeline.env = strings(body["env"])
    if "pipeline_template_uuid" in body:
        pipeline.pipeline_template_uuid = None


def _set_plain(pipeline: Pipeline, body: Mapping[str, Any]) -> None:
    for attribute, field in _PLAIN_FIELDS.items():
        if field in body:
            setattr(pipeline, attribute, body[field])
    if "cluster_id" in body:
        pipeline.cluster_id = None if body["cluster_id"] is None else body["cluster_id"].lower()
    if "tags" in body:
        pipeline.tags = tuple(body["tags"])
    if "clone_mirror_url" in body:
        pipeline.clone_mirror_url = (body["clone_mirror_url"] or "").strip() or None


def _change_slug(pipeline: Pipeline, slug: str) -> None:
    replace_key(pipeline.organization.pipelines, pipeline.slug, slug)
    pipeline.slug = slug


_OPEN_BUILDS = frozenset({"scheduled", "running", "failing", "canceling", "blocked"})


def pipeline_json(call: Call, pipeline: Pipeline) -> Json:
    """Return a pipeline as JSON. It is cached in the context, since lists of builds repeat it."""
    if pipeline.id not in call.pipelines:
        call.pipelines[pipeline.id] = _pipeline_json(call, pipeline)
    return call.pipelines[pipeline.id]


def _pipeline_json(call: Call, pipeline: Pipeline) -> Json:
    url = pipeline_url(call, pipeline)
    body: Json = {
        "id": pipeline.id,
        "graphql_id": graphql_id("Pipeline", pipeline.id),
        "url": url,
        "web_url": pipeline_web_url(pipeline),
        "name": pipeline.name,
        "description": pipeline.description,
        "slug": pipeline.slug,
        "repository": pipeline.repository,
        "clone_mirror_url": pipeline.clone_mirror_url,
        "cluster_id": pipeline.cluster_id,
        "cluster_url": _cluster_url(call, pipeline),
        "pipeline_template_uuid": pipeline.pipeline_template_uuid,
        "branch_configuration": pipeline.branch_configuration,
        "default_branch": pipeline.default_branch,
        "skip_queued_branch_builds": pipeline.skip_queued_branch_builds,
        "skip_queued_branch_builds_filter": pipeline.skip_queued_branch_builds_filter,
        "cancel_running_branch_builds": pipeline.cancel_running_branch_builds,
        "cancel_running_branch_builds_filter": pipeline.cancel_running_branch_builds_filter,
        "allow_rebuilds": pipeline.allow_rebuilds,
        "default_command_step_timeout": pipeline.default_timeout_in_minutes,
        "maximum_command_step_timeout": pipeline.maximum_timeout_in_minutes,
        "provider": _provider_json(call, pipeline),
        "builds_url": f"{url}/builds",
        "badge_url": f"https://badge.buildkite.com/{digest('badge', pipeline.id)}.svg",
        "created_by": user_json_or_none(pipeline.created_by),
        "created_at": iso(pipeline.created_at),
        "archived_at": iso_or_none(pipeline.archived_at),
        "env": None if pipeline.env is None else dict(pipeline.env),
        **_counts_json(pipeline),
        "visibility": pipeline.visibility,
        "tags": None if pipeline.tags is None else list(pipeline.tags),
        "emoji": pipeline.emoji,
        "color": pipeline.color,
        "steps": [step_json(step) for step in pipeline.steps],
    }
    if pipeline.configuration is not None:
        body["configuration"] = pipeline.configuration
    return body


def _cluster_url(call: Call, pipeline: Pipeline) -> str | None:
    return (
        None
        if pipeline.cluster_id is None
        else f"{organization_url(call, pipeline.organization)}/clusters/{pipeline.cluster_id}"
    )


def _provider_json(call: Call, pipeline: Pipeline) -> Json:
    body: Json = {"id": pipeline.provider_id, "settings": dict(pipeline.provider_settings)}
    if pipeline.provider_id == PRIVATE:
        return body
    webhook_url = f"https://webhook.buildkite.com/deliver/{digest('webhook', pipeline.id)}"
    return {**body, "webhook_url": webhook_url if call.may("write_pipelines") else ""}


def _counts_json(pipeline: Pipeline) -> Json:
    builds = [build for build in pipeline.builds.values() if build.state in _OPEN_BUILDS]
    states = Counter(build.state for build in builds)
    jobs = Counter(job.state for build in builds for job in build.current_jobs if job.step.type == "script")
    return {
        "scheduled_builds_count": states["scheduled"],
        "running_builds_count": states["running"] + states["failing"],
        "scheduled_jobs_count": jobs["scheduled"],
        "running_jobs_count": jobs["running"],
        "waiting_jobs_count": jobs["waiting"],
    }


routes = Routes()
_PIPELINES_PATH = "/v2/organizations/{org}/pipelines"


@routes.route("GET", _PIPELINES_PATH, scope="read_pipelines")
def list_pipelines(call: Call) -> Reply:
    """List pipelines, optionally by substrings of name and repository."""
    name = (call.query.text("name") or "").lower()
    repository = (call.query.text("repository") or "").lower()
    pipelines = [
        item
        for item in lookup.organization(call).pipelines.values()
        if name in item.name.lower() and repository in item.repository.lower()
    ]
    return page(call, pipelines, lambda item: pipeline_json(call, item))


@routes.route("GET", PIPELINE, scope="read_pipelines")
def get_pipeline(call: Call) -> Reply:
    return json(pipeline_json(call, lookup.pipeline(call)))


@routes.route("POST", _PIPELINES_PATH, scope="write_pipelines")
def post_pipeline(call: Call) -> Reply:
    created = create_pipeline(call.backend, lookup.organization(call), call.body, call.token.user, call.now)
    give_access(created, call.body, call.now)
    return json(pipeline_json(call, created), 201)


@routes.route("PATCH", PIPELINE, scope="write_pipelines")
def patch_pipeline(call: Call) -> Reply:
    pipeline = lookup.managed_pipeline(call)
    update_pipeline(call.backend, pipeline, call.body, call.token.user)
    return json(pipeline_json(call, pipeline))


@routes.route("DELETE", PIPELINE, scope="write_pipelines")
def delete_pipeline(call: Call) -> Reply:
    remove_pipeline(call.backend, lookup.managed_pipeline(call))
    return no_content()


@routes.route("POST", f"{PIPELINE}/archive", scope="write_pipelines")
def archive_pipeline(call: Call) -> Reply:
    pipeline = lookup.managed_pipeline(call)
    if pipeline.archived_at is not None:
        raise UnprocessableError("Pipeline could not be archived.")
    pipeline.archived_at = call.now
    return json(pipeline_json(call, pipeline))


@routes.route("POST", f"{PIPELINE}/unarchive", scope="write_pipelines")
def unarchive_pipeline(call: Call) -> Reply:
    pipeline = lookup.managed_pipeline(call)
    if pipeline.archived_at is None:
        raise UnprocessableError("Pipeline could not be unarchived.")
    pipeline.archived_at = None
    return json(pipeline_json(call, pipeline))
