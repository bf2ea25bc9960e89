"""Lists of builds: filters, parts, and which builds are there at all."""

from __future__ import annotations

import pytest

from buildkite_rest.mock import GLOBEX_TOKEN, READ_ONLY_TOKEN

from .caller import API, WEB


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


@pytest.mark.parametrize("state", ["scheduled", "running", "failing", "passed", "failed", "canceled", "not_run"])
def test_builds_by_state(api, state):
    assert {build["state"] for build in listed(api, f"state={state}")} == {state}


def test_builds_by_several_states(api):
    assert {build["state"] for build in listed(api, "state[]=failed&state[]=canceled")} == {"failed", "canceled"}


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


@pytest.mark.parametrize(
    ("query", "branches"),
    [
        ("branch=main", {"main"}),
        ("branch[]=main&branch[]=dev-ada", {"main", "dev-ada"}),
        ("branch=feature/*", {"feature/login", "feature/search"}),
        ("branch=*ea*", {"feature/login", "feature/search", "release/1.2"}),
        ("branch=ain", set()),
        ("branch=f*h", {"feature/search"}),
    ],
)
def test_builds_by_branch(api, query, branches):
    assert {build["branch"] for build in listed(api, query)} == branches


def test_builds_by_commit(api):
    commits = [build["commit"] for build in listed(api, "")][:2]
    assert [build["commit"] for build in listed(api, f"commit={commits[0]}")] == commits[:1]
    assert [build["commit"] for build in listed(api, f"commit[]={commits[0]}&commit[]={commits[1]}")] == commits
    assert listed(api, f"commit={commits[0][:10]}") == []


def test_builds_by_creator(api):
    creator = next(build["creator"] for build in listed(api, "") if build["creator"])
    assert {build["creator"]["id"] for build in listed(api, f"creator={creator['id']}")} == {creator["id"]}
    assert api.get(f"{WEB}/builds?creator=ada").status_code == 400


def test_builds_by_time(api):
    builds = listed(api, "exclude_jobs=true")
    middle = builds[50]["created_at"]
    assert listed(api, f"created_from={middle}&exclude_jobs=true") == builds[:51]
    assert listed(api, f"created_to={middle}&exclude_jobs=true")[0] == builds[51]
    finished = listed(api, f"finished_from={middle}")
    assert finished
    assert all(build["finished_at"] >= middle for build in finished)


@pytest.mark.parametrize("name", ["created_from", "created_to", "finished_from"])
@pytest.mark.parametrize("value", ["yesterday", "2016-12-31T23:59:60Z"])
def test_a_value_that_is_not_a_time_is_422(api, name, value):
    assert api.get(f"{WEB}/builds?{name}={value}").status_code == 422


def test_builds_by_meta_data(api):
    found = listed(api, "meta_data[release]=1.2")
    assert found
    assert {build["branch"] for build in found} == {"release/1.2"}
    assert listed(api, "meta_data[release]=9") == []
    assert listed(api, "meta_data[release]=1.2&meta_data[other]=x") == []


@pytest.mark.parametrize("name", ["meta_data[]", "meta_data[a]x]", "meta_data[a][b]", "meta_data[a"])
def test_no_build_has_meta_data_without_a_key(api, name):
    for query in ({name: "x"}, {name: "x", "meta_data[release]": "1.2"}):
        response = api.get("/v2/builds", params=query)
        assert (response.status_code, response.json()) == (200, [])


def test_parts_can_be_left_out(api):
    full = api.get(f"{WEB}/builds?per_page=1").json()[0]
    assert {"jobs", "pipeline"} <= full.keys()
    bare = api.get(f"{WEB}/builds?per_page=1&exclude_jobs=true&exclude_pipeline=true").json()[0]
    assert full.keys() - bare.keys() == {"jobs", "pipeline"}
    assert "job_state_counts" not in full


def test_retried_jobs_are_left_out_by_default(api):
    def retried(query):
        return [job for build in listed(api, query) for job in build["jobs"] if job.get("retried")]

    assert retried("") == []
    assert retried("include_retried_jobs=true")


def test_paused_queues_can_be_left_out(api):
    path = "/v2/organizations/acme/pipelines/upkeep/builds"
    assert len(listed(api, "", path)) == 1
    assert len(listed(api, "include_paused=true", path)) == 1
    assert listed(api, "include_paused=false", path) == []


def test_lists_are_as_wide_as_their_path(api):
    everything = api.as_owner_of(GLOBEX_TOKEN)
    everywhere = [build["url"] for page in (1, 2) for build in listed(everything, f"page={page}", "/v2/builds")]
    assert any("/globex/" in url for url in everywhere)
    mine = [build["url"] for page in (1, 2) for build in listed(api, f"page={page}", "/v2/builds")]
    assert set(mine) < set(everywhere)
    assert not any("/globex/" in url for url in mine)


def test_newest_builds_come_first(api):
    for path in ("/v2/builds", "/v2/organizations/acme/builds", f"{WEB}/builds"):
        moments = [build["created_at"] for build in listed(api, "exclude_jobs=true", path)]
        assert moments == sorted(moments, reverse=True)


def test_the_pipeline_is_there_as_a_whole(api):
    nested = api.get(f"{WEB}/builds/42").json()["pipeline"]
    assert nested == api.get(WEB).json()
    assert nested["provider"]["webhook_url"].startswith("https://webhook.buildkite.com/")
    hidden = api.as_owner_of(READ_ONLY_TOKEN).get(f"{WEB}/builds/42").json()["pipeline"]
    assert hidden["provider"]["webhook_url"] == ""


def test_urls_point_to_the_mock(api):
    build = api.get(f"{WEB}/builds/42").json()
    assert build["url"] == f"{API}{WEB}/builds/42"
    assert build["web_url"] == "https://buildkite.com/acme/web/builds/42"
    script = next(job for job in build["jobs"] if job["type"] == "script")
    for name in ("log_url", "raw_log_url", "artifacts_url", "build_url"):
        assert api.get(script[name]).status_code == 200
    assert api.get(build["pipeline"]["builds_url"]).status_code == 200


def test_a_build_counts_its_jobs_by_state(api):
    build = api.get(f"{WEB}/builds/42").json()
    counts = build["job_state_counts"]
    assert counts["total"] == len(build["jobs"]) == sum(counts["states"].values())
    some = api.get(f"{WEB}/builds/42?job_states[]=failed").json()
    assert some["job_state_counts"] == counts
    assert all(job["state"] == "failed" for job in some["jobs"])
    assert api.get(f"{WEB}/builds/42?exclude_jobs=true").json()["job_state_counts"] == counts


def test_test_engine_is_left_out_by_default(api):
    assert "test_engine" not in api.get(f"{WEB}/builds/42").json()
    runs = api.get(f"{WEB}/builds/42?include_test_engine=true").json()["test_engine"]["runs"]
    assert runs[0]["suite"]["slug"] == "rspec"


@pytest.mark.parametrize("number", ["13", "0", "-1", "abc", "99999", "9" * 50, "1.0", "01"])
def test_a_number_that_no_build_has_is_404(api, number):
    assert api.get(f"{WEB}/builds/{number}").status_code == 404


def test_group_keys_are_only_in_builds(api):
    jobs = api.get(f"{WEB}/builds/42").json()["jobs"]
    grouped = next(job for job in jobs if job.get("group_key") == "tests")
    single = api.get(f"/v2/organizations/acme/jobs/{grouped['id']}").json()
    assert "group_key" not in single
