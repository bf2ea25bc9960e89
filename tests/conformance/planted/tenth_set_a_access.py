"""Access that is granted or refused wrongly."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.tenth_set_a_support import (
    ACME,
    BUILD,
    PACKAGE,
    REGISTRIES,
    V2,
    WEB,
    derived,
    matches,
    script_job,
    token,
    with_token,
)

MUTANTS = Mutants()


def basic_authentication(http: httpx.Client) -> None:
    assert http.get("/v2/user", auth=("bkua_mock_all_scopes", "")).status_code == 401


@MUTANTS.plant(
    "access",
    operations="getUser",
    title="the token may be the user name of basic authentication",
    source="pages/apis/rest_api.md: API access using basic HTTP authentication is not supported",
    witness=basic_authentication,
)
async def user_name_is_token(server: Server, request: Request) -> Response:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name = b64decode(value).decode("latin-1").partition(":")[0]
        except Error:
            return await server.call(request)
        request = evolve(request, headers=request.headers | {"authorization": f"Bearer {name}"})
    return await server.call(request)


def public_meta(http: httpx.Client) -> None:
    assert httpx.get(f"{http.base_url}/v2/meta").status_code == 200


@MUTANTS.plant(
    "access",
    operations="getMeta",
    title="the meta information needs a token",
    source="pages/apis/rest_api/meta.md: It does not require authentication",
    witness=public_meta,
)
async def meta_needs_token(server: Server, request: Request) -> Response:
    if matches(request, "GET /v2/meta"):
        found = await server.call(derived(request, request.method, "/v2/access-token"))
        if found.status == 401:
            return found
    return await server.call(request)


def environment_as_text(http: httpx.Client) -> None:
    headers = token("no_scopes") | {"Accept": "text/plain"}
    assert http.get(f"{script_job(http)}/env", headers=headers).status_code == 403


@MUTANTS.plant(
    "access",
    operations="getJobEnv getJobEnvInBuild",
    title="the environment of a job as text needs no scope",
    source="pages/apis/rest_api/jobs.md: Get a job's environment variables: Required scope: read_job_env",
    witness=environment_as_text,
)
async def text_needs_no_scope_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    paths = (f"{V2}/jobs/{{job}}/env", f"{BUILD}/jobs/{{job}}/env")
    text = "text/plain" in request.headers.get("accept", "") and matches(request, *(f"GET {path}" for path in paths))
    if response.status == 403 and (text or matches(request, *(f"GET {path}.txt" for path in paths))):
        return await server.call(with_token(request, "all_scopes"))
    return response


def portals_need_scope_to_read(http: httpx.Client) -> None:
    assert http.get(f"{ACME}/portals", headers=token("limited_1")).status_code == 403


@MUTANTS.plant(
    "access",
    operations="listPortals getPortal",
    title="a token with `write_portals` can read portals without `read_portals`",
    source="pages/apis/rest_api/portals.md: List portals: Required scope: read_portals",
    witness=portals_need_scope_to_read,
)
async def writers_read_portals(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"GET {V2}/portals", f"GET {V2}/portals/{{portal}}") and response.status == 403:
        found = await server.call(derived(request, "GET", "/v2/access-token"))
        if found.status == 200 and "write_portals" in found.json["scopes"]:
            return await server.call(with_token(request, "all_scopes"))
    return response


def copy_needs_both_scopes(http: httpx.Client) -> None:
    package = http.get(f"{REGISTRIES}/gems/packages").json()["items"][0]["url"]
    found = http.post(f"{package}/copy", params={"to": "gems-stable"}, headers=token("limited_3"))
    assert found.status_code == 403


@MUTANTS.plant(
    "access",
    operations="copyPackage",
    title="copying a package does not need `read_packages`",
    source="pages/apis/rest_api/package_registries/packages.md: Required scopes: read_packages, write_packages",
    witness=copy_needs_both_scopes,
)
async def copy_needs_one_scope(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"POST {PACKAGE}/copy") and response.status == 403:
        found = await server.call(derived(request, "GET", "/v2/access-token"))
        if found.status == 200 and "write_packages" in found.json["scopes"]:
            return await server.call(with_token(request, "all_scopes"))
    return response


def webhook_url_needs_scope(http: httpx.Client) -> None:
    build = http.get(f"{WEB}/builds/3", headers=token("read_only")).json()
    assert build["pipeline"]["provider"]["webhook_url"] == ""


@MUTANTS.plant(
    "access",
    operations="getBuild",
    title="the webhook URL in a build does not need `write_pipelines`",
    source="pages/apis/rest_api/builds.md: Otherwise, the field returns with an empty string",
    witness=webhook_url_needs_scope,
)
async def build_shows_webhook_url(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.method == "GET" and matches(request, f"GET {BUILD}") and response.status == 200:
        shown = await server.call(with_token(request, "all_scopes"))
        if shown.status == 200 and "pipeline" in response.json and "pipeline" in shown.json:
            response.json = response.json | {"pipeline": shown.json["pipeline"]}
    return response
