"""Flaky failures are counted and plotted apart from other failures."""

import pytest
from tests.unit.examples.scripts import load

pytestmark = pytest.mark.exhaustive


def builds(client, **options):
    return client.builds.list("acme", "web", include_retried_jobs=True, **options)


def counted(client, name="lint"):
    """Return the runs, failures and flaky failures of a job."""
    tallies = load("flaky_jobs").tally_failures(builds(client))
    return next((one.runs, one.failures, one.flaky) for one in tallies if one.job == name)


def failed_lint(client):
    """Yield builds whose lint job has failed, with that job."""
    for build in builds(client, state=["failed"]):
        yield build, next(job for job in build.jobs if job.type == "script" and job.step_key == "lint")


def test_a_retry_that_passes_makes_a_failure_flaky(server, client):
    runs, failures, flaky = counted(client)
    _, job = next(failed_lint(client))
    client.jobs.retry("acme", job.id)
    assert counted(client) == (runs, failures, flaky), "a job that has not finished counts"
    server.advance(600)
    assert counted(client) == (runs + 1, failures, flaky + 1)
