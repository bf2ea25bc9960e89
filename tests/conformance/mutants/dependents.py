"""Bugs in what becomes of the dependents of an object, and in effects that only objects of some kinds have."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from attrs import evolve
from tests.conformance.mutants.effect_bugs import sent
from tests.conformance.mutants.kinds import EFFECTS, PIPELINE, SUITES, remembering, server
from tests.conformance.runner_support import Bug, Request, Response

Call = Callable[[Request], Awaitable[Response]]

OTHER = "other_object_changed"
SERVICE = "/v2/organizations/*/services/*"
_PIPELINES = ("createPipeline", "getPipeline", "deletePipeline", "archivePipeline", "unarchivePipeline")
_TEAM_PIPELINES = ("createTeam", "listTeams", "deleteTeam", "createTeamPipeline", "deleteTeamPipeline")
_OF_TEAM = "/v2/organizations/*/teams/*/pipelines"
_READS_OF_TEAM_PIPELINES = (("POST", _OF_TEAM), ("GET", _OF_TEAM), ("GET", f"{_OF_TEAM}/*"))
_WEBHOOKS = ("enableGithubWebhooks", "disableGithubWebhooks")
_TEMPLATES = ("createPipelineTemplate", "getPipelineTemplate", "updatePipelineTemplate", "deletePipelineTemplate")
_SERVICES = ("listNotificationServices", "getNotificationService", "disableNotificationService")


async def _other(request: Request, call: Call, method: str, path: str) -> Response:
    """Send another request with the same credentials."""
    return await call(evolve(request, method=method, path=path, query=b"", body=b""))


async def archived_without_teams(request: Request, call: Call) -> Response:
    """An archived pipeline loses its teams."""
    response = await call(request)
    if request.matches("POST", f"{PIPELINE}/archive") and response.status == 200:
        teams = "/".join([*request.path.split("/")[:4], "teams"])
        for team in (await _other(request, call, "GET", teams)).json:
            await _other(request, call, "DELETE", f"{teams}/{team['id']}/pipelines/{response.json['id']}")
    return response


async def renamed_with_webhooks(request: Request, call: Call) -> Response:
    """A pipeline with a new name processes webhooks again."""
    response = await call(request)
    if request.matches("PATCH", PIPELINE) and response.status == 200 and "name" in (sent(request) or {}):
        path = f"{request.path.rpartition('/')[0]}/{response.json['slug']}/github-webhooks"
        await _other(request, call, "PUT", path)
    return response


async def slack_only(request: Request, call: Call) -> Response:
    """A service of another provider than Slack stays disabled."""
    if request.matches("PUT", f"{SERVICE}/enable"):
        path = request.path.removesuffix("/enable")
        service = await _other(request, call, "GET", path)
        provider: dict[str, Any] = service.json.get("provider", {})
        if service.status == 200 and provider["id"] != "slack" and not service.json["enabled"]:
            return service
    return await call(request)


def first_template_only() -> Bug:
    """The first pipeline with a template gets its new steps, all others keep those that they had."""
    first: dict[str, str] = {}
    kept: dict[str, Any] = {}

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("GET", PIPELINE) and response.status == 200:
            found = response.json
            template = found["pipeline_template_uuid"]
            if template is not None and first.setdefault(template, found["id"]) != found["id"]:
                former = {name: found[name] for name in ("configuration", "steps")}
                response.json = found | kept.setdefault(found["id"] + template, former)
        return response

    return bug  # type: ignore[return-value]


async def no_label_or_all(request: Request, call: Call) -> Response:
    """Nothing is removed if one of the labels is not there."""
    body = sent(request) or {}
    if request.matches("PATCH", f"{SUITES}/*/tests/*/labels") and body.get("operator") == "remove":
        found = await _other(request, call, "GET", request.path.removesuffix("/labels"))
        if found.status == 200 and not {*body["labels"]} <= {*found.json.get("labels", ())}:
            return found
    return await call(request)


def former_url_in_teams() -> Bug:
    """Teams have the first URL of each pipeline."""
    urls: dict[str, str] = {}

    def first(item: dict[str, Any]) -> dict[str, Any]:
        return item | {"pipeline_url": urls.setdefault(item["pipeline_id"], item["pipeline_url"])}

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if response.status in {200, 201} and any(request.matches(*one) for one in _READS_OF_TEAM_PIPELINES):
            found = response.json
            response.json = [first(item) for item in found] if isinstance(found, list) else first(found)
        return response

    return bug  # type: ignore[return-value]


DEPENDENTS = {
    "the former URL of a pipeline in its teams": remembering(
        "getTeamPipeline",
        OTHER,
        EFFECTS,
        former_url_in_teams,
        include=(*_PIPELINES, "updatePipeline", *_TEAM_PIPELINES),
    ),
    "new steps of a template reach one pipeline": remembering(
        "getPipeline",
        "effect_missing",
        EFFECTS,
        first_template_only,
        include=(*_PIPELINES, "updatePipeline", *_TEMPLATES),
    ),
    "labels are only removed together": server(
        "updateTestLabels",
        "effect_missing",
        EFFECTS,
        no_label_or_all,  # type: ignore[arg-type]
        include=("listTests", "getTest"),
    ),
    "an archived pipeline loses its teams": server(
        "getTeamPipeline",
        OTHER,
        EFFECTS,
        archived_without_teams,  # type: ignore[arg-type]
        include=(*_PIPELINES, *_TEAM_PIPELINES),
    ),
    "a renamed pipeline processes webhooks again": server(
        "getGithubWebhooks",
        OTHER,
        EFFECTS,
        renamed_with_webhooks,  # type: ignore[arg-type]
        include=(*_PIPELINES, "updatePipeline", *_WEBHOOKS),
    ),
    "services of one provider can be enabled": server(
        "enableNotificationService",
        "effect_missing",
        EFFECTS,
        slack_only,  # type: ignore[arg-type]
        include=_SERVICES,
    ),
}
