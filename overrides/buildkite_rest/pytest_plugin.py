"""Fixtures of pytest for the tests of programs that use this client: no test needs a network.

pytest finds them by itself once `buildkite-rest[mock]` is installed:

```python
def test_release(buildkite_mock, buildkite):
    build = buildkite.builds.create("acme", "web", commit="HEAD", branch="main")
    assert buildkite.builds.wait("acme", "web", build.number).state == "passed"
```

pytest imports this module in each run, so it imports nothing before a fixture is used.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from . import AsyncBuildkite, Buildkite
    from .mock import MockServer

_TIMEOUT: Final = 30.0  # as without an HTTP client that is brought


@pytest.fixture(scope="session")
def buildkite_mock_server() -> Generator[MockServer]:
    """The mock server, started once. What a test leaves in it is there for the next: `buildkite_mock` is for tests."""
    try:
        from .mock import MockServer  # noqa: PLC0415 - only now is it needed
    except ModuleNotFoundError as error:
        pytest.fail(f"{error.name} is not installed; it comes with buildkite-rest[mock]", pytrace=False)
    with MockServer(build_seconds=0.2) as server:
        yield server


@pytest.fixture
def buildkite_mock(buildkite_mock_server: MockServer) -> MockServer:
    """The mock server as it was at the start: its `url`, its `token`, and methods that spoil answers."""
    buildkite_mock_server.reset()
    return buildkite_mock_server


@pytest.fixture
def buildkite(buildkite_mock: MockServer) -> Generator[Buildkite]:
    """A client of the mock server that may do everything, and raises for an answer that is not as described."""
    from . import Buildkite  # noqa: PLC0415
    from ._http.library import default_client  # noqa: PLC0415

    # A proxy would look for the mock server on its own machine.
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
