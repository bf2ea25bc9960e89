"""Mistakes that type checkers must find.

An unused comment is an error too. A run without errors therefore means that both checkers find exactly the errors that
the comments name, and no others.
"""
# ruff: noqa: B018, F401, I001 - reading an attribute or importing a name is the mistake, one on each line

import httpx
import httpx2

import buildkite_rest
from buildkite_rest import AsyncBuildkite, Buildkite, JWTAuth, UnknownVariant, mock, models, params, webhooks
from buildkite_rest import Bildkite  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType, reportUnusedImport]
from buildkite_rest.mock import MokServer  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType, reportUnusedImport]
from buildkite_rest.models import Biuld  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType, reportUnusedImport]
from buildkite_rest.params import BiuldAuthorInput  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType, reportUnusedImport]


def name() -> None:
    buildkite_rest.Bildkite  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    buildkite_rest.model  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    mock.MokServer  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    models.Biuld  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    params.BiuldAuthorInput  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    webhooks.recieve  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


def read(client: Buildkite) -> None:
    client.builds.list("acme", "web", brnach="main")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.builds.list("acme", "web", state="broken")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.builds.list("acme", "web", per_page="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.builds.list("acme", "web", created_from="yesterday")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.builds.list("acme", "web", exclude_jobs="yes")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.builds.list("acme", "web", meta_data="k=v")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.builds.get("acme", "web", None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.builds.get("acme", "web", "1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.builds.get("acme", "web")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.biulds  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


def name_the_organization_once(client: Buildkite) -> None:
    acme = client.organization("acme")
    acme.builds.get("acme", "web", 1)  # type: ignore[call-arg, arg-type]  # pyright: ignore[reportCallIssue]
    acme.builds.get("web", "1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    acme.builds.list("web", brnach="main")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    acme.user  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    client.builds.wait("acme", "web", 1, timeout="1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def pass_an_http_client() -> None:
    Buildkite("token", http_client=httpx.AsyncClient())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    AsyncBuildkite("token", http_client=httpx2.Client())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Buildkite("token", http_client=object())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Buildkite("token", pacing=0.5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def write(client: Buildkite) -> None:
    client.builds.create("acme", "web", commit="HEAD")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.builds.create("acme", "web", "HEAD", "main")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.builds.create("acme", "web", commit="HEAD", branch="main", message=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.builds.create("acme", "web", commit="HEAD", branch="main", author="Ada")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.builds.retry_failed_jobs("acme", "web", 1, states=["failed"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.jobs.unblock("acme", "job", fields=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    step: params.ScriptStepInput = {"type": "wait"}  # type: ignore[typeddict-item]  # pyright: ignore[reportAssignmentType]
    author: params.BuildAuthorInput = {"nmae": "A"}  # type: ignore[typeddict-unknown-key]  # pyright: ignore[reportAssignmentType]
    print(step, author)


def describe(build: models.Build, job: models.ScriptJob | models.WaiterJob) -> None:
    build.finished_at.isoformat()  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]
    job.command  # type: ignore[union-attr]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    if job.state == "broke":  # type: ignore[comparison-overlap]  # pyright: ignore[reportUnnecessaryComparison]
        print(job.state)


def miss_an_await(client: AsyncBuildkite) -> None:
    pager = client.builds.list("acme", "web")
    list(pager)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    for _ in pager:  # type: ignore[attr-defined]  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType]
        pass
    client.builds.get("acme", "web", 1).number  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


async def await_a_value(client: Buildkite) -> None:
    async for _ in client.builds.list("acme", "web"):  # type: ignore[attr-defined]  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType]
        pass
    await client.builds.get("acme", "web", 1)  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]


def make_client() -> None:
    Buildkite(auth=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Buildkite(tiemout=5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    JWTAuth("uuid", 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def receive(headers: dict[str, str], body: bytes, event: webhooks.Event) -> None:
    webhooks.parse("{}")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    if event.event == "build.started":  # type: ignore[comparison-overlap]  # pyright: ignore[reportUnnecessaryComparison]
        print(event)


def check_unknown_kinds(job: models.Job) -> None:
    """The body is checked, though the union lacks the class."""
    if isinstance(job, UnknownVariant):
        print(job.data + 1)  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue, reportUnknownArgumentType]
