"""A build is followed from change to change, its jobs included."""

import asyncio
import inspect

import httpx
import pytest
from tests.unit.client.support import Script, build, response

from buildkite_rest import BuildChange, Buildkite, JobChange, UnknownVariant
from buildkite_rest._resources.halves import run
from buildkite_rest.mock import MockServer


def job(number=1, state="running", **fields):
    return {"id": f"job-{number}", "type": "script", "state": state, **fields}


def poll(state, *jobs, **fields):
    return response(build(7, state=state, jobs=list(jobs), **fields))


def follow(client, **options):
    return client.builds.follow("acme", "web", 7, **options)


def summaries(changes):
    """Yield the object, the state before and the state of each change."""
    for change in changes:
        if isinstance(change, JobChange):
            now, before = change.job, change.previous
            yield now.id, before and before.state, now.state
        else:
            now, before = change.build, change.previous
            yield "build", before and before.state, now.state


def test_all_changes_of_a_build_and_its_jobs_are_reported(connect, clock):
    script = Script(
        poll("scheduled", job(1, "scheduled"), job(2, "waiting")),
        poll("running", job(1, "running"), job(2, "waiting")),
        poll("running", job(1, "running"), job(2, "waiting")),
        poll("running", job(1, "passed"), job(2, "running")),
        poll("passed", job(1, "passed"), job(2, "passed")),
    )
    assert list(summaries(follow(connect(script)))) == [
        ("job-1", None, "scheduled"),
        ("job-2", None, "waiting"),
        ("build", None, "scheduled"),
        ("job-1", "scheduled", "running"),
        ("build", "scheduled", "running"),
        ("job-1", "running", "passed"),
        ("job-2", "waiting", "running"),
        ("job-2", "running", "passed"),
        ("build", "running", "passed"),
    ]
    assert clock.sleeps == [1.0] * 4


def test_each_poll_is_one_request_per_attempt(connect):
    script = Script(poll("running"), poll("passed"))
    list(follow(connect(script)))
    path = "/v2/organizations/acme/pipelines/web/builds/7?include_retried_jobs=true&exclude_pipeline=true"
    assert script.paths == [path, path]


def test_a_blocked_build_ends(connect):
    """Its state need not change, and the change is reported all the same."""
    script = Script(poll("running", job(1)), poll("running", job(1), blocked=True))
    *_, last = follow(connect(script))
    assert isinstance(last, BuildChange)
    assert (last.build.blocked, last.previous.blocked) == (True, None)


def test_jobs_of_unknown_types_are_reported(connect):
    dream = {"type": "dream", "id": "job-9"}
    script = Script(
        poll("running", {**dream, "state": "light"}, {"type": "waiter", "id": "job-8"}, {"type": "script"}, None),
        poll("passed", {**dream, "state": "deep"}, {"type": "waiter", "id": "job-8"}),
    )
    first, second, _, third, _ = follow(connect(script))
    assert isinstance(first.job, UnknownVariant)
    assert (first.job.data["state"], third.previous.data["state"], third.job.data["state"]) == (
        "light",
        "light",
        "deep",
    )
    assert (second.job.id, second.job.state) == ("job-8", None)


START = 1_772_445_600  # 2026-03-02T10:00:00Z


@pytest.fixture
def server(clock):
    with MockServer(clock=lambda: START + clock.now, build_seconds=20) as server:
        yield server


@pytest.fixture
def acme(connect, server):
    return connect(auth=server.token, base_url=server.url, strict=True).organization("acme")


@pytest.fixture
def number(acme):
    return acme.builds.create("web", commit="HEAD", branch="main", message="Follow me").number


def test_a_build_is_followed_to_its_end(acme, number, clock):
    changes = list(acme.builds.follow("web", number))
    builds = [change.build.state for change in changes if isinstance(change, BuildChange)]
    assert builds == ["scheduled", "running", "passed"]
    assert isinstance(changes[-1], BuildChange)
    jobs = [change for change in changes if isinstance(change, JobChange)]
    last = {change.job.id: change.job.state for change in jobs}
    assert len(last) == len(changes[-1].build.jobs)
    assert set(last.values()) == {"passed"}
    assert sum(change.previous is None for change in jobs) == len(last)
    assert 10 <= sum(clock.sleeps) <= 20


def test_blocking_methods_work_while_an_event_loop_runs():
    script = Script(response(build(7, state="passed", jobs=[])))

    async def main():
        http_client = httpx.Client(transport=httpx.MockTransport(script))
        with Buildkite("token", http_client=http_client) as client:
            changes = client.builds.follow("acme", "web", 7)
            return client.builds.wait("acme", "web", 7).state, next(changes).build.number, list(changes)

    assert asyncio.run(main()) == ("passed", 7, [])


def test_blocking_methods_have_the_names_and_types_of_their_own():
    assert Buildkite("token").builds.follow.__qualname__ == "Builds.follow"
    assert str(inspect.signature(Buildkite("token").builds.follow)).endswith("-> 'Generator[BuildChange | JobChange]'")


def test_a_blocking_method_must_not_suspend():
    with pytest.raises(RuntimeError, match="awaited something that suspends"):
        run(asyncio.sleep(0))
