"""Log records of requests and pauses, without secrets; `on_wait`."""

import json
import logging

import httpx
import pytest
from tests.unit.client.support import API, Chunks, Script, build, response

from buildkite_rest import (
    APIError,
    BuildkiteError,
    DecodeError,
    RateLimitError,
    RateLimitPacing,
    RetryPolicy,
)

BUILD = "/v2/organizations/acme/pipelines/web/builds/1"


@pytest.fixture
def records(caplog):
    """Return the records of attempts."""
    caplog.set_level(logging.DEBUG, "buildkite_rest")
    return lambda: [record for record in caplog.records if hasattr(record, "buildkite")]


@pytest.fixture
def texts(records):
    return lambda: [record.getMessage() for record in records()]


def get(client):
    return client.builds.get("acme", "web", 1)


def test_a_success_is_logged_with_its_time_and_request_id(connect, clock, records):
    def respond(_):
        clock.now += 0.034
        return response(build(), X_Request_Id="r-1")

    get(connect(respond))
    [record] = records()
    assert record.getMessage() == f"getBuild: GET {BUILD}: 200 (attempt 1, 34 ms, request r-1)"
    assert (record.name, record.levelname) == ("buildkite_rest", "DEBUG")
    assert {**record.buildkite, "milliseconds": round(record.buildkite["milliseconds"])} == {
        "operation_id": "getBuild",
        "method": "GET",
        "host": "api.buildkite.com",
        "path": BUILD,
        "status": 200,
        "failure": None,
        "attempt": 1,
        "milliseconds": 34,
        "request_id": "r-1",
        "wait_seconds": None,
    }
    assert json.loads(json.dumps(record.buildkite)) == record.buildkite


def test_each_attempt_is_logged_with_the_wait_that_follows(connect, texts):
    script = Script(response({}, 503), httpx.ReadError("reset"), response({}, 404))
    with pytest.raises(APIError):
        get(connect(script))
    assert texts() == [
        f"getBuild: GET {BUILD}: 503 (attempt 1, 0 ms, retried in 0.2 s)",
        f"getBuild: GET {BUILD}: reset (attempt 2, 0 ms, retried in 0.5 s)",
        f"getBuild: GET {BUILD}: 404 (attempt 3, 0 ms)",
    ]


def raise_theirs(_):
    raise KeyError("theirs")


ENDS = {
    "coding": (
        lambda _: httpx.Response(200, headers={"Content-Encoding": "br"}, stream=Chunks(b"x")),
        DecodeError,
        (200, "the response has Content-Encoding 'br', which was not requested"),
    ),
    "transport": (raise_theirs, KeyError, (None, "KeyError")),
    "body": (
        lambda _: httpx.Response(200, stream=Chunks(b"{", httpx.ReadError("reset"))),
        APIError,
        (200, "reset"),
    ),
}


@pytest.mark.parametrize(("handler", "error", "logged"), ENDS.values(), ids=ENDS)
def test_an_exception_that_ends_the_call_is_logged_with_the_status(connect, records, handler, error, logged):
    with pytest.raises(error):
        get(connect(handler, retries=RetryPolicy(max_retries=0)))
    [record] = records()
    assert (record.buildkite["status"], record.buildkite["failure"]) == logged
    text = ", ".join(str(each) for each in logged if each)
    assert record.getMessage() == f"getBuild: GET {BUILD}: {text} (attempt 1, 0 ms)"


def test_a_download_is_logged_with_the_host_of_the_storage(connect, tmp_path, texts, caplog):
    responses = iter(
        [
            httpx.ReadError("reset"),
            httpx.Response(302, headers={"Location": "https://other.example/s3cret?sig=s3cret"}),
            httpx.Response(200, content=b"x", headers={"X-Request-Id": "s-1"}),
        ]
    )

    def respond(request):
        if request.url.host == "api.buildkite.com":
            url = "https://storage.example/s3cret?sig=s3cret"
            return response({"id": "a", "filename": "f", "path": "f", "file_size": 1, "url": url})
        result = next(responses)
        if isinstance(result, Exception):
            raise result
        return result

    connect(respond).artifacts.download("acme", "job", "a", to=tmp_path / "f")
    assert [text for text in texts() if "/v2/" not in text] == [
        "getArtifactDownload: GET storage.example: reset (attempt 1, 0 ms)",
        "getArtifactDownload: GET storage.example: 302 (attempt 2, 0 ms)",
        "getArtifactDownload: GET other.example: 200 (attempt 2, 0 ms, request s-1)",
    ]
    assert len([text for text in texts() if "/v2/" in text]) == 3
    assert "sig" not in caplog.text
    assert "s3cret" not in "".join(texts())


@pytest.mark.parametrize("at", ["path", "query", "id", "reason"])
def test_a_record_has_no_secret(connect, records, at):
    token = "secret-token"
    failure = httpx.ReadError(f"no {token}") if at == "reason" else response([], X_Request_Id=token)
    pipeline, branch = (token if at == "path" else "web"), (token if at == "query" else "main")
    client = connect(Script(failure), auth=token, retries=RetryPolicy(max_retries=0))
    try:
        list(client.builds.list("acme", pipeline, branch=branch))
    except BuildkiteError:
        assert at == "reason"
    [record] = records()
    assert token not in record.getMessage() + json.dumps(record.buildkite)
    assert "***" in record.getMessage() or at == "query"


def test_hostile_text_is_one_bounded_line(connect, texts):
    hostile = "\x1b[2J\nINFO forged" + "x" * 9_000
    response = httpx.Response(200, json=build(), headers=[(b"X-Request-Id", hostile.replace("\n", "\t").encode())])
    get(connect(Script(response)))
    with pytest.raises(APIError):
        get(connect(Script(httpx.ReadError(hostile)), retries=RetryPolicy(max_retries=0)))
    assert len(texts()) == 2
    assert all(text.isprintable() and len(text) < 1_000 for text in texts())


BUSY = response({"message": "Slow down", "scope": "rest", "reset": 3}, 429)
GOOD = response(build())
PAGE = f"{API}/v2/organizations/acme/pipelines/web/builds/1"


@pytest.fixture
def waits():
    return []


@pytest.fixture
def client(connect, waits):
    return lambda *responses, **options: connect(Script(*responses), on_wait=waits.append, **options)


def test_on_wait_gets_the_pause_and_the_error(client, waits):
    client(BUSY, GOOD).builds.get("acme", "web", 1)
    [wait] = waits
    assert (wait.operation_id, wait.seconds, type(wait.error)) == ("getBuild", 3, RateLimitError)


def test_on_wait_is_called_before_the_pause(connect, clock):
    sleeps = []
    client = connect(Script(BUSY, GOOD), on_wait=lambda _: sleeps.append(list(clock.sleeps)))
    client.builds.get("acme", "web", 1)
    assert sleeps == [[]]


def test_a_wait_is_logged(client, caplog):
    caplog.set_level(logging.INFO, "buildkite_rest")
    limits = {"RateLimit-Limit": "2", "RateLimit-Remaining": "0", "RateLimit-Reset": "8"}
    known = httpx.Response(200, json=build(), headers=limits)
    paced = client(BUSY, known, GOOD, pacing=RateLimitPacing())
    paced.builds.get("acme", "web", 1)
    paced.builds.get("acme", "web", 1)
    assert [record.getMessage() for record in caplog.records if record.name == "buildkite_rest"] == [
        f"retrying in 3.0 s: getBuild: GET {PAGE.removeprefix(API)}: 429: Slow down",
        f"GET {PAGE}: waiting 8.0 s to keep within the rate limit",
    ]


@pytest.mark.parametrize(("reset", "level"), [("10", "INFO"), ("11", "WARNING")])
def test_a_pause_of_more_than_ten_seconds_is_logged_as_a_warning(client, caplog, reset, level):
    caplog.set_level(logging.INFO, "buildkite_rest")
    client(response({}, 429, RateLimit_Reset=reset), GOOD).builds.get("acme", "web", 1)
    [record] = [record for record in caplog.records if record.name == "buildkite_rest"]
    assert (record.levelname, record.getMessage()[:18]) == (level, f"retrying in {reset}.0 s:"[:18])
