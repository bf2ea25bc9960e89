"""Runs of test suites, failed executions and their tags."""

from __future__ import annotations

import asyncio

import pytest

from buildkite_rest.mock import create_app

from .caller import STORAGE, Caller

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


def test_a_run_follows_its_build(api, create, clock):
    build = create()
    runs = f"{RSPEC}/runs?build_id={build['id']}"
    assert api.get(runs).json() == []
    clock.advance(0.5)
    assert api.get(runs).json()[0]["state"] == "running"
    clock.advance(60)
    assert api.get(build["url"]).json()["state"] == "passed"
    assert api.get(runs).json()[0]["state"] == "finished"


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
