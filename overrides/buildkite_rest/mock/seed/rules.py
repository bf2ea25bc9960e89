"""Rules of both types, with and without conditions."""

from __future__ import annotations

from ..ids import Kind
from ..world.rules import Rule
from ..world.world import World
from .accounts import DAY, EPOCH

_TRIGGER, _READ = "pipeline.trigger_build.pipeline", "pipeline.artifacts_read.pipeline"
_RULES = (
    (_TRIGGER, "web", "deploy", "Releases of the shop", ("source.build.branch == 'main'",)),
    (_READ, "deploy", "web", None, ()),
    (_TRIGGER, "api", "deploy", None, ()),
    (_READ, "nightly", "api", "Only what is on main", ("target.build.branch == 'main'",)),
)


def add_rules(world: World) -> None:
    """Add rules to each organization that has the pipelines."""
    for organization in world.organizations.values():
        pipelines = organization.pipelines
        for number, (kind, source, target, description, conditions) in enumerate(_RULES):
            if source not in pipelines or target not in pipelines:
                continue
            rule = Rule(
                uuid=world.new_id(Kind.RULE),
                organization=organization,
                type=kind,
                source=pipelines[source],
                target=pipelines[target],
                description=description,
                conditions=conditions,
                created_at=EPOCH - (20 - number) * DAY,
                created_by=organization.members[0],
            )
            organization.rules[rule.uuid] = rule
