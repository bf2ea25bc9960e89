"""Lifecycle of builds that are created through the API."""

from __future__ import annotations

import pytest

from buildkite_rest.mock.resources.builds import exit_status

from .caller import PIPELINES


def states(build):
    return [job["state"] for job in build["jobs"]]


def test_a_new_build_is_scheduled(create, api):
    build = create(message="Try it")
    assert (build["state"], build["number"], build["source"]) == ("scheduled", 82, "api")
    assert build["created_at"] == build["scheduled_at"] == "2026-03-02T10:00:00.000Z"
    assert build["started_at"] is build["finished_at"] is build["rebuilt_from"] is build["pull_request"] is None
    assert build["creator"]["name"] == "Ada Lovelace"
    assert states(build) == ["scheduled"] * 5 + ["waiting"] * 6
    assert create()["number"] == 83
    assert api.get(build["url"]).json()["id"] == build["id"]


def test_a_build_takes_two_seconds(create, api, clock):
    url = create()["url"]
    seen = []
    for _ in range(9):
        build = api.get(url).json()
        seen.append(build["state"])
        clock.advance(0.25)
    assert seen == ["scheduled", *["running"] * 5, *["passed"] * 3]
    assert build["started_at"] == "2026-03-02T10:00:00.100Z"
    assert build["finished_at"] == "2026-03-02T10:00:01.500Z"
    assert set(states(build)) == {"passed"}


def test_a_build_is_failing_while_other_jobs_run(create, pipeline, api, clock):
    build = create(pipeline("Fails", "steps: [{command: exit 1}, {command: make}]"))
    seen = {}
    for _ in range(9):
        build = api.get(build["url"]).json()
        seen[build["state"]] = states(build)
        clock.advance(0.25)
    assert list(seen) == ["scheduled", "running", "failing", "failed"]
    assert seen["failing"] == ["failed", "running"]
    assert build["started_at"] < build["failing_at"] < build["finished_at"]


def test_missed_events_are_replayed(create, api, clock):
    url = create()["url"]
    clock.advance(86_400)
    build = api.get(url).json()
    assert (build["state"], build["finished_at"]) == ("passed", "2026-03-02T10:00:01.500Z")
    moments = [job["finished_at"] for job in build["jobs"] if job.get("finished_at")]
    assert moments == sorted(moments)


def test_jobs_get_agents_logs_and_artifacts(create, api, clock):
    build = create()
    job = build["jobs"][2]
    assert job["agent"] is None
    assert api.get(job["artifacts_url"]).json() == []
    sizes = []
    for _ in range(7):
        sizes.append(api.get(job["log_url"]).json()["size"])
        clock.advance(0.1)
    assert sizes[:2] == [0, 0]
    assert sizes == sorted(sizes)
    assert sizes[2] < sizes[-1]
    running = api.get(build["url"]).json()["jobs"][2]
    agent = api.get(running["agent"]["url"]).json()
    assert agent["connection_state"] == "connected"
    clock.advance(5)
    assert api.get(job["artifacts_url"]).json()
    assert api.get(agent["url"]).json()["last_job_finished_at"] > "2026-03-02T10:00:00"


def test_a_trigger_starts_another_build(create, api, clock):
    build = create(message="Ship it")
    clock.advance(10)
    trigger = api.get(build["url"]).json()["jobs"][9]
    assert (trigger["type"], trigger["state"], trigger["async"]) == ("trigger", "passed", True)
    triggered = api.get(trigger["triggered_build"]["url"]).json()
    assert triggered["source"] == "trigger_job"
    assert triggered["triggered_from"]["build_id"] == build["id"]
    assert triggered["message"] == "Deploy web"
    assert triggered["state"] == "passed"


def test_builds_do_not_refer_to_those_of_a_deleted_pipeline(create, pipeline, api, clock):
    first, second = (pipeline(name, "steps:\n  - {trigger: deploy, async: true}\n") for name in ("First", "Second"))
    builds = [create(slug) for slug in (first, second)]
    clock.advance(10)
    triggered = [api.get(build["url"]).json()["jobs"][0]["triggered_build"] for build in builds]

    assert api.delete(f"{PIPELINES}/{first}").status_code == 204
    assert api.get(triggered[0]["url"]).json()["triggered_from"] is None
    assert api.get(triggered[1]["url"]).json()["triggered_from"]["build_id"] == builds[1]["id"]

    assert api.delete(f"{PIPELINES}/deploy").status_code == 204
    assert api.get(builds[1]["url"]).json()["jobs"][0]["triggered_build"] is None


def test_a_trigger_may_wait_for_its_build(create, pipeline, api, clock):
    slug = pipeline("Waits", "steps:\n  - {trigger: nightly}\n  - wait\n  - {command: bin/after}\n")
    build = create(slug)
    clock.advance(0.7)
    assert api.get(build["url"]).json()["jobs"][0]["state"] == "running"
    clock.advance(30)
    build = api.get(build["url"]).json()
    assert build["state"] == "failed"
    assert states(build) == ["failed", "waiting_failed", "waiting_failed"]


@pytest.mark.parametrize("target", ["nowhere", "itself"])
def test_triggers_that_lead_nowhere_end(create, pipeline, api, backend, target):
    slug = pipeline("Itself", f"steps:\n  - {{trigger: {target}, async: true}}\n")
    build = create(slug)
    backend.clock.advance(3600)
    assert api.get(build["url"]).json()["state"] == ("failed" if target == "nowhere" else "passed")
    assert len(backend.organizations["acme"].pipelines[slug].builds) == (1 if target == "nowhere" else 101)


def test_triggers_that_multiply_end(create, pipeline, api, clock):
    slug = pipeline("Itself", "steps:\n" + "  - {trigger: itself, async: true}\n" * 20)
    build = create(slug)
    clock.advance(3600)
    ends = [state for each in api.get(f"{PIPELINES}/{slug}/builds?per_page=100").json() for state in states(each)]
    assert api.get(f"{PIPELINES}/{slug}/builds?per_page=100&page=2").json()[0]["id"] == build["id"]
    assert (ends.count("passed") <= 100, set(ends)) == (True, {"passed", "failed"})
    again = create(slug)
    clock.advance(3600)
    assert api.get(again["url"]).json()["jobs"][0]["state"] == "passed"


def test_a_command_that_exits_fails(create, api, clock):
    build = create("nightly")
    clock.advance(0.5)
    assert api.get(build["url"]).json()["state"] == "running"
    clock.advance(5)
    build = api.get(build["url"]).json()
    audit, fuzz, wait, report = build["jobs"]
    assert (audit["state"], audit["exit_status"], audit["soft_failed"]) == ("failed", 3, True)
    assert (fuzz["state"], fuzz["exit_status"], fuzz["soft_failed"]) == ("failed", 1, False)
    assert (wait["state"], report["state"]) == ("waiting_failed", "waiting_failed")
    assert build["state"] == "failed"


def test_a_failure_stops_at_a_block_step(create, pipeline, api, clock):
    build = create(pipeline("Stops", "steps:\n  - {command: 'false'}\n  - block: Go?\n  - {command: make}\n"))
    clock.advance(5)
    build = api.get(build["url"]).json()
    assert (build["state"], states(build)) == ("failed", ["failed", "blocked_failed", "waiting_failed"])
    assert "exited with status 1" in api.get(build["jobs"][0]["log_url"]).json()["content"]


def test_a_paused_queue_holds_its_jobs(create, api, clock):
    build = create("upkeep")
    clock.advance(3600)
    assert api.get(build["url"]).json()["state"] == "scheduled"


@pytest.mark.parametrize(
    ("commands", "status"),
    [
        ("exit 12", 12),
        ("exit 03 # c", 3),
        ("exit\t1", 1),
        ("exit 256", 0),
        ("make && false", 1),
        ("make; false", 1),
        ("make | false", 1),
        ("false\ntrue", 1),
        ("exit 0\nfalse", 0),
        ("make || false", 0),
        ("false || make", 0),
        ("echo false", 0),
        ("make # false", 0),
        ("if make; then\n  exit 1\nfi", 0),
        ("", 0),
    ],
)
def test_the_status_of_a_command(commands, status):
    assert exit_status(commands) == status
