"""Jobs: their four types, and actions on them."""

from __future__ import annotations

import pytest

from .caller import GRACE, WEB

ACME = "/v2/organizations/acme"
ZOO = f"{ACME}/pipelines/zoo/builds/1"


@pytest.fixture
def zoo(api):
    """The jobs of the build that has one in each state, by state."""
    return {job["state"]: job for job in api.get(ZOO).json()["jobs"]}


def path(job, rest="", *, long=False):
    return f"{ZOO}/jobs/{job['id']}{rest}" if long else f"{ACME}/jobs/{job['id']}{rest}"


@pytest.mark.parametrize("state", ["failed", "timed_out", "canceled", "expired"])
@pytest.mark.parametrize("long", [True, False])
def test_a_failed_job_is_retried_once(api, zoo, state, long):
    response = api.put(path(zoo[state], "/retry", long=long))
    assert response.status_code == 200
    again = response.json()
    assert again["id"] != zoo[state]["id"]
    assert (again["state"], again["retries_count"], again["agent"]) == ("scheduled", 1, None)
    assert again["retry_source"] == {"job_id": zoo[state]["id"], "retry_type": "manual"}
    first = api.get(path(zoo[state])).json()
    assert (first["retried"], first["retried_in_job_id"]) == (True, again["id"])
    assert first["retried_by"]["name"] == "Ada Lovelace"
    assert api.put(path(zoo[state], "/retry")).status_code == 400


def test_commands_that_cannot_pass_have_failed_each_time(api):
    builds = api.get(f"{ACME}/pipelines/nightly/builds?include_retried_jobs=true&per_page=100").json()
    jobs = [job for build in builds for job in build["jobs"] if job.get("step_key") in ("audit", "fuzz")]
    assert {(job["step_key"], job["state"], job["exit_status"], job["soft_failed"]) for job in jobs} == {
        ("audit", "failed", 3, True),
        ("fuzz", "failed", 1, False),
    }
    again = [job for job in jobs if job["retry_source"] is not None]
    assert again
    assert {job["retry_source"]["job_id"] for job in again} <= {job["id"] for job in jobs if job["retried"]}


def test_a_retried_job_lets_the_build_go_on(api, clock):
    build = api.get(f"{WEB}/builds?state=failed").json()[0]
    failed = next(job for job in build["jobs"] if job["state"] == "failed")
    assert api.put(f"{ACME}/jobs/{failed['id']}/retry").status_code == 200
    assert api.get(build["url"]).json()["state"] == "running"
    clock.advance(60)
    assert api.get(build["url"]).json()["state"] == "passed"


def test_another_user_can_be_the_unblocker(api, zoo):
    stranger = api.put(path(zoo["blocked"], "/unblock"), json={"unblocker": "01920000-0000-7000-8000-0000000000ff"})
    assert stranger.status_code == 422
    assert stranger.json()["message"] == "Unblocker is not a valid user id for this organization"
    response = api.put(path(zoo["blocked"], "/unblock"), json={"unblocker": GRACE})
    assert response.json()["unblocked_by"]["name"] == "Grace Hopper"


@pytest.mark.parametrize("long", [False, True])
def test_fields_of_a_block_step_become_meta_data(api, create, clock, long):
    build = create("api", meta_data={"release": "1.2", "stream": "beta"})
    clock.advance(10)
    block = next(job for job in api.get(build["url"]).json()["jobs"] if job["type"] == "manual")
    url = block["unblock_url"] if long else f"{ACME}/jobs/{block['id']}/unblock"
    assert api.put(url, json={"fields": {"release-name": "Anaconda", "stream": "stable"}}).status_code == 200
    wanted = {"release": "1.2", "stream": "stable", "release-name": "Anaconda"}
    assert api.get(build["url"]).json()["meta_data"] == wanted
    assert api.put(url, json={"fields": {"stream": "again"}}).status_code == 422
    assert api.get(build["url"]).json()["meta_data"] == wanted


@pytest.fixture
def mac_job(api):
    """A job that runs on a hosted Mac."""
    builds = api.get(f"{ACME}/pipelines/ios/builds?state=running").json()
    return next(job for build in builds for job in build["jobs"] if job["state"] == "running")


@pytest.mark.parametrize("kind", ["vnc", "ssh"])
def test_a_job_on_a_mac_can_be_entered(api, mac_job, kind):
    response = api.post(f"{ACME}/jobs/{mac_job['id']}/{kind}-session")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    session = response.json()
    assert session["endpoint"].startswith("wss://")
    assert session["expires_at"] == "2026-03-02T10:05:00.000Z"
    assert session[kind]["username"]
