"""Waiting for a job to finish."""

import pickle

import pytest
from tests.unit.client.support import Script, response

from buildkite_rest import WaitTimeoutError

JOB = "01920000-0000-7000-8000-000000000001"


def states(*found, **fields):
    """Return responses with these states, the last one for ever."""
    return Script(*[response({"id": JOB, "type": "script", "state": state, **fields}) for state in found])


def wait(client, **options):
    return client.jobs.wait("acme", JOB, **options)


def test_a_job_is_polled_until_it_finishes_and_its_changes_are_reported(connect, clock):
    script, seen = states("scheduled", "running", "running", "failed"), []
    assert wait(connect(script), on_change=lambda job: seen.append(job.state)).state == "failed"
    assert seen == ["scheduled", "running", "failed"]
    assert clock.sleeps == [1.0, 1.5, 2.25]
    assert set(script.paths) == {f"/v2/organizations/acme/jobs/{JOB}"}


def test_a_coroutine_of_on_change_is_an_error(connect):
    async def save(_job):
        raise AssertionError

    with pytest.raises(TypeError, match=r"^on_change must be a plain function, and has returned a coroutine"):
        wait(connect(states("running")), on_change=lambda job: save(job))  # noqa: PLW0108 - a lambda hides its kind


def test_a_job_of_an_unknown_type_is_waited_for(connect, clock):
    script = Script(response({"type": "quantum"}), response({"type": "quantum", "finished_at": "2026-03-02T09:15:00Z"}))
    assert wait(connect(script)).type == "quantum"
    assert clock.sleeps == [1.0]


def test_an_error_has_the_last_job_and_the_timeout(connect):
    with pytest.raises(WaitTimeoutError) as caught:
        wait(connect(states("running", type="script")), timeout=5)
    error = pickle.loads(pickle.dumps(caught.value))
    assert (error.job.state, error.build, error.timeout, str(error)) == ("running", None, 5, str(caught.value))
