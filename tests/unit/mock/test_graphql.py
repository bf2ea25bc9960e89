"""GraphQL: the mock checks the request and answers what a test sets."""

from __future__ import annotations

import httpx
import msgspec
import pytest

from buildkite_rest.mock.http.graphql import operation_name

QUERY = "query Viewer { viewer { user { name } } }"


@pytest.fixture
def post(server):
    def post(query=QUERY, *, token=server.token, **options):
        options = options or {"json": {"query": query}}
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return httpx.post(server.graphql_url, headers=headers, timeout=60, **options)

    return post


def test_data_and_errors(server, post):
    assert server.graphql_url == f"{server.url}/graphql/v1"
    data = {"viewer": {"user": {"name": "Ada"}}}
    response = server.respond_graphql(data)
    reply = post()
    assert (reply.status_code, reply.json()) == (200, {"data": data})
    assert response.requests[0].json == {"query": QUERY}
    server.respond_graphql(errors=["No pipeline", {"message": "Late", "path": ["a"]}])
    assert post().json() == {"errors": [{"message": "No pipeline"}, {"message": "Late", "path": ["a"]}]}
    server.respond_graphql(data, errors=["Half"])
    assert post().json() == {"data": data, "errors": [{"message": "Half"}]}


def test_a_response_for_one_operation(server, post):
    server.respond_graphql({"which": "all"})
    server.respond_graphql({"which": "cancel"}, operation_name="Cancel", times=2)
    document = {"query": f"{QUERY} mutation Cancel {{ a }}", "operationName": "Cancel"}
    replies = [post(json=document), post("mutation Cancel($id: ID!) { a }"), post("mutation Cancel { a }"), post()]
    assert [reply.json()["data"]["which"] for reply in replies] == ["cancel", "cancel", "all", "all"]


def test_a_response_of_respond_is_sent_without_checks(server, post):
    server.respond("POST", "/graphql/v1", status=503)
    assert [post(token=None).status_code, post(content=b"{").status_code, post().status_code] == [503] * 3
    server.respond("GET", "/graphql/v1", content="<h1>")
    assert httpx.get(server.graphql_url, timeout=60).text == "<h1>"


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ("fragment F on User { query Other }\n query Viewer { ...F }", "Viewer"),
        ("# query No { a }\n{ query }", None),
        ("query ($a: Int) { a }", None),
    ],
)
def test_the_name_of_the_operation_is_found(document, name):
    assert operation_name(msgspec.json.encode({"query": document})) == name


def test_an_operation_without_a_response_says_how_to_set_one(post):
    [error] = post().json()["errors"]
    assert error["message"] == (
        "The mock has no response to the operation Viewer. Set one with MockServer.respond_graphql."
    )


def test_the_token_needs_a_scope(server, post):
    server.respond_graphql({})
    for token, status, message in (
        (None, 401, "Authentication required"),
        ("unknown", 401, "Authentication required"),
        (server.read_only_token, 403, "does not have the scope graphql"),
        (server.add_token(scopes=["graphql"]), 200, None),
    ):
        reply = post(token=token)
        assert reply.status_code == status
        assert message is None or message in reply.json()["errors"][0]["message"]


@pytest.mark.parametrize("body", [{"content": b"{"}, {"json": []}, {"json": {"query": 1}}, {"content": b"\xff"}])
def test_an_invalid_body_is_refused(post, body):
    reply = post(**body)
    assert (reply.status_code, "body" in reply.json()["errors"][0]["message"]) == (400, True)


def test_the_limits_are_reported_and_can_be_exceeded(server, post):
    headers = post().headers
    assert [headers[f"RateLimit-{name}"] for name in ("Limit", "Remaining", "User-Limit", "Complexity-Actual")] == [
        "20000", "20000", "5000", "0",
    ]  # fmt: skip
    assert 0 < int(headers["RateLimit-Reset"]) <= 300
    server.inject("429", path="/graphql/v1")
    reply = post()
    assert (reply.status_code, reply.headers["RateLimit-Remaining"], reply.headers["RateLimit-Reset"]) == (
        429,
        "0",
        "1",
    )
    assert "complexity points" in reply.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"data": object()}, TypeError, "Encoding objects of type object"),
        ({}, ValueError, "respond_graphql needs data or errors"),
        ({"data": {}, "times": 0}, ValueError, "times is invalid: Expected `int` >= 1"),
    ],
)
def test_an_invalid_argument_is_rejected(server, arguments, error, message):
    with pytest.raises(error, match=f"^{message}"):
        server.respond_graphql(**arguments)
