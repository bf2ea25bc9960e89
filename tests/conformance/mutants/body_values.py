"""Bugs in values of request bodies: limits, forms and combinations that are documented, and those that are refused."""

from collections.abc import Callable
from typing import Any

from tests.conformance.mutants.effect_bugs import PORTALS, SCHEDULE, SECRETS, edits
from tests.conformance.mutants.kinds import EFFECTS, PIPELINE, PIPELINES, REFUSALS, Mutant, server
from tests.conformance.mutants.valid_bodies import refused

ACCEPTED, REFUSED, LOST, MISSING = (
    "invalid_request_accepted",
    "valid_value_refused",
    "value_not_persisted",
    "effect_missing",
)
SCHEDULES = SCHEDULE.removesuffix("/*")
SETTINGS = "/v2/organizations/*/api-settings"
ADDRESSES = "allowed_ip_addresses"
_OF_PORTAL = ("createPortal", "getPortal", "deletePortal")
_OF_PIPELINE = ("createPipeline", "getPipeline", "deletePipeline")


def of_text(name: str, change: Callable[[str], str]) -> Callable[[dict[str, Any]], Any]:
    """Change a text of a body."""

    def edit(body: dict[str, Any]) -> dict[str, Any]:
        return body | {name: change(body[name])} if isinstance(body.get(name), str) else body

    return edit


def checked_first(text: str) -> str:
    """Only the first address of a list is validated."""
    return text.split(maxsplit=1)[0] if text.split() else text


def as_character(text: str) -> str:
    return text.replace(":rocket:", "\U0001f680")


BODY_VALUES: dict[str, Mutant] = {
    "value: a prefix has too many bits": server(
        "updateOrganizationApiSettings",
        ACCEPTED,
        REFUSALS,
        edits("PATCH", SETTINGS, of_text(ADDRESSES, lambda text: text.replace("/33", "/32"))),
        include=("getOrganizationApiSettings",),
    ),
    "value: only the first address is validated": server(
        "createPortal",
        ACCEPTED,
        REFUSALS,
        edits("POST", PORTALS, of_text(ADDRESSES, checked_first)),
        include=_OF_PORTAL,
    ),
    "value: an example without a smaller one is refused": server(
        "createPortal",
        REFUSED,
        EFFECTS,
        refused("POST", PORTALS, lambda portal: ":" in str(portal.get(ADDRESSES))),
        include=_OF_PORTAL,
    ),
    "value: minute 60": server(
        "createPipelineSchedule",
        ACCEPTED,
        REFUSALS,
        edits("POST", SCHEDULES, of_text("cronline", lambda text: text.replace("60 ", "59 "))),
    ),
    "value: an interval is another one": server(
        "updatePipelineSchedule",
        MISSING,
        EFFECTS,
        edits("PUT", SCHEDULE, of_text("cronline", lambda text: text.replace("@midnight", "@daily"))),
        include=("createPipelineSchedule", "getPipelineSchedule", "deletePipelineSchedule", *_OF_PIPELINE),
    ),
    "value: a token in a mirror URL": server(
        "createPipeline",
        ACCEPTED,
        REFUSALS,
        edits("POST", PIPELINES, of_text("clone_mirror_url", lambda text: text.replace("//a@", "//"))),
        include=_OF_PIPELINE,
    ),
    "value: a tab and a line break": server(
        "createClusterSecret",
        ACCEPTED,
        REFUSALS,
        edits("POST", SECRETS, of_text("value", lambda text: text.replace("\t\n", "x"))),
    ),
    "value: a reserved prefix in another case": server(
        "createClusterSecret",
        ACCEPTED,
        REFUSALS,
        edits("POST", SECRETS, of_text("key", lambda text: text.replace("Bk_", "X_"))),
    ),
    "value: a reserved prefix inside is refused": server(
        "createClusterSecret",
        REFUSED,
        EFFECTS,
        refused("POST", SECRETS, lambda secret: "bk" in str(secret.get("key"))[1:].lower()),
        include=("getClusterSecret", "deleteClusterSecret"),
    ),
    "value: the name of an emoji is its character": server(
        "updatePipeline",
        LOST,
        EFFECTS,
        edits("PATCH", PIPELINE, of_text("description", as_character)),
        include=_OF_PIPELINE,
    ),
}
