"""An independent client works against the mock: pybuildkite, with its own pagination."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from pybuildkite import buildkite as pybuildkite
from requests import HTTPError

from buildkite_rest.mock import MockServer


@pytest.fixture
def foreign(monkeypatch):
    """The foreign client, whose base URL is set after construction."""
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


def test_its_lists_work_with_their_defaults(foreign):
    """Most of them send `page=0`, and some have a slash at the end of their path."""
    builds = foreign.builds().list_all_for_pipeline("acme", "web", include_retried_jobs=True)
    build = next(build for build in builds if build["state"] == "passed")
    job = next(job for job in build["jobs"] if job["type"] == "script")
    assert builds == foreign.builds().list_all_for_pipeline("acme", "web", page=1, include_retried_jobs=True)
    assert len(foreign.builds().list_all()) == len(foreign.builds().list_all_for_org("acme")) == 100
    assert foreign.organizations().list_all()[0]["slug"] == "acme"
    assert foreign.pipelines().list_pipelines("acme")[0]["slug"] == "web"
    assert foreign.teams().list_teams("acme")
    assert foreign.agents().list_all("acme")
    assert foreign.emojis().list_emojis("acme")
    assert isinstance(foreign.annotations().list_annotations("acme", "web", build["number"]), list)
    assert isinstance(foreign.artifacts().list_artifacts_for_build("acme", "web", build["number"]), list)
    assert isinstance(foreign.artifacts().list_artifacts_for_job("acme", "web", build["number"], job["id"]), list)


@pytest.mark.parametrize("moment", [date(2026, 3, 1), datetime(2026, 3, 1, 10)])  # noqa: DTZ001 - the point of it
def test_it_filters_by_dates_and_naive_times(foreign, moment):
    found = foreign.builds().list_all_for_pipeline("acme", "web", created_from=moment)
    assert 0 < len(found) < 100
    assert all(build["created_at"] >= moment.isoformat() for build in found)


def test_an_aware_time_is_rejected_because_its_plus_is_not_encoded(foreign):
    with pytest.raises(HTTPError) as caught:
        foreign.builds().list_all_for_pipeline("acme", "web", finished_from=datetime(2026, 3, 1, tzinfo=UTC))
    assert caught.value.response.status_code == 422


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
