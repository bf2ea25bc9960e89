"""`graphql`: documents of another origin, with what generated calls have."""

import pickle
from typing import TypedDict

import httpx
import msgspec
import pytest
from tests.unit.client.support import Script, response

from buildkite_rest import (
    APIConnectionError,
    APIError,
    APIStatusError,
    ConfigurationError,
    DecodeError,
    GraphQLError,
    GraphQLErrorEntry,
    RateLimitPacing,
)

URL = "https://graphql.buildkite.com/v1"
GATEWAY = "https://gateway.example/bk"
QUERY = "query Viewer { viewer { id } }"
MUTATION = "mutation Archive($id: ID!) { archive(id: $id) { id } }"


class Viewer(TypedDict):
    id: str


class Struct(msgspec.Struct):
    viewer: Viewer | None = None


def viewer(**headers):
    return response({"data": {"viewer": {"id": "v"}}}, **headers)


def test_a_document_is_sent_with_the_credentials_of_the_client(connect):
    script = Script(viewer())
    client = connect(script, headers={"X-Team": "web"}).with_options(query={"rest": 1})
    assert client.graphql(QUERY) == {"viewer": {"id": "v"}}
    client.graphql(MUTATION, {"id": "x", "list": (1, None)}, operation_name="Archive")
    first, second = script.requests
    assert (first.method, str(first.url), first.headers["X-Team"]) == ("POST", URL, "web")
    assert first.headers["Authorization"] == "Bearer secret-token"
    assert (first.headers["Accept"], first.headers["Content-Type"]) == ("application/json", "application/json")
    assert msgspec.json.decode(first.content) == {"query": QUERY}
    assert msgspec.json.decode(second.content) == {
        "query": MUTATION,
        "variables": {"id": "x", "list": [1, None]},
        "operationName": "Archive",
    }


@pytest.mark.parametrize("base_url", [GATEWAY, "https://api.buildkite.com:8443", "http://api.buildkite.com"])
def test_another_base_url_needs_a_graphql_url(connect, base_url):
    script = Script(viewer())
    with pytest.raises(ConfigurationError, match=r"^there is no URL for graphql, .* Pass graphql_url=… to the"):
        connect(script, base_url=base_url).graphql(QUERY)
    assert script.requests == []


def test_each_origin_gets_the_credentials_of_its_calls_only(connect):
    script = Script(viewer(), response({}))
    client = connect(script, base_url=GATEWAY, graphql_url="https://gq.example/a/")
    client.graphql(QUERY)
    client.request("GET", "/v2/user")
    with pytest.raises(ValueError, match="path is on another origin than base_url"):
        client.request("GET", "https://gq.example/a/")
    assert [(str(each.url), each.headers["Authorization"]) for each in script.requests] == [
        ("https://gq.example/a/", "Bearer secret-token"),
        (f"{GATEWAY}/v2/user", "Bearer secret-token"),
    ]


def test_a_redirect_is_refused(connect):
    script = Script(httpx.Response(307, headers={"Location": "https://other.example/"}))
    message = r"^graphql: POST /v1: 307: .*s to https://other.example/, which is not followed\. Check graphql_url$"
    with pytest.raises(APIStatusError, match=message):
        connect(script).graphql(QUERY)
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("document", "attempts"),
    [
        (QUERY, 3),
        (MUTATION, 1),
        ("{ a } #mutation", 1),
        ("query A { a }\nsubscription B { b }", 1),
    ],
)
def test_only_queries_are_retried_after_a_failure(connect, document, attempts):
    script = Script(httpx.ReadError("broken"), response(status=502), viewer())
    client = connect(script)
    if attempts == 1:
        with pytest.raises(APIConnectionError, match=r"^graphql: POST /v1: graphql\.buildkite\.com: .*may have been"):
            client.graphql(document)
    else:
        client.graphql(document)
    assert len(script.requests) == attempts


LIMITS = {"RateLimit_Remaining": 9, "RateLimit_Limit": 20_000, "RateLimit_Reset": 9, "RateLimit_User_Limit": 5000}


def test_limits_are_separate_from_those_of_rest(connect, clock):
    exhausted = {"RateLimit_User_Remaining": 0, "RateLimit_User_Reset": 7, "RateLimit_Remaining": 5}
    rest = response({}, RateLimit_Limit=200, RateLimit_Remaining=0, RateLimit_Reset=60)
    script = Script(rest, response({"errors": []}, 429, **LIMITS | exhausted), viewer(**LIMITS | exhausted))
    client = connect(script, pacing=RateLimitPacing())
    client.request("GET", "/v2/organizations/acme")
    client.graphql(MUTATION)
    client.graphql(QUERY)
    assert clock.sleeps == [7]
    assert (client.rate_limits.organization.limit, client.rate_limits.user) == (200, None)


def test_errors_are_raised_with_the_partial_result(connect):
    entries = [
        {"message": "no\nbuild \x1b secret-token", "path": ["build", 0], "locations": [{"line": 1, "column": 9}, 5]},
        {"message": "x" * 9999, "extensions": {"code": "secret"}},
        "text",
        None,
    ]
    partial = response({"data": {"build": None, "a": 1}, "errors": entries}, X_Request_Id="r-1")
    with pytest.raises(APIError) as raised:
        connect(Script(response(status=503), partial)).graphql(QUERY, operation_name="Viewer", response_type=Struct)
    error = raised.value
    assert isinstance(error, GraphQLError)
    assert str(error) == r"graphql Viewer: POST /v1: no\nbuild \x1b *** (errors: 4)"
    assert error.errors == (
        GraphQLErrorEntry("no\nbuild \x1b ***", ("build", 0), ((1, 9),)),
        GraphQLErrorEntry("x" * 9999, extensions={"code": "secret"}),
        GraphQLErrorEntry("text"),
        GraphQLErrorEntry(""),
    )
    assert (error.data, error.status, error.message) == ({"build": None, "a": 1}, 200, r"no\nbuild \x1b ***")
    assert (error.operation_id, error.method, error.url) == ("graphql Viewer", "POST", URL)
    assert (error.request_id, error.attempts) == ("r-1", 2)
    same = pickle.loads(pickle.dumps(error))
    assert (same.errors, same.data, str(same)) == (error.errors, error.data, str(error))
    assert "secret" not in repr(error)
    assert all("secret" not in repr(each) and "\n" not in repr(each) for each in error.errors)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>Welcome", "the response is not JSON: it has 13 bytes$"),
        (b"", "the response is not JSON: it is empty"),
        (b"[1]", "the response has neither data nor errors"),
        (b'{"errors": [ ], "message": "x"}', "the response has neither data nor errors"),
        (b'{"data": ' + b"[" * 100_000, "the response is nested too deeply"),
        (b'{"data": {"a": NaN}', "the response is not JSON: it begins like JSON and has 19 bytes$"),
    ],
    ids=["HTML", "empty", "array", "neither", "deep", "truncated"],
)
def test_a_response_that_is_not_graphql(connect, content, message):
    with pytest.raises(DecodeError, match=f"^graphql: POST /v1: {message}"):
        connect(Script(httpx.Response(200, content=content))).graphql(QUERY)


@pytest.mark.parametrize(
    "content", [b'{"data": {"a": "cut \\ud83d"}}', b'\xef\xbb\xbf{"data": {"a": 1}}', b'{"data": {"a": NaN}}']
)
def test_a_result_that_is_not_standard_json_is_decoded(connect, content):
    assert connect(Script(httpx.Response(200, content=content))).graphql(QUERY).keys() == {"a"}
