"""Bugs in the meaning of a value: offsets of times, characters that are special elsewhere, and sizes in bytes."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from attrs import evolve
from tests.conformance.mutants.contents import of_texts
from tests.conformance.mutants.details import UNSENT
from tests.conformance.mutants.effect_bugs import JOB, PORTAL, SECRET, SECRETS, TEMPLATES, edits
from tests.conformance.mutants.filters import (
    AGENTS,
    ARTIFACTS,
    JOBS,
    Call,
    found,
    value,
)
from tests.conformance.mutants.kinds import (
    AGREEMENT,
    BUILDS,
    CLUSTER,
    EFFECTS,
    ORGANIZATION,
    PIPELINES,
    REFUSALS,
    REGISTRIES,
    SUITES,
    Mutant,
    body,
    on,
    server,
)
from tests.conformance.runner_support import Bug, Request, Response, change

ACCEPTED = "invalid_request_accepted"
REPOSITORIES = f"{ORGANIZATION}/repository_connections/*/repositories"


def spaced_urls(connection: dict[str, Any]) -> None:
    if (host := connection.get("host")) and host.get("url"):
        host["url"] = host["url"].replace(",", " ")


def without_offset(text: str) -> str:
    """Return a time as if it was in UTC."""
    return re.sub(r"[+-]\d\d:\d\d$", "Z", text)


def reversed_offset(text: str) -> str:
    """Return a time with the wrong sign of its offset."""
    return re.sub(r"[+-](?=\d\d:\d\d$)", lambda match: "-" if match[0] == "+" else "+", text)


def searching(path: str, name: str, key: str, pattern: Callable[[str], str]) -> Any:
    """The value of a parameter is a pattern, which the whole property must match."""

    async def bug(request: Request, call: Call) -> Response:
        query = dict(parse_qsl(request.query.decode()))
        if not request.matches("GET", path) or name not in query:
            return await call(request)
        matching = re.compile(pattern(query.pop(name)), re.DOTALL)
        paged = {} if path == REPOSITORIES else {"per_page": "100"}
        response = await call(evolve(request, query=urlencode(query | paged).encode()))
        if response.status == 200:
            envelope = response.json
            items = envelope["items"] if isinstance(envelope, dict) else envelope
            items[:] = [item for item in items if matching.fullmatch(str(item.get(key)))]
            response.json = envelope
            response.set_header(b"link", None)
        return response

    return bug


def like(text: str) -> str:
    """Return a pattern of SQL as a regular expression."""
    return re.escape(text).replace("%", ".*").replace("_", ".")


def containing(text: str) -> str:
    return f".*{re.escape(text)}.*"


def plain_environment(edit: Callable[[bytes], bytes]) -> Bug:
    """Edit the environments of jobs in plain text."""

    def wrong(request: Request, response: Response) -> None:
        is_environment = any(request.matches("GET", f"{JOB}/env{suffix}") for suffix in ("", ".txt"))
        if is_environment and (response.header(b"content-type") or b"").startswith(b"text/plain"):
            response.body = edit(response.body)

    return change(wrong)


def in_characters(name: str, most: int) -> Callable[[dict[str, Any]], Any]:
    """A text is measured in characters: a shorter one replaces one with too many bytes."""

    def edit(sent: dict[str, Any]) -> Any:
        text = sent.get(name)
        is_short = isinstance(text, str) and len(text) <= most < len(text.encode(errors="replace"))
        return sent | {name: "x"} if is_short else None

    return edit


def tags_in_characters(sent: dict[str, Any]) -> Any:
    limited = in_characters("mut.cause", 127)
    for one in sent["executions"] if isinstance(sent.get("executions"), list) else ():
        tags = one.get("tags") if isinstance(one, dict) else None
        if isinstance(tags, dict) and (short := limited(tags)) is not None:
            one["tags"] = short
    return sent


VALUE_FORMS: dict[str, Mutant] = {
    "form: offset of created_from ignored": found("listBuilds", value(BUILDS, "created_from", without_offset)),
    "form: offset of created_to reversed": found("listBuilds", value(BUILDS, "created_to", reversed_offset)),
    "form: offset of finished_from ignored": found(
        "listAllBuilds", value("/v2/builds", "finished_from", without_offset)
    ),
    "form: offset of expires_at ignored": server(
        "createClusterAgentToken",
        UNSENT,
        EFFECTS,
        edits("POST", f"{CLUSTER}/tokens", of_texts("expires_at", without_offset)),
    ),
    "form: packages by a pattern of SQL": found(
        "listPackages", searching(f"{REGISTRIES}/*/packages", "name", "name", like)
    ),
    "form: agents by a regular expression": found("listAgents", searching(AGENTS, "name", "name", str)),
    "form: pipelines by a pattern of SQL": found(
        "listPipelines", searching(PIPELINES, "name", "name", lambda text: f"(?i).*{like(text)}.*")
    ),
    "form: artifacts by a pattern of SQL": found(
        "listBuildArtifacts",
        searching(ARTIFACTS, "path", "path", lambda text: re.escape(text).replace(r"\*", ".*").replace("_", ".")),
    ),
    "form: repository by a part": found(
        "listConnectedRepositories", searching(REPOSITORIES, "repository", "full_name", containing)
    ),
    "form: jobs by a part of the key": found("listJobs", searching(JOBS, "step_key", "step_key", containing)),
    "form: a configuration without comments": server(
        "createPipelineTemplate",
        UNSENT,
        EFFECTS,
        edits("POST", TEMPLATES, of_texts("configuration", lambda text: re.sub(r"(?m)^#.*\n", "", text))),
    ),
    "form: a query without tabs": server(
        "updatePortal",
        UNSENT,
        EFFECTS,
        edits("PUT", PORTAL, of_texts("query", lambda text: text.expandtabs(2))),
        include=("createPortal", "getPortal"),
    ),
    "form: line breaks in a plain text": server(
        "getJobEnv",
        "media_type_wrong",
        EFFECTS,
        plain_environment(lambda text: text.replace(b"\\n", b"\n")),
        include=("retryJobInBuild",),
    ),
    "form: quotes in a plain text": server(
        "getJobEnv",
        "media_type_wrong",
        EFFECTS,
        plain_environment(lambda text: text.replace(b'\\"', b"'")),
        include=("createBuild",),
    ),
    "form: a secret in characters": server(
        "createClusterSecret", ACCEPTED, REFUSALS, edits("POST", SECRETS, in_characters("value", 8191))
    ),
    "form: a new secret in characters": server(
        "updateClusterSecretValue", ACCEPTED, REFUSALS, edits("PUT", f"{SECRET}/value", in_characters("value", 8191))
    ),
    "form: URLs with a space between them": server(
        "getRepositoryConnection",
        "undescribed_property",
        AGREEMENT,
        on("GET", "/v2/organizations/*/repository_connections/*", body(spaced_urls)),
    ),
    "form: tags in characters": server(
        "updateExecutionTags", ACCEPTED, REFUSALS, edits("PUT", f"{SUITES}/*/execution-tags", tags_in_characters)
    ),
}
