"""The sheriff retries and rebuilds, and names the commits that broke the branch."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from tests.unit.examples.scripts import load

from buildkite_rest import Buildkite, urls
from buildkite_rest.mock import MockServer

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def server():
    with MockServer(clock=NOW.timestamp) as server:
        yield server


@pytest.fixture
def judge(server, capsys, monkeypatch):
    """Runs the script against the mock server, and returns what it has printed and its exit status."""
    script = load("sheriff")
    client = partial(Buildkite, server.token, base_url=server.url, strict=True, timing=server.timing)
    monkeypatch.setattr(script, "Buildkite", client)

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["sheriff.py", *arguments])
        with pytest.raises(SystemExit) as end:
            script.main()
        return "".join(capsys.readouterr()).removesuffix("\n"), int(end.value.code)

    return run


def url_of(number, pipeline="web"):
    return urls.BuildURL("acme", pipeline, number).web_url


def test_a_build_that_passes_after_a_retry_is_flaky(server, judge):
    number = server.add_build("acme", "web", jobs={"lint": "failed", "rspec": "passed"})
    with Buildkite(server.token, base_url=server.url) as bk:
        [job] = bk.jobs.list("acme", "web", number, state=["failed"])
    log = "--- Lint\n^^^ +++\n🚨 Error: The command exited with status 1\n~~~ Running global pre-exit hook\n"
    server.respond("GET", f"/v2/organizations/acme/jobs/{job.id}/log", content=log)
    verdict = judge("https://buildkite.com/acme/web")
    assert verdict == (f"flaky: passed after a retry\nLint\t{job.id}", 0)
    paths = [(each.method, each.path.rpartition("/")[2]) for each in server.requests]
    retried = paths.index(("PUT", "retry"))
    assert paths[retried + 1][1] != str(number), "the build may still have its old state"
    assert len([each for each in paths if each[0] == "PUT"]) == 1


def test_a_build_that_passes_when_it_is_rebuilt_is_flaky(server, judge):
    number = server.add_build("acme", "web", jobs={"lint": "expired"})
    assert judge(url_of(number)) == (f"flaky: passed as build {number + 1}", 0)


def test_a_build_that_keeps_failing_names_the_commits_between_green_and_red(server, judge):
    states = ("passed", "failed", "canceled", "failed")
    commits = [character * 40 for character in "abcd"]
    times = [NOW + timedelta(minutes=minute) for minute in range(4)]
    server.advance(600)
    green, red, _, number = (
        server.add_build("acme", "nightly", state=state, commit=commit, created_at=time)
        for state, commit, time in zip(states, commits, times, strict=True)
    )
    verdict = f"broken: {commits[0]}..{commits[1]}, builds {green}..{red}"
    printed, status = judge(url_of(number, "nightly"))
    assert (printed.partition("\n")[0], status) == (verdict, 1)
