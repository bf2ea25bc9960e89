"""Mock server in a process of its own, as another project starts it, and its URLs, token and data over plain HTTP."""

import os
import subprocess
import sys
from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import requests

WEB = "/v2/organizations/acme/pipelines/web"


@dataclass(frozen=True)
class Mock:
    """The mock server's URLs and token, and requests without a client library."""

    url: str
    storage_url: str
    token: str

    def reset(self) -> None:
        requests.post(f"{self.url}/_mock/reset", timeout=30).raise_for_status()

    def get(self, path: str, **query: object) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        response = requests.get(self.url + path, params=query, headers=headers, timeout=30)
        response.raise_for_status()
        return response.json()

    def status(self, path: str) -> int:
        headers = {"Authorization": f"Bearer {self.token}"}
        return requests.get(self.url + path, headers=headers, timeout=30).status_code

    def job(self, kind: str, state: str) -> tuple[str, int, Any]:
        """Return the pipeline, the build's number and the job of the newest job of that kind in that state."""
        for build in self.get("/v2/organizations/acme/builds", per_page=100):
            for job in build["jobs"]:
                if (job["type"], job.get("state")) == (kind, state):
                    return build["pipeline"]["slug"], build["number"], job
        raise AssertionError(f"the mock server has no {kind} job that is {state}")


def parse_startup(lines: Iterable[str]) -> Mock:
    """Parse the output of the mock server when it starts."""
    values: dict[str, str] = {}
    for line in lines:
        name, _, value = line.strip().rpartition(" ")
        values[name.strip()] = value
        if name.startswith("token, all scopes"):
            return Mock(url=values["API"], storage_url=values["storage"], token=value)
    raise AssertionError("the mock server did not start")


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
