"""Data that a test adds: organizations, members, tokens, pipelines and builds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import get_args

import pytest

from buildkite_rest import Buildkite, NotFoundError, PermissionDeniedError, webhooks
from buildkite_rest.mock.http.validation import api_spec
from buildkite_rest.mock.resources.seeded_builds import BuildState


@pytest.fixture
def client(server):
    with Buildkite(server.token, base_url=server.url, strict=True, timing=server.timing) as client:
        yield client


def test_an_organization_works_like_the_others(server, client):
    assert server.add_organization("initech", name="Initech LLC") == "initech"
    assert client.organizations.get("initech").name == "Initech LLC"
    assert server.add_pipeline("initech", "Tps Reports") == "tps-reports"
    build = client.builds.create("initech", "tps-reports", commit="HEAD", branch="main")
    build = client.builds.wait("initech", "tps-reports", build.number)
    assert (build.state, [job.command for job in build.jobs]) == ("passed", ["bin/test"])
    assert [queue.key for queue in client.cluster_queues.list("initech", build.cluster_id)] == ["default"]
    server.reset()
    with pytest.raises(NotFoundError):
        client.organizations.get("initech")


def test_members_and_tokens(server, client):
    server.add_organization("initech")
    peter = server.add_member("initech", "Peter Gibbons")
    bill = server.add_member("initech", "Bill Lumbergh", email="bill@initech.example", role="admin")
    roles = {member.id: (member.email, member.role) for member in client.organization_members.list("initech")}
    assert roles[peter] == ("peter.gibbons@initech.example", "member")
    assert roles[bill] == ("bill@initech.example", "admin")
    token = server.add_token(scopes=["read_user", "read_organizations"], organizations="initech", user=peter)
    with Buildkite(token, base_url=server.url) as other:
        assert other.user.get().name == "Peter Gibbons"
        assert [each.slug for each in other.organizations.list()] == ["initech"]
        with pytest.raises(PermissionDeniedError):
            list(other.pipelines.list("initech"))


@pytest.mark.parametrize(
    ("name", "local"), [("Zoë Ünal", "zoe.unal"), ("Al (Bo), Jr.", "al.bo.jr"), ("李明", r"[0-9a-f]{8}")]
)
def test_the_address_of_a_member_is_ascii(server, client, name, local):
    user = server.add_member("acme", name)
    assert re.fullmatch(rf"{local}@acme\.example", client.organization_members.get("acme", user).email)


def test_a_pipeline_has_the_steps_that_are_given(server, client):
    steps = [{"label": "Lint", "command": "make lint"}, "wait", {"label": "Ship", "command": "make ship"}]
    slug = server.add_pipeline("acme", "Ship it", slug="ship", steps=steps, default_branch="trunk")
    pipeline = client.pipelines.get("acme", slug)
    assert (pipeline.default_branch, [step.type for step in pipeline.steps]) == (
        "trunk",
        ["script", "waiter", "script"],
    )
    server.add_pipeline("acme", "Yaml", steps="steps: [{command: make}]")
    assert client.pipelines.get("acme", "yaml").steps[0].command == "make"


@pytest.mark.parametrize("state", get_args(BuildState))
def test_a_build_has_the_state_that_is_given(server, client, state):
    number = server.add_build("acme", "web", state=state, message="As told", meta_data={"k": "v"})
    build = client.builds.get("acme", "web", number)
    assert (build.state, build.blocked) == (("passed", True) if state == "blocked" else (state, False))
    assert (build.message, build.meta_data["k"]) == ("As told", "v")
    assert next(iter(client.builds.list("acme", "web"))).number == number
    assert any(job.state == "failed" for job in build.jobs) == (state in {"failed", "failing", "waiting_failed"})


def test_jobs_have_the_states_that_are_given(server, client):
    number = server.add_build("acme", "web", jobs={"lint": "passed", "rspec": "failed", "fuzz": "timed_out"})
    build = client.builds.get("acme", "web", number)
    jobs = [(job.step_key, job.state) for job in build.jobs]
    assert jobs == [("lint", "passed"), *[("rspec", "failed")] * 3, ("fuzz", "timed_out")]
    assert build.state == "failed"
    assert all(job.agent and job.started_at and job.finished_at <= build.finished_at for job in build.jobs)


@pytest.mark.parametrize(
    ("jobs", "state"),
    [
        (["passed", "failed"], "failed"),
        (["passed", "running"], "running"),
        (["failed", "running"], "failing"),
        (["scheduled", "waiting"], "scheduled"),
        (["passed", "blocked", "waiting"], "blocked"),
        (["passed", "canceled"], "canceled"),
        (["passed", "skipped"], "passed"),
        (["waiting_failed"], "failed"),
        (["passed", "blocked", "pending"], "blocked"),
        (["passed", "canceling"], "canceling"),
        (["limited", "skipped"], "scheduled"),
        (["broken"], "not_run"),
    ],
)
def test_the_state_of_a_build_follows_from_its_jobs(server, client, jobs, state):
    number = server.add_build("acme", "web", jobs=dict(zip("abc", jobs, strict=False)))
    build = client.builds.get("acme", "web", number)
    assert ("blocked" if build.blocked else build.state) == state


def test_a_soft_failure_does_not_fail_the_build(server, client):
    for state in (None, "passed"):
        number = server.add_build("acme", "nightly", state=state, jobs={"audit": "failed"})
        assert client.builds.get("acme", "nightly", number).state == "passed"


@pytest.mark.parametrize("steps", [["test", "block", "test"], ["block"], ["test"], ["test", "wait", "block", "test"]])
def test_a_blocked_build_is_held_by_its_block_step(server, client, steps):
    known = {"test": {"command": "make"}, "block": {"block": "Go?"}, "wait": "wait"}
    slug = server.add_pipeline("acme", "Held", steps=[known[step] for step in steps])
    number = server.add_build("acme", slug, state="blocked")
    build = client.builds.get("acme", slug, number)
    states = [job.state for job in build.jobs]
    before = states.index("blocked")
    assert states == ["passed"] * before + ["blocked"] + ["waiting"] * (len(states) - before - 1)
    client.jobs.unblock("acme", build.jobs[before].id)
    build = client.builds.wait("acme", slug, number)
    assert (build.state, build.blocked) == ("passed", False)


def test_a_state_that_a_step_cannot_have_is_refused(server):
    slug = server.add_pipeline("acme", "Gated", steps=[{"block": "Go"}, {"label": "T", "command": "make"}])
    assert server.add_build("acme", slug, jobs={"T": "passed", "Go": "waiting"})
    with pytest.raises(ValueError, match="the job 'Go' cannot be failed: its step is manual"):
        server.add_build("acme", slug, jobs={"Go": "failed"})


def test_results_of_jobs_are_set_in_a_line_each(server, client):
    hour = datetime.now(UTC) - timedelta(hours=1)
    number = server.add_build("acme", "web", jobs={"lint": "failed", "fax": "passed"}, created_at=hour)
    server.set_job("acme", "web", number, "lint", exit_status=42, seconds=600, log="No paper\n")
    server.set_job("acme", "web", number, "fax", artifacts={"log/fax.txt": "sent", "x": b"\xff"})
    build = client.builds.get("acme", "web", number)
    lint, fax = build.jobs
    assert (lint.exit_status, lint.finished_at - lint.started_at) == (42, timedelta(minutes=10))
    assert build.finished_at == lint.finished_at
    assert client.jobs.get_log("acme", lint.id).content == "No paper\n"
    text, raw = client.artifacts.list_for_job("acme", fax.id)
    assert (text.path, text.mime_type, raw.mime_type) == ("log/fax.txt", "text/plain", "application/octet-stream")
    with client.artifacts.stream("acme", fax.id, raw.id) as stream:
        assert stream.read() == b"\xff"


def test_a_delivery_is_signed_and_has_a_sample_of_each_event(server):
    received = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append(webhooks.receive(dict(self.headers), body, secret="secret"))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Receiver) as receiver:
        Thread(target=receiver.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{receiver.server_port}/hook"
        for event in api_spec().webhook_samples:
            assert server.deliver(event, url, secret="secret") == 204
        body = {**server.sample_event("ping"), "sender": {"id": "1", "name": "Grace"}}
        assert server.deliver(body, url, secret="secret") == 204
        receiver.shutdown()
    assert [event.event for event in received] == [*api_spec().webhook_samples, "ping"]
    assert received[-1].sender.name == "Grace"


INVALID = {
    "slug": ("add_organization", ["In itech"], {}, "slug must be at most 100 lower-case letters and digits"),
    "email": ("add_member", ["acme", "A"], {"email": "nomail"}, "email must be an email address such as .*'nomail'"),
    "branch": ("add_build", ["acme", "web"], {"branch": ""}, "branch must be one line of printable characters"),
    "early": (
        "add_build", ["acme", "web"], {"created_at": datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))},
        "created_at is invalid: ",
    ),
    "many": (
        "add_build", ["acme", "web"], {"jobs": dict.fromkeys(map(str, range(501)), "passed")},
        "a build has at most 500 jobs",
    ),
    "stranger": (
        "add_token", [], {"user": "barbara@acme.example", "organizations": "globex"},
        "'barbara@acme.example' is not a member of 'globex'",
    ),
    "yaml": ("add_pipeline", ["acme", "X"], {"steps": ":"}, "the pipeline cannot be added: "),
    "pipeline": ("add_build", ["acme", "nothing"], {}, "there is no pipeline 'nothing' in 'acme'"),
    "job": ("add_build", ["acme", "web"], {"jobs": {"a": "green"}}, "jobs is invalid: Invalid enum value 'green'"),
    "exit-status": ("set_job", ["acme", "zoo", 1, "passed"], {"exit_status": 0}, "exit_status is invalid: "),
    "unfinished": ("set_job", ["acme", "zoo", 1, "running"], {"seconds": 1}, "seconds is only for a job that has run"),
    "event": ("deliver", ["build.done", "http://127.0.0.1:1"], {"secret": "x"}, "event must be one of "),
    "time": ("add_build", ["acme", "web"], {"created_at": datetime(2026, 1, 1)}, "created_at must have a time zone"),  # noqa: DTZ001
}  # fmt: skip


@pytest.mark.parametrize(("method", "arguments", "options", "message"), INVALID.values(), ids=INVALID)
def test_an_invalid_argument_is_rejected_in_one_line(server, method, arguments, options, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}") as raised:
        getattr(server, method)(*arguments, **options)
    assert "\n" not in str(raised.value)
