"""Bugs in what the API documents about tests, runs, suites and packages, and in values that another object has."""

from typing import Any

from tests.conformance.mutants.effect_bugs import edits
from tests.conformance.mutants.kinds import (
    AGREEMENT,
    EFFECTS,
    FILTERS,
    REFUSALS,
    REGISTRIES,
    STATUSES,
    SUITES,
    Mutant,
    remembering,
    server,
)
from tests.conformance.mutants.versions import FAILED, edited, without
from tests.conformance.runner_support import Bug, Request, Response

SUITE = f"{SUITES}/*"
TAGS = f"{SUITE}/execution-tags"
RUN = f"{SUITE}/runs/*"
PACKAGES = f"{REGISTRIES}/*/packages"
TOKENS = f"{REGISTRIES}/*/tokens"


def changed(method: str, path: str, edit: Any) -> Bug:
    """The object in a response is changed."""

    async def bug(request: Request, call: Any) -> Response:
        response: Response = await call(request)
        if request.matches(method, path) and response.status < 300:
            response.json = edit(response.json)
        return response

    return bug  # type: ignore[return-value]


def merged_tags() -> Bug:
    """Tags are added to those that an execution has."""
    known: dict[str, dict[str, str]] = {}

    def edit(body: dict[str, Any]) -> None:
        for each in body.get("executions", ()):
            if isinstance(each, dict) and isinstance(each.get("tags"), dict):
                known.setdefault(str(each.get("id")), {}).update(each["tags"])
                each["tags"] = known[str(each.get("id"))]

    return edits("PUT", TAGS, edit)


def first_execution(body: dict[str, Any]) -> None:
    if isinstance(body.get("executions"), list):
        del body["executions"][1:]


def ten_tags(body: dict[str, Any]) -> None:
    for each in body.get("executions", ()):
        if isinstance(each, dict) and isinstance(each.get("tags"), dict):
            each["tags"] = dict([*each["tags"].items()][:10])


def without_claims(body: dict[str, Any]) -> None:
    for each in body.get("oidc_policy") or ():
        if isinstance(each, dict):
            each.pop("claims", None)


def without_scope(body: dict[str, Any]) -> None:
    if body.get("scope") == "No such scope":
        body["scope"] = "Basket#total"


def unstored_copy() -> Bug:
    """A copy is returned, but not stored."""

    async def bug(request: Request, call: Any) -> Response:
        response: Response = await call(request)
        if request.matches("POST", f"{PACKAGES}/*/copy") and response.status == 200:
            response.json = response.json | {"url": response.json["url"][:-1] + "f"}
        return response

    return bug  # type: ignore[return-value]


def other(name: str, value: Any) -> Any:
    return lambda item: item | {name: value}


TEST_ENGINE_MUTANTS: dict[str, Mutant] = {
    "tags: added instead of replaced": remembering("updateExecutionTags", "effect_missing", EFFECTS, merged_tags),
    "tags: only of the first execution": server(
        "updateExecutionTags", "effect_missing", EFFECTS, edits("PUT", TAGS, first_execution)
    ),
    "tags: eleven are accepted": server(
        "updateExecutionTags", "invalid_request_accepted", REFUSALS, edits("PUT", TAGS, ten_tags)
    ),
    "tags: null if there are none": server(
        "listFailedExecutions", "undescribed_property", FILTERS, edited(FAILED, other("tags", None))
    ),
    "find: another location": server(
        "findTest", "effect_missing", EFFECTS, changed("POST", f"{SUITE}/tests/find", other("location", "spec.rb:1"))
    ),
    "find: any scope": server(
        "findTest", "documented_refusal", STATUSES, edits("POST", f"{SUITE}/tests/find", without_scope)
    ),
    "labels: not in the response": server(
        "updateTestLabels",
        "undescribed_property",
        EFFECTS,
        changed("PATCH", f"{SUITE}/tests/*/labels", without("labels")),
    ),
    "suite: token without request": server(
        "updateTestSuite", "requested_property", EFFECTS, changed("PATCH", SUITE, other("api_token", "x" * 24))
    ),
    "suite: requested token is missing": server(
        "createTestSuite", "requested_property", EFFECTS, changed("POST", SUITES, without("api_token"))
    ),
    "suite: policy without claims": server(
        "createTestSuite", "value_not_persisted", EFFECTS, edits("POST", SUITES, without_claims)
    ),
    "registry: public": server(
        "createRegistry", "default_not_applied", EFFECTS, changed("POST", REGISTRIES, other("public", True))
    ),
    "run: result of another one": server(
        "getTestRun", "responses_disagree", AGREEMENT, edited(RUN, other("result", "passed"))
    ),
    "run: commit of another one": server(
        "listFailedExecutions", "responses_disagree", AGREEMENT, edited(FAILED, other("commit_sha", "0" * 40))
    ),
    "run: execution without its id in the URL": server(
        "listFailedExecutions",
        "body_consistency",
        FILTERS,
        edited(FAILED, lambda item: item | {"test_execution_url": item["test_url"]}),
    ),
    "package: digest of another file": server(
        "publishPackage",
        "creation_not_recorded",
        EFFECTS,
        changed("POST", PACKAGES, lambda item: item | {"digests": item["digests"] | {"sha256": "0" * 64}}),
    ),
    "package: copy at another URL": server("copyPackage", "effect_missing", EFFECTS, unstored_copy()),
    "package: page of the organization": server(
        "getPackage",
        "responses_disagree",
        AGREEMENT,
        edited(
            f"{PACKAGES}/*",
            lambda item: item | {"organization": item["organization"] | {"web_url": "https://x.example/a"}},
        ),
    ),
    "token: another name of its creator": server(
        "getRegistryToken",
        "creation_not_recorded",
        EFFECTS,
        changed("POST", TOKENS, lambda item: item | {"created_by": item["created_by"] | {"name": "Somebody"}}),
        include=("createRegistryToken",),
    ),
    "token: users with another name": server(
        "getRegistryToken",
        "responses_disagree",
        AGREEMENT,
        edited(
            f"{TOKENS}/*",
            lambda item: item | {"created_by": item["created_by"] | {"created_at": None}},
        ),
    ),
}
