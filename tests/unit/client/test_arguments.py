"""Arguments of the caller: ranges of numbers, and functions, which are called and never awaited."""

from math import inf, nan

import pytest
from tests.each import check_each
from tests.unit.client.artifacts import artifact, server, whole
from tests.unit.client.support import Script, response

from buildkite_rest import Buildkite, RetryPolicy

DAY = 86_400
PAUSES = ["backoff", "max_backoff", "max_rate_limit_wait"]


def policy(name):
    return lambda value: RetryPolicy(**{name: value})


def with_timeout(value):
    with Buildkite("t") as client:
        client.with_options(timeout=value)


def client_with_timeout(value):
    Buildkite("t", timeout=value).close()


def waits(method, name):
    def call(value):
        with Buildkite("t") as client:
            resource = client.jobs if method == "follow_log" else client.builds
            args = ("acme", "j") if method == "follow_log" else ("acme", "web", 1)
            result = getattr(resource, method)(*args, **{name: value})
            next(result)  # of a generator, which checks its arguments then

    return call


NUMBERS = {
    **{name: policy(name) for name in [*PAUSES, "deadline"]},
    "timeout": client_with_timeout,
    "timeout-with-options": with_timeout,
    **{f"interval-{method}": waits(method, "interval") for method in ("wait", "follow", "follow_log")},
}


@pytest.mark.parametrize("value", [nan, inf, -inf, -1, -0.001, DAY + 1, 1e10])
def test_a_time_is_a_day_at_most(value):
    def check(name):
        message = rf"^{name.partition('-')[0]} must be .* {DAY} seconds, a day, not .{{1,30}}$"
        with pytest.raises(ValueError, match=message):
            NUMBERS[name](value)

    check_each({name: (name,) for name in NUMBERS}, check)


async def coroutine(*_):
    raise AssertionError


def returned(*args):
    """Return a coroutine, without being a coroutine function."""
    return coroutine(*args)


RETURNED = {
    "on_wait": lambda connect, _: connect(Script(response({}, 503)), on_wait=returned).user.get(),
    "download": lambda connect, to: connect(server(whole, artifact(0, "f"))).artifacts.download(
        "acme", "j", "a0", to=to / "f", progress=returned
    ),
}


@pytest.mark.parametrize("call", RETURNED.values(), ids=RETURNED)
def test_a_function_that_returns_a_coroutine_is_an_error(connect, tmp_path, call):
    with pytest.raises(TypeError, match=r"^(on_wait|progress) must be a plain function, and has returned a coroutine"):
        call(connect, tmp_path)
    assert list(tmp_path.iterdir()) == []
