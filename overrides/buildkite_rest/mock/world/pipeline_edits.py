"""Creating and changing pipelines. Refuses what the API refuses, all wrong fields at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import FieldError, UnprocessableError, invalid_fields
from ..ids import Kind
from .accounts import Organization, User
from .pipeline_templates import PipelineTemplate, assign
from .pipelines import Pipeline
from .provider import default_settings, provider_of
from .steps import from_configuration, from_visual, strings

if TYPE_CHECKING:
    from .world import World

_SLUG = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-]*", re.ASCII)
_LONGEST_SLUG = 100
#: Addresses of mirrors that are refused. Before `git@host:path` and in `ssh://git@host` stands a name, and no secret.
_UNFIT_MIRROR = re.compile(r".*[?#]|https?://[^/]*@|[\w+.-]+://[^/@:]*:[^/@]*@", re.DOTALL | re.IGNORECASE)
_NO_STEPS = 'Step configuration is missing, expected `steps: { yaml: "..." }`'
_READ_ONLY = "is read-only: it comes from the pipeline template"
#: Fields of a body that are kept as they are, by the attribute that keeps them.
_PLAIN = {
    "description": "description",
    "default_branch": "default_branch",
    "branch_configuration": "branch_configuration",
    "skip_queued_branch_builds": "skip_queued_branch_builds",
    "skip_queued_branch_builds_filter": "skip_queued_branch_builds_filter",
    "cancel_running_branch_builds": "cancel_running_branch_builds",
    "cancel_running_branch_builds_filter": "cancel_running_branch_builds_filter",
    "allow_rebuilds": "allow_rebuilds",
    "default_command_step_timeout": "default_timeout_in_minutes",
    "maximum_command_step_timeout": "maximum_timeout_in_minutes",
    "visibility": "visibility",
    "emoji": "emoji",
    "color": "color",
}


def create_pipeline(
    world: World, organization: Organization, body: Mapping[str, Any], by: User, now: float
) -> Pipeline:
    """Create a pipeline from a body that the description allows."""
    name, repository = body["name"].strip(), body["repository"].strip()
    configuration, steps = body.get("configuration"), body.get("steps")
    template, errors = _template(organization, body, by)
    slug = body.get("slug") or derived_slug(name)
    errors += _blank(name=name, repository=repository)
    if any(each.name == name for each in organization.pipelines.values()):
        errors.append(FieldError("name", "already_exists"))
    errors += _slug_errors(organization, slug, None) if name else []
    errors += _cluster_errors(organization, body)
    errors += _mirror_errors(body)
    if not (configuration or "").strip() and steps is None and body.get("pipeline_template_uuid") is None:
        errors.append(FieldError("configuration", _NO_STEPS))
    if errors:
        raise invalid_fields(*errors)
    number = world.new_number(Kind.PIPELINE)
    pipeline = Pipeline(
        id=world.ids.make(Kind.PIPELINE, number),
        organization=organization,
        slug=slug,
        name=name,
        repository=repository,
        created_at=now,
        created_by=by,
        provider_id=provider_of(repository),
        provider_settings=default_settings(repository),
    )
    _set_steps(world, pipeline, body, template)
    _set_plain(pipeline, body)
    organization.pipelines[slug] = pipeline
    return pipeline


def update_pipeline(world: World, pipeline: Pipeline, body: Mapping[str, Any], by: User) -> None:
    """Change the fields of a pipeline that a body has. A new name brings a new slug unless one is given."""
    if pipeline.archived_at is not None:
        raise UnprocessableError("Archived pipelines are read-only")
    template, errors = _template(pipeline.organization, body, by)
    errors += _read_only_steps(pipeline, body)
    if pipeline.configuration is not None and "steps" in body and "configuration" not in body and template is None:
        raise UnprocessableError("Steps can't be set on a pipeline with a YAML configuration")
    name = body.get("name", pipeline.name).strip()
    repository = body.get("repository", pipeline.repository).strip()
    slug = body.get("slug") or (derived_slug(name) if name != pipeline.name else pipeline.slug)
    errors += _blank(name=name, repository=repository)
    errors += _slug_errors(pipeline.organization, slug, pipeline) if name else []
    errors += _cluster_errors(pipeline.organization, body)
    errors += _mirror_errors(body)
    if "configuration" in body and not body["configuration"].strip():
        errors.append(FieldError("configuration", _NO_STEPS))
    if errors:
        raise invalid_fields(*errors)
    _set_steps(world, pipeline, body, template)
    _set_plain(pipeline, body)
    if repository != pipeline.repository:
        pipeline.repository = repository
        pipeline.provider_id, pipeline.provider_settings = provider_of(repository), default_settings(repository)
    pipeline.provider_settings.update(body.get("provider_settings", {}))
    pipeline.name = name
    _move(pipeline, slug)


def derived_slug(name: str) -> str:
    """Return the slug that a name gives: lower case, one hyphen for what cannot stand in a slug."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:_LONGEST_SLUG]


def _blank(**values: str) -> list[FieldError]:
    return [FieldError(field, "missing") for field, value in values.items() if not value]


def _template(
    organization: Organization, body: Mapping[str, Any], by: User
) -> tuple[PipelineTemplate | None, list[FieldError]]:
    """Return the template that a body assigns, and what is wrong with it."""
    uuid = body.get("pipeline_template_uuid")
    if uuid is None:
        return None, []
    template = organization.pipeline_templates.get(uuid.lower())
    if template is None or not template.assignable_by(organization, by):
        return None, [FieldError("pipeline_template_uuid", "invalid")]
    return template, []


def _read_only_steps(pipeline: Pipeline, body: Mapping[str, Any]) -> list[FieldError]:
    """Return what is wrong with a body that has steps for a pipeline whose steps are those of a template."""
    if pipeline.pipeline_template_uuid is None or "pipeline_template_uuid" in body:
        return []
    return [FieldError(field, _READ_ONLY) for field in ("configuration", "steps") if field in body]


def _slug_errors(organization: Organization, slug: str, owner: Pipeline | None) -> list[FieldError]:
    if not _SLUG.fullmatch(slug) or len(slug) > _LONGEST_SLUG:
        return [FieldError("slug", "invalid")]
    if organization.pipelines.get(slug) not in (None, owner):
        return [FieldError("slug", "already_exists")]
    return []


def _cluster_errors(organization: Organization, body: Mapping[str, Any]) -> list[FieldError]:
    cluster_id = body.get("cluster_id")
    unknown = cluster_id is not None and cluster_id.lower() not in organization.clusters
    return [FieldError("cluster_id", "invalid")] if unknown else []


def _mirror_errors(body: Mapping[str, Any]) -> list[FieldError]:
    unfit = _UNFIT_MIRROR.match((body.get("clone_mirror_url") or "").strip())
    return [FieldError("clone_mirror_url", "must have no credentials, query or fragment")] if unfit else []


def _set_steps(world: World, pipeline: Pipeline, body: Mapping[str, Any], template: PipelineTemplate | None) -> None:
    """Set the steps. The environment of a YAML pipeline is part of its configuration and cannot be set alone."""
    if template is not None:
        assign(world, template, pipeline)
        return

    def new_id() -> str:
        return world.new_id(Kind.STEP)

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
    for field, attribute in _PLAIN.items():
        if field in body:
            setattr(pipeline, attribute, body[field])
    if "cluster_id" in body:
        pipeline.cluster_id = None if body["cluster_id"] is None else body["cluster_id"].lower()
    if "tags" in body:
        pipeline.tags = tuple(body["tags"])
    if "clone_mirror_url" in body:
        pipeline.clone_mirror_url = (body["clone_mirror_url"] or "").strip() or None


def _move(pipeline: Pipeline, slug: str) -> None:
    pipelines = pipeline.organization.pipelines
    del pipelines[pipeline.slug]
    pipeline.slug = slug
    pipelines[slug] = pipeline
