from datetime import UTC, datetime

import pytest

from buildkite_rest.mock import MockServer, clock_from


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A mock server whose URLs and token are in the environment, so that clients without arguments use it."""
    with MockServer(build_seconds=0.1, clock=clock_from(datetime(2026, 3, 2, 9, 15, tzinfo=UTC))) as server:
        monkeypatch.setenv("BUILDKITE_API_TOKEN", server.token)
        monkeypatch.setenv("BUILDKITE_REST_URL", server.url)
        monkeypatch.setenv("BUILDKITE_GRAPHQL_URL", server.graphql_url)
        monkeypatch.chdir(tmp_path)
        yield server
