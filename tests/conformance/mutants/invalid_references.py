"""Bugs in the validation of references to other objects, and of values that only a related operation documents."""

from typing import Any

from attrs import evolve
from tests.conformance.mutants.body_values import ACCEPTED, SCHEDULES, of_text
from tests.conformance.mutants.effect_bugs import PORTAL, Call, edits, sent, with_body
from tests.conformance.mutants.kinds import ORGANIZATION, REFUSALS, REGISTRIES, Mutant, server
from tests.conformance.runner_support import Request, Response

RULES = f"{ORGANIZATION}/rules"


async def first_team(request: Request, call: Call) -> Response:
    """Only the first team of a new registry must exist."""
    response, body = await call(request), sent(request)
    if request.matches("POST", REGISTRIES) and response.status == 400 and b"team_ids names" in response.body:
        return await call(with_body(request, body | {"team_ids": body["team_ids"][:1]}))
    return response


async def missing_pipeline(request: Request, call: Call) -> Response:
    """A rule for an unknown pipeline is not found, although the list of rules is."""
    response = await call(request)
    if request.matches("POST", RULES) and response.status == 422 and b"is not a pipeline" in response.body:
        return evolve(response, status=404, body=b'{"message": "No pipeline found"}')
    return response


def valid_policy(body: dict[str, Any]) -> dict[str, Any]:
    """Replace a policy that is not YAML."""
    return body | {"oidc_policy": None} if "[unclosed" in str(body.get("oidc_policy")) else body


def filled(body: dict[str, Any]) -> dict[str, Any]:
    """Replace a blank query."""
    return body | {"query": "{ viewer { id } }"} if not str(body.get("query", "x")).strip() else body


INVALID_REFERENCES: dict[str, Mutant] = {
    "reference: only the first must exist": server("createRegistry", ACCEPTED, REFUSALS, first_team),
    "reference: an unknown object gets 404": server("createRule", "documented_refusal", REFUSALS, missing_pipeline),
    "value: hour 24 in a creation": server(
        "createPipelineSchedule",
        ACCEPTED,
        REFUSALS,
        edits("POST", SCHEDULES, of_text("cronline", lambda text: text.replace(" 24 ", " 0 "))),
    ),
    "value: a policy in an update is not YAML": server(
        "updateRegistry", ACCEPTED, REFUSALS, edits("POST", f"{REGISTRIES}/*", valid_policy)
    ),
    "value: a blank query in an update": server("updatePortal", ACCEPTED, REFUSALS, edits("PUT", PORTAL, filled)),
}
