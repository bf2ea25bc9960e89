import json
from types import SimpleNamespace

import pytest
from tests.conformance.package_spec import SPEC
from tests.conformance.recorded.recording import record

from buildkite_rest.conformance.recorded import command
from buildkite_rest.conformance.spec import Spec
from buildkite_rest.traffic._checks import Checker


@pytest.fixture(scope="session")
def har(tmp_path_factory):
    """A HAR of calls of the client, which tests do not change."""
    path = tmp_path_factory.mktemp("recorded") / "client.har"
    record(path)
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def checker():
    return Checker(SPEC.raw)


@pytest.fixture(autouse=True)
def compiled_spec(monkeypatch, checker):
    """Compile the spec once for all tests."""
    monkeypatch.setattr(command, "Checker", lambda _: checker)
    monkeypatch.setattr(Spec, "load", lambda _: SimpleNamespace(raw=None))
