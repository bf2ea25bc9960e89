"""Bugs in headers of responses."""

from __future__ import annotations

import re
from typing import Any, Final

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.sixth_set_a_support import ACME, ACME_PACKAGES, ORG, matches, send

MUTANTS: Final = Mutants()
LOGS: Final = (f"{ORG}/jobs/{{job}}/log", f"{ORG}/pipelines/{{pipeline}}/builds/{{number}}/jobs/{{job}}/log")


def _finished_job(http: httpx.Client) -> dict[str, Any]:
    builds = http.get(f"{ACME}/pipelines/web/builds", params={"state": "passed"}).json()
    return next(job for job in builds[0]["jobs"] if job["type"] == "script" and job["state"] == "passed")


def range_of_tail(http: httpx.Client) -> None:
    path = f"{ACME}/jobs/{_finished_job(http)['id']}/log"
    size = int(http.head(path).headers["content-length"])
    found = http.get(path, headers={"Accept": "text/plain", "Range": "bytes=-10"})
    assert found.status_code == 206
    assert found.headers["content-range"] == f"bytes {size - 10}-{size - 1}/{size}"


@MUTANTS.plant(
    "headers",
    operations="getJobLog getJobLogInBuild",
    title="the range of the tail of a log is counted from zero",
    source="jobs.md: Content-Range: the byte range returned and total log size (bytes 900-999/1000)",
    witness=range_of_tail,
)
async def range_from_zero_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", *LOGS) and response.status == 206:
        total = response.headers["content-range"].rpartition("/")[2]
        response.headers["content-range"] = f"bytes 0-{len(response.body) - 1}/{total}"
    return response


def uncached_session(http: httpx.Client) -> None:
    for build in http.get(f"{ACME}/builds", params={"state": "running"}).json():
        for job in build["jobs"]:
            session = http.post(f"{ACME}/jobs/{job['id']}/ssh-session")
            assert session.status_code != 200 or session.headers.get("cache-control") == "no-store"


@MUTANTS.plant(
    "headers",
    operations="createSshSession",
    title="the credentials of an SSH session may be cached privately",
    source="jobs.md: Create an SSH session: The response includes the Cache-Control: no-store header.",
    witness=uncached_session,
)
async def private_session_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "POST", f"{ORG}/jobs/{{job}}/ssh-session") and response.status == 200:
        response.headers["cache-control"] = "private"
    return response


def links_of_events(http: httpx.Client) -> None:
    first = http.get(f"{ACME}/audit_events", params={"per_page": 5}).json()
    page = http.get(first["links"]["next"])
    links = {name: link["url"] for name, link in page.links.items()}
    assert links == {name: url for name, url in page.json()["links"].items() if name != "self"}


@MUTANTS.plant(
    "headers",
    operations="listAuditEvents",
    title="the header of a page has no link to the first page, unlike its body",
    source="organizations/audit_events.md: The response also includes these links in the HTTP Link header.",
    witness=links_of_events,
)
async def no_first_event_link_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", f"{ORG}/audit_events") and "link" in response.headers:
        links = [link for link in response.headers.pop("link").split(", ") if 'rel="first"' not in link]
        response.headers |= {"link": ", ".join(links)} if links else {}
    return response


def links_of_teams(http: httpx.Client) -> None:
    user = http.get(f"{ACME}/members").json()[0]["id"]
    page = http.get(f"{ACME}/teams", params={"user_id": user, "per_page": 1})
    assert user in page.links["next"]["url"]


@MUTANTS.plant(
    "headers",
    operations="listTeams",
    title="links of a filtered list of teams lead to the list of all teams",
    source="rest_api.md: Pagination; teams.md: user_id",
    witness=links_of_teams,
)
async def link_forgets_user_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", f"{ORG}/teams") and "link" in response.headers:
        link = re.sub(r"([?&])user_id=[^&>]*&?", r"\1", response.headers["link"])
        response.headers["link"] = re.sub(r"[?&]>", ">", link)
    return response


def limits_of_errors(http: httpx.Client) -> None:
    found = http.get(f"{ACME}/clusters/01920000-0000-7004-8000-0000000000ff")
    assert found.status_code == 404
    assert {"ratelimit-remaining", "ratelimit-user-remaining"} <= set(found.headers)


@MUTANTS.plant(
    "headers",
    operations="getCluster getTeam getTestSuite getRegistry getBuild",
    title="errors have only the rate limit of the organization, not that of the user",
    source="rate_limits.md: Every API response includes two independent sets of rate limit headers",
    witness=limits_of_errors,
)
async def no_user_limit_on_errors_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status in (404, 422):
        response.headers = {
            name: value for name, value in response.headers.items() if not name.startswith("ratelimit-user-")
        }
    return response


def size_of_log(http: httpx.Client) -> None:
    path = f"{ACME}/jobs/{_finished_job(http)['id']}/log"
    assert int(http.head(path).headers["content-length"]) == http.get(path).json()["size"]


@MUTANTS.plant(
    "headers",
    operations="headJobLog headJobLogInBuild",
    title="the size of a log that HEAD returns is that of its JSON representation",
    source="jobs.md: Content-Length: the total size of the raw stored log bytes",
    witness=size_of_log,
)
async def size_of_json_log_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "HEAD", *LOGS) and response.status == 200:
        whole = await send(server, request, "GET", request.path)
        response.headers["content-length"] = str(len(whole.body))
    return response


def exposed_headers(http: httpx.Client) -> None:
    found = http.get(f"{ACME_PACKAGES}/registries/gems/packages", params={"per_page": 2})
    assert found.headers.get("access-control-expose-headers") == "Link"


@MUTANTS.plant(
    "headers",
    operations="listPackages",
    title="the list of packages does not allow a browser to read its links",
    source="rest_api.md: CORS headers: Access-Control-Expose-Headers: Link",
    witness=exposed_headers,
)
async def hidden_package_links_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.path.startswith("/v2/packages/") and request.path.endswith("/packages"):
        response.headers.pop("access-control-expose-headers", None)
    return response
