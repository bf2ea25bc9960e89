"""Builds: their lists, and actions on them: cancel, rebuild, retry, unblock."""

from __future__ import annotations

import pytest

from .caller import WEB


def states(build):
    return [job["state"] for job in build["jobs"]]


def test_a_block_step_holds_the_build_until_it_is_unblocked(create, api, clock):
    build = create("api")
    clock.advance(60)
    build = api.get(build["url"]).json()
    assert (build["state"], build["blocked"], build["blocked_state"]) == ("passed", True, "passed")
    block = build["jobs"][2]
    assert (block["state"], block["unblockable"]) == ("blocked", True)
    response = api.put(block["unblock_url"], json={"fields": {"name": "x"}})
    assert response.status_code == 200
    assert response.json()["unblocked_by"]["name"] == "Ada Lovelace"
    assert response.json()["unblocked_at"] == "2026-03-02T10:01:00.000Z"
    running = api.get(build["url"]).json()
    assert (running["state"], running["blocked"], running["finished_at"]) == ("running", False, None)
    clock.advance(60)
    assert states(api.get(build["url"]).json()) == ["passed", "passed", "unblocked", "passed"]


def test_a_scheduled_build_is_canceled_at_once(create, api):
    build = api.put(f"{create()['url']}/cancel").json()
    assert build["state"] == "canceled"
    assert build["finished_at"]
    assert build["cancel_reason"]
    assert set(states(build)) == {"canceled"}


def test_a_running_build_is_canceled_in_a_while(create, api, clock):
    url = create()["url"]
    clock.advance(0.2)
    build = api.put(f"{url}/cancel").json()
    assert build["state"] == "canceling"
    assert set(states(build)) == {"canceling", "canceled"}
    clock.advance(1)
    build = api.get(url).json()
    assert build["state"] == "canceled"
    assert build["jobs"][0]["signal_reason"] == "cancel"
    assert set(states(build)) == {"canceled"}


def test_a_rebuild_is_a_new_build(api, create, clock):
    original = create(message="Once", env={"A": "1"}, pull_request_id=7)
    clock.advance(10)
    response = api.put(f"{original['url']}/rebuild")
    assert response.status_code == 200
    again = response.json()
    assert again["number"] == original["number"] + 1
    assert again["rebuilt_from"] == {key: original[key] for key in ("id", "number", "url")}
    for name in ("commit", "branch", "message", "env", "pull_request"):
        assert again[name] == original[name]
    clock.advance(10)
    assert api.get(again["url"]).json()["state"] == "passed"


def test_failed_jobs_are_retried(api, create, clock):
    build = create("nightly")
    clock.advance(10)
    response = api.put(f"{build['url']}/retry_failed_jobs")
    assert response.status_code == 202
    assert response.json()["retried_jobs_count"] == 2
    assert response.json()["state"] == "running"
    assert states(response.json()) == ["scheduled", "scheduled", "waiting", "waiting"]
    clock.advance(10)
    assert api.get(build["url"]).json()["state"] == "failed"


@pytest.mark.parametrize("states", ["failed,invalid", "failed, failed", ",", "Failed", None, {}, ["failed"], 1])
def test_unknown_kinds_of_failure_are_400(api, states):
    response = api.put(f"{WEB}/builds/42/retry_failed_jobs", json={"states": states})
    assert response.status_code == 400
    assert response.json()["message"].startswith("Invalid states: ")
    assert response.json()["message"].endswith("Valid states are canceled, expired, failed, soft_failed, timed_out.")


def set_pipeline(api, **settings):
    assert api.patch(WEB, json=settings).status_code == 200


def test_queued_builds_of_a_branch_are_skipped(create, api):
    set_pipeline(api, skip_queued_branch_builds=True, skip_queued_branch_builds_filter="main")
    earlier, other = create(), create(branch="topic")
    create(branch="topic")
    newest = create()

    skipped = api.get(earlier["url"]).json()
    assert (skipped["state"], skipped["started_at"], skipped["cancel_reason"]) == ("skipped", None, None)
    assert skipped["finished_at"]
    assert set(states(skipped)) == {"skipped"}
    assert [api.get(each["url"]).json()["state"] for each in (other, newest)] == ["scheduled", "scheduled"]


def test_running_builds_of_a_branch_are_canceled(create, api, clock):
    set_pipeline(api, cancel_running_branch_builds=True)
    running = create()
    clock.advance(0.2)
    newest = create()

    canceled = api.get(running["url"]).json()
    assert canceled["state"] == "canceling"
    assert canceled["cancel_reason"] == f"Superseded by build {newest['number']}"
    assert api.get(newest["url"]).json()["state"] == "scheduled"


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
