"""Wrong items in lists."""

import re
from datetime import datetime, timedelta
from urllib.parse import quote

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.sixth_set_b_support import A_BUILD, ORG, PAGES, RETRIED, WEB, fetched

MUTANTS = Mutants()

BUILDS = "/v2/organizations/{org}/pipelines/{pipeline}/builds"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)"
SCHEDULES = "/v2/organizations/{org}/pipelines/{pipeline}/schedules"


def finished_at_the_time(http: httpx.Client) -> None:
    build = http.get(RETRIED).json()
    found = http.get(f"{ORG}/builds", params={"finished_from": build["finished_at"], "per_page": 100}).json()
    found += http.get(
        f"{ORG}/builds", params={"finished_from": build["finished_at"], "per_page": 100, "page": 2}
    ).json()
    assert build["id"] in [each["id"] for each in found]


@MUTANTS.plant(
    "lists",
    operations="listOrganizationBuilds",
    title="`finished_from` leaves out the builds that finished at exactly that time",
    source=f"{PAGES}/_builds_list_query_strings.md: builds finished on or after the given time",
    witness=finished_at_the_time,
)
async def finished_after_b(server: Server, request: Request) -> Response:
    given = request.params.get("finished_from", [""])[-1]
    if request.values("GET", "/v2/organizations/{org}/builds") is None or not re.fullmatch(TIME, given):
        return await server.call(request)
    try:
        later = (datetime.fromisoformat(given) + timedelta(milliseconds=1)).isoformat()
    except (ValueError, OverflowError):
        return await server.call(request)
    request.params["finished_from"] = [later]
    response = await server.call(request)
    if "link" in response.headers:
        response.headers["link"] = response.headers["link"].replace(quote(later, safe=""), quote(given, safe=""))
    return response


def finished_states(http: httpx.Client) -> None:
    states = set()
    for page in range(1, 5):
        found = http.get(f"{WEB}/builds", params={"state": "finished", "per_page": 100, "page": page}).json()
        states |= {each["state"] for each in found}
    assert "canceled" in states


@MUTANTS.plant(
    "lists",
    operations="listAllBuilds listOrganizationBuilds listBuilds",
    title="the state `finished` leaves out canceled builds",
    source=f"{PAGES}/_builds_list_query_strings.md: `finished` is a shortcut for passed, failed, blocked, canceled",
    witness=finished_states,
)
async def canceled_is_not_finished_b(server: Server, request: Request) -> Response:
    is_list = request.path.endswith("/builds") and request.method == "GET"
    if not is_list or request.params.get("state") != ["finished"]:
        return await server.call(request)
    del request.params["state"]
    request.params["state[]"] = ["passed", "failed", "blocked"]
    response = await server.call(request)
    if "link" in response.headers:
        response.headers["link"] = re.sub(
            r"state(?:%5B%5D|\[\])=passed.*?blocked", "state=finished", response.headers["link"]
        )
    return response


def latest_attempts(http: httpx.Client) -> None:
    items = http.get(f"{RETRIED}/jobs", params={"include_retried_jobs": "false"}).json()["items"]
    assert not any(job.get("retried") for job in items)


@MUTANTS.plant(
    "lists",
    operations="listJobs",
    title="`include_retried_jobs=false` returns the first attempt for each step",
    source=f"{PAGES}/jobs.md: set to `false` to return only the most recent attempt for each step",
    witness=latest_attempts,
)
async def first_attempts_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    values = request.values("GET", f"{A_BUILD}/jobs")
    body = response.json
    if values and request.params.get("include_retried_jobs") == ["false"] and response.status == 200:
        for n in range(len(body["items"])):
            while source := body["items"][n].get("retry_source"):
                body["items"][n] = (await fetched(server, request, f"{request.path}/{source['job_id']}")).json
        response.json = body
    return response


def version_of_agents(http: httpx.Client) -> None:
    assert http.get(f"{ORG}/agents", params={"version": "3.98"}).json() == []


@MUTANTS.plant(
    "lists",
    operations="listAgents",
    title="`version` also finds agents whose version begins with the value",
    source=f"{PAGES}/agents.md: filters the results by the given exact version number",
    witness=version_of_agents,
)
async def prefix_of_version_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    version = request.params.get("version", [""])[0]
    is_list = request.values("GET", "/v2/organizations/{org}/agents") is not None
    if is_list and version and response.status == 200 and response.json == []:
        agents = (await fetched(server, request, request.path, per_page="100")).json
        response.json = [agent for agent in agents if (agent["version"] or "").startswith(version)][:30]
    return response


def teams_of_user(http: httpx.Client) -> None:
    user = http.get("/v2/user").json()["id"]
    found = {team["slug"] for team in http.get(f"{ORG}/teams", params={"user_id": user}).json()}
    assert found == {"everyone", "frontend"}


@MUTANTS.plant(
    "lists",
    operations="listTeams",
    title="`user_id` finds only the teams that the user maintains",
    source=f"{PAGES}/teams.md: teams that have the given user as a member",
    witness=teams_of_user,
)
async def maintained_teams_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    user = request.params.get("user_id", [""])[0]
    if request.values("GET", "/v2/organizations/{org}/teams") and user and response.status == 200:
        kept = []
        for team in response.json:
            member = (await fetched(server, request, f"{request.path}/{team['id']}/members/{user}")).json
            if isinstance(member, dict) and member.get("role") == "maintainer":
                kept.append(team)
        response.json = kept
    return response


def all_emojis(http: httpx.Client) -> None:
    emojis = http.get(f"{ORG}/emojis").json()
    assert http.get(f"{ORG}/emojis", params={"per_page": 2}).json() == emojis


@MUTANTS.plant(
    "lists",
    operations="listEmojis",
    title="the list of emojis has pages if a size is requested",
    source=f"{PAGES}/emojis.md: this list is not paginated",
    witness=all_emojis,
)
async def pages_of_emojis_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    size = request.params.get("per_page", [""])[0]
    if request.values("GET", "/v2/organizations/{org}/emojis") and size.isdecimal() and response.status == 200:
        response.json = response.json[: int(size)]
    return response


def order_of_schedules(http: httpx.Client) -> None:
    before = [each["id"] for each in http.get(f"{WEB}/schedules").json()]
    assert http.put(f"{WEB}/schedules/{before[-1]}", json={"label": "Moved"}).is_success
    assert [each["id"] for each in http.get(f"{WEB}/schedules").json()] == before


@MUTANTS.plant(
    "lists",
    operations="listPipelineSchedules updatePipelineSchedule",
    title="an updated schedule moves to the beginning of the list",
    source=f"{PAGES}/pipeline_schedules.md: with the most recently created first",
    witness=order_of_schedules,
)
async def recently_updated_first_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    updated: list[str] = server.memory.setdefault("updated", [])
    if (values := request.values("PUT", f"{SCHEDULES}/{{id}}")) and response.status == 200:
        server.memory["updated"] = [values["id"], *(each for each in updated if each != values["id"])]
    elif request.values("GET", SCHEDULES) and response.status == 200:
        ranks = {each: n for n, each in enumerate(updated)}
        response.json = sorted(response.json, key=lambda item: ranks.get(item["id"], len(ranks)))
    return response
