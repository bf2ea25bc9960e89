"""States of builds and jobs: which of them are final."""

from typing import get_args

import pytest
from tests.unit.client.support import Script, build, response

from buildkite_rest import UnknownVariant, is_finished, models
from buildkite_rest._base.states import FINISHED_STATES, UNFINISHED_STATES

FINISHED_AT = "2026-03-02T09:16:00Z"
JOB = {"id": "01920000-0000-7000-8000-000000000001", "type": "script"}
#: State, time of the end, and whether a build or job with these has finished.
CASES = [
    *[(state, None, True) for state in sorted(FINISHED_STATES)],
    *[(state, FINISHED_AT, False) for state in sorted(UNFINISHED_STATES)],  # as of an earlier attempt
    *[(state, None, False) for state in ("levitating", None, ["passed"])],
    *[(state, FINISHED_AT, True) for state in ("levitated", None, ["passed"])],
]


def test_each_state_of_the_spec_is_classified_once():
    known = {*get_args(models.BuildState), *get_args(models.JobState)}
    assert known | {"finished"} == FINISHED_STATES | UNFINISHED_STATES
    assert not FINISHED_STATES & UNFINISHED_STATES


@pytest.mark.parametrize(("state", "finished_at", "finished"), CASES, ids=repr)
def test_builds_and_jobs_finish_by_the_same_rule(connect, clock, state, finished_at, finished):
    later = {"state": "passed", "finished_at": FINISHED_AT}
    found = {"state": state, "finished_at": finished_at}
    client = connect(Script(response(build(7, **found)), response(build(7, **(found if finished else later)))))
    result = client.builds.wait("acme", "web", 7)
    assert (result.state, len(clock.sleeps)) == (state if finished else "passed", int(not finished))
    client = connect(Script(response({**JOB, **found}), response({**JOB, **later})))
    job = client.jobs.wait("acme", JOB["id"])
    assert (job.state, len(clock.sleeps)) == (state if finished else "passed", 2 * int(not finished))
    assert is_finished(result)
    assert is_finished(job)


def test_a_job_of_an_unknown_type_has_finished_or_not():
    assert is_finished(UnknownVariant("quantum", {"state": "passed"}))
    assert not is_finished(UnknownVariant("quantum", {"state": "running"}))
    assert not is_finished(UnknownVariant("quantum", {}))
