"""Mistakes in the spec, compared with the unchanged mock server."""

from collections.abc import Callable
from typing import Any

from tests.conformance.mutants.kinds import ACCESS, COVERAGE, EXAMPLES, LIFECYCLE, LISTS, NEVER, WRITING, Mutant

Document = dict[str, Any]

STATUS, SCHEMA = "status_code_conformance", "response_schema_conformance"
HEADERS, TYPE = "response_headers_conformance", "content_type_conformance"
REFUSED, ACCEPTED = "positive_data_acceptance", "negative_data_rejection"

ORG = "/v2/organizations/{org}"
TEAMS, PIPELINES = f"{ORG}/teams", f"{ORG}/pipelines"
BUILDS = f"{PIPELINES}/{{pipeline}}/builds"
JOBS = f"{BUILDS}/{{number}}/jobs"


def wrong(
    operation: str, check: str | None, options: tuple[str, ...], edit: Callable[[Document], object], **more: Any
) -> Mutant:
    return Mutant(operation, check, options, edit=lambda document: _ignore(edit(document)), **more)


def _ignore(value: object) -> None:
    """Ignore the result of an edit."""


def schema(document: Document, name: str) -> Document:
    return document["components"]["schemas"][name]


def prop(document: Document, name: str, key: str) -> Document:
    return schema(document, name)["properties"][key]


def operation(document: Document, path: str, method: str = "get") -> Document:
    return document["paths"][path][method]


def responses(document: Document, path: str, method: str = "get") -> Document:
    return operation(document, path, method)["responses"]


def rename(node: Document, old: str, new: str) -> None:
    node[new] = node.pop(old)


def parameter(document: Document, path: str, name: str) -> Document:
    """Return a parameter as the operation's own, so that no other operation is changed."""
    parameters = operation(document, path)["parameters"]
    for index, found in enumerate(parameters):
        resolved = found
        if "$ref" in found:
            resolved = document["components"]["parameters"][found["$ref"].rpartition("/")[2]]
        if resolved["name"] == name:
            parameters[index] = {**resolved, "schema": {**resolved["schema"]}}
            return parameters[index]
    raise KeyError(name)


def without_enum_value(document: Document, name: str, value: str) -> None:
    values = schema(document, name)["enum"]
    values.remove(value)


def closed(document: Document, name: str, missing: str) -> None:
    closed_schema = schema(document, name)
    closed_schema["additionalProperties"] = False
    del closed_schema["properties"][missing]


def another_path(document: Document, old: str, new: str) -> None:
    rename(document["paths"], old, new)


def invented(document: Document) -> None:
    made = {**operation(document, f"{ORG}/emojis"), "operationId": "listGadgets"}
    document["paths"][f"{ORG}/gadgets"] = {"get": made}


def required_query(document: Document) -> None:
    made = {"name": "reason", "in": "query", "required": True, "schema": {"type": "string", "minLength": 1}}
    operation(document, f"{ORG}/agents")["parameters"].append(made)


def wrong_link(document: Document) -> None:
    link = responses(document, f"{ORG}/clusters", "post")["201"]["links"]["getCluster"]
    link["parameters"]["cluster_id"] = "$response.body#/name"


def header_of(document: Document, name: str) -> Document:
    return document["components"]["headers"][name]


def extra_header(document: Document) -> None:
    made = {"required": True, "schema": {"type": "string"}}
    responses(document, f"{ORG}/emojis")["200"]["headers"]["X-Request-Id"] = made


def optional_in_request(document: Document, name: str, key: str) -> None:
    schema(document, name)["required"].remove(key)
    body = operation(document, BUILDS, "post")["requestBody"]["content"]["application/json"]
    for example in body["examples"].values():
        example["value"].pop(key, None)


SPECS: dict[str, Mutant] = {
    "property of wrong type": wrong(
        "getUser", SCHEMA, EXAMPLES, lambda d: prop(d, "User", "name").update(type="integer")
    ),
    "property of wrong type in a list": wrong(
        "listTeams", SCHEMA, LISTS, lambda d: prop(d, "Team", "default").update(type="string")
    ),
    "required key that is not sent": wrong(
        "getTeam", SCHEMA, EXAMPLES, lambda d: schema(d, "Team")["required"].append("motto")
    ),
    "required key with another name": wrong(
        "listRules", SCHEMA, EXAMPLES, lambda d: schema(d, "Rule")["required"].append("id")
    ),
    "no null": wrong("getTeam", SCHEMA, EXAMPLES, lambda d: prop(d, "Team", "description").update(type="string")),
    "no null for a time": wrong(
        "getBuild", SCHEMA, EXAMPLES, lambda d: prop(d, "Build", "finished_at").update(type="string")
    ),
    "wrong format": wrong("getTeam", SCHEMA, EXAMPLES, lambda d: prop(d, "Team", "id").update(format="email")),
    "wrong pattern": wrong("getTeam", SCHEMA, EXAMPLES, lambda d: prop(d, "Team", "slug").update(pattern="^[A-Z]+$")),
    "enumeration without a value": wrong(
        "listOrganizationBuilds", SCHEMA, LISTS, lambda d: without_enum_value(d, "BuildState", "passed")
    ),
    "closed object without a property": wrong("getUser", SCHEMA, EXAMPLES, lambda d: closed(d, "User", "email")),
    "array documented as object": wrong(
        "listEmojis",
        SCHEMA,
        EXAMPLES,
        lambda d: responses(d, f"{ORG}/emojis")["200"]["content"]["application/json"].update(schema={"type": "object"}),
    ),
    "another success status": wrong(
        "createTeam", STATUS, WRITING, lambda d: rename(responses(d, TEAMS, "post"), "201", "202")
    ),
    "redirect documented as success": wrong(
        "getArtifactDownload",
        STATUS,
        EXAMPLES,
        lambda d: rename(responses(d, f"{ORG}/jobs/{{job_id}}/artifacts/{{artifact_id}}/download"), "302", "200"),
    ),
    "undocumented error": wrong(
        "getTeam", STATUS, COVERAGE, lambda d: responses(d, f"{TEAMS}/{{team_uuid}}").pop("404")
    ),
    "wrong content type": wrong(
        "getUser",
        TYPE,
        EXAMPLES,
        lambda d: rename(responses(d, "/v2/user")["200"]["content"], "application/json", "application/xml"),
    ),
    "content type omitted": wrong(
        "getJobLog",
        None,
        EXAMPLES,
        lambda d: responses(d, f"{ORG}/jobs/{{job_id}}/log")["200"]["content"].pop("text/html"),
        why="only documented content types are requested",
    ),
    "header that is not sent": wrong("listEmojis", HEADERS, EXAMPLES, extra_header),
    "header of wrong type": wrong(
        "getUser", HEADERS, EXAMPLES, lambda d: header_of(d, "RateLimit-Limit")["schema"].update(type="boolean")
    ),
    "operation that the server lacks": wrong("listGadgets", NEVER, EXAMPLES, invented),
    "wrong path": wrong("listTeams", NEVER, EXAMPLES, lambda d: another_path(d, TEAMS, f"{ORG}/team-list")),
    "wrong method": wrong(
        "updateTeam",
        STATUS,
        WRITING,
        lambda d: rename(d["paths"][f"{TEAMS}/{{team_uuid}}"], "patch", "put"),
    ),
    "method omitted": wrong(
        "getTeam", "allow_header_conformance", WRITING, lambda d: d["paths"][f"{TEAMS}/{{team_uuid}}"].pop("delete")
    ),
    "wrong name of a parameter": wrong(
        "listAgents",
        ACCEPTED,
        COVERAGE,
        lambda d: parameter(d, f"{ORG}/agents", "per_page").update(name="size"),
    ),
    "value that a parameter does not accept": wrong(
        "listJobs", REFUSED, COVERAGE, lambda d: parameter(d, JOBS, "per_page")["schema"].update(minimum=0)
    ),
    "parameter of wrong type": wrong(
        "listJobs",
        REFUSED,
        COVERAGE,
        lambda d: parameter(d, JOBS, "per_page").update(schema={"type": "string", "minLength": 1}),
    ),
    "smaller maximum": wrong(
        "listAgents",
        ACCEPTED,
        COVERAGE,
        lambda d: parameter(d, f"{ORG}/agents", "per_page")["schema"].update(maximum=50),
    ),
    "additional required parameter": wrong("listAgents", ACCEPTED, COVERAGE, required_query),
    "cursors documented as pages": wrong(
        "listJobs",
        "list_inconsistent",
        LISTS,
        lambda d: operation(d, f"{BUILDS}/{{number}}/jobs").update({"x-pagination": "link"}),
    ),
    "pages documented as cursors": wrong(
        "listAgents",
        "list_inconsistent",
        LISTS,
        lambda d: operation(d, f"{ORG}/agents").update({"x-pagination": "cursor"}),
    ),
    "token not needed": wrong("getUser", NEVER, EXAMPLES, lambda d: operation(d, "/v2/user").update(security=[])),
    "token needed": wrong(
        "getMeta", "ignored_auth", COVERAGE, lambda d: operation(d, "/v2/meta").update(security=[{"bearer": []}])
    ),
    "scope that is not needed": wrong(
        "getAccessToken",
        "scope_not_enforced",
        ACCESS,
        lambda d: operation(d, "/v2/access-token").update({"x-scopes": ["read_user"]}),
    ),
    "required field of a request omitted": wrong(
        "createBuild", REFUSED, WRITING, lambda d: optional_in_request(d, "BuildCreate", "branch")
    ),
    "longest name too short": wrong(
        "createTeam", ACCEPTED, WRITING, lambda d: prop(d, "TeamCreate", "name").update(maxLength=8)
    ),
    "optional field required": wrong(
        "createTeam", ACCEPTED, WRITING, lambda d: schema(d, "TeamCreate")["required"].append("description")
    ),
    "alias method omitted": wrong(
        "updateCluster",
        "allow_header_conformance",
        WRITING,
        lambda d: operation(d, f"{ORG}/clusters/{{cluster_id}}", "put").pop("x-alias-methods"),
    ),
    "link to the wrong property": wrong(
        "createCluster", "link_to_other_object", LIFECYCLE, wrong_link, include=("getCluster",)
    ),
    "unknown filter": wrong(
        "listAgents",
        None,
        COVERAGE,
        lambda d: parameter(d, f"{ORG}/agents", "hostname").update(name="machine"),
        why="the API ignores unknown parameters",
    ),
    "filter without one of its values": wrong(
        "listBuilds",
        None,
        COVERAGE,
        lambda d: parameter(d, BUILDS, "state").update(schema={"type": "string", "enum": ["passed", "failed"]}),
        why="only values that are invalid on purpose are tried, not ones that the spec omits",
    ),
    "request with a looser type": wrong(
        "createTeam",
        None,
        WRITING,
        lambda d: prop(d, "TeamCreate", "description").update(type=["string", "integer", "null"]),
        why="422 is documented, and a refusal because of the state of an object looks the same",
    ),
}
