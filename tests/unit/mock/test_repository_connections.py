"""Repository connections and their repositories."""

from __future__ import annotations

import pytest

from buildkite_rest.mock import GLOBEX_TOKEN, NO_SCOPES_TOKEN

from .caller import API

CONNECTIONS = "/v2/organizations/acme/repository_connections"
NOBODY = "01920000-0000-703e-8000-0000000000ff"


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


def test_account_host_and_rate_limit_depend_on_the_type(api, connections):
    app = api.get(connections["github_app"]["url"]).json()
    assert app["service_account"] == {"login": "acme"}
    assert (app["host"]["type"], app["rate_limit"]["remaining"]) == ("github", 5_000 - app["rate_limit"]["used"])
    server = api.get(connections["bitbucket_server"]["url"]).json()
    assert (server["service_account"], server["rate_limit"]) == (None, None)
    assert server["host"]["url"].count(",") == 1
    assert api.get(connections["github_restricted_app"]["url"]).json()["host"] is None


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


@pytest.mark.parametrize(("name", "found"), [("ACME/infra", ["acme/Infra"]), ("acme/inf", []), ("", [])])
def test_one_repository_is_found_by_its_whole_name(api, connections, name, found):
    response = api.get(f"{connections['github_app']['url']}/repositories", params={"repository": name})
    assert [repository["full_name"] for repository in response.json()] == found


@pytest.mark.parametrize("query", ["repository[]=acme/web", "repository[x]=acme/web"])
def test_a_list_as_name_is_400(api, connections, query):
    assert api.get(f"{connections['github_app']['url']}/repositories?{query}").status_code == 400


@pytest.mark.parametrize("type_", ["github_enterprise", "bitbucket_server", "gitlab_self_managed"])
def test_other_types_list_none(api, connections, type_):
    response = api.get(f"{connections[type_]['url']}/repositories")
    assert response.status_code == 422
    assert "not supported" in response.json()["message"]


@pytest.mark.parametrize("rest", ["", "/repositories"])
def test_ids(api, connections, rest):
    assert api.get(f"{CONNECTIONS}/x{rest}").status_code == 400
    assert api.get(f"{CONNECTIONS}/{NOBODY}{rest}").status_code == 404
    globex = api.as_owner_of(GLOBEX_TOKEN)
    other = globex.get("/v2/organizations/globex/repository_connections").json()[0]["id"]
    assert globex.get(f"{CONNECTIONS}/{other}{rest}").status_code == 404
    assert api.get(f"{CONNECTIONS}/{connections['github_app']['id'].upper()}{rest}").status_code == 200


@pytest.mark.parametrize("rest", ["", "/{}", "/{}/repositories"])
def test_only_administrators_with_the_scope_see_them(api, backend, connections, rest):
    url = CONNECTIONS + rest.format(connections["github_app"]["id"])
    assert api.as_owner_of(NO_SCOPES_TOKEN).get(url).status_code == 403
    user = backend.tokens[api.get("/v2/access-token").json()["uuid"]].user
    backend.organizations["acme"].memberships[user.id].role = "member"
    assert api.get(url).status_code == 403
