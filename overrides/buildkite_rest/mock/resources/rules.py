"""Rules: what one pipeline may do to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import lookup
from ..backend import DAY, Backend
from ..clock import iso
from ..http.call import Call
from ..http.collection import Collection
from ..http.errors import UnprocessableError
from ..http.routing import Routes
from ..ids import Kind, graphql_id
from ..rendering import RenderContext
from ..undo import stored
from ..values import Json
from .users import User, user_json

if TYPE_CHECKING:
    from .organizations import Organization
    from .pipelines.pipeline import Pipeline


@stored
class Rule:
    """A permission of one pipeline, the source, on another one, the target."""

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
        """Permitted action: the middle part of the type."""
        return self.type.split(".")[1]


def named_pipeline(organization: Organization, name: str) -> Pipeline | None:
    """Find a pipeline by its slug or its UUID."""
    uuid = name.lower()
    by_id = (pipeline for pipeline in organization.pipelines.values() if pipeline.id == uuid)
    return organization.pipelines.get(name) or next(by_id, None)


def remove_rules(pipeline: Pipeline) -> None:
    rules = pipeline.organization.rules
    for rule in [rule for rule in rules.values() if pipeline in (rule.source, rule.target)]:
        del rules[rule.uuid]


def rule_json(context: RenderContext, rule: Rule) -> Json:
    """Return a rule as JSON. Description and conditions are not shown."""
    return {
        "uuid": rule.uuid,
        "graphql_id": graphql_id("Rule", rule.uuid),
        "organization_uuid": rule.organization.id,
        "url": f"{context.organization_url(rule.organization)}/rules/{rule.uuid}",
        "type": rule.type,
        "source_type": "pipeline",
        "source_uuid": rule.source.id,
        "target_type": "pipeline",
        "target_uuid": rule.target.id,
        "effect": "allow",
        "action": rule.action,
        "created_at": iso(rule.created_at),
        "created_by": user_json(rule.created_by),
    }


routes = Routes()
_rules = Collection(
    noun="rule",
    path="/v2/organizations/{org}/rules",
    key="rule_uuid",
    objects=lambda call: lookup.organization(call).rules,
    render=lambda call, rule: rule_json(lookup.render_context(call), rule),
)
_rules.add_list_route(routes, scope="read_rules")
_rules.add_read_route(routes, scope="read_rules")
_rules.add_delete_route(routes, scope="write_rules", before=lambda call, _: lookup.administered_organization(call))


@_rules.add_create_route(routes, scope="write_rules")
def create_rule(call: Call) -> tuple[str, Rule]:
    """Create a rule for two pipelines, given by slug or UUID."""
    lookup.administered_organization(call)
    source, target = _find_pipeline(call, "source_pipeline"), _find_pipeline(call, "target_pipeline")
    uuid = call.backend.new_id(Kind.RULE)
    return uuid, Rule(
        uuid=uuid,
        organization=lookup.organization(call),
        type=call.body["type"],
        source=source,
        target=target,
        description=call.body.get("description"),
        conditions=tuple(call.body["value"].get("conditions", ())),
        created_at=call.now,
        created_by=call.token.user,
    )


def _find_pipeline(call: Call, field: str) -> Pipeline:
    pipeline = named_pipeline(lookup.organization(call), call.body["value"][field])
    if pipeline is None:
        raise UnprocessableError(f"{field} is not a pipeline of this organization")
    return pipeline


_TRIGGER, _READ = "pipeline.trigger_build.pipeline", "pipeline.artifacts_read.pipeline"
_SEEDED_RULES = (
    (_TRIGGER, "web", "deploy", "Releases of the shop", ("source.build.branch == 'main'",)),
    (_READ, "deploy", "web", None, ()),
    (_TRIGGER, "api", "deploy", None, ()),
    (_READ, "nightly", "api", "Only what is on main", ("target.build.branch == 'main'",)),
)


def add_rules(backend: Backend) -> None:
    for organization in backend.organizations.values():
        pipelines = organization.pipelines
        for number, (kind, source, target, description, conditions) in enumerate(_SEEDED_RULES):
            if source not in pipelines or target not in pipelines:
                continue
            rule = Rule(
                uuid=backend.new_id(Kind.RULE),
                organization=organization,
                type=kind,
                source=pipelines[source],
                target=pipelines[target],
                description=description,
                conditions=conditions,
                created_at=backend.epoch - (20 - number) * DAY,
                created_by=organization.members[0],
            )
            organization.rules[rule.uuid] = rule
