"""A client that knows nothing of this project works against the mock: pybuildkite, with its own pagination."""

from __future__ import annotations

import pytest
from pybuildkite import buildkite as pybuildkite

from buildkite_rest.mock import MockServer


@pytest.fixture
def foreign(monkeypatch):
    """The foreign client, which has to be told another address after it was made."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with MockServer(builds=250, build_seconds=30) as server:
        client = pybuildkite.Buildkite()
        client.base_url = f"{server.url}/v2/"
        client.set_access_token(server.token)
        yield client


def test_it_lists_all_builds_page_by_page(foreign):
    numbers, page = [], 1
    while page:
        answer = foreign.builds().list_all_for_org("acme", page=page, with_pagination=True)
        numbers += [build["id"] for build in answer.body]
        page = answer.next_page
    assert len(numbers) == len(set(numbers)) > 200


def test_it_creates_a_build_and_cancels_it(foreign):
    builds = foreign.builds()
    build = builds.create_build("acme", "web", "HEAD", "main", message="From elsewhere")
    assert builds.get_build_by_number("acme", "web", build["number"])["message"] == "From elsewhere"
    assert builds.cancel_build("acme", "web", build["number"])["state"] in {"canceled", "canceling"}


def test_it_reads_a_log_and_an_organization(foreign):
    assert foreign.organizations().get_org("acme")["slug"] == "acme"
    builds = foreign.builds().list_all_for_pipeline("acme", "web", states=[pybuildkite.BuildState.PASSED], page=1)
    build = builds[0]
    job = next(job for job in build["jobs"] if job["type"] == "script" and job["state"] == "passed")
    assert foreign.jobs().get_job_log("acme", "web", build["number"], job["id"]).startswith(b"~~~ Preparing")
