import pytest

from buildkite_rest import AsyncBuildkite, Buildkite
from buildkite_rest.mock import MockServer


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A mock server that every client talks to unless told otherwise, and its token where clients look."""
    with MockServer(build_seconds=0.1) as server:
        monkeypatch.setenv("BUILDKITE_API_TOKEN", server.token)
        for client in (Buildkite, AsyncBuildkite):
            monkeypatch.setitem(client.__init__.__kwdefaults__, "base_url", server.url)
        monkeypatch.chdir(tmp_path)
        yield server
