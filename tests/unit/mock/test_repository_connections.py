"""Repository connections and their repositories."""

from __future__ import annotations

import pytest

from .caller import API

CONNECTIONS = "/v2/organizations/acme/repository_connections"


@pytest.fixture
def connections(api):
    """Return the connections by their types."""
    return {connection["type"]: connection for connection in api.get(CONNECTIONS).json()}


def test_lists_have_one_short_entry_of_each_type(api, connections):
    assert len(connections) == 8
    for connection in connections.values():
        assert connection.keys() == {"id", "type", "display_name", "url"}
        assert connection["url"] == f"{API}{CONNECTIONS}/{connection['id']}"
        more = api.get(connection["url"]).json()
        assert more == {**more, **connection}
        assert more.keys() - connection.keys() == {"service_account", "host", "rate_limit"}


@pytest.mark.parametrize(
    "type_", ["github_app", "github_code_access_app", "github_restricted_app", "cursor_origin_app"]
)
def test_repositories_are_listed(api, connections, type_):
    found = api.get(f"{connections[type_]['url']}/repositories").json()
    host = "origin.example" if type_ == "cursor_origin_app" else "github.com"
    assert found[0] == {
        "full_name": "acme/web",
        "html_url": f"https://{host}/acme/web",
        "clone_url": f"https://{host}/acme/web.git",
        "default_branch": "main",
    }
    assert {repository["default_branch"] for repository in found} == {"main", "trunk", None}
