"""Program of a user. Type checkers check it, and `assert_type` has the expected types. It is not run."""

import os
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypedDict, assert_never, assert_type

import httpx
import httpx2

from buildkite_rest import (
    UNSET,
    APIStatusError,
    AsyncBuildkite,
    AsyncOrganizationClient,
    AsyncPager,
    Auth,
    BuildChange,
    Buildkite,
    GraphQLError,
    InvalidField,
    JobChange,
    JobLogFile,
    JWTAuth,
    OrganizationClient,
    Page,
    Pager,
    RateLimit,
    RateLimitError,
    RateLimitPacing,
    RawResponse,
    RetryPolicy,
    TokenAuth,
    UnknownVariant,
    UnprocessableEntityError,
    Wait,
    from_dict,
    from_json,
    is_finished,
    logs,
    models,
    params,
    to_dict,
    to_json,
    urls,
    webhooks,
)


class Viewer(TypedDict):
    name: str


def make_client(key: Path) -> Buildkite:
    auths: list[Auth] = [
        TokenAuth("token"),
        TokenAuth(token=lambda: "token"),
        JWTAuth("uuid", key),
        JWTAuth(token_uuid="uuid", private_key=key, passphrase="secret", lifetime=30, clock=lambda: 0.0),
    ]
    return Buildkite(auths[0], retries=RetryPolicy(max_retries=2, deadline=60), strict=True)


def log_wait(wait: Wait) -> None:
    assert_type(wait.seconds, float)
    assert_type(wait.operation_id, str)


def pass_an_http_client() -> None:
    Buildkite("token", http_client=httpx.Client(), pacing=RateLimitPacing(reserve=0.3), on_wait=log_wait)
    Buildkite("token", http_client=httpx2.Client(), max_retries=0, headers={"X-Team": "web"}, timeout=httpx.Timeout(5))
    AsyncBuildkite("token", http_client=httpx.AsyncClient())
    AsyncBuildkite("token", http_client=httpx2.AsyncClient(), on_wait=print)


def set_options(client: Buildkite) -> None:
    client.with_options(timeout=httpx.Timeout(5), deadline=60, headers={"X-Team": "web"}, query={"new": ["a"]})
    client.with_options(timeout=httpx2.Timeout(5), query={"new": None}).organization("acme")
    assert_type(client.request("GET", "/v2/new"), Any)
    assert_type(client.request("PUT", "/v2/new", json={"a": 1}, response_type=models.Build), models.Build)
    assert_type(client.request("GET", "/v2/new", response_type=list[models.Job]), list[models.Job])
    assert_type(client.request("GET", "/v2/new", response_type=bytes), bytes)
    assert_type(client.paginate("/v2/new"), Pager[Any])
    assert_type(client.paginate("/v2/new", item_type=models.Build, max_items=5), Pager[models.Build])
    for job in client.paginate("/v2/new", item_type=models.Job):
        print(job.type)
    assert_type(
        client.with_raw_response(client.request, "GET", "/v2/new", response_type=models.Build),
        RawResponse[models.Build],
    )
    assert_type(client.graphql("{ viewer { id } }"), Any)
    assert_type(client.graphql("query Q { id }", {"a": [1]}, response_type=Viewer, operation_name="Q"), Viewer)
    assert_type(client.graphql("{ id }", response_type=dict[str, models.Build]), dict[str, models.Build])
    assert_type(client.with_raw_response(client.graphql, "{ id }", response_type=Viewer), RawResponse[Viewer])
    quick = client.with_options(timeout=5, max_retries=0)
    assert_type(quick, Buildkite)
    raw = quick.with_raw_response(quick.builds.get, "acme", "web", 1)
    assert_type(raw, RawResponse[models.Build])
    assert_type(raw.parsed.number, int)
    assert_type(client.rate_limits.user, RateLimit | None)
    pager = client.builds.list("acme", "web").prefetch(8)
    assert_type(pager, Pager[models.Build])
    for page in pager.pages():
        if page.next_url is not None:
            assert_type(client.builds.list("acme", "web").resume(page.next_url), Pager[models.Build])


def read(client: Buildkite) -> None:
    pager = client.builds.list("acme", "web", state=["failed", "passed"], branch="main", max_items=5)
    assert_type(pager, Pager[models.Build])
    for build in pager:
        assert_type(build, models.Build)
        assert_type(build.number, int)
        assert_type(build.created_at, datetime)
        assert_type(build.finished_at, datetime | None)
        assert_type(build.author, models.Author | str | None)
        if build.started_at and build.finished_at:
            assert_type(build.finished_at - build.started_at, timedelta)
    for page in pager.pages():
        assert_type(page, Page[models.Build])
        assert_type(page.items, Sequence[models.Build])
        assert_type(page.headers, Mapping[str, str])
        assert_type(page.last_page, int | None)
        assert_type(page.content, bytes)
    branch: str | None = os.environ.get("BRANCH")
    assert_type(client.builds.list("acme", "web", branch=branch, state=None, created_from=None), Pager[models.Build])
    client.jobs.stream_log("acme", "job", range_=None)
    assert_type(client.pipelines.get("acme", "web").created_at, datetime)  # in two formats
    assert_type(models.AccessToken(uuid="u", scopes=[], created_at=datetime.now(UTC)).created_at, datetime | None)


def store(build: models.Build, text: str) -> None:
    assert_type(to_json([build], indent=2), str)
    to_dict(build, datetimes=True)["number"]
    assert_type(from_json(models.Build, text), models.Build)
    assert_type(from_json(list[models.Build], text.encode(), extra_fields=True), list[models.Build])
    assert_type(from_dict(models.Build, {"id": "1"}), models.Build)
    job: models.Job = from_json(models.Job, text)
    assert_type(build.extra_fields, dict[str, Any])
    assert_type(Buildkite("token", extra_fields=True).with_options(extra_fields=False), Buildkite)
    describe(job)


def describe(job: models.Job) -> str | None:
    assert_type(job, models.ScriptJob | models.WaiterJob | models.ManualJob | models.TriggerJob)
    if job.type == "script":
        assert_type(job, models.ScriptJob)
        return job.command
    if job.type == "manual":
        assert_type(job, models.ManualJob)
        return job.label
    if isinstance(job, models.TriggerJob):
        return job.name
    assert_type(job, models.WaiterJob)
    assert_type(job.type, Literal["waiter"])
    return None


def match(job: models.Job) -> str:
    match job:
        case models.ScriptJob():
            return "runs"
        case models.WaiterJob() | models.ManualJob():
            return "waits"
        case models.TriggerJob(triggered_build=build):
            assert_type(build, models.TriggeredBuild | None)
            return "starts"
        case _:
            assert_never(job)


def name_unknown_kinds(job: models.Job) -> None:
    name: str | None = None
    if isinstance(job, UnknownVariant):
        name = str(job.type)
    assert_type(name, str | None)  # so the checkers find the body reachable, though the union lacks the class


def write(client: Buildkite) -> None:
    author: params.BuildAuthorInput = {"name": "Ada", "email": "ada@acme.example"}
    build = client.builds.create("acme", "web", commit="HEAD", branch="main", author=author, env={"A": "1"})
    assert_type(build, models.Build)
    assert_type(client.builds.wait("acme", "web", build.number, timeout=60), models.Build)
    env: dict[str, str] = {"A": "1"}
    client.builds.create("acme", "web", commit="HEAD", branch="main", env=env, meta_data=env)
    client.builds.create("acme", "web", commit="HEAD", branch="main", env=os.environ)
    client.builds.list("acme", "web", meta_data=env)
    steps: list[params.StepInput] = [{"type": "script", "command": "make"}, {"type": "waiter"}]
    client.pipelines.create("acme", name="Web", cluster_id="c", repository="git@acme.example:web.git", steps=steps)
    client.pipelines.update("acme", "web", description=None)
    client.builds.create("acme", "web", commit="HEAD", branch="main", message=UNSET, traceparent=None)
    assert_type(client.pipelines.delete("acme", "web"), None)


def read_lists(client: Buildkite, acme: OrganizationClient, since: datetime) -> None:
    assert_type(client.builds.list("acme", "web").first(), models.Build | None)
    history = client.builds.list_history("acme", "web", created_from=since, state=["failed"], exclude_jobs=True)
    assert_type(history, Generator[models.Build, None, None])
    assert_type(acme.builds.list_history("web", branch="main"), Generator[models.Build, None, None])
    for build in history:
        assert_type([is_finished(job) for job in build.jobs or () if not is_finished(build)], list[bool])


def parse_urls(client: Buildkite, text: str) -> None:
    url = urls.parse(text, urls.BuildURL)
    assert_type(url, urls.BuildURL)
    assert_type(client.builds.get(*url.args), models.Build)
    assert_type(urls.parse(text), urls.AnyURL)
    assert_type(urls.parse(text, base_url="http://127.0.0.1").web_url, str)
    assert_type(client.jobs.get_in_build(*urls.parse(text, urls.JobURL).args), models.Job)


def follow(client: Buildkite) -> None:
    assert_type(client.builds.wait("acme", "web", 1).state, models.BuildState)
    changes = client.builds.follow("acme", "web", 1, timeout=60, interval=0.5)
    assert_type(changes, Generator[BuildChange | JobChange, None, None])
    for change in changes:
        match change:
            case BuildChange(build=build, previous=before):
                assert_type(build, models.Build)
                assert_type(before, models.Build | None)
            case JobChange():
                assert_type(change.job, models.Job)
            case _:
                assert_never(change)
    for line in client.jobs.follow_log("acme", "job"):
        assert_type(line, str)
    assert_type(client.jobs.tail_log("acme", "job", lines=5), list[str])
    assert_type(client.jobs.wait("acme", "job"), models.Job)


def read_logs(client: Buildkite, folder: Path) -> None:
    for file in client.builds.download_logs("acme", "web", 1, to=folder, progress=lambda done, total: done / total):
        assert_type(file, JobLogFile)
        assert_type(file.job, models.ScriptJob)
        assert_type(file.outcome, Literal["downloaded", "unchanged", "partial", "missing"])
        if file.path is not None:
            with file.path.open("rb") as log:
                assert_type(list(logs.lines(log)), list[logs.LogLine])
    with client.jobs.stream_log("acme", "job") as stream:
        for group in logs.groups(stream, keep_lines=10):
            assert_type(group, logs.LogGroup)
            assert_type(group.kind, Literal["collapsed", "expanded", "muted"])
            assert_type(group.duration, timedelta | None)
            assert_type(group.lines, tuple[logs.LogLine, ...])
    for line in logs.lines(client.jobs.follow_log("acme", "job")):
        assert_type((line.number, line.time, line.text), tuple[int, datetime | None, str])
    assert_type(logs.strip(client.jobs.get_log("acme", "job").content), str)
    assert_type(client.artifacts.read("acme", "job", "artifact"), bytes)
    with client.artifacts.stream("acme", "job", "artifact") as content:
        assert_type(list(content.lines()), list[str])


def name_the_organization_once() -> None:
    client = Buildkite("token", organization="acme")
    acme = client.organization()
    assert_type(client.with_raw_response(acme.builds.get, "web", 1), RawResponse[models.Build])
    assert_type(acme, OrganizationClient)
    assert_type(acme.slug, str)
    assert_type(acme.builds.list("web", state=["failed"], max_items=5), Pager[models.Build])
    assert_type(acme.builds.get("web", number=1), models.Build)
    assert_type(acme.builds.wait("web", 1, timeout=60), models.Build)
    assert_type(acme.builds.follow("web", 1), Generator[BuildChange | JobChange, None, None])
    assert_type(acme.artifacts.download(job_id="job", artifact_id="artifact", to="out/"), Path)
    assert_type(acme.pipelines.delete("web"), None)
    with acme.jobs.stream_log("job", range_="bytes=-5") as stream:
        assert_type(stream.read(), bytes)


async def name_the_organization_once_async(client: AsyncBuildkite) -> None:
    acme = client.organization("acme")
    assert_type(acme, AsyncOrganizationClient)
    async for agent in acme.agents.list(name="a"):
        assert_type(agent, models.Agent)
    assert_type(client.paginate("/v2/new", item_type=models.Build), AsyncPager[models.Build])
    assert_type(await client.graphql("{ id }", {}, response_type=Viewer), Viewer)
    assert_type(await client.with_raw_response(acme.builds.get, "web", 1), RawResponse[models.Build])
    assert_type(acme.builds.follow("web", 1), AsyncGenerator[BuildChange | JobChange, None])
    async with acme.jobs.stream_log("job") as stream:
        assert_type([group async for group in logs.async_groups(stream)], list[logs.LogGroup])
    assert_type(await acme.builds.download_logs("web", 1, to="logs"), list[JobLogFile])


def receive(headers: Mapping[str, str], environ: dict[str, Any], raw: list[tuple[bytes, bytes]], body: bytes) -> None:
    webhooks.verify(headers, body, secret=["old", "new"], tolerance=60, now=lambda: 0.0)
    webhooks.verify(dict(raw), body, token="token")
    assert_type(webhooks.sign(body, secret="secret"), dict[str, str])
    event = webhooks.receive(environ, body, secret="secret", strict=True)
    assert_type(event, models.WebhookEvent | webhooks.UnknownEvent)
    if event.event == "build.finished":
        assert_type(event, models.BuildFinishedEvent)
        assert_type(event.build, models.WebhookBuild)
    if event.event is None:
        assert_type(event, webhooks.UnknownEvent)
        assert_type(event.name, str | None)
        assert_type(event.data, dict[str, Any])
    package_or_event_name(webhooks.parse(body, strict=True))


def package_or_event_name(event: webhooks.Event) -> str | None:
    match event.event:
        case "job.started" | "job.finished":
            assert_type(event, models.JobStartedEvent | models.JobFinishedEvent)
            assert_type(event.build.number, int)
        case "package.created":
            assert_type(event, models.PackageCreatedEvent)
            return event.package.name
        case _:
            pass
    match event:
        case webhooks.UnknownEvent(name=name):
            return name
        case models.PingEvent(organization=organization):
            return organization.slug
        case _:
            return event.event


def fail(client: Buildkite) -> None:
    try:
        client.user.get()
    except UnprocessableEntityError as error:
        assert_type(error.errors, tuple[InvalidField, ...])
    except GraphQLError as error:
        assert_type(error.errors[0].path, tuple[str | int, ...])
        assert_type(error.url, str)
    except RateLimitError as error:
        assert_type(error.reset, int | None)
    except APIStatusError as error:
        assert_type(error.status, int)
        assert_type((error.operation_id, error.method, error.url), tuple[str, str, str])
        assert_type(error.request_id, str | None)
        assert_type(error.attempts, int)
        assert_type(error.headers, Mapping[str, str])
        assert_type(error.body, Any)


async def read_async(client: AsyncBuildkite) -> None:
    async with client as entered:
        assert_type(entered, AsyncBuildkite)
        pager = entered.jobs.list("acme", "web", 1)
        assert_type(pager, AsyncPager[models.Job])
        async for job in pager:
            assert_type(job, models.ScriptJob | models.WaiterJob | models.ManualJob | models.TriggerJob)
        async for page in pager.pages():
            assert_type(page, Page[models.Job])
        assert_type(await entered.builds.get("acme", "web", 1), models.Build)
        assert_type(await entered.builds.wait("acme", "web", 1), models.Build)
        assert_type(await entered.artifacts.download("acme", "job", "artifact", to=Path("out")), Path)
        async with entered.jobs.stream_log_html("acme", "job") as stream:
            async for chunk in stream:
                assert_type(chunk, bytes)
            assert_type(await stream.read(), bytes)
