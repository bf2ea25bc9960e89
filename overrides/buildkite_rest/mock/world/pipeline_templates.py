"""Steps that pipelines share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import attrs

from ..ids import Kind
from .steps import from_configuration

if TYPE_CHECKING:
    from .accounts import Organization, User
    from .pipelines import Pipeline
    from .world import World


@attrs.define(kw_only=True, eq=False)
class PipelineTemplate:
    """Steps under a name, and who wrote them."""

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
        """Tell whether a user may give pipelines these steps. Only administrators may before they are available."""
        return self.available or organization.administered_by(user)


def check_configuration(configuration: str) -> None:
    """Refuse what has no steps that a pipeline could take."""
    from_configuration(configuration, str)


def assign(world: World, template: PipelineTemplate, pipeline: Pipeline) -> None:
    """Put the steps of a template in the place of those of a pipeline."""
    pipeline.pipeline_template_uuid, pipeline.configuration = template.uuid, template.configuration
    pipeline.steps, pipeline.env = from_configuration(template.configuration, lambda: world.new_id(Kind.STEP))


def pipelines_with(template: PipelineTemplate, organization: Organization) -> Iterator[Pipeline]:
    """Return the pipelines that a template is assigned to."""
    return (each for each in organization.pipelines.values() if each.pipeline_template_uuid == template.uuid)
