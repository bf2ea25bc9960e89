"""Builds and logs are followed on the mock server, whose clock moves only when the client sleeps."""

import pytest

from buildkite_rest import BuildChange, JobChange
from buildkite_rest.mock import MockServer

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


def test_a_log_is_followed_to_its_end(acme, number, clock):
    job = acme.builds.get("web", number).jobs[0]
    found = [(line, clock.now) for line in acme.jobs.follow_log(job.id, interval=0.5)]
    with acme.jobs.stream_log(job.id) as stream:
        whole = stream.read().decode(errors="replace")
    assert "\n".join(line for line, _ in found) == whole.replace("\r\n", "\n").removesuffix("\n")
    assert len({moment for _, moment in found}) >= 3  # it came bit by bit
