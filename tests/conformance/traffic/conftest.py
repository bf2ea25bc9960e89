import pytest
from tests.conformance.traffic.recording import record

from buildkite_rest.conformance.traffic import check, command
from buildkite_rest.conformance.traffic.judge import Judge


@pytest.fixture(scope="session")
def har():
    """A HAR of calls of the client, which tests do not change."""
    return record()


@pytest.fixture(scope="session")
def judge():
    return Judge.load()


@pytest.fixture(autouse=True)
def loaded_spec(monkeypatch, judge):
    """Load the spec once for all tests."""
    for module in (check, command):
        monkeypatch.setattr(module.Judge, "load", lambda: judge)
