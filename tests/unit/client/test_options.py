"""Options for some calls, added headers and parameters, raw responses, and the rate limits of the last response."""

from contextlib import suppress
from datetime import UTC, datetime

import httpx
import httpx2
import pytest
from tests.unit.client.support import API, Script, build, plain, response

from buildkite_rest import (
    NotFoundError,
    RateLimit,
    RateLimits,
)

TOKEN = {"uuid": "u", "scopes": []}
LIMITS = {
    "RateLimit-Scope": "rest",
    "RateLimit-Limit": "200",
    "RateLimit-Remaining": "150",
    "RateLimit-Reset": "42",
    "RateLimit-User-Scope": "rest_user",
    "RateLimit-User-Limit": "50",
    "RateLimit-User-Remaining": "0",
    "RateLimit-User-Reset": "7",
}
READ = RateLimits(RateLimit("rest", 200, 150, 42), RateLimit("rest_user", 50, 0, 7))


@pytest.mark.parametrize("status", [200, 404])
def test_the_limits_of_the_last_response_are_known(connect, status):
    client = connect(lambda _: httpx.Response(status, json={**TOKEN, "message": "m"}, headers=LIMITS))
    with suppress(NotFoundError):
        client.access_token.get()
    assert client.rate_limits == READ


def test_the_timeout_of_some_calls(connect):
    timeouts = []

    def note(request):
        timeouts.append(request.extensions["timeout"])
        return httpx.Response(200, json=TOKEN)

    client = connect(note)
    client.access_token.get()
    client.with_options(timeout=3).access_token.get()
    client.with_options(timeout=60).with_options(max_retries=0).access_token.get()
    client.access_token.get()
    assert timeouts[1] == {"connect": 3, "read": 3, "write": 3, "pool": 3}
    assert timeouts[2] == {"connect": 10, "read": 60, "write": 60, "pool": 60}
    assert timeouts[0] == timeouts[3] == httpx.Timeout(5).as_dict()  # that of the client which the test brought


def test_a_client_with_other_options_does_not_close_the_connections(connect):
    client = connect(Script(response(TOKEN)))
    with client.with_options(timeout=5) as quick:
        quick.access_token.get()
        quick.with_options(max_retries=0).close()
        quick.access_token.get()
    quick.close()
    assert client.access_token.get().uuid == "u"
    client.close()
    with pytest.raises(ValueError, match="the client is closed"):
        client.access_token.get()


def test_a_result_with_its_response(connect):
    client = connect(lambda _: httpx.Response(200, json=TOKEN, headers=LIMITS))
    raw = client.with_raw_response(plain(client.access_token.get))
    assert raw.parsed.uuid == "u"
    assert (raw.status, raw.headers["ratelimit-remaining"]) == (200, "150")
    assert raw.content == httpx.Response(200, json=TOKEN).content


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        (lambda client: client.builds.list, ["acme", "web"]),
        (lambda client: client.jobs.stream_log, ["acme", "job"]),
    ],
    ids=["list", "stream"],
)
def test_a_list_or_a_stream_has_no_one_response(connect, method, arguments):
    script = Script(response([]))
    client = connect(script)
    with pytest.raises(TypeError, match=r"The headers of a stream or a page are in its `headers`"):
        client.with_raw_response(plain(method(client)), *arguments)
    assert script.requests == []


BUILDS = "/v2/organizations/acme/pipelines/web/builds"


def test_later_headers_and_parameters_replace_those_of_the_same_name(connect):
    script = Script(response(build()))
    first = connect(script).with_options(headers={"X-A": "1", "X-B": "1"}, query={"a": 1, "b[]": 1})
    second = first.with_options(timeout=5).with_options(headers={"x-a": "2"}, query={"b": ["x", "y"]})
    for client in (first, second):
        client.builds.get("acme", "web", 1)
    assert [(sent.headers["X-A"], sent.headers["X-B"]) for sent in script.requests] == [("1", "1"), ("2", "1")]
    assert script.paths == [f"{BUILDS}/1?a=1&b%5B%5D=1", f"{BUILDS}/1?a=1&b%5B%5D=x&b%5B%5D=y"]


def test_a_parameter_is_replaced_by_an_argument_and_replaces_a_default(connect):
    script = Script(response([]))
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    options = {"state": ["failed"], "meta_data": {"a b": True}, "created_from": moment, "per_page": 7, "no": None}
    client = connect(script).with_options(query=options)
    list(client.builds.list("acme", "web", state="running", branch="x&y", commit=None))
    list(client.builds.list("acme", "web", meta_data={"c": "d"}, per_page=9))
    later = "&created_from=2026-03-02T00%3A00%3A00Z"
    assert script.paths == [
        f"{BUILDS}?branch=x%26y&state=running&meta_data%5Ba%20b%5D=true{later}&per_page=7",
        f"{BUILDS}?meta_data%5Bc%5D=d&per_page=9&state%5B%5D=failed{later}",
    ]


@pytest.mark.parametrize("option", ["buildkite-version", "Buildkite-Version"])
def test_a_header_is_replaced_by_an_argument_and_replaces_a_default(connect, option):
    script = Script(response([]), response([]), response({}))
    options = {option: "2026-08-01", "accept": "application/vnd", "content-type": "application/json5"}
    client = connect(script, headers=options)
    list(client.tests.list("acme", "rspec"))
    list(client.tests.list("acme", "rspec", buildkite_version="2026-09-01"))
    client.annotations.create("acme", "web", 1, body="x")
    sent = [request.headers for request in script.requests]
    assert [headers.get_list("Buildkite-Version") for headers in sent] == [
        ["2026-08-01"],
        ["2026-09-01"],
        ["2026-08-01"],
    ]
    assert [headers.get_list("Accept") for headers in sent] == [["application/vnd"]] * 3
    assert sent[2].get_list("Content-Type") == ["application/json5"]


@pytest.mark.parametrize(("given", "sent"), [("page=2&new=2", "page=2&new=2"), ("page=2", "page=2&new=1")])
def test_the_url_of_a_next_page_keeps_its_parameters(connect, given, sent):
    script = Script(response([build(1)], Link=f'<{API}{BUILDS}?{given}>; rel="next"'), response([build(2)]))
    client = connect(script).with_options(query={"new": 1}, headers={"X-A": "1"})
    assert len(list(client.builds.list("acme", "web", per_page=1))) == 2
    assert script.paths == [f"{BUILDS}?per_page=1&new=1", f"{BUILDS}?{sent}"]
    assert script.requests[1].headers["X-A"] == "1"


def test_the_artifact_storage_gets_neither(connect, tmp_path):
    def reply(request):
        if request.url.host == "other.example":
            return httpx.Response(200, content=b"x")
        if request.url.host == "storage.example":
            return httpx.Response(302, headers={"Location": "https://other.example/x?Signature=b"})
        url = {"url": "https://storage.example/x?Signature=a"}
        return response(url, 302) if request.url.path.endswith("/download") else response({"id": "a", "path": "x"})

    script = Script(reply)
    client = connect(script).with_options(headers={"X-Gateway": "secret"}, query={"new": 1})
    client.artifacts.download("acme", "job", "a", to=tmp_path / "x")
    assert script.paths[-2:] == ["/x?Signature=a", "/x?Signature=b"]
    assert ["X-Gateway" in request.headers for request in script.requests[-3:]] == [True, False, False]
    assert "new=1" in script.paths[-3]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"headers": {"authorization": "x"}}, ValueError, "headers must not contain authorization. Pass auth=… to"),
        ({"headers": {"Host": "x"}}, ValueError, "headers must not contain Host. Pass base_url=…"),
        ({"headers": {"Accept-Encoding": "br"}}, ValueError, "headers must not contain Accept-Encoding"),
        ({"headers": {"X-A": "secret\r\nX-B: 1"}}, ValueError, "the header X-A must be printable ASCII"),
        ({"headers": {"X-A": " secret"}}, ValueError, "the header X-A must not begin or end with a space"),
        ({"headers": {"X A:": "secret"}}, ValueError, r"headers has the name 'X A:', which is not valid in HTTP"),
        ({"query": {"": "secret"}}, ValueError, "a name of query is empty"),
        ({"query": {"a": []}}, ValueError, "a is empty, which cannot be written"),
        ({"query": {"a": datetime(2026, 3, 2)}}, ValueError, "a has no time zone"),  # noqa: DTZ001 - that is refused
        ({"deadline": 0}, ValueError, "deadline must be greater than 0"),
        ({"timeout": httpx.Timeout(5, read=0)}, ValueError, "read of timeout must be greater than 0"),
        ({"timeout": httpx2.Timeout(5, pool=1e9)}, ValueError, "pool of timeout must be greater than 0 and at most"),
    ],
)
def test_options_that_cannot_be_sent_are_refused(connect, options, error, message):
    with pytest.raises(error, match=f"^{message}") as raised:
        connect(Script(response())).with_options(**options)
    assert "secret" not in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_a_timeout_of_either_library(connect, library):
    timeouts = []

    def note(request):
        timeouts.append(dict(request.extensions["timeout"]))
        return response(build())

    timeout = library.Timeout(20, read=None, connect=15)
    client = connect(note).with_options(timeout=timeout)
    client.builds.get("acme", "web", 1)
    client.with_options(deadline=17).builds.get("acme", "web", 1)
    assert timeouts[0] == {"connect": 15, "read": None, "write": 20, "pool": 20}
    assert timeouts[1] == {"connect": 15, "read": 17, "write": 17, "pool": 17}


def test_parameters_of_the_http_client_are_added_to_those_of_a_call(connect):
    script = Script(response([build(1)]))
    client = connect(script, http={"params": {"trace": "1 2"}})
    assert [item.number for item in client.builds.list("acme", "web", state=["failed"], per_page=5)] == [1]
    assert script.paths == ["/v2/organizations/acme/pipelines/web/builds?state%5B%5D=failed&per_page=5&trace=1%202"]
