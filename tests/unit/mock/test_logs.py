"""Logs and environments: formats, ranges, deletion."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import pairwise

import pytest

from buildkite_rest.mock.resources.job_logs import job_log

from .caller import API, WEB

ACME = "/v2/organizations/acme"


@pytest.fixture
def job(api):
    """A job that has passed."""
    return api.get(f"{WEB}/builds/42").json()["jobs"][1]


@pytest.fixture(params=["long", "short"])
def log(request, job):
    """The path of its log, both ways."""
    return f"{WEB}/builds/42/jobs/{job['id']}/log" if request.param == "long" else f"{ACME}/jobs/{job['id']}/log"


def test_the_log_as_json(api, log, job):
    body = api.get(log).json()
    assert body["url"] == job["log_url"] == f"{API}{WEB}/builds/42/jobs/{job['id']}/log"
    assert re.match(r"\x1b_bk;t=\d{13}\x07~~~ Running agent environment hook\r\n", body["content"])
    assert body["size"] == int(api.request("HEAD", log).headers["Content-Length"])
    headers = re.findall(r"\x1b_bk;t=(\d{13})\x07(~~~|---|\+\+\+) ", body["content"])
    assert [kind for _, kind in headers] == ["~~~", "~~~", "~~~", "---", "+++"]
    assert body["header_times"] == [int(milliseconds) * 1_000_000 for milliseconds, _ in headers]


@pytest.mark.parametrize("accept", ["text/plain", "text/plain; charset=utf-8", "application/json;q=0.5, text/plain"])
def test_the_log_as_text_by_accept(api, log, accept):
    response = api.get(log, headers={"Accept": accept})
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "\x1b[32mok\x1b[0m" in response.text


def test_the_log_by_suffix(api, log):
    assert api.get(f"{log}.txt").text == api.get(log, headers={"Accept": "text/plain"}).text
    assert api.get(f"{log}.html").text == api.get(log, headers={"Accept": "text/html"}).text
    assert api.get(f"{log}.html").headers["Content-Type"] == "text/html; charset=utf-8"
    assert api.get(f"{log}.pdf").status_code == 404


def test_html_is_escaped_and_coloured(api, log):
    page = api.get(f"{log}.html").text
    assert '<span class="term-fg32">ok</span>' in page
    assert "&amp; &lt;done&gt;" in page
    assert page.startswith("~~~ Running agent environment hook\r\n")
    assert "\r\nremote: Counting objects: 100% (2/2), done.\r\n" in page
    assert not {"\x1b", "\x07"} & set(page)


def milliseconds(moment):
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


def running(api, create, clock):
    """Return a build of which the first job has just started."""
    build = create()
    for _ in range(100):
        clock.advance(0.01)
        build = api.get(build["url"]).json()
        if build["jobs"][0]["state"] == "running":
            return build
    pytest.fail("the job has not started")


def test_a_running_log_only_grows_and_its_times_are_those_of_the_clock(api, create, clock):
    log = f"{ACME}/jobs/{running(api, create, clock)['jobs'][0]['id']}/log"
    seen = []
    for _ in range(30):
        clock.advance(0.02)
        body = api.get(log).json()
        raw = api.get(log, headers={"Accept": "text/plain", "Range": "bytes=-1000000"}).content
        seen.append(raw)
        assert body["size"] == int(api.request("HEAD", log).headers["Content-Length"]) == len(raw)
        assert len(body["header_times"]) == len(re.findall(r"\x07(?:~~~|---|\+\+\+) ", body["content"]))
        assert all(time <= clock() * 1e9 for time in body["header_times"])
        assert "\x1b" not in api.get(f"{log}.html").text
    assert all(later.startswith(earlier) for earlier, later in pairwise(seen))
    assert len(set(map(len, seen))) > 5


@pytest.mark.parametrize("build_seconds", [0.1, 2, 20])
def test_a_log_that_was_read_just_before_the_job_finishes_only_grows(api, backend, pipeline, create, build_seconds):
    """The time at which a job finishes may be reached after the last request that updates its state."""
    backend.build_seconds = build_seconds
    build = create(pipeline("Logged", "steps: [{command: make}, {command: make; exit 3}]"))
    backend.clock.advance(build_seconds / 2)
    ids = [job["id"] for job in api.get(build["url"]).json()["jobs"]]
    jobs = [backend.find_job(backend.organizations["acme"], one) for one in ids]
    halves = [job_log(backend, job) for job in jobs]
    backend.clock.advance(build_seconds)
    wholes = [job_log(backend, job) for job in jobs]
    assert {job.state for job in jobs} == {"running"}
    states = [job["state"] for job in api.get(build["url"]).json()["jobs"]]
    assert states == ["passed", "failed"]
    assert [job_log(backend, job) for job in jobs] == wholes
    assert [0 < len(half) < len(whole) for half, whole in zip(halves, wholes, strict=True)] == [True] * 2
    assert all(whole.startswith(half) for half, whole in zip(halves, wholes, strict=True))
    assert re.sub(r"\x1b(_bk;t=\d+\x07|\[\d+m)", "", wholes[1].decode()).split("\r\n")[-7:] == [
        "^^^ +++",
        "🚨 Error: The command exited with status 3",
        "^^^ +++",
        "user command error: exit status 3",
        "~~~ Running agent pre-exit hook",
        "$ /etc/buildkite-agent/hooks/pre-exit",
        "",
    ]


@pytest.mark.parametrize("suffix", ["", ".txt"])
def test_the_end_of_the_log(api, log, suffix):
    whole = api.get(f"{log}.txt").content
    response = api.get(f"{log}{suffix}", headers={"Accept": "text/plain", "Range": "bytes=-20"})
    assert response.status_code == 206
    assert response.content == whole[-20:]
    assert response.headers["Content-Range"] == f"bytes {len(whole) - 20}-{len(whole) - 1}/{len(whole)}"
    assert response.headers["Content-Length"] == "20"
    assert response.headers["Accept-Ranges"] == "bytes"


def test_a_deleted_log_is_empty(api, log):
    assert api.delete(log).status_code == 204
    body = api.get(log).json()
    assert (body["content"], body["size"], body["header_times"]) == ("", 0, [])
    assert api.request("HEAD", log).headers["Content-Length"] == "0"
    assert api.get(log, headers={"Accept": "text/plain", "Range": "bytes=-5"}).status_code == 416


def test_bytes_that_are_no_text_survive_only_in_ranges(api):
    for build in api.get(f"{WEB}/builds?state=passed&per_page=20").json():
        for job in build["jobs"]:
            if job["type"] != "script":
                continue
            tail = api.get(job["log_url"], headers={"Accept": "text/plain", "Range": "bytes=-13"}).content
            if tail.startswith(b"\xff\xfe"):
                assert api.get(job["log_url"]).json()["content"].endswith("\ufffd\ufffd not text\r\n")
                assert "\ufffd" in api.get(job["raw_log_url"]).text
                return
    pytest.fail("no log has such bytes")


@pytest.mark.parametrize("long", [True, False])
def test_the_environment(api, job, long):
    base = f"{WEB}/builds/42" if long else ACME
    env = api.get(f"{base}/jobs/{job['id']}/env").json()["env"]
    assert env["BUILDKITE_JOB_ID"] == job["id"]
    assert env["BUILDKITE_BUILD_NUMBER"] == "42"
    assert env["RAILS_ENV"] == "test"
    for text in (
        api.get(f"{base}/jobs/{job['id']}/env.txt"),
        api.get(f"{base}/jobs/{job['id']}/env", headers={"Accept": "text/plain"}),
    ):
        assert text.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert f'BUILDKITE_JOB_ID="{job["id"]}"\n' in text.text
