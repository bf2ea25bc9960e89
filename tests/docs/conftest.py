import pytest

from buildkite_rest import AsyncBuildkite, Buildkite
from buildkite_rest.mock import MockServer


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A mock server that all clients use by default, with its token in the environment."""
    with MockServer(build_seconds=0.1) as server:
        monkeypatch.setenv("BUILDKITE_API_TOKEN", server.token)
        for client in (Buildkite, AsyncBuildkite):
            monkeypatch.setitem(client.__init__.__kwdefaults__, "base_url", server.url)
            monkeypatch.setitem(client.__init__.__kwdefaults__, "graphql_url", server.graphql_url)
        monkeypatch.chdir(tmp_path)
        yield server
