"""Waiting for builds and jobs: pauses, changes, timeouts, and outages before them."""

import pickle

import httpx
import pytest
from tests.unit.client.support import Script, build, response

from buildkite_rest import (
    APIConnectionError,
    APITimeoutError,
    RateLimit,
    RateLimitError,
    RateLimits,
    RetryPolicy,
    ServerError,
    WaitTimeoutError,
)
from buildkite_rest._resources.polling import extend_pause

WAYS = {
    "wait": lambda client, **options: client.builds.wait("acme", "web", 7, **options),
    "follow": lambda client, **options: list(client.builds.follow("acme", "web", 7, **options)),
    "follow_log": lambda client, **options: list(client.jobs.follow_log("acme", "job-1", **options)),
}


@pytest.fixture(params=WAYS)
def watch(request):
    """Waits for something in each of the ways."""
    return WAYS[request.param]


class API:
    """Responds to each poll at once, unless `fail` returns a response or an error. The job finishes after `over` s."""

    def __init__(self, clock, fail=lambda _: None, over=float("inf")):
        self._clock = clock
        self._started = clock.now
        self._fail = fail
        self._over = over
        self.requests = []
        self.times = []
        """When each request was sent."""
        self.timeouts = []
        """The read timeout of each request."""

    @property
    def now(self):
        """Seconds since the start."""
        return self._clock.now - self._started

    def __call__(self, request):
        self.requests.append(request)
        self.times.append(self.now)
        self.timeouts.append(request.extensions["timeout"]["read"])
        failure = self._fail(request)
        if isinstance(failure, Exception):
            raise failure
        if failure is not None:
            return failure
        state = "passed" if self.now >= self._over else "running"
        if request.url.path.endswith("/log"):
            headers = {"Content-Range": "bytes 0-3/4"}
            return httpx.Response(206, content=b"one\n", headers=headers)
        if "/jobs/" in request.url.path:
            return response({"id": "job-1", "type": "script", "state": state})
        return response(build(7, state=state))


def limited(reset):
    headers = {"RateLimit_Reset": reset, "RateLimit_Remaining": 0}
    return response({"message": "Slow down", "scope": "rest", "reset": reset}, 429, **headers)


def later(clock, failure):
    """Return a function that returns `failure` for requests that are sent half a second from now or later."""
    since = clock.now + 0.5
    return lambda _: failure if clock.now >= since else None


@pytest.mark.parametrize(("timeout", "over"), [(20, 15), (20, 19.9), (20, 20), (90, 87)])
def test_the_last_poll_is_at_the_timeout(connect, clock, watch, timeout, over):
    api = API(clock, over=over)
    watch(connect(api), timeout=timeout)
    assert over <= api.now <= timeout


def test_a_rate_limit_that_outlasts_the_time_ends_in_time(connect, clock, watch):
    api = API(clock, later(clock, limited(100)))
    with pytest.raises(
        WaitTimeoutError,
        match=r" is still running after 5 s; the last poll failed: .*: 429: ",
    ) as e:
        watch(connect(api), timeout=5)
    assert isinstance(e.value.__cause__, RateLimitError)
    assert api.now <= 5


FAILURES = {
    RateLimitError: lambda _: limited(1),
    ServerError: lambda _: response({}, 503),
    APIConnectionError: lambda _: httpx.ReadError("connection reset"),
    APITimeoutError: lambda _: httpx.ReadTimeout("timed out"),
}


@pytest.mark.parametrize("retries", [0, 2])
@pytest.mark.parametrize("error", FAILURES)
def test_an_outage_is_raised_without_a_timeout(connect, clock, watch, retries, error):
    api = API(clock, FAILURES[error])
    with pytest.raises(error):
        watch(connect(api, retries=RetryPolicy(max_retries=retries, random=lambda: 0.0)))
    assert len(api.requests) == retries + 1


@pytest.mark.parametrize("retries", [0, 2])
@pytest.mark.parametrize("error", FAILURES)
def test_an_outage_that_ends_in_time_is_waited_out(connect, clock, watch, retries, error):
    api = API(clock, lambda request: FAILURES[error](request) if api.now < 9 else None, over=12)
    watch(connect(api, retries=RetryPolicy(max_retries=retries, random=lambda: 0.0)), timeout=60)
    assert 12 <= api.now <= 30


@pytest.mark.parametrize("error", FAILURES)
def test_the_error_of_the_last_poll_is_reported(connect, clock, watch, error):
    api = API(clock, lambda request: FAILURES[error](request) if api.now > 2 else None)
    with pytest.raises(WaitTimeoutError, match=r" is still running after 20 s; the last poll failed: get") as caught:
        watch(connect(api, retries=RetryPolicy(max_retries=0)), timeout=20)
    assert type(caught.value.__cause__) is error
    assert api.now == 20


def test_a_log_is_continued_after_an_outage(connect, clock):
    """A job that is over meanwhile does not end its log before it was read."""

    def fail(request):
        return response({}, 503) if request.url.path.endswith("/log") and api.now < 9 else None

    api = API(clock, fail, over=2)
    assert WAYS["follow_log"](connect(api, retries=RetryPolicy(max_retries=0)), timeout=60) == ["one"]


@pytest.mark.parametrize("asked", [3, 60, 10_000, "Fri, 31 Dec 9999 23:59:59 GMT"], ids=lambda v: str(v)[:9])
def test_a_retry_after_beyond_the_end_is_followed_by_a_poll_at_the_end(connect, clock, watch, asked):
    api = API(clock, lambda _: response({}, 503, Retry_After=asked) if api.now < 0.5 else None, over=1)
    watch(connect(api), timeout=3)
    assert {time for time in api.times if time} == {3}


def build_states(*found):
    """Return responses with these states, the last one for ever."""
    return Script(*[response(build(7, state=state)) for state in found])


def wait_for_build(client, **options):
    return client.builds.wait("acme", "web", 7, **options)


def test_a_build_is_polled_until_it_finishes(connect, clock):
    script = build_states("scheduled", "running", "failing", "failed")
    assert wait_for_build(connect(script)).state == "failed"
    assert clock.sleeps == [1.0, 1.5, 2.25]


def test_polls_exclude_jobs_and_the_final_read_includes_them(connect):
    script = build_states("running", "passed")
    wait_for_build(connect(script))
    small = "/v2/organizations/acme/pipelines/web/builds/7?exclude_jobs=true&exclude_pipeline=true"
    assert script.paths == [small, small, "/v2/organizations/acme/pipelines/web/builds/7"]


def test_a_blocked_build_ends_the_wait(connect, clock):
    """The state of a blocked build is that of what ran so far, or `running`."""
    script = Script(response(build(7)), response(build(7, blocked=True)))
    assert wait_for_build(connect(script)).blocked is True
    assert clock.sleeps == [1.0]


def test_pauses_grow_to_a_limit(connect, clock):
    wait_for_build(connect(build_states(*["running"] * 12, "passed")), interval=4.0)
    assert clock.sleeps == [4.0, 6.0, 9.0, 13.5, *[15.0] * 8]


def test_a_build_that_continues_before_the_final_read_is_waited_for(connect, clock):
    """Somebody retries a job between two requests."""
    script = build_states("failed", "running", "running", "passed")
    assert wait_for_build(connect(script)).state == "passed"
    assert clock.sleeps == [1.0, 1.5]


@pytest.mark.parametrize(
    ("organization", "user", "expected"),
    [
        pytest.param(None, None, 2.0, id="nothing is known"),
        pytest.param(RateLimit("rest", 200, 1, None), None, 2.0, id="no reset"),
        pytest.param(RateLimit("rest", 200, 50, 200), None, 2.0, id="a quarter"),
        pytest.param(RateLimit("rest", 200, 49, 200), None, 4.0, id="less"),
        pytest.param(RateLimit("rest", 200, 49, 60), None, 2.0, id="the pause is longer"),
        pytest.param(RateLimit("rest", 200, 0, 60), None, 60.0, id="nothing"),
        pytest.param(RateLimit("rest", 200, 9, 60), RateLimit("rest_user", 100, 5, 60), 10.0, id="both"),
        pytest.param(RateLimit("rest", 200, 0, 999_999_999), None, 1000.0, id="a window without end"),
    ],
)
def test_pace(organization, user, expected):
    assert extend_pause(2.0, RateLimits(organization, user), 1000.0) == expected


def test_an_error_has_the_last_build_and_the_timeout(connect):
    with pytest.raises(WaitTimeoutError) as caught:
        wait_for_build(connect(build_states("running")), timeout=10)
    assert (caught.value.build.number, caught.value.job, caught.value.timeout) == (7, None, 10)


JOB = "01920000-0000-7000-8000-000000000001"


def job_states(*found, **fields):
    """Return responses with these states, the last one for ever."""
    return Script(*[response({"id": JOB, "type": "script", "state": state, **fields}) for state in found])


def wait_for_job(client, **options):
    return client.jobs.wait("acme", JOB, **options)


def test_a_job_is_polled_until_it_finishes(connect, clock):
    script = job_states("scheduled", "running", "running", "failed")
    assert wait_for_job(connect(script)).state == "failed"
    assert clock.sleeps == [1.0, 1.5, 2.25]
    assert set(script.paths) == {f"/v2/organizations/acme/jobs/{JOB}"}


def test_a_job_of_an_unknown_type_is_waited_for(connect, clock):
    script = Script(response({"type": "quantum"}), response({"type": "quantum", "finished_at": "2026-03-02T09:15:00Z"}))
    assert wait_for_job(connect(script)).type == "quantum"
    assert clock.sleeps == [1.0]


def test_an_error_has_the_last_job_and_the_timeout(connect):
    with pytest.raises(WaitTimeoutError) as caught:
        wait_for_job(connect(job_states("running", type="script")), timeout=5)
    error = pickle.loads(pickle.dumps(caught.value))
    assert (error.job.state, error.build, error.timeout, str(error)) == ("running", None, 5, str(caught.value))
