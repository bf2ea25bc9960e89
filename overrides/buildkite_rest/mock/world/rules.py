"""Rules: what one pipeline may do to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from .accounts import Organization, User
    from .pipelines import Pipeline


@attrs.define(kw_only=True, eq=False)
class Rule:
    """Something that a pipeline, the source, may do to another one, the target."""

    uuid: str
    organization: Organization
    type: str
    source: Pipeline
    target: Pipeline
    description: str | None
    conditions: tuple[str, ...]
    created_at: float
    created_by: User

    @property
    def action(self) -> str:
        """What may be done: the middle part of the type."""
        return self.type.split(".")[1]


def named_pipeline(organization: Organization, name: str) -> Pipeline | None:
    """Find a pipeline by its slug or its UUID."""
    wanted = name.lower()
    by_id = (pipeline for pipeline in organization.pipelines.values() if pipeline.id == wanted)
    return organization.pipelines.get(name) or next(by_id, None)


def forget_rules(pipeline: Pipeline) -> None:
    """Forget the rules that a pipeline has part in."""
    rules = pipeline.organization.rules
    for rule in [rule for rule in rules.values() if pipeline in (rule.source, rule.target)]:
        del rules[rule.uuid]
