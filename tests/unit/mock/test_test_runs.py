"""Runs of test suites, failed executions and their tags."""

from __future__ import annotations

import asyncio

import pytest

from buildkite_rest.mock import create_app

from .caller import STORAGE, WEB, Caller

SUITES = "/v2/analytics/organizations/acme/suites"
RSPEC = f"{SUITES}/rspec"
TAGS = f"{RSPEC}/execution-tags"


def every(api, path):
    """Read all pages of a list."""
    response = api.get(path, params={"per_page": 100})
    items = response.json()
    while "next" in response.links:
        response = api.get(response.links["next"]["url"])
        items += response.json()
    return items


@pytest.fixture
def failed(api):
    """Return the failed executions of a run that has some."""
    runs = (run for run in every(api, f"{RSPEC}/runs") if run["result"] == "failed")
    return api.get(f"{next(runs)['url']}/failed_executions").json()


def test_runs_are_those_of_the_builds(api):
    runs = every(api, f"{RSPEC}/runs")
    started = [build for build in every(api, f"{WEB}/builds") if build["started_at"] is not None]
    assert [run["build_id"] for run in runs] == [build["id"] for build in started]
    assert [run["commit_sha"] for run in runs] == [build["commit"] for build in started]
    assert {run["result"] for run in runs} == {"passed", "failed", "stale"}
    assert {run["state"] for run in runs} == {"running", "finished"}


def test_a_run_follows_its_build(api, create, clock):
    build = create()
    runs = f"{RSPEC}/runs?build_id={build['id']}"
    assert api.get(runs).json() == []
    clock.advance(0.5)
    assert api.get(runs).json()[0]["state"] == "running"
    clock.advance(60)
    assert api.get(build["url"]).json()["state"] == "passed"
    assert api.get(runs).json()[0]["state"] == "finished"


def test_a_canceled_build_may_leave_a_run_without_results(api, create, clock):
    results = set()
    for _ in range(2):
        build = create()
        clock.advance(0.5)
        api.put(f"{build['url']}/cancel")
        results.add(api.get(f"{RSPEC}/runs?build_id={build['id']}").json()[0]["result"])
        last = build
    assert "pending" in results
    clock.advance(3600)
    runs = [run for run in every(api, f"{RSPEC}/runs") if run["build_id"] == last["id"]]
    assert {run["state"] for run in runs} == {"finished"}
    assert "pending" not in {run["result"] for run in every(api, f"{RSPEC}/runs")}


def test_a_failed_execution_leads_to_its_test(api, failed):
    test = api.get(f"{RSPEC}/tests/{failed[0]['test_id']}").json()
    assert failed[0]["test_name"] == f"{test['scope']} {test['name']}"
    assert failed[0]["location"] == test["location"]
    assert failed[0]["test_execution_url"] == f"{test['web_url']}?execution_id={failed[0]['execution_id']}"
    assert failed[0]["tags"] == {"framework": "rspec", "language.name": "ruby", "language.version": "3.4.1"}


def test_tags_are_replaced(api, failed):
    first = failed[0]["execution_id"]

    def update(*tags):
        response = api.put(TAGS, json={"executions": [{"id": first.upper(), "tags": each} for each in tags]})
        assert (response.status_code, response.content) == (200, b"")
        runs = api.get(f"{RSPEC}/runs/{failed[0]['run_id']}/failed_executions").json()
        return {key: value for key, value in runs[0]["tags"].items() if key.startswith("mut.")}

    assert update({"mut.a": "1", "mut.b": "2"}) == {"mut.a": "1", "mut.b": "2"}
    assert update({"mut.b": "3"}) == {"mut.b": "3"}
    assert update({"mut.c": "4"}, {"mut.d": "5"}) == {"mut.d": "5"}
    assert update() == {"mut.d": "5"}
    assert update({}) == {}


@pytest.mark.parametrize(
    "tags",
    [
        {"cause": "x"},
        {"mut.a": 1},
        {f"mut.{n}": "x" for n in range(11)},
        {"mut.": "x"},
        {"mut.ü": "x"},
        {"mut.a b": "x"},
        {"mut.a\n": "x"},
        {"mut." + "k" * 60: "x"},
        {"mut.a": ""},
        {"mut.a": " \t"},
        {"mut.a": "v" * 128},
        {"mut.a": "ü" * 64},
        {"mut.a.b.c": "x", "mut.a": "x"},
        {"mut.a.b": "x", "mut.a.b.c": "x"},
    ],
    ids=lambda tags: next(iter(tags))[:10],
)
def test_one_invalid_tag_rejects_all(api, failed, tags):
    good = {"id": failed[0]["execution_id"], "tags": {"mut.a": "1"}}
    assert api.put(TAGS, json={"executions": [good, {**good, "tags": tags}]}).status_code == 400
    assert api.get(f"{RSPEC}/runs/{failed[0]['run_id']}/failed_executions").json() == failed


def test_tags_can_be_replaced_once_a_minute_where_limits_count(backend, clock, runner: asyncio.Runner):
    api = Caller(runner, create_app(backend, storage_url=STORAGE, rate_limit=200))

    def update():
        return api.put(TAGS, json={"executions": []})

    assert update().status_code == 200
    clock.advance(20)
    refused = update()
    assert (refused.status_code, refused.headers["RateLimit-Reset"], refused.json()["limit"]) == (429, "40", 1)
    clock.advance(40)
    assert update().status_code == 200
