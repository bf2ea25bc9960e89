"""Pipeline templates."""

from __future__ import annotations

from ..engine.call import Call
from ..engine.collection import Collection
from ..engine.routes import Routes
from ..errors import UnprocessableError
from ..ids import Kind
from ..render.pipeline_templates import pipeline_template
from ..world.pipeline_templates import PipelineTemplate, assign, check_configuration, pipelines_with
from . import lookup

routes = Routes()
_templates = Collection(
    noun="pipeline template",
    path="/v2/organizations/{org}/pipeline-templates",
    key="template_uuid",
    shelf=lambda call: lookup.organization(call).pipeline_templates,
    render=lambda call, template: pipeline_template(lookup.view(call), lookup.organization(call), template),
)
_templates.lists(routes, scope="read_pipeline_templates")
_templates.reads(routes, scope="read_pipeline_templates")


def _refuse_if_assigned(call: Call, template: PipelineTemplate) -> None:
    """Refuse to delete a template that pipelines have their steps from."""
    pipeline = next(pipelines_with(template, lookup.organization(call)), None)
    if pipeline is not None:
        raise UnprocessableError(f"The pipeline template is assigned to the pipeline {pipeline.slug}")


_templates.deletes(routes, scope="write_pipeline_templates", before=_refuse_if_assigned)


@_templates.creates(routes, scope="write_pipeline_templates")
def create_pipeline_template(call: Call) -> tuple[str, PipelineTemplate]:
    """Create a pipeline template, which nobody but administrators assigns unless the request says otherwise."""
    lookup.administered(call)
    check_configuration(call.body["configuration"])
    uuid = call.world.new_id(Kind.PIPELINE_TEMPLATE)
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


@_templates.updates(routes, "PATCH", scope="write_pipeline_templates")
def update_pipeline_template(call: Call, template: PipelineTemplate) -> None:
    """Change what the body names, and with the steps those of the pipelines that have them from here."""
    lookup.administered(call)
    if "configuration" in call.body:
        check_configuration(call.body["configuration"])
    for name in ("name", "description", "configuration", "available"):
        if name in call.body:
            setattr(template, name, call.body[name])
    template.updated_at, template.updated_by = call.now, call.token.user
    if "configuration" in call.body:
        for pipeline in pipelines_with(template, lookup.organization(call)):
            assign(call.world, template, pipeline)
