"""Pipeline templates, of which one is not available yet."""

from __future__ import annotations

from ..ids import Kind
from ..world.pipeline_templates import PipelineTemplate
from ..world.world import World
from .accounts import DAY, EPOCH

_TEMPLATES = (
    ("Go service", "Tests and release of a Go service", "steps:\n  - label: Tests\n    command: make test\n", True),
    ("Static site", None, "steps:\n  - command: make site\n", True),
    ("Mobile app", "Not ready", "steps:\n  - command: fastlane test\n", False),
)


def add_pipeline_templates(world: World) -> None:
    """Add templates to each organization."""
    for organization in world.organizations.values():
        author = organization.members[0]
        for number, (name, description, configuration, available) in enumerate(_TEMPLATES):
            created_at = EPOCH - (30 - number) * DAY
            template = PipelineTemplate(
                uuid=world.new_id(Kind.PIPELINE_TEMPLATE),
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
