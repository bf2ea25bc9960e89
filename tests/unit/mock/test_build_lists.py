"""Lists of builds: filters, parts, and which builds are there at all."""

from __future__ import annotations

from .caller import WEB


def listed(api, query, path=f"{WEB}/builds"):
    response = api.get(f"{path}?per_page=100&exclude_pipeline=true&{query}")
    assert response.status_code == 200, response.text
    return response.json()


def test_every_state_is_there(api):
    states = {build["state"] for build in listed(api, "")}
    assert states == {
        "creating", "scheduled", "running", "passed", "failing", "failed", "canceling", "canceled", "skipped",
        "not_run", "waiting", "waiting_failed",
    }  # fmt: skip


def test_finished_matches_four_states(api):
    found = listed(api, "state=finished", "/v2/organizations/acme/builds")
    assert {build["state"] for build in found} == {"passed", "failed", "canceled"}
    assert {build["blocked"] for build in found} == {True, False}


def test_a_blocked_build_shows_the_state_before_the_block(api):
    found = listed(api, "state=blocked", "/v2/organizations/acme/builds")
    assert {(build["state"], build["blocked"], build["blocked_state"]) for build in found} == {
        ("passed", True, "passed")
    }
    others = listed(api, "state=passed", "/v2/organizations/acme/builds")
    assert {(build["blocked"], build["blocked_state"]) for build in others} == {(False, "")}


def test_paused_queues_can_be_left_out(api):
    path = "/v2/organizations/acme/pipelines/upkeep/builds"
    assert len(listed(api, "", path)) == 1
    assert len(listed(api, "include_paused=true", path)) == 1
    assert listed(api, "include_paused=false", path) == []


def test_a_build_counts_its_jobs_by_state(api):
    build = api.get(f"{WEB}/builds/42").json()
    counts = build["job_state_counts"]
    assert counts["total"] == len(build["jobs"]) == sum(counts["states"].values())
    some = api.get(f"{WEB}/builds/42?job_states[]=failed").json()
    assert some["job_state_counts"] == counts
    assert all(job["state"] == "failed" for job in some["jobs"])
    assert api.get(f"{WEB}/builds/42?exclude_jobs=true").json()["job_state_counts"] == counts
