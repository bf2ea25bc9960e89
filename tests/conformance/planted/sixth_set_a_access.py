"""Bugs in scopes and access."""

from __future__ import annotations

from typing import Final

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.sixth_set_a_support import (
    ACME,
    ACME_PACKAGES,
    ORG,
    PACKAGES,
    as_all_scopes,
    bearer,
    matches,
    send,
)
from tests.conformance.runner_support import TOKEN

MUTANTS: Final = Mutants()


def copy_without_read(http: httpx.Client) -> None:
    packages = f"{ACME_PACKAGES}/registries/gems/packages"
    package = http.get(packages).json()["items"][0]["id"]
    path = f"{packages}/{package}/copy"
    found = http.post(path, params={"to": "gems-stable"}, headers=bearer("limited_6"))
    assert found.status_code == 403


@MUTANTS.plant(
    "access",
    operations="copyPackage",
    title="write_packages alone is enough to copy a package",
    source="package_registries/packages.md: Copy a package: Required scopes: read_packages, write_packages",
    witness=copy_without_read,
)
async def copy_without_read_a(server: Server, request: Request) -> Response:
    if matches(request, "POST", f"{PACKAGES}/registries/{{registry}}/packages/{{id}}/copy"):
        return await as_all_scopes(server, request, "write_packages")
    return await server.call(request)


def log_of_others(http: httpx.Client) -> None:
    build = http.get(f"{ACME}/pipelines/web/builds", params={"state": "passed"}).json()[0]
    job = next(job["id"] for job in build["jobs"] if job["type"] == "script" and job["state"] == "passed")
    path = f"{ACME}/pipelines/web/builds/{build['number']}/jobs/{job}/log"
    assert http.delete(path, headers=bearer("limited_3")).status_code == 403


@MUTANTS.plant(
    "access",
    operations="deleteJobLogInBuild",
    title="below its build, the log of a job can be deleted with write_builds",
    source="jobs.md: Delete a job's log output: Required scope: write_build_logs",
    witness=log_of_others,
)
async def log_deleted_with_builds_a(server: Server, request: Request) -> Response:
    if matches(request, "DELETE", f"{ORG}/pipelines/{{pipeline}}/builds/{{number}}/jobs/{{job}}/log"):
        return await as_all_scopes(server, request, "write_builds")
    return await server.call(request)


def details_of_secret(http: httpx.Client) -> None:
    secrets = f"{ACME}/clusters/{http.get(f'{ACME}/clusters').json()[0]['id']}/secrets"
    secret = http.get(secrets).json()[0]["id"]
    assert http.get(f"{secrets}/{secret}", headers=bearer("limited_1")).status_code == 403


@MUTANTS.plant(
    "access",
    operations="getClusterSecret",
    title="read_clusters is enough to read the details of a secret",
    source="clusters/secrets.md: Get a secret: Required scope: read_secret_details",
    witness=details_of_secret,
)
async def secret_with_clusters_a(server: Server, request: Request) -> Response:
    if matches(request, "GET", f"{ORG}/clusters/{{cluster}}/secrets/{{id}}"):
        return await as_all_scopes(server, request, "read_clusters")
    return await server.call(request)


def invitation_of_others(http: httpx.Client) -> None:
    listed = http.get("/v2/organizations/globex/invitations", headers=bearer("globex")).json()["items"]
    assert http.get(f"{ACME}/invitations/{listed[0]['id']}").status_code == 404


@MUTANTS.plant(
    "access",
    operations="getOrganizationInvitation",
    title="an invitation can be read below another organization",
    source="organizations/invitations.md: 404 Not Found: belongs to a different organization",
    witness=invitation_of_others,
)
async def foreign_invitation_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = request.values("GET", f"{ORG}/invitations/{{id}}")
    if found is not None and found["org"] == "acme" and response.status == 404:
        path = f"/v2/organizations/globex/invitations/{found['id']}"
        headers = {**request.headers, "authorization": "Bearer bkua_mock_globex"}
        other = await server.call(evolve(request, path=path, headers=headers))
        if other.status == 200:
            other.body = other.body.replace(b"/organizations/globex/", b"/organizations/acme/")
            return other
    return response


def hidden_webhook(http: httpx.Client) -> None:
    for build in http.get(f"{ACME}/builds", headers=bearer("limited_3")).json():
        assert not build["pipeline"]["provider"].get("webhook_url")


@MUTANTS.plant(
    "access",
    operations="listOrganizationBuilds",
    title="builds of an organization show webhook URLs to a token without write_pipelines",
    source="builds.md: Webhook URL: Otherwise, the field returns with an empty string.",
    witness=hidden_webhook,
)
async def webhook_in_builds_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if not matches(request, "GET", f"{ORG}/builds") or response.status != 200:
        return response
    shown = evolve(request, headers={**request.headers, "authorization": f"Bearer {TOKEN}"})
    whole = await send(server, shown, "GET", f"{request.path.removesuffix('/builds')}/pipelines", per_page="100")
    if whole.status == 200:
        urls = {each["id"]: each["provider"].get("webhook_url", "") for each in whole.json}
        body = response.json
        for build in body:
            pipeline = build.get("pipeline") or {}
            if "webhook_url" in pipeline.get("provider", {}):
                pipeline["provider"]["webhook_url"] = urls.get(pipeline["id"], "")
        response.json = body
    return response
