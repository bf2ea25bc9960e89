import pytest
from tests.conformance.traffic.recording import record

from buildkite_rest.conformance import traffic
from buildkite_rest.conformance.api import Api


@pytest.fixture(scope="session")
def har():
    """A HAR of calls of the client, which tests do not change."""
    return record()


@pytest.fixture(scope="session")
def judge():
    return traffic.Judge(Api.load())


@pytest.fixture(autouse=True)
def loaded_spec(monkeypatch, judge):
    """Collect the words of the spec once for all tests."""
    monkeypatch.setattr(traffic, "Judge", lambda _: judge)
