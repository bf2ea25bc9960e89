"""Rules, which administrators create and delete. Nobody changes them."""

from __future__ import annotations

from ..engine.call import Call
from ..engine.collection import Collection
from ..engine.routes import Routes
from ..errors import UnprocessableError
from ..ids import Kind
from ..render.rules import rule as render
from ..world.pipelines import Pipeline
from ..world.rules import Rule, named_pipeline
from . import lookup

routes = Routes()
_rules = Collection(
    noun="rule",
    path="/v2/organizations/{org}/rules",
    key="rule_uuid",
    shelf=lambda call: lookup.organization(call).rules,
    render=lambda call, rule: render(lookup.view(call), rule),
)
_rules.lists(routes, scope="read_rules")
_rules.reads(routes, scope="read_rules")
_rules.deletes(routes, scope="write_rules", before=lambda call, _: lookup.administered(call))


@_rules.creates(routes, scope="write_rules")
def create_rule(call: Call) -> tuple[str, Rule]:
    """Create a rule for two pipelines, each named by its slug or its UUID."""
    lookup.administered(call)
    source, target = _pipeline(call, "source_pipeline"), _pipeline(call, "target_pipeline")
    uuid = call.world.new_id(Kind.RULE)
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


def _pipeline(call: Call, field: str) -> Pipeline:
    found = named_pipeline(lookup.organization(call), call.body["value"][field])
    if found is None:
        raise UnprocessableError(f"{field} is no pipeline of this organization")
    return found
