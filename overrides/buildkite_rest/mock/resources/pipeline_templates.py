"""Pipeline templates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .. import lookup
from ..backend import DAY, Backend
from ..clock import iso
from ..http.call import Call
from ..http.collection import Collection
from ..http.errors import UnprocessableError
from ..http.routing import Routes
from ..ids import Kind, graphql_id
from ..rendering import WEB, RenderContext
from ..undo import stored
from ..values import Json
from .pipelines.steps import from_configuration
from .users import User, user_json

if TYPE_CHECKING:
    from .organizations import Organization
    from .pipelines.pipeline import Pipeline


@stored
class PipelineTemplate:
    """A pipeline template: named steps."""

    uuid: str
    name: str
    description: str | None
    configuration: str
    available: bool
    created_at: float
    created_by: User
    updated_at: float
    updated_by: User

    def assignable_by(self, organization: Organization, user: User) -> bool:
        """Return whether a user may assign the template. Unavailable templates need an administrator."""
        return self.available or organization.administered_by(user)


def check_configuration(configuration: str) -> None:
    """Raise 422 if the configuration is not valid."""
    from_configuration(configuration, str)


def assign(backend: Backend, template: PipelineTemplate, pipeline: Pipeline) -> None:
    """Replace the steps of a pipeline with those of a template."""
    pipeline.pipeline_template_uuid, pipeline.configuration = template.uuid, template.configuration
    pipeline.steps, pipeline.env = from_configuration(template.configuration, lambda: backend.new_id(Kind.STEP))


def pipelines_with(template: PipelineTemplate, organization: Organization) -> Iterator[Pipeline]:
    """Return the pipelines that use a template."""
    return (each for each in organization.pipelines.values() if each.pipeline_template_uuid == template.uuid)


def pipeline_template_json(context: RenderContext, organization: Organization, template: PipelineTemplate) -> Json:
    return {
        "uuid": template.uuid,
        "graphql_id": graphql_id("PipelineTemplate", template.uuid),
        "name": template.name,
        "description": template.description,
        "configuration": template.configuration,
        "available": template.available,
        "url": f"{context.organization_url(organization)}/pipeline-templates/{template.uuid}",
        "web_url": f"{WEB}/organizations/{organization.slug}/pipeline-templates/{template.uuid}",
        "created_at": iso(template.created_at),
        "created_by": user_json(template.created_by),
        "updated_at": iso(template.updated_at),
        "updated_by": user_json(template.updated_by),
    }


def _visible(call: Call) -> dict[str, PipelineTemplate]:
    """Return the templates that the user may see: all, or the available ones."""
    organization = lookup.organization(call)
    templates = organization.pipeline_templates
    if organization.administered_by(call.token.user):
        return templates
    return {uuid: template for uuid, template in templates.items() if template.available}


routes = Routes()
_templates = Collection(
    noun="pipeline template",
    path="/v2/organizations/{org}/pipeline-templates",
    key="template_uuid",
    objects=_visible,
    render=lambda call, template: pipeline_template_json(
        lookup.render_context(call), lookup.organization(call), template
    ),
)
_templates.add_list_route(routes, scope="read_pipeline_templates")
_templates.add_read_route(routes, scope="read_pipeline_templates")


def _check_unassigned(call: Call, template: PipelineTemplate) -> None:
    """Raise 403 if the user is not an administrator, and 422 if a pipeline uses the template."""
    pipeline = next(pipelines_with(template, lookup.administered_organization(call)), None)
    if pipeline is not None:
        raise UnprocessableError(f"The pipeline template is assigned to the pipeline {pipeline.slug}")


_templates.add_delete_route(routes, scope="write_pipeline_templates", before=_check_unassigned)


@_templates.add_create_route(routes, scope="write_pipeline_templates")
def create_pipeline_template(call: Call) -> tuple[str, PipelineTemplate]:
    """Create a pipeline template, by default available to administrators only."""
    lookup.administered_organization(call)
    check_configuration(call.body["configuration"])
    uuid = call.backend.new_id(Kind.PIPELINE_TEMPLATE)
    return uuid, PipelineTemplate(
        uuid=uuid,
        name=call.body["name"],
        description=call.body.get("description"),
        configuration=call.body["configuration"],
        available=call.body.get("available") or False,
        created_at=call.now,
        created_by=call.token.user,
        updated_at=call.now,
        updated_by=call.token.user,
    )


@_templates.add_update_route(routes, "PATCH", scope="write_pipeline_templates")
def update_pipeline_template(call: Call, template: PipelineTemplate) -> None:
    """Update the fields that the body names. New steps are assigned to all pipelines that use the template."""
    lookup.administered_organization(call)
    if "configuration" in call.body:
        check_configuration(call.body["configuration"])
    call.apply_body(template, "name", "description", "configuration", "available")
    template.updated_at, template.updated_by = call.now, call.token.user
    if "configuration" in call.body:
        for pipeline in pipelines_with(template, lookup.organization(call)):
            assign(call.backend, template, pipeline)


_SEEDED_TEMPLATES = (
    ("Go service", "Tests and release of a Go service", "steps:\n  - label: Tests\n    command: make test\n", True),
    ("Static site", None, "steps:\n  - command: make site\n", True),
    ("Mobile app", "Not ready", "steps:\n  - command: fastlane test\n", False),
)


def add_pipeline_templates(backend: Backend) -> None:
    for organization in backend.organizations.values():
        for number, (name, description, configuration, available) in enumerate(_SEEDED_TEMPLATES):
            created_at = backend.epoch - (30 - number) * DAY
            author = organization.members[number % len(organization.members)]
            template = PipelineTemplate(
                uuid=backend.new_id(Kind.PIPELINE_TEMPLATE),
                name=name,
                description=description,
                configuration=configuration,
                available=available,
                created_at=created_at,
                created_by=author,
                updated_at=created_at + number * DAY,
                updated_by=author,
            )
            organization.pipeline_templates[template.uuid] = template
