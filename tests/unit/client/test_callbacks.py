"""Functions of the caller are called and never awaited, so that one which would have to be is refused."""

from functools import partial

import pytest
from tests.unit.client.artifacts import artifact, server, whole
from tests.unit.client.support import Script, response


async def coroutine(*_):
    raise AssertionError


class Awaited:
    async def __call__(self, *_):
        raise AssertionError

    async def method(self, *_):
        raise AssertionError


FUNCTIONS = {
    "function": coroutine,
    "partial": partial(coroutine, 1),
    "method": Awaited().method,
    "object": Awaited(),
}
CALLS = {
    "wait": lambda client, f: client.builds.wait("acme", "web", 1, on_change=f),
    "wait of one organization": lambda client, f: client.organization("acme").builds.wait("web", 1, on_change=f),
    "jobs.wait": lambda client, f: client.jobs.wait("acme", "job", on_change=f),
    "download_logs": lambda client, f: client.builds.download_logs("acme", "web", 1, to="out", progress=f),
    "download": lambda client, f: client.artifacts.download("acme", "job", "a", to="out", progress=f),
    "download_build": lambda client, f: client.artifacts.download_build("acme", "web", 1, to="out", progress=f),
}
every_function = pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)


@every_function
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_coroutine_function_is_refused_before_anything_is_sent(connect, call, function):
    script = Script(response({}, 404))
    message = r"^(on_change|progress) must be a plain function, not a coroutine function: it is not awaited$"
    with pytest.raises(TypeError, match=message):
        call(connect(script), function)
    assert script.requests == []


def returned(*args):
    """Return a coroutine, without being a coroutine function."""
    return coroutine(*args)


RETURNED = {
    "on_wait": lambda connect, _: connect(Script(response({}, 503)), on_wait=returned).user.get(),
    "download": lambda connect, to: connect(server(whole, artifact(0, "f"))).artifacts.download(
        "acme", "j", "a0", to=to / "f", progress=returned
    ),
    "download_build": lambda connect, to: connect(server(whole, artifact(0, "f"))).artifacts.download_build(
        "acme", "web", 1, to=to, progress=returned
    ),
    "download_logs": lambda connect, to: connect(Script(response({"items": [], "links": {}}))).builds.download_logs(
        "acme", "web", 1, to=to, progress=returned
    ),
}


@pytest.mark.parametrize("call", RETURNED.values(), ids=RETURNED)
def test_a_function_that_returns_a_coroutine_is_an_error(connect, tmp_path, call):
    with pytest.raises(TypeError, match=r"^(on_wait|progress) must be a plain function, and has returned a coroutine"):
        call(connect, tmp_path)
    assert list(tmp_path.iterdir()) == []
