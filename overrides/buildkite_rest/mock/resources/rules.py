"""Rules: what one pipeline may do with another one. They are stored, not enforced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import lookup
from ..http.call import Call
from ..http.errors import UnprocessableError
from ..undo import stored
from .resource import Resource, Values, field
from .users import User

if TYPE_CHECKING:
    from .organizations import Organization
    from .pipelines import Pipeline


@stored
class Rule:
    """A permission of one pipeline, the source, on another one, the target. Its conditions are not shown."""

    uuid: str
    organization: Organization = field(hidden=True)
    type: str = field(settable=True)
    source: Pipeline = field(hidden=True)
    target: Pipeline = field(hidden=True)
    created_at: float
    created_by: User
    source_type: str = "pipeline"
    target_type: str = "pipeline"
    effect: str = "allow"


def remove_rules(pipeline: Pipeline) -> None:
    """Remove the rules of a pipeline that is deleted."""
    rules = pipeline.organization.rules
    for rule in [rule for rule in rules.values() if pipeline in (rule.source, rule.target)]:
        del rules[rule.uuid]


def _prepare_rule(call: Call, values: Values, _: Rule | None) -> None:
    """Find the two pipelines, which are given by slug or UUID."""
    pipelines = lookup.organization(call).pipelines
    names = {**pipelines, **{pipeline.id: pipeline for pipeline in pipelines.values()}}
    for end in ("source", "target"):
        name = call.body["value"][f"{end}_pipeline"]
        values[end] = names.get(name) or names.get(name.lower())
        if values[end] is None:
            raise UnprocessableError(f"{end}_pipeline is not a pipeline of this organization")


rules = Resource(
    type=Rule,
    computed={
        "organization_uuid": lambda _, item: item.organization.id,
        "source_uuid": lambda _, item: item.source.id,
        "target_uuid": lambda _, item: item.target.id,
        "action": lambda _, item: item.type.split(".")[1],
    },
    path="/v2/organizations/{org}/rules",
    key="rule_uuid",
    objects=lambda call: lookup.organization(call).rules,
    scope="rules",
    operations=("list", "get", "create", "delete"),
    may_write=lookup.administered_organization,
    prepare=_prepare_rule,
)
