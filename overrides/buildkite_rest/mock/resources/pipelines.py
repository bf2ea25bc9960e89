"""Pipelines: state, validation, JSON, webhooks and routes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from .. import lookup
from ..backend import Backend
from ..clock import iso
from ..http.call import Call, Reply, json
from ..http.errors import FieldError, NotFoundError, UnprocessableError, invalid_fields
from ..http.routing import routes
from ..ids import digest
from ..lookup import PIPELINE, organization_cluster_url, pipeline_url, pipeline_web_url
from ..undo import stored
from ..values import Json, derived_slug, replace_key, seed_document, strings
from .pipeline_templates import PipelineTemplate, assign
from .resource import Resource, field, settable_values
from .rules import remove_rules
from .schedules import PipelineSchedule
from .steps import Step, from_configuration, from_visual, step_json
from .teams import give_access, remove_from_teams
from .users import User

if TYPE_CHECKING:
    from .builds import Build
    from .organizations import Organization


#: Provider of an unknown Git server.
PRIVATE = "private"
_PROVIDERS = {"github.com": "github", "gitlab.com": "gitlab", "bitbucket.org": "bitbucket"}
_REPOSITORY = re.compile(r"(?:\w+://(?:[^@/]*@)?|[^@/\s]+@)?(?P<host>[\w.-]+)[:/](?P<name>.+?)(?:\.git)?/?", re.ASCII)


def provider_of(repository: str) -> tuple[str, dict[str, Any]]:
    """Return the provider of a repository, and the settings of a new pipeline, empty for an unknown provider."""
    match = _REPOSITORY.fullmatch(repository)
    provider = _PROVIDERS.get(match["host"], PRIVATE) if match else PRIVATE
    if match is None or provider == PRIVATE:
        return PRIVATE, {}
    return provider, {**seed_document("buildkite")["provider_settings"], "repository": match["name"]}


GITHUB_WEBHOOKS = f"{PIPELINE}/github-webhooks"
_WEBHOOKS: Json = {"enabled": True, "disabled_at": None, "disabled_by": None}


@routes.route("POST", f"{PIPELINE}/webhook", scope="write_pipelines")
def create_webhook(call: Call) -> Reply:
    """Create the webhook at the provider, once. The response has no body."""
    pipeline = lookup.managed_pipeline(call)
    if pipeline.provider_id != "github":
        raise UnprocessableError("Auto-creating webhooks is not supported for your repository.")
    if pipeline.webhook_created:
        raise UnprocessableError("Webhooks could not be created for your repository.")
    pipeline.webhook_created = True
    return Reply(201)


def _github_webhooks(call: Call, *, enable: bool | None = None) -> Reply:
    """Return whether webhooks are enabled, or change that. If they are disabled, time and user stay the same."""
    pipeline = lookup.managed_pipeline(call)
    if pipeline.provider_id != "github":
        raise NotFoundError("Not Found")
    if enable:
        pipeline.webhooks = _WEBHOOKS
    elif enable is False and pipeline.webhooks["enabled"]:
        pipeline.webhooks = {"enabled": False, "disabled_at": iso(call.now), "disabled_by": call.token.user.name}
    return json({"url": f"{pipeline_url(call, pipeline)}/github-webhooks", **pipeline.webhooks})


routes.route("GET", GITHUB_WEBHOOKS, scope="read_pipelines")(_github_webhooks)
routes.route("PUT", GITHUB_WEBHOOKS, scope="write_pipelines")(partial(_github_webhooks, enable=True))
routes.route("DELETE", GITHUB_WEBHOOKS, scope="write_pipelines")(partial(_github_webhooks, enable=False))


_DEFAULT_BRANCH = "main"


@stored
class Pipeline:
    """A pipeline with its builds and schedules."""

    id: str
    organization: Organization = field(hidden=True)
    slug: str = ""
    name: str = ""
    repository: str = ""
    created_at: float
    created_by: User | None = None
    description: str | None = field(default=None, settable=True)
    configuration: str | None = field(default=None, hidden=True)
    steps: tuple[Step, ...] = field(default=(), render=lambda steps: [step_json(step) for step in steps])
    env: Mapping[str, str] | None = None
    cluster_id: str | None = field(default=None, settable=True, convert=lambda value: value and value.lower())
    pipeline_template_uuid: str | None = None
    default_branch: str = field(default=_DEFAULT_BRANCH, settable=True)
    branch_configuration: str | None = field(default=None, settable=True)
    skip_queued_branch_builds: bool = field(default=False, settable=True)
    skip_queued_branch_builds_filter: str | None = field(default=None, settable=True)
    cancel_running_branch_builds: bool = field(default=False, settable=True)
    cancel_running_branch_builds_filter: str | None = field(default=None, settable=True)
    allow_rebuilds: bool = field(default=True, settable=True)
    default_command_step_timeout: int | None = field(default=None, settable=True)
    maximum_command_step_timeout: int | None = field(default=None, settable=True)
    clone_mirror_url: str | None = field(default=None, settable=True, convert=lambda text: (text or "").strip() or None)
    visibility: str = field(default="private", settable=True)
    tags: tuple[str, ...] | None = field(default=None, settable=True, convert=tuple)
    emoji: str | None = field(default=None, settable=True)
    color: str | None = field(default=None, settable=True)
    provider_id: str = field(default="github", hidden=True)
    provider_settings: dict[str, Any] = field(factory=dict[str, Any], hidden=True)
    archived_at: float | None = None
    webhook_created: bool = field(default=False, hidden=True)
    webhooks: Json = field(default=_WEBHOOKS, hidden=True)
    builds: dict[int, Build] = field(factory=dict[int, "Build"], hidden=True)
    next_number: int = field(default=1, hidden=True)
    schedules: dict[str, PipelineSchedule] = field(factory=dict[str, "PipelineSchedule"], hidden=True)


#: Invalid mirror URLs. The user name in `git@host:path` and `ssh://git@host` is not a secret.
_UNFIT_MIRROR = re.compile(r".*[?#]|https?://[^/]*@|[\w+.-]+://[^/@:]*:[^/@]*@", re.DOTALL | re.IGNORECASE)
_NO_STEPS = 'Step configuration is missing, expected `steps: { yaml: "..." }`'
_READ_ONLY = "is read-only: it comes from the pipeline template"


def create_pipeline(
    backend: Backend, organization: Organization, body: Mapping[str, Any], user: User, now: float
) -> Pipeline:
    """Create a pipeline from a validated body. Raise 422 with all invalid fields."""
    pipeline = Pipeline(
        id=backend.new_id(),
        organization=organization,
        created_at=now,
        created_by=user,
        default_branch=organization.pipeline_settings.default_branch or _DEFAULT_BRANCH,
    )
    update_pipeline(backend, pipeline, body, user)
    return pipeline


def update_pipeline(backend: Backend, pipeline: Pipeline, body: Mapping[str, Any], user: User) -> None:
    """Update the fields that the body names. A new name changes the slug, unless the body has a slug."""
    organization = pipeline.organization
    if pipeline.archived_at is not None:
        raise UnprocessableError("Archived pipelines are read-only")
    template = organization.pipeline_templates.get((body.get("pipeline_template_uuid") or "").lower())
    if pipeline.configuration is not None and "steps" in body and "configuration" not in body and template is None:
        raise UnprocessableError("Steps can't be set on a pipeline with a YAML configuration")
    name = body.get("name", pipeline.name).strip()
    repository = body.get("repository", pipeline.repository).strip()
    slug = body.get("slug") or (derived_slug(name) if name != pipeline.name else pipeline.slug)
    plain = {"name": name, "slug": slug, "repository": repository}
    errors = [FieldError(*problem) for problem in _problems(pipeline, {**body, **plain}, template, user)]
    if errors:
        raise invalid_fields(*errors)
    _set_steps(backend, pipeline, body, template)
    if repository != pipeline.repository:
        pipeline.provider_id, pipeline.provider_settings = provider_of(repository)
    pipeline.provider_settings.update(body.get("provider_settings", {}))
    organization.pipelines.setdefault(pipeline.slug, pipeline)
    replace_key(organization.pipelines, pipeline.slug, slug)
    for attribute, value in {**settable_values(Pipeline, body), **plain}.items():
        setattr(pipeline, attribute, value)


def _problems(
    pipeline: Pipeline, body: Mapping[str, Any], template: PipelineTemplate | None, user: User
) -> Iterator[tuple[str, str]]:
    """Yield the invalid fields of a body that has a name, a slug and a repository."""
    organization, name, slug = pipeline.organization, body["name"], body["slug"]
    others = [other for other in organization.pipelines.values() if other is not pipeline]
    uuid = body.get("pipeline_template_uuid")
    if uuid is not None and (template is None or not (template.available or organization.administered_by(user))):
        yield "pipeline_template_uuid", "invalid"
    if any(other.name == name for other in others):
        yield "name", "already_exists"
    if pipeline.pipeline_template_uuid is not None and "pipeline_template_uuid" not in body:
        yield from ((key, _READ_ONLY) for key in ("configuration", "steps") if key in body)
    yield from ((key, "missing") for key in ("name", "repository") if not body[key])
    if name and not slug:
        yield "slug", "invalid"
    elif name and any(other.slug == slug for other in others):
        yield "slug", "already_exists"
    if body.get("cluster_id") is not None and body["cluster_id"].lower() not in organization.clusters:
        yield "cluster_id", "invalid"
    if _UNFIT_MIRROR.match((body.get("clone_mirror_url") or "").strip()):
        yield "clone_mirror_url", "must have no credentials, query or fragment"
    needs_steps = not pipeline.name and body.get("steps") is None and uuid is None
    if not (body.get("configuration") or "").strip() and ("configuration" in body or needs_steps):
        yield "configuration", _NO_STEPS


def _set_steps(
    backend: Backend, pipeline: Pipeline, body: Mapping[str, Any], template: PipelineTemplate | None
) -> None:
    """Set the steps. The environment of a YAML pipeline is part of its configuration."""
    if template is not None:
        assign(backend, template, pipeline)
        return
    new_id = backend.new_id
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


_OPEN_BUILDS = frozenset({"scheduled", "running", "failing", "canceling", "blocked"})


def pipeline_json(call: Call, pipeline: Pipeline) -> Json:
    """Return a pipeline as JSON."""
    return call.rendered_once(pipeline.id, lambda: pipelines.json(call, pipeline))


def _provider_json(call: Call, pipeline: Pipeline) -> Json:
    body: Json = {"id": pipeline.provider_id, "settings": dict(pipeline.provider_settings)}
    if pipeline.provider_id == PRIVATE:
        return body
    webhook_url = f"https://webhook.buildkite.com/deliver/{digest('webhook', pipeline.id)}"
    return {**body, "webhook_url": webhook_url if call.may("write_pipelines") else ""}


def _counts_and_configuration(_: Call, pipeline: Pipeline) -> Json:
    builds = [build for build in pipeline.builds.values() if build.state in _OPEN_BUILDS]
    states = Counter(build.state for build in builds)
    jobs = Counter(job.state for build in builds for job in build.current_jobs if job.step.type == "script")
    counts = {
        "scheduled_builds_count": states["scheduled"],
        "running_builds_count": states["running"] + states["failing"],
        "scheduled_jobs_count": jobs["scheduled"],
        "running_jobs_count": jobs["running"],
        "waiting_jobs_count": jobs["waiting"],
    }
    return counts if pipeline.configuration is None else {**counts, "configuration": pipeline.configuration}


def _named(call: Call, pipelines: Sequence[Pipeline]) -> list[Pipeline]:
    """Return the pipelines with the substrings of name and repository in a query."""
    name, repository = ((call.query.text(key) or "").lower() for key in ("name", "repository"))
    return [item for item in pipelines if name in item.name.lower() and repository in item.repository.lower()]


def _delete_contents(call: Call, pipeline: Pipeline) -> None:
    """Remove the builds of a pipeline, and everything that belongs to it."""
    remove_from_teams(pipeline.organization, pipeline.id)
    for build in pipeline.builds.values():
        del call.backend.builds[build.ordinal]
        call.backend.live.pop(build.ordinal, None)
    for agent in pipeline.organization.agents.values():
        agent.jobs = [job for job in agent.jobs if job.build.pipeline is not pipeline]
    remove_rules(pipeline)


pipelines = Resource(
    type=Pipeline,
    computed={
        "url": pipeline_url,
        "web_url": lambda _, item: pipeline_web_url(item),
        "cluster_url": lambda call, item: organization_cluster_url(call, item.organization, item.cluster_id),
        "provider": _provider_json,
        "builds_url": lambda call, item: f"{pipeline_url(call, item)}/builds",
        "badge_url": lambda _, item: f"https://badge.buildkite.com/{digest('badge', item.id)}.svg",
    },
    path="/v2/organizations/{org}/pipelines",
    key="pipeline",
    key_name="slug",
    has_url=False,
    objects=lambda call: lookup.organization(call).pipelines,
    scope="pipelines",
    may_write=lookup.managed_pipeline,
    operations=("list", "get", "delete"),
    select=_named,
    before_delete=_delete_contents,
    extra=_counts_and_configuration,
)


@routes.route("POST", pipelines.path, scope="write_pipelines", event=pipelines.event("create"), lists_fields=True)
def post_pipeline(call: Call) -> Reply:
    created = create_pipeline(call.backend, lookup.organization(call), call.body, call.token.user, call.now)
    give_access(created, call.body, call.now)
    return json(pipeline_json(call, created), 201)


@routes.route("PATCH", PIPELINE, scope="write_pipelines", event=pipelines.event("update"), lists_fields=True)
def patch_pipeline(call: Call) -> Reply:
    pipeline = lookup.managed_pipeline(call)
    update_pipeline(call.backend, pipeline, call.body, call.token.user)
    return json(pipeline_json(call, pipeline))


def _add_archive_route(action: str, *, archives: bool) -> None:
    @routes.route("POST", f"{PIPELINE}/{action}", scope="write_pipelines", event=pipelines.event("update"))
    def handle(call: Call) -> Reply:
        pipeline = lookup.managed_pipeline(call)
        if archives is (pipeline.archived_at is not None):
            raise UnprocessableError(f"Pipeline could not be {action}d.")
        pipeline.archived_at = call.now if archives else None
        return json(pipeline_json(call, pipeline))


_add_archive_route("archive", archives=True)
_add_archive_route("unarchive", archives=False)
