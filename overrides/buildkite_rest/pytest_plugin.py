"""pytest fixtures for programs that use this client, with a mock server instead of the network.

pytest loads them automatically if `buildkite-rest[mock]` is installed:

```python
def test_release(buildkite_mock, buildkite):
    build = buildkite.builds.create("acme", "web", commit="HEAD", branch="main")
    assert buildkite.builds.wait("acme", "web", build.number).state == "passed"
```

pytest imports this module in each run, so the client is only imported when a fixture is used.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from . import AsyncBuildkite, Buildkite
    from .mock import MockServer

_TIMEOUT: Final = 30.0  # the default of `Buildkite`


@pytest.fixture(scope="session")
def buildkite_mock_server() -> Generator[MockServer]:
    """The mock server, started once per session. It is not reset between tests: use `buildkite_mock` for that."""
    try:
        from .mock import MockServer  # noqa: PLC0415 - see above
    except ModuleNotFoundError as error:
        pytest.fail(f"{error.name} is not installed; it comes with buildkite-rest[mock]", pytrace=False)
    with MockServer(build_seconds=0.2) as server:
        yield server


@pytest.fixture
def buildkite_mock(buildkite_mock_server: MockServer) -> MockServer:
    """The mock server in its initial state: its `url`, its `token`, and methods that inject faults."""
    buildkite_mock_server.reset()
    return buildkite_mock_server


@pytest.fixture
def buildkite(buildkite_mock: MockServer) -> Generator[Buildkite]:
    """A client of the mock server with all permissions, which raises for a response that does not match the spec."""
    from . import Buildkite  # noqa: PLC0415
    from ._http.library import default_client  # noqa: PLC0415

    # A proxy of the environment cannot reach the mock server.
    with Buildkite(**_options(buildkite_mock), http_client=default_client(_TIMEOUT, trust_env=False)) as client:
        yield client


@pytest.fixture
def async_buildkite(buildkite_mock: MockServer) -> AsyncBuildkite:
    """An asynchronous client of the mock server, for `async with async_buildkite as client:`."""
    from . import AsyncBuildkite  # noqa: PLC0415
    from ._http.library import default_async_client  # noqa: PLC0415

    return AsyncBuildkite(**_options(buildkite_mock), http_client=default_async_client(_TIMEOUT, trust_env=False))


def _options(server: MockServer) -> dict[str, Any]:
    from ._policy.retries import RetryPolicy  # noqa: PLC0415

    retries = RetryPolicy(backoff=0.01, max_backoff=0.05)
    return {"auth": server.token, "base_url": server.url, "strict": True, "retries": retries}
