"""`request`: any path of the API, with what generated calls have."""

import logging
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import httpx2
import msgspec
import pytest
from tests.unit.client.support import API, Script, build, response

from buildkite_rest import (
    UNSET,
    APIConnectionError,
    BuildkiteError,
    DecodeError,
    RetryPolicy,
    models,
)

THING = "/v2/organizations/acme/new-thing"


class Thing(msgspec.Struct):
    id: str
    size: int = 5


def plain(method):
    """Return the method that the `connect` fixture has wrapped, if it has."""
    return getattr(method, "_target", method)


def test_a_request_has_what_generated_calls_have(connect):
    script = Script(response({"id": "t", "new": [1]}))
    client = connect(script)
    assert client.request("get", THING) == {"id": "t", "new": [1]}
    sent = script.requests[0]
    assert (sent.method, str(sent.url), sent.content) == ("GET", f"{API}{THING}", b"")
    assert sent.headers["Authorization"] == "Bearer secret-token"
    assert (sent.headers["Accept"], sent.headers["Accept-Encoding"]) == ("application/json", "gzip")
    assert "Content-Type" not in sent.headers


def test_a_query_is_added_to_that_of_the_path(connect):
    script = Script(response({}))
    query = {
        "a": True,
        "state": ["x", "y"],
        "meta_data": {"k": 1},
        "since": datetime(2026, 3, 2, tzinfo=UTC),
        "none": None,
        "unset": UNSET,
    }
    client = connect(script).with_options(query={"a": 9, "option": 1})
    client.request("GET", f"{THING}?a=0&z=%2F&state=q", query=query)
    assert script.paths == [
        f"{THING}?z=%2F&a=true&state%5B%5D=x&state%5B%5D=y&meta_data%5Bk%5D=1&since=2026-03-02T00%3A00%3A00Z&option=1"
    ]


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ({"state[]": ["x", "y"]}, "state%5B%5D=x&state%5B%5D=y"),
        (httpx.QueryParams([("state", "x"), ("a", "1"), ("state", "y")]), "state=x&state=y&a=1"),
        (httpx2.QueryParams([("state[]", "x"), ("state[]", "y")]), "state%5B%5D=x&state%5B%5D=y"),
    ],
)
def test_no_value_of_a_query_is_lost(connect, query, sent):
    script = Script(response({}))
    connect(script).request("GET", f"{THING}?state[]=z", query=query)
    connect(script).with_options(query=query).request("GET", THING)
    assert script.paths == [f"{THING}?{sent}"] * 2


def test_headers_of_the_call_replace_those_of_the_client(connect):
    script = Script(response({}))
    client = connect(script, headers={"X-A": "1", "X-B": "1", "Accept": "text/plain"})
    client.request("POST", THING, json={}, headers={"x-a": "2", "content-type": "application/merge-patch+json"})
    client.request("GET", THING)
    first, second = (request.headers for request in script.requests)
    assert (first.get_list("X-A"), first["X-B"], first["Accept"]) == (["2"], "1", "text/plain")
    assert first.get_list("Content-Type") == ["application/merge-patch+json"]
    assert second["X-A"] == "1"


@pytest.mark.parametrize(
    "response", [response(status=404), httpx.ReadError("broken"), httpx.Response(200, content=b"{")], ids=str
)
def test_a_token_in_the_path_is_not_in_errors(connect, response, caplog):
    caplog.set_level(logging.DEBUG)
    token = uuid4().hex  # one that no earlier test has hidden
    client = connect(Script(response), auth=token, retries=RetryPolicy(max_retries=0))
    with pytest.raises(BuildkiteError) as raised:
        client.request("GET", f"/v2/{token}")
    assert "GET /v2/***" in str(raised.value)
    assert token not in f"{raised.value.__dict__}{caplog.text}"


@pytest.mark.parametrize(
    ("json", "sent"),
    [
        (
            {"a": [1, None, "ü"], "t": datetime(2026, 3, 2, tzinfo=UTC)},
            '{"a": [1, null, "ü"], "t": "2026-03-02T00:00:00Z"}',
        ),
        (None, "null"),
        (Thing("t"), '{"id": "t", "size": 5}'),
        (msgspec.Raw(b'{"a": 1e400}'), '{"a": 1e400}'),
    ],
)
def test_any_json_is_sent(connect, json, sent):
    script = Script(response({}, 201))
    connect(script).request("POST", THING, json=json)
    assert script.requests[0].content.decode() == sent
    assert script.requests[0].headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_idempotent_methods_are_retried(connect, method):
    script = Script(response(status=503), httpx.ReadError("broken"), httpx.Response(204))
    assert connect(script).request(method, THING) is None
    assert [request.method for request in script.requests] == [method] * 3


BUILD = "/v2/organizations/acme/pipelines/web/builds/5"


@pytest.mark.parametrize(
    ("path", "is_retried"),
    [
        (f"{BUILD}/rebuild", False),
        (f"https://api.buildkite.com{BUILD}/re%62uild.json/?a=1", False),
        (f"/bk{BUILD}/retry_failed_jobs", False),
        ("/v2/organizations/acme/jobs/1/retry", False),
        (f"{BUILD}/cancel", True),
        (f"{BUILD}/rebuild/1", True),
    ],
)
def test_an_operation_of_the_spec_is_retried_as_its_method(connect, path, is_retried):
    script = Script(httpx.ReadError("broken"), response({}))
    client = connect(script)
    if is_retried:
        assert client.request("PUT", path) == {}
    else:
        with pytest.raises(APIConnectionError, match=r"may have been processed\.$"):
            client.request("put", path)
        assert len(script.requests) == 1


@pytest.mark.parametrize("content", [b"", b" \n"])
def test_an_empty_body_is_none(connect, content):
    client = connect(Script(httpx.Response(200, content=content)))
    assert client.request("GET", THING) is None
    with pytest.raises(DecodeError, match=f"^GET {THING}: the response is not JSON: it is empty"):
        client.request("GET", THING, type=models.Build)


def test_a_mismatch_is_decoded_leniently_and_logged_once_per_type(connect, caplog):
    client = connect(Script(response([{**build(1), "number": "x"}, build(2)])))
    for number in range(3):
        first, second = client.request("GET", f"{THING}/{number}", type=list[models.Build])
    assert (first.number, second.number) == ("x", 2)
    assert isinstance(first, models.Build)
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith(f"GET {THING}/0: the response does not match its type, decoded leniently: ")


@pytest.mark.parametrize(("kind", "result"), [(bytes, b"\xff\x00{"), (str, "\ufffd\x00{")], ids=["bytes", "str"])
def test_a_body_that_is_not_json(connect, kind, result):
    script = Script(httpx.Response(200, content=b"\xff\x00{"))
    client = connect(script)
    assert client.request("GET", THING, type=kind) == result
    assert script.requests[0].headers["Accept"] == "*/*"
    with pytest.raises(DecodeError, match="the response is not JSON"):
        client.request("GET", THING)


def test_a_raw_response(connect):
    client = connect(Script(response({"id": "t"}, 200, X_New="1")))
    raw = client.with_raw_response(plain(client.request), "GET", THING, type=Thing)
    assert (raw.parsed, raw.status, raw.headers["X-New"]) == (Thing("t"), 200, "1")
    with pytest.raises(TypeError, match="with_raw_response needs a call with a single response"):
        client.with_raw_response(plain(client.paginate), THING)


def test_a_body_that_may_contain_a_secret_is_not_shown(connect):
    """Neither by the method of the operation nor by its path."""
    tokens = "/v2/organizations/acme/clusters/c/tokens"
    for status in (201, 500):
        client = connect(Script(httpx.Response(status, content=b"token=s3cret")), max_retries=0)
        for call in (
            lambda client=client: client.request("POST", tokens, json={}),
            lambda client=client: client.cluster_agent_tokens.create("acme", "c", description="d"),
        ):
            with pytest.raises(BuildkiteError, match=r"12 bytes$") as raised:
                call()
            assert "s3cret" not in str(raised.value)
