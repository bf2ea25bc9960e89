"""Bugs in lists: filters, order and pages."""

import re

import httpx
from tests.conformance.planted.fourth_set_b_support import ANALYTICS, HOSTED, ORG, VERSION, path_values, send
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def teams_of_member(http: httpx.Client) -> None:
    user = "01920000-0001-7002-8000-000000000002"
    of_user = {each["id"] for each in http.get(f"{ORG}/teams", params={"user_id": user}).json()}
    for team in http.get(f"{ORG}/teams").json():
        members = http.get(f"{ORG}/teams/{team['id']}/members").json()
        assert (team["id"] in of_user) == (user in {each["user_id"] for each in members})


@MUTANTS.plant(
    "lists",
    operations="listTeams",
    title="the filter `user_id` returns only teams that the user maintains",
    source="pages/apis/rest_api/teams.md: user_id, teams that have the given user as a member",
    witness=teams_of_member,
)
async def only_maintained_teams(server: Server, request: Request) -> Response:
    response = await server.call(request)
    users = request.params.get("user_id")
    if path_values(request, "/v2/organizations/{org}/teams") and users and response.status == 200:
        maintained = []
        for team in response.json:
            member = await send(server, request, "GET", f"{request.path}/{team['id']}/members/{users[0]}")
            if (member.json or {}).get("role") == "maintainer":
                maintained.append(team)
        response.json = maintained
    return response


def revoked_invitation_is_not_listed(http: httpx.Client) -> None:
    sent = {"emails": ["revoked@elsewhere.example"], "sso_mode": "required"}
    (invitation,) = http.post(f"{ORG}/invitations", json=sent).json()
    assert http.delete(f"{ORG}/invitations/{invitation['id']}").status_code == 204
    listed = http.get(f"{ORG}/invitations").json()["items"]
    assert {each["state"] for each in listed} == {"pending"}


@MUTANTS.plant(
    "lists",
    operations="listOrganizationInvitations revokeOrganizationInvitation",
    title="a revoked invitation is still listed",
    source="pages/apis/rest_api/organizations/invitations.md: does not include accepted, revoked, or expired",
    witness=revoked_invitation_is_not_listed,
)
async def revoked_is_listed(server: Server, request: Request) -> Response:
    response = await server.call(request)
    revoked = server.memory.setdefault("revoked", {})
    if request.values("DELETE", "/v2/organizations/{org}/invitations/{id}") and response.status == 204:
        found = await send(server, request, "GET", request.path)
        revoked.setdefault(request.path.rsplit("/", 1)[0], []).append(found.json)
    if path_values(request, "/v2/organizations/{org}/invitations") and response.status == 200:
        body = response.json
        if "next" not in body["links"] and None not in revoked.get(request.path, []):
            items = body["items"] + revoked.get(request.path, [])
            body["items"] = sorted(items, key=lambda each: each["created_at"], reverse=True)
            response.json = body
    return response


def one_volume_for_each_tag(http: httpx.Client) -> None:
    tags = [each["tag"] for each in http.get(f"{HOSTED}/cache_volumes").json()]
    assert tags
    assert len(tags) == len(set(tags))


@MUTANTS.plant(
    "lists",
    operations="listClusterCacheVolumes",
    title="the list of cache volumes also has older volumes of a tag",
    source="pages/apis/rest_api/clusters/cache_volumes.md: the latest detached cache volume for each tag",
    witness=one_volume_for_each_tag,
)
async def older_volumes(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = path_values(request, "/v2/organizations/{org}/clusters/{cluster}/cache_volumes")
    if found is not None and response.status == 200 and response.json:
        body = response.json
        earlier = {
            "id": f"{body[0]['id'][:-4]}0a1b",
            "created_at": "2025-10-02T09:00:00.000Z",
            "attached_at": "2025-11-20T09:00:00.000Z",
            "detached_at": "2025-11-20T09:10:00.000Z",
        }
        response.json = [*body, {**body[0], **earlier}]
    return response


def images_are_sorted_by_name(http: httpx.Client) -> None:
    names = [each["name"] for each in http.get(f"{HOSTED}/agent-images").json()]
    assert names == sorted(names)


@MUTANTS.plant(
    "lists",
    operations="listClusterAgentImages",
    title="agent images are sorted by id",
    source="pages/apis/rest_api/clusters/agent_images.md: sorted alphabetically by name",
    witness=images_are_sorted_by_name,
)
async def images_by_id(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = path_values(request, "/v2/organizations/{org}/clusters/{cluster}/agent-images")
    if found is not None and response.status == 200:
        response.json = sorted(response.json, key=lambda each: each["id"])
    return response


def excluded_label_is_missing(http: httpx.Client) -> None:
    found = http.get(f"{ANALYTICS}/suites/rspec/tests", params={"labels": "!flaky"}, headers=VERSION).json()
    assert found
    assert not any("flaky" in test["labels"] for test in found)


@MUTANTS.plant(
    "lists",
    operations="listTests",
    title="labels that `labels` excludes are ignored",
    source="pages/apis/rest_api/test_engine/tests.md: ! Not equal, labels=foo,!bar",
    witness=excluded_label_is_missing,
)
async def no_excluded_labels(server: Server, request: Request) -> Response:
    template = "/v2/analytics/organizations/{org}/suites/{suite}/tests"
    if path_values(request, template) is not None and "labels" in request.params:
        labels = request.params["labels"][0].split(",")
        request.params["labels"] = [",".join(each for each in labels if not each.startswith("!"))]
        if not request.params["labels"][0]:
            del request.params["labels"]
    return await server.call(request)


def page_has_thirty_events(http: httpx.Client) -> None:
    assert len(http.get(f"{ORG}/audit_events").json()["items"]) == 30


@MUTANTS.plant(
    "lists",
    operations="listAuditEvents",
    title="a page without `per_page` has 25 audit events",
    source="pages/apis/rest_api/organizations/audit_events.md: per_page, Defaults to 30",
    witness=page_has_thirty_events,
)
async def short_default_page(server: Server, request: Request) -> Response:
    if path_values(request, "/v2/organizations/{org}/audit_events") is None or "per_page" in request.params:
        return await server.call(request)
    request.params["per_page"] = ["25"]
    response = await server.call(request)
    response.body = re.sub(rb"\?per_page=25(?=\")|&per_page=25|(?<=\?)per_page=25&", b"", response.body)
    if "link" in response.headers:
        link = re.sub(r"\?per_page=25(?=>)|&per_page=25|(?<=\?)per_page=25&", "", response.headers["link"])
        response.headers["link"] = link
    return response
