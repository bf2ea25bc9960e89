"""Functions of the caller are called and never awaited: one that returns a coroutine is an error."""

import pytest
from tests.unit.client.artifacts import artifact, server, whole
from tests.unit.client.support import Script, response


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
