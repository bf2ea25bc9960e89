import pytest
from tests.unit.client.support import Script, build, response

from buildkite_rest import DecodeError, RateLimit, RateLimits, WaitTimeoutError
from buildkite_rest._resources.polling import extend_pause


def states(*found):
    """Return responses with these states, the last one for ever."""
    return Script(*[response(build(7, state=state)) for state in found])


def wait(client, **options):
    return client.builds.wait("acme", "web", 7, **options)


def test_a_build_is_polled_until_it_finishes(connect, clock):
    script = states("scheduled", "running", "failing", "failed")
    assert wait(connect(script)).state == "failed"
    assert clock.sleeps == [1.0, 1.5, 2.25]


def test_polls_exclude_jobs_and_the_final_read_includes_them(connect):
    script = states("running", "passed")
    wait(connect(script))
    small = "/v2/organizations/acme/pipelines/web/builds/7?exclude_jobs=true&exclude_pipeline=true"
    assert script.paths == [small, small, "/v2/organizations/acme/pipelines/web/builds/7"]


def test_a_blocked_build_ends_the_wait(connect, clock):
    """The state of a blocked build is that of what ran so far, or `running`."""
    script = Script(response(build(7)), response(build(7, blocked=True)))
    assert wait(connect(script)).blocked is True
    assert clock.sleeps == [1.0]


def test_pauses_grow_to_a_limit(connect, clock):
    wait(connect(states(*["running"] * 12, "passed")), interval=4.0)
    assert clock.sleeps == [4.0, 6.0, 9.0, 13.5, *[15.0] * 8]


def test_changes_are_reported(connect):
    seen = []
    script = Script(
        response(build(7, state="scheduled")),
        response(build(7, state="running")),
        response(build(7, state="running", message="another")),
        response(build(7, state="passed", jobs=[])),
    )
    done = wait(connect(script), on_change=lambda build: seen.append((build.state, build.blocked)))
    assert seen == [("scheduled", None), ("running", None), ("passed", None)]
    assert done.jobs == []


def test_a_build_that_continues_before_the_final_read_is_waited_for(connect, clock):
    """Somebody retries a job between two requests."""
    seen = []
    script = states("failed", "running", "running", "passed")
    assert wait(connect(script), on_change=lambda build: seen.append(build.state)).state == "passed"
    assert seen == ["running", "passed"]
    assert clock.sleeps == [1.0, 1.5]


def test_a_final_response_that_is_not_a_build_is_an_error(connect):
    with pytest.raises(DecodeError, match="getBuild: the response is not an object"):
        wait(connect(Script(response(build(7, state="passed")), response([]))))


@pytest.mark.parametrize(
    ("organization", "user", "expected"),
    [
        pytest.param(None, None, 2.0, id="nothing is known"),
        pytest.param(RateLimit("rest", None, 1, 60), None, 2.0, id="no limit"),
        pytest.param(RateLimit("rest", 200, None, 60), None, 2.0, id="no remaining"),
        pytest.param(RateLimit("rest", 200, 1, None), None, 2.0, id="no reset"),
        pytest.param(RateLimit("rest", 200, 50, 200), None, 2.0, id="a quarter"),
        pytest.param(RateLimit("rest", 200, 49, 200), None, 4.0, id="less"),
        pytest.param(RateLimit("rest", 200, 49, 60), None, 2.0, id="the pause is longer"),
        pytest.param(RateLimit("rest", 200, 0, 60), None, 60.0, id="nothing"),
        pytest.param(RateLimit("rest", 200, 9, 60), RateLimit("rest_user", 100, 5, 60), 10.0, id="both"),
        pytest.param(None, RateLimit("rest_user", 100, 5, 60), 10.0, id="the user's"),
        pytest.param(RateLimit("rest", 0, 0, 0), None, 2.0, id="zeros"),
        pytest.param(RateLimit("rest", 200, 0, 999_999_999), None, 1000.0, id="a window without end"),
    ],
)
def test_pace(organization, user, expected):
    assert extend_pause(2.0, RateLimits(organization, user), 1000.0) == expected


def test_an_error_has_the_last_build_and_the_timeout(connect):
    with pytest.raises(WaitTimeoutError) as caught:
        wait(connect(states("running")), timeout=10)
    assert (caught.value.build.number, caught.value.job, caught.value.timeout) == (7, None, 10)
