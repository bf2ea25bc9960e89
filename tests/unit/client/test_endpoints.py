"""The URLs of the APIs from the environment."""

import pytest
from tests.unit.client.support import Script, response

from buildkite_rest import ConfigurationError
from buildkite_rest._cli.main import main
from buildkite_rest.mock import MockServer

REST, GRAPHQL = "BUILDKITE_REST_URL", "BUILDKITE_GRAPHQL_URL"
GATEWAY = "https://gateway.example/bk"
QUERY = "{ viewer { id } }"


def viewer():
    return response({"data": {"viewer": {"id": "v"}}})


def urls_of(connect, **options):
    """Return the URLs of a REST request and of a GraphQL request."""
    script = Script(response({}), viewer())
    client = connect(script, **options)
    client.request("GET", "/v2/user")
    client.graphql(QUERY)
    assert {request.headers["Authorization"] for request in script.requests} == {"Bearer secret-token"}
    return [str(request.url) for request in script.requests]


@pytest.mark.parametrize("space", ["", " \n"])
def test_both_urls_are_read_from_the_environment(connect, monkeypatch, space):
    monkeypatch.setenv(REST, f"{GATEWAY}/{space}")
    monkeypatch.setenv(GRAPHQL, f"{GATEWAY}/graphql{space}")
    assert urls_of(connect) == [f"{GATEWAY}/v2/user", f"{GATEWAY}/graphql"]


@pytest.mark.parametrize("value", ["", " "])
def test_blank_variables_are_unset(connect, monkeypatch, value):
    monkeypatch.setenv(REST, value)
    monkeypatch.setenv(GRAPHQL, value)
    assert urls_of(connect) == ["https://api.buildkite.com/v2/user", "https://graphql.buildkite.com/v1"]


def test_an_argument_replaces_a_variable(connect, monkeypatch):
    monkeypatch.setenv(REST, GATEWAY)
    monkeypatch.setenv(GRAPHQL, "not a URL")
    found = urls_of(connect, graphql_url="https://other.example/graphql")
    assert found == [f"{GATEWAY}/v2/user", "https://other.example/graphql"]


def test_a_base_url_that_is_passed_leaves_nothing_to_the_environment(connect, monkeypatch):
    monkeypatch.setenv(REST, GATEWAY)
    monkeypatch.setenv(GRAPHQL, f"{GATEWAY}/graphql")
    found = urls_of(connect, base_url="https://api.buildkite.com")
    assert found == ["https://api.buildkite.com/v2/user", "https://graphql.buildkite.com/v1"]
    script = Script()
    with pytest.raises(ConfigurationError, match="because base_url is not that of Buildkite"):
        connect(script, base_url="https://other.example").graphql(QUERY)
    assert script.requests == []


@pytest.mark.parametrize("variable", [REST, GRAPHQL])
@pytest.mark.parametrize("value", ["https://ada:s3cret@api.example", "api.example/s3cret", "https://a.example?s3cret"])
def test_an_invalid_url_is_an_error_that_names_the_variable_only(connect, monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError, match=f"^{variable} must be a URL such as https://") as caught:
        connect()
    assert "s3cret" not in str(caught.value)


def test_the_version_in_a_url_is_an_error(connect, monkeypatch):
    monkeypatch.setenv(REST, f"{GATEWAY}/v2/")
    with pytest.raises(ConfigurationError, match=f"^{REST} ends with /v2, "):
        connect()


def test_the_command_api_reads_them(monkeypatch, capsys):
    with MockServer(builds=1) as server:
        server.respond_graphql({"viewer": {"id": "v"}})
        monkeypatch.setenv("BUILDKITE_API_TOKEN", server.token)
        monkeypatch.setenv(REST, server.url)
        assert main(["api", "/v2/user"]) == 0
        assert main(["api", "graphql", "-f", f"query={QUERY}"]) == 2
        problem = f"there is no URL for graphql, because {REST} is not that of Buildkite"
        solution = f"Set {GRAPHQL}, or pass --graphql-url=… to the client"
        assert capsys.readouterr().err == f"buildkite-rest api: {problem}. {solution}.\n"
        monkeypatch.setenv(GRAPHQL, server.graphql_url)
        assert main(["api", "graphql", "-f", f"query={QUERY}"]) == 0
        assert [request.path for request in server.requests] == ["/v2/user", "/graphql/v1"]
    monkeypatch.setenv(REST, "s3cret")
    assert main(["api", "/v2/user"]) == 2
    assert capsys.readouterr().err.startswith(f"buildkite-rest api: {REST} must be a URL such as")
