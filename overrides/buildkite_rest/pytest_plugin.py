"""pytest fixtures for programs that use this client, with a mock server instead of the network.

pytest loads them automatically if `buildkite-rest[mock]` is installed:

```python
def test_release(buildkite_mock, buildkite):
    build = buildkite.builds.create("acme", "web", commit="HEAD", branch="main")
    assert buildkite.builds.wait("acme", "web", build.number).state == "passed"
    assert buildkite_mock.requests[0].json == {"commit": "HEAD", "branch": "main"}
```

A `conftest.py` configures them by fixtures of its own, `buildkite_mock_options` and `buildkite_client_options`.

pytest imports this module in each run, so the client is only imported when a fixture is used.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from . import AsyncBuildkite, Buildkite
    from .mock import MockServer

_TIMEOUT: Final = 30.0  # the default of `Buildkite`
_MOCK_OPTIONS: Final[Mapping[str, Any]] = {"build_seconds": 0.2}


@pytest.fixture(scope="session")
def buildkite_mock_options() -> Mapping[str, Any]:
    """Arguments of the `MockServer`. Override this fixture, with the same scope, to set some."""
    return {}


@pytest.fixture
def buildkite_client_options() -> Mapping[str, Any]:
    """Arguments of the clients `buildkite` and `async_buildkite`. Override this fixture to set some."""
    return {}


@pytest.fixture(scope="session")
def buildkite_mock_server(buildkite_mock_options: Mapping[str, Any]) -> Generator[MockServer]:
    """The mock server, started once per session. It is not reset between tests: use `buildkite_mock` for that."""
    try:
        from .mock import MockServer  # noqa: PLC0415 - see above
    except ModuleNotFoundError as error:
        pytest.fail(f"{error.name} is not installed; it comes with buildkite-rest[mock]", pytrace=False)
    with MockServer(**{**_MOCK_OPTIONS, **buildkite_mock_options}) as server:
        yield server


@pytest.fixture
def buildkite_mock(buildkite_mock_server: MockServer) -> MockServer:
    """The mock server in its initial state: its `url`, its `token`, its `requests`, and methods that control it."""
    buildkite_mock_server.reset()
    return buildkite_mock_server


@pytest.fixture
def buildkite(buildkite_mock: MockServer, buildkite_client_options: Mapping[str, Any]) -> Generator[Buildkite]:
    """A client of the mock server with all permissions, which raises for a response that does not match the spec.

    Its pauses advance the clock of the mock server and take no real time.
    """
    from . import Buildkite  # noqa: PLC0415
    from ._http.library import default_client  # noqa: PLC0415

    with Buildkite(**_options(buildkite_mock, default_client, buildkite_client_options)) as client:
        yield client


@pytest.fixture
def async_buildkite(buildkite_mock: MockServer, buildkite_client_options: Mapping[str, Any]) -> AsyncBuildkite:
    """An asynchronous client of the mock server, for `async with async_buildkite as client:`.

    Its pauses advance the clock of the mock server and take no real time.
    """
    from . import AsyncBuildkite  # noqa: PLC0415
    from ._http.library import default_async_client  # noqa: PLC0415

    return AsyncBuildkite(**_options(buildkite_mock, default_async_client, buildkite_client_options))


def _options(server: MockServer, make: Callable[..., object], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a client."""
    defaults: dict[str, Any] = {
        "auth": server.token, "base_url": server.url, "graphql_url": server.graphql_url,
        "strict": True, "timing": server.timing,
    }  # fmt: skip
    if "http_client" not in options:
        # A proxy of the environment cannot reach the mock server.
        defaults["http_client"] = make(options.get("timeout", _TIMEOUT), trust_env=False)
    return defaults | dict(options)
