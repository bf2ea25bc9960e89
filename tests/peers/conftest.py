"""A mock server in a process of its own, as a program of another project would start it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.peers.mock import Mock, listening

#: Folder of the clients that `make test-peers` installs and generates.
TOOLS = Path(__file__).parents[2] / ".tools" / "peers"
sys.path.append(str(TOOLS / "client"))

#: Hosts to reach without a proxy, which would look for the mock server on its own machine.
LOCAL = "127.0.0.1,localhost,.localhost"


def pytest_addoption(parser):
    parser.addoption("--mock-python", default=sys.executable, help="a Python that has buildkite-rest[mock]")


@pytest.fixture(scope="session")
def started(request):
    os.environ.update({"NO_PROXY": LOCAL, "no_proxy": LOCAL})
    command = [request.config.getoption("--mock-python"), "-m", "buildkite_rest.mock", "--builds", "150"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield listening(process.stdout)
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def server(started) -> Mock:
    """The mock server as it starts, for the tests of one module that change nothing."""
    started.reset()
    return started


@pytest.fixture
def mock(server) -> Mock:
    """The mock server as it starts, for one test."""
    server.reset()
    return server
