"""The fixtures for the tests of programs that use the client, as pytest of such a program sees them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def pytest_in(folder, *options, **environment):
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--rootdir", folder, *options, folder]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=folder, env=os.environ | environment
    )


def test_the_example_passes():
    done = pytest_in(ROOT / "examples/testing", "-W", "error")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10 passed" in done.stdout


@pytest.mark.exhaustive
def test_the_mock_server_bypasses_proxies():
    nowhere = "http://127.0.0.1:9"
    done = pytest_in(ROOT / "examples/testing", HTTP_PROXY=nowhere, ALL_PROXY=nowhere, NO_PROXY="")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_missing_extra_is_reported_in_one_line(tmp_path):
    (tmp_path / "conftest.py").write_text("import sys\nsys.modules['starlette'] = None\n")
    (tmp_path / "test_it.py").write_text("def test_it(buildkite): pass\n")
    done = pytest_in(tmp_path)
    assert done.returncode == 1
    assert "is not installed; it comes with buildkite-rest[mock]" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


CONFIGURED = """
import time

import pytest

from buildkite_rest import Timing


@pytest.fixture(scope="session")
def buildkite_mock_options():
    return {"rate_limit": 2, "builds": 3}


@pytest.fixture
def buildkite_client_options():
    return {"organization": "acme"}


def test_a_rate_limit_costs_no_real_time(buildkite, buildkite_mock, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail(f"slept for {seconds} s"))
    for _ in range(5):
        assert buildkite.organization().organizations.get().slug == "acme"
    assert 429 in [request.status for request in buildkite_mock.requests]


def test_graphql(buildkite, buildkite_mock):
    buildkite_mock.respond_graphql({"viewer": {"id": "v"}})
    assert buildkite.graphql("{ viewer { id } }") == {"viewer": {"id": "v"}}


class TestRealTime:
    pauses = []

    @pytest.fixture
    def buildkite_client_options(self):
        return {"timing": Timing(sleep=self.pauses.append)}

    def test_the_client_has_other_options(self, buildkite, buildkite_mock):
        buildkite_mock.inject("429")
        buildkite.user.get()
        assert len(self.pauses) == 1
"""


def test_a_conftest_configures_the_fixtures(tmp_path):
    (tmp_path / "test_it.py").write_text(CONFIGURED)
    done = pytest_in(tmp_path)
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout


NOTHING = """
import sys


def test_it():
    assert not {"httpx", "msgspec", "starlette", "buildkite_rest.mock"} & set(sys.modules)
"""


def test_pytest_imports_the_client_on_first_use(tmp_path):
    (tmp_path / "test_it.py").write_text(NOTHING)
    done = pytest_in(tmp_path, "-p", "no:schemathesis", "-p", "no:anyio")
    assert done.returncode == 0, done.stdout
