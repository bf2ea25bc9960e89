"""Pipeline templates as JSON."""

from __future__ import annotations

from ..clock import iso
from ..ids import graphql_id
from ..world.accounts import Organization
from ..world.pipeline_templates import PipelineTemplate
from .accounts import user
from .view import WEB, Json, View


def pipeline_template(view: View, organization: Organization, template: PipelineTemplate) -> Json:
    """Write a pipeline template."""
    return {
        "uuid": template.uuid,
        "graphql_id": graphql_id("PipelineTemplate", template.uuid),
        "name": template.name,
        "description": template.description,
        "configuration": template.configuration,
        "available": template.available,
        "url": f"{view.organization_url(organization)}/pipeline-templates/{template.uuid}",
        "web_url": f"{WEB}/organizations/{organization.slug}/pipeline-templates/{template.uuid}",
        "created_at": iso(template.created_at),
        "created_by": user(template.created_by),
        "updated_at": iso(template.updated_at),
        "updated_by": user(template.updated_by),
    }
