"""Pipeline templates: named steps for pipelines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .. import lookup
from ..backend import Backend
from ..http.call import Call
from ..http.errors import UnprocessableError
from ..undo import stored
from .resource import Resource, Values, field
from .steps import from_configuration
from .users import User

if TYPE_CHECKING:
    from .organizations import Organization
    from .pipelines import Pipeline


@stored
class PipelineTemplate:
    """A pipeline template: named steps. It is available to administrators only, unless it is `available`."""

    uuid: str
    name: str = field(settable=True)
    description: str | None = field(default=None, settable=True)
    configuration: str = field(settable=True)
    available: bool = field(default=False, settable=True, convert=bool)
    created_at: float
    created_by: User
    updated_at: float
    updated_by: User


def assign(backend: Backend, template: PipelineTemplate, pipeline: Pipeline) -> None:
    """Replace the steps of a pipeline with those of a template."""
    pipeline.pipeline_template_uuid, pipeline.configuration = template.uuid, template.configuration
    pipeline.steps, pipeline.env = from_configuration(template.configuration, backend.new_id)


def _pipelines_with(template: PipelineTemplate, organization: Organization) -> Iterator[Pipeline]:
    return (each for each in organization.pipelines.values() if each.pipeline_template_uuid == template.uuid)


def _visible(call: Call) -> dict[str, PipelineTemplate]:
    """Return the templates that the user may see: all, or the available ones."""
    organization = lookup.organization(call)
    templates = organization.pipeline_templates
    if organization.administered_by(call.token.user):
        return templates
    return {uuid: template for uuid, template in templates.items() if template.available}


def _prepare_template(_call: Call, values: Values, _: PipelineTemplate | None) -> None:
    if "configuration" in values:
        from_configuration(values["configuration"], str)


def _assign_again(call: Call, template: PipelineTemplate) -> None:
    """Assign new steps to all pipelines that use the template."""
    if "configuration" in call.body:
        for pipeline in _pipelines_with(template, lookup.organization(call)):
            assign(call.backend, template, pipeline)


def _check_unassigned(call: Call, template: PipelineTemplate) -> None:
    pipeline = next(_pipelines_with(template, lookup.organization(call)), None)
    if pipeline is not None:
        raise UnprocessableError(f"The pipeline template is assigned to the pipeline {pipeline.slug}")


pipeline_templates = Resource(
    type=PipelineTemplate,
    path="/v2/organizations/{org}/pipeline-templates",
    key="template_uuid",
    web_path="/organizations/{org}/pipeline-templates/{template_uuid}",
    objects=_visible,
    scope="pipeline_templates",
    may_write=lookup.administered_organization,
    prepare=_prepare_template,
    changed=_assign_again,
    before_delete=_check_unassigned,
)
