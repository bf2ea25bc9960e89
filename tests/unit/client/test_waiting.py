import pytest
from tests.unit.client.support import Script, answer, build

from buildkite_rest import NotFoundError, WaitTimeoutError


def states(*found):
    """Return answers with these states, the last one for ever."""
    return Script(*[answer(build(7, state=state)) for state in found])


def wait(client, **options):
    return client.builds.wait("acme", "web", 7, **options)


@pytest.mark.parametrize("state", ["passed", "failed", "canceled", "skipped", "not_run"])
def test_a_build_that_is_over_is_not_waited_for(connect, clock, state):
    assert wait(connect(states(state))).state == state
    assert clock.sleeps == []


def test_a_build_is_looked_at_until_it_is_over(connect, clock):
    script = states("scheduled", "running", "failing", "failed")
    assert wait(connect(script)).state == "failed"
    assert clock.sleeps == [1.0, 1.5, 2.25]


def test_looks_are_small_and_the_last_one_is_whole(connect):
    script = states("running", "passed")
    wait(connect(script))
    small = "/v2/organizations/acme/pipelines/web/builds/7?exclude_jobs=true&exclude_pipeline=true"
    assert script.paths == [small, small, "/v2/organizations/acme/pipelines/web/builds/7"]


def test_a_blocked_build_waits_for_somebody_else(connect, clock):
    """The state of a blocked build is that of what ran so far, or `running`."""
    script = Script(answer(build(7)), answer(build(7, blocked=True)))
    assert wait(connect(script)).blocked is True
    assert clock.sleeps == [1.0]


@pytest.mark.parametrize(
    "state", ["creating", "scheduled", "running", "failing", "canceling", "blocked", "levitating", None]
)
def test_any_other_state_is_waited_for(connect, state):
    script = states(state, "passed")
    assert wait(connect(script)).state == "passed"
    assert len(script.requests) == 3


def test_a_state_that_is_no_text_is_waited_for(connect):
    assert wait(connect(states(["passed"], "passed"))).state == "passed"


def test_pauses_grow_to_a_limit(connect, clock):
    wait(connect(states(*["running"] * 12, "passed")), interval=4.0)
    assert clock.sleeps == [4.0, 6.0, 9.0, 13.5, *[15.0] * 8]


def test_a_long_interval_does_not_grow(connect, clock):
    wait(connect(states("running", "running", "passed")), interval=60)
    assert clock.sleeps == [60, 60]


def test_a_wait_ends_in_time(connect, clock):
    script = states("running")
    with pytest.raises(WaitTimeoutError, match="build 7 is still running after 10 s"):
        wait(connect(script), timeout=10)
    assert sum(clock.sleeps) <= 10
    assert clock.sleeps == [1.0, 1.5, 2.25, 3.375]


def test_no_time_at_all_is_one_look(connect, clock):
    assert wait(connect(states("passed")), timeout=0).state == "passed"
    with pytest.raises(WaitTimeoutError, match="after 0 s"):
        wait(connect(states("running")), timeout=0)
    assert clock.sleeps == []


def test_the_time_that_requests_take_counts(connect, clock):
    def slow(_):
        clock.now += 30
        return answer(build(7))

    with pytest.raises(WaitTimeoutError):
        wait(connect(Script(slow)), timeout=60)
    assert clock.sleeps == [1.0]


def test_errors_end_a_wait(connect):
    with pytest.raises(NotFoundError):
        wait(connect(Script(answer(build(7)), answer({"message": "gone"}, 404))))
