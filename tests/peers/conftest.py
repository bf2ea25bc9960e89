"""Mock server in a process of its own, as another project starts it."""

import os
import subprocess
import sys
from contextlib import contextmanager

import pytest
from tests.peers.mock import Mock, parse_startup

#: Hosts of the mock server, which a proxy cannot reach.
LOCAL = "127.0.0.1,localhost,.localhost"


def pytest_addoption(parser):
    parser.addoption("--mock-python", default=sys.executable, help="a Python with buildkite-rest[mock]")


START = ("--start", "2026-03-02T09:15:00Z")


@contextmanager
def run_mock(config, *options):
    """Run a mock server with options of its command."""
    os.environ.update({"NO_PROXY": LOCAL, "no_proxy": LOCAL})
    command = [config.getoption("--mock-python"), "-m", "buildkite_rest.mock", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield parse_startup(process.stdout)
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def started(request):
    with run_mock(request.config, "--builds", "150", *START) as mock:
        yield mock


@pytest.fixture(scope="module")
def default_mock(request):
    """Mock server as that of the pages."""
    with run_mock(request.config, *START) as mock:
        yield mock


@pytest.fixture(scope="module")
def server(started) -> Mock:
    """Mock server in its initial state, for the tests of a module that only read."""
    started.reset()
    return started


@pytest.fixture
def mock(server) -> Mock:
    """Mock server in its initial state, for one test."""
    server.reset()
    return server
