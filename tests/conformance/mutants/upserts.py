"""Bugs in creations that change an object with the same key, in the defaults beside other values, and in retries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from attrs import evolve
from tests.conformance.mutants.effect_bugs import JOB, PORTALS, TEMPLATE, TEST, edits, sent, with_body
from tests.conformance.mutants.kinds import (
    BUILD,
    EFFECTS,
    ORGANIZATION,
    PIPELINE,
    PIPELINES,
    REGISTRIES,
    STATUSES,
    Mutant,
    on,
    remembering,
    server,
)
from tests.conformance.runner_support import Bug, Request, Response, change

from buildkite_rest._base.json_values import as_object

Call = Callable[[Request], Awaitable[Response]]
Item = dict[str, Any]

NOTES = f"{BUILD}/annotations"
JOB_NOTES = (f"{JOB}/annotations", f"{BUILD}/jobs/*/annotations")
INVITATIONS = f"{ORGANIZATION}/invitations"
_NOTES = ("createBuild", "listBuildAnnotations", "deleteBuildAnnotation")
_JOB_NOTES = ("createBuild", "getBuild", "createJobAnnotationInBuild", "deleteJobAnnotation", "listJobAnnotations")
_TEMPLATES = ("createPipeline", "updatePipeline", "deletePipeline", "listPipelineTemplates", "createPipelineTemplate")
_RETRIES = ("getJob", "reprioritizeJob")
#: A character that makes another context, and that responses do not have.
_MARK = "\u200b"


def returned(response: Response) -> Any:
    """Return the JSON of a response, or None if it has another body."""
    return response.json if response.body.startswith((b"{", b"[")) else None


def marked(method: str, path: str, edit: Callable[[Item, int], Item]) -> Callable[[], Bug]:
    """Change the body that the server gets with a number that counts the requests, and remove marks from responses."""

    def make() -> Bug:
        count = 0

        async def bug(request: Request, call: Call) -> Response:
            nonlocal count
            if request.matches(method, path) and isinstance(value := sent(request), dict):
                count += 1
                request = with_body(request, edit(value, count))
            response = await call(request)
            response.body = response.body.replace(_MARK.encode(), b"").replace(rb"\u200b", b"")
            return response

        return bug  # type: ignore[return-value]

    return make


def default_context(body: Item, count: int) -> Item:
    """Each annotation without a context has a context of its own."""
    return body if body.get("context") else body | {"context": "default" + _MARK * count}


def context_of_build(body: Item, _: int) -> Item:
    """A context is another one with the path of the build."""
    return body | {"context": f"{body['context']}{_MARK}"} if isinstance(body.get("context"), str) else body


def only_last_appended() -> Bug:
    """A text is appended to the first one, also if another text was appended before."""
    first: dict[tuple[str, str], str] = {}

    async def bug(request: Request, call: Call) -> Response:
        body = sent(request)
        if request.matches("POST", NOTES) and isinstance(body, dict) and isinstance(body.get("body"), str):
            key = request.path, str(body.get("context"))
            if body.get("append") is True and key in first:
                request = with_body(request, body | {"append": False, "body": first[key] + body["body"]})
            else:
                first[key] = body["body"]
        return await call(request)

    return bug  # type: ignore[return-value]


def appended_to_deleted() -> Bug:
    """A text is appended to that of a deleted annotation of the context."""
    last: dict[tuple[str, str], str] = {}
    paths: dict[str, tuple[str, str]] = {}
    deleted: set[tuple[str, str]] = set()

    async def bug(request: Request, call: Call) -> Response:
        body = sent(request)
        is_creation = request.matches("POST", NOTES) and isinstance(body, dict)
        key = request.path, str(body.get("context")) if is_creation else ""
        if is_creation and body.get("append") is True and key in deleted:
            request = with_body(request, body | {"body": f"{last[key]}\n\n{body.get('body')}"})
        response = await call(request)
        if is_creation and response.status == 201:
            deleted.discard(key)
            last[key], paths[f"{request.path}/{response.json['id']}"] = str(body.get("body")), key
        if request.matches("DELETE", f"{NOTES}/*") and response.status == 204 and request.path in paths:
            deleted.add(paths[request.path])
        return response

    return bug  # type: ignore[return-value]


def urgent_errors(body: Item) -> Item | None:
    """Errors have another priority than other annotations unless they have one in the request."""
    return body | {"priority": 10} if body.get("style") == "error" and "priority" not in body else None


def optional_for_administrators(body: Item) -> Item | None:
    """Single sign-on is optional for new administrators unless the request says otherwise."""
    return body | {"sso_mode": "optional"} if body.get("role") == "admin" and "sso_mode" not in body else None


def token_of_former_portal() -> Bug:
    """A new portal has the token of a former one with its slug."""
    tokens: dict[str, str] = {}

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("POST", PORTALS) and response.status == 201:
            response.json = response.json | {"token": tokens.setdefault(response.json["slug"], response.json["token"])}
        return response

    return bug  # type: ignore[return-value]


def retried_without_priority() -> Bug:
    """The retry of a job has the usual priority."""
    retries: set[str] = set()

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        found = returned(response)
        if request.matches("PUT", f"{JOB}/retry") and response.status == 200:
            retries.add(found["id"])
        if isinstance(found, dict) and found.get("id") in retries and "priority" in found:
            response.json = found | {"priority": {"number": 0}}
        return response

    return bug  # type: ignore[return-value]


def not_retried(when: Callable[[Item], object]) -> Bug:
    """Some jobs cannot be retried."""

    async def bug(request: Request, call: Call) -> Response:
        if request.matches("PUT", f"{JOB}/retry"):
            path = request.path.removesuffix("/retry")
            job = await call(evolve(request, method="GET", path=path, query=b"", body=b""))
            if job.status == 200 and when(job.json):
                return Response(400, job.headers, b'{"message": "This job has already been retried"}')
        return await call(request)

    return bug  # type: ignore[return-value]


def once_at_most(response: Response) -> None:
    """No job has more than one retry before it."""
    found = returned(response)
    if isinstance(found, dict) and (found.get("retries_count") or 0) > 1:
        response.json = found | {"retries_count": 1}


async def skipped_is_canceled(request: Request, call: Call) -> Response:
    """A skipped build can be canceled."""
    response = await call(request)
    if request.matches("PUT", f"{BUILD}/cancel") and response.status == 422:
        path = request.path.removesuffix("/cancel")
        found = await call(evolve(request, method="GET", path=path, query=b"", body=b""))
        return found if found.status == 200 and found.json["state"] == "skipped" else response
    return response


def cleared_labels(body: Item) -> Item | None:
    """A list without labels means all labels that were added by a run."""
    labels = ["Conformance-Check", "Conformance-Check 2"]
    return {"operator": "remove", "labels": labels} if body.get("labels") == [] else None


async def ten_tags_refused(request: Request, call: Call) -> Response:
    """An execution can have nine tags."""
    entries = (sent(request) or {}).get("executions") if request.method == "PUT" else None
    if isinstance(entries, list) and any(
        len(each.get("tags") or ()) == 10 for each in entries if isinstance(each, dict)
    ):
        return Response(422, [(b"content-type", b"application/json")], b'{"message": "Too many tags"}')
    return await call(request)


async def deleted_by_prefix(request: Request, call: Call) -> Response:
    """Portals whose slugs begin with that of a deleted one are deleted with it."""
    response = await call(request)
    if request.matches("DELETE", f"{PORTALS}/*") and response.status == 204:
        portals, _, slug = request.path.rpartition("/")
        for each in (await call(evolve(request, method="GET", path=portals, query=b"", body=b""))).json:
            if each["slug"].startswith(slug):
                await call(evolve(request, path=f"{portals}/{each['slug']}"))
    return response


def exchanged_template_is_held() -> Bug:
    """A template that was exchanged for another one in a pipeline stays assigned to it."""
    present: dict[str, str | None] = {}
    held: set[str | None] = set()

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        found = returned(response)
        if request.matches("POST", PIPELINES) and response.status == 201:
            present[f"{request.path}/{found['slug']}"] = found["pipeline_template_uuid"]
        if request.matches("PATCH", PIPELINE) and response.status == 200:
            new, old = found["pipeline_template_uuid"], present.get(request.path)
            held.update({old} - {new, None} if new is not None else ())
            present[request.path] = new
        if request.matches("DELETE", TEMPLATE) and response.status == 204 and request.path.rpartition("/")[2] in held:
            response.status, response.json = 422, {"message": "The pipeline template is assigned to a pipeline"}
            response.set_header(b"content-type", b"application/json")
        return response

    return bug  # type: ignore[return-value]


def builds_forks(body: Item) -> Item | None:
    """A new pipeline builds pull requests from forks unless it has other settings."""
    return body | {"provider_settings": {"build_pull_request_forks": True}} if "provider_settings" not in body else None


def enabled_long_ago(request: Request, response: Response) -> None:
    """Advanced queue metrics were enabled when the organization was created."""
    found = returned(response)
    if isinstance(found, dict) and as_object(found.get("advanced_queue_metrics")).get("enabled_at"):
        metrics = found["advanced_queue_metrics"] | {"enabled_at": "2024-02-01T09:30:00.000Z"}
        response.json = found | {"advanced_queue_metrics": metrics}


def merged_policies() -> Bug:
    """A new policy leaves the statements for other issuers in place."""
    former: dict[str, list[Any]] = {}

    async def bug(request: Request, call: Call) -> Response:
        body = sent(request)
        policy = body.get("oidc_policy") if isinstance(body, dict) else None
        if request.matches("POST", f"{REGISTRIES}/*") and isinstance(policy, list):
            known = {str(as_object(each).get("iss")) for each in policy}
            kept = [each for each in former.get(request.path, []) if str(as_object(each).get("iss")) not in known]
            response = await call(with_body(request, body | {"oidc_policy": [*policy, *kept]}))
            former[request.path] = policy if response.status == 200 else former.get(request.path, [])
            return response
        return await call(request)

    return bug  # type: ignore[return-value]


UPSERTS: dict[str, Mutant] = {
    "upsert: each default context is another one": remembering(
        "createBuildAnnotation", "conflict_accepted", EFFECTS, marked("POST", NOTES, default_context), include=_NOTES
    ),
    "upsert: a context per path": remembering(
        "createJobAnnotation",
        "conflict_accepted",
        EFFECTS,
        marked("POST", JOB_NOTES[1], context_of_build),
        include=_JOB_NOTES,
    ),
    "upsert: the last text is appended to the first": remembering(
        "createBuildAnnotation", "effect_missing", EFFECTS, only_last_appended, include=_NOTES
    ),
    "upsert: a text is appended to a deleted one": remembering(
        "createBuildAnnotation", "creation_not_recorded", EFFECTS, appended_to_deleted, include=_NOTES
    ),
    "upsert: errors have another priority": server(
        "createBuildAnnotation", "default_not_applied", EFFECTS, edits("POST", NOTES, urgent_errors), include=_NOTES
    ),
    "invitation: administrators need no single sign-on": server(
        "createOrganizationInvitations",
        "default_not_applied",
        EFFECTS,
        edits("POST", INVITATIONS, optional_for_administrators),
        include=("getOrganizationInvitation", "revokeOrganizationInvitation"),
    ),
    "portal: the token of a former portal": remembering(
        "createPortal", "secret_returned_again", EFFECTS, token_of_former_portal, include=("getPortal", "deletePortal")
    ),
    "portal: a deletion removes those with longer slugs": server(
        "getPortal",
        "other_object_changed",
        EFFECTS,
        deleted_by_prefix,  # type: ignore[arg-type]
        include=("createPortal", "listPortals", "deletePortal"),
    ),
    "retry: a retried job loses its priority": remembering(
        "retryJob", "effect_missing", EFFECTS, retried_without_priority, include=_RETRIES
    ),
    "retry: a retry cannot be retried": server(
        "retryJob", "effect_missing", EFFECTS, not_retried(lambda job: job.get("retry_source")), include=_RETRIES
    ),
    "retry: a job that failed softly cannot be retried": server(
        "retryJob", "effect_missing", EFFECTS, not_retried(lambda job: job.get("soft_failed")), include=_RETRIES
    ),
    "retry: one retry is counted": server(
        "retryJob", "effect_missing", EFFECTS, on("PUT", f"{JOB}/retry", once_at_most), include=_RETRIES
    ),
    "cancel: a skipped build is canceled": server(
        "cancelBuild",
        "documented_refusal",
        STATUSES,
        skipped_is_canceled,  # type: ignore[arg-type]
        include=("getBuild", "listBuilds"),
    ),
    "labels: an empty list means all": server(
        "updateTestLabels", "effect_missing", EFFECTS, edits("PATCH", f"{TEST}/labels", cleared_labels)
    ),
    "tags: ten tags are refused": server(
        "updateExecutionTags",
        "effect_missing",
        EFFECTS,
        ten_tags_refused,  # type: ignore[arg-type]
    ),
    "template: an exchanged one stays assigned": remembering(
        "deletePipelineTemplate", "documented_refusal", STATUSES, exchanged_template_is_held, include=_TEMPLATES
    ),
    "pipeline: a new one builds forks": server(
        "createPipeline", "default_not_applied", EFFECTS, edits("POST", PIPELINES, builds_forks)
    ),
    "settings: metrics were enabled long ago": server(
        "enableAdvancedQueueMetrics",
        "effect_missing",
        EFFECTS,
        change(enabled_long_ago),
        include=("getOrganizationPipelineSettings",),
    ),
    "registry: a policy keeps statements of the former one": remembering(
        "updateRegistry",
        "value_not_persisted",
        EFFECTS,
        merged_policies,
        include=("createRegistry", "getRegistry", "deleteRegistry"),
    ),
}
