"""The server and the least times of the benchmarks of bulk work."""

import json

import pytest
from tests.benchmarks import site
from tests.benchmarks.bulk import ARTIFACTS, LOGS, PAGES, Cost, works
from tests.benchmarks.site import Organization, Site, organization

COSTS = dict.fromkeys(("jobs", "log", "page", "artifacts", "artifact"), Cost(wall=0.1, cpu=0.01))


def test_a_slug_has_the_properties_of_the_organization():
    properties = Organization(jobs=160, size=7, quota=60, window=10, nonce=3)
    assert Organization.of(properties.slug) == properties
    assert Organization.of(organization()) == Organization()


@pytest.mark.parametrize(("name", "waits"), [(LOGS, 2 + 20), (PAGES, 1 + 13), (ARTIFACTS, 1 + 1 + 63)])
def test_the_least_time_is_that_of_requests_that_wait_for_each_other(name, waits):
    work = works(Organization(jobs=160, pages=100, artifacts=500))[name]
    assert work.least_seconds(COSTS) == pytest.approx(0.1 * waits)
    slow = dict.fromkeys(COSTS, Cost(wall=0.1, cpu=0.1))
    assert work.least_seconds(slow) == pytest.approx(0.1 * work.requests)


@pytest.mark.parametrize(("quota", "least"), [(100, 0.1 * 13), (99, 10 + 0.1), (50, 10 + 0.1 * 7)])
def test_the_least_time_under_a_limit_is_that_of_whole_windows(quota, least):
    work = works(Organization(pages=100))[PAGES]
    assert work.least_seconds_limited(COSTS, quota, 10) == pytest.approx(least)


def test_requests_beyond_the_quota_of_a_window_get_a_429():
    moments = [100.0, 101.5, 103.0, 110.0]
    served = Site(clock=iter(moments).__next__)
    path = f"/v2/organizations/{organization(size=100, quota=2, window=10)}/jobs/1/log"
    heads = [served.response(path).head for _ in moments]
    assert [head.split()[1] for head in heads] == [b"200", b"200", b"429", b"200"]
    assert [head.partition(b"RateLimit-Reset: ")[2].split()[0] for head in heads] == [b"10", b"9", b"7", b"10"]
    assert [head.partition(b"RateLimit-Remaining: ")[2].split()[0] for head in heads] == [b"1", b"0", b"0", b"1"]


def test_lists_have_as_many_items_as_the_organization(monkeypatch):
    monkeypatch.setattr(site, "_prepared_builds", lambda: [{"jobs": [{"type": "script"}, {"type": "waiter"}]}])
    build = f"/v2/organizations/{organization(jobs=160, artifacts=250)}/pipelines/web/builds/1"
    served = Site()

    def body(path):
        response = served.response(path)
        return json.loads((response.head + response.body).partition(b"\r\n\r\n")[2])

    first, last = body(f"{build}/jobs"), body(f"{build}/jobs?after=100")
    assert len({job["id"] for job in first["items"] + last["items"]}) == 160
    assert (first["links"]["next"], last["links"]["next"]) == (f"{build}/jobs?per_page=100&after=100", None)
    assert [len(body(f"{build}/artifacts?page={number}")) for number in (1, 2, 3)] == [100, 100, 50]
