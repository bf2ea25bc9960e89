"""Errors: classes, messages, and the request that an error is about."""

import copy
import errno
import json
import os
import pickle
import traceback

import httpcore
import httpx
import pytest
from tests.unit.client.support import API, Chunks, Script, response

from buildkite_rest import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    BuildkiteError,
    ConflictError,
    DecodeError,
    InvalidField,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RetryPolicy,
    ServerError,
    UnprocessableEntityError,
)
from buildkite_rest._policy.retries import requested_pause

LINE = "GET /v2/organizations/acme/pipelines/web/builds/1"
CREATED = "POST /v2/organizations/acme/pipelines/web/builds"
CLASSES = {
    304: APIStatusError,
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
    500: ServerError,
}
NO_MESSAGE = {
    "empty": (b"", None),
    "html": (b"<html>", None),
    "other-message": (b'{"message": ["broken"]}', {"message": ["broken"]}),
    "not-utf-8": (b'{"message": "\xff"}', None),
    "too-deep": (b"[" * 100_000, None),
}


def error_of(connect, *responses, **options):
    """Return the error of a call with these responses."""
    with pytest.raises(BuildkiteError) as caught:
        connect(Script(*responses), retries=RetryPolicy(max_retries=0), **options).builds.get("acme", "web", 1)
    return caught.value


@pytest.mark.parametrize(("status", "expected"), CLASSES.items())
def test_the_class_follows_the_status(connect, status, expected):
    error = error_of(connect, response({"message": "No build found"}, status, X_Request_Id="r-1"))
    assert type(error) is expected
    assert (error.status, error.operation_id, error.message) == (status, "getBuild", "No build found")
    assert error.body == {"message": "No build found"}
    assert error.headers["x-request-id"] == "r-1"
    assert str(error) == f"getBuild: {LINE}: {status}: No build found"


@pytest.mark.parametrize(("content", "body"), NO_MESSAGE.values(), ids=NO_MESSAGE)
def test_a_body_without_a_message_is_preserved(connect, content, body):
    error = error_of(connect, httpx.Response(502, content=content))
    assert error.message.startswith("the response ")
    assert str(error) == f"getBuild: {LINE}: 502: {error.message}"
    assert (error.content, error.body) == (content, body)


MESSAGES = {
    "of a token": (b'{"error": "token revoked"}', "token revoked"),
    "of each error": (b'{"errors": [{"code": 1}, {"message": "no such team"}]}', "no such team"),
    "of RFC 9457": (b'{"type": "about:blank", "title": "Forbidden", "detail": "no such team"}', "no such team"),
    "of a gateway": (b'{"fault": {"faultstring": "quota exceeded", "key": "s3cret"}}', "quota exceeded"),
    "without one in JSON": (b'{"value": "s3cret"}', "the response is JSON without a message"),
    "without one in a part of JSON": (b'{"value": "s3cret', "the response begins like JSON and has 17 bytes"),
    "by a proxy": (
        b"<!DOCTYPE html>\n<html><head><TITLE>\n403 Forbidden\n</title></head>...",
        "the response is a page with the title '403 Forbidden'",
    ),
    "as text": (
        b"\nblocked\nby " + b"x" * 5000,
        f"the response starts with 'blocked\\nby {'x' * 49}'",
    ),
}


@pytest.mark.parametrize(("content", "message"), MESSAGES.values(), ids=MESSAGES)
def test_the_message_of_a_response_is_shown(connect, content, message):
    error = error_of(connect, httpx.Response(403, content=content))
    assert error.message == message
    assert str(error) == f"getBuild: {LINE}: 403: {message}"


def test_a_redirect_is_shown_without_credentials(connect):
    error = error_of(connect, httpx.Response(301, headers={"Location": "https://u:p@api.example/v2/?token=s3cret"}))
    assert error.message == "the response redirects to https://api.example/v2/?…, which is not followed. Check base_url"


def test_no_value_of_a_request_is_shown(connect):
    client = connect(Script(response({"message": "pin is invalid"}, 400)))
    with pytest.raises(BadRequestError, match=r"400: pin is invalid$"):
        client.request("POST", "/v2/x", json={"pin": 4242})


def test_fields_that_are_wrong_are_named_without_their_values(connect):
    errors = [
        {"field": "value", "code": "invalid", "value": "s3cret"},
        {"field": "commit", "code": "missing_field"},
        {"other": 1},
        "message is too long",
        None,
    ]
    error = error_of(connect, response({"message": "Validation Failed", "errors": errors}, 422))
    assert error.errors == (
        InvalidField("value", "invalid", "s3cret"),
        InvalidField("commit", "missing_field"),
        InvalidField(None, None),
        InvalidField(None, "message is too long"),
        InvalidField(None, "None"),
    )
    assert error.message == "Validation Failed"
    assert "(value invalid, commit missing_field" in str(error)
    assert "s3cret" not in str(error) + repr(error) + repr(error.errors)


@pytest.mark.parametrize("errors", [None, "invalid", {"branch": "invalid"}, 5, []], ids=repr)
def test_field_errors_in_another_form_are_ignored(connect, errors):
    error = error_of(connect, response({"message": "Validation Failed", "errors": errors}, 422))
    assert error.errors == ()
    assert error.body["errors"] == errors


copies = pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])


@copies
@pytest.mark.parametrize("status", [404, 422, 429, 502])
def test_a_status_error_survives_a_process_boundary(connect, copied, status):
    body = {"message": "Validation Failed", "errors": [{"field": "a", "code": "b"}], "reset": 5}
    error = error_of(connect, response(body, status, X_Request_Id="r-1"))
    again = copied(error)
    assert type(again) is type(error)
    assert (str(again), again.status, again.body, again.content) == (str(error), status, body, error.content)
    assert again.headers["X-Request-Id"] == "r-1"


def caused(error, number):
    """Return `error` with the cause that httpcore gives it: it raises again `from None`."""
    error.__cause__ = httpcore.NetworkError()
    error.__cause__.__context__ = OSError(number, os.strerror(number))
    error.__cause__.__cause__ = None  # which suppresses the context
    return error


FAILURES = {
    "no-route": (httpx.ConnectError("no route to host"), APIConnectionError, "no route to host", False),
    "errno": (caused(httpx.ConnectError(""), errno.ECONNREFUSED), APIConnectionError, "Connection refused", False),
    "bad-gzip": (httpx.DecodingError("incorrect header check"), APIConnectionError, "incorrect header check", True),
    "connect-timeout": (httpx.ConnectTimeout("timed out"), APITimeoutError, "connect timed out after 5 s", False),
    "read-timeout": (httpx.ReadTimeout(""), APITimeoutError, "read timed out after 7 s", True),
    "pool-timeout": (httpx.PoolTimeout("timed out"), APITimeoutError, "no connection became free after 7 s", False),
}
TIMEOUT = {"timeout": (5, 7, 7, 7)}


@pytest.mark.parametrize(("cause", "expected", "reason", "sent"), FAILURES.values(), ids=FAILURES)
def test_a_failed_request_names_operation_method_and_host(connect, cause, expected, reason, sent):
    """Only a request that changes something reports in its message whether it may have been processed."""
    client = connect(Script(cause), http=TIMEOUT, retries=RetryPolicy(max_retries=0))
    with pytest.raises(APIConnectionError) as caught:
        client.builds.create("acme", "web", commit="c", branch="b")
    error = caught.value
    processed = "The request may have been processed." if sent else "The request was not sent."
    assert str(error) == f"createBuild: {CREATED}: api.buildkite.com: {reason}. {processed}"
    assert (error.operation_id, error.method, error.host) == ("createBuild", "POST", "api.buildkite.com")
    assert error.may_have_been_processed is sent
    assert type(error) is expected
    assert str(error.__cause__) == str(cause)
    with pytest.raises(expected, match=f"^getBuild: {LINE}: api.buildkite.com: {reason}$") as caught:
        client.builds.get("acme", "web", 1)
    assert caught.value.may_have_been_processed is sent


def test_an_earlier_attempt_may_have_been_processed_too(connect):
    script = Script(httpx.ReadError("reset"), httpx.ConnectError("refused"))
    with pytest.raises(APIConnectionError, match=r"refused\. The request may have been processed\.$") as caught:
        connect(script, retries=RetryPolicy(max_retries=1)).pipelines.delete("acme", "web")
    assert caught.value.may_have_been_processed


QUOTING = {
    "header-line": httpx.RemoteProtocolError("illegal header line: bytearray(b'Location : http://x/?sig=s3cret')"),
    "header-value": httpx.LocalProtocolError("Illegal header value b'Bearer s3cret\\n'"),
    "of-http2": httpx.RemoteProtocolError('<ConnectionTerminated error_code:0, additional_data:b"s3cret\'">'),
}


@pytest.mark.parametrize("cause", QUOTING.values(), ids=QUOTING)
def test_a_protocol_error_does_not_quote_headers(connect, cause):
    error = error_of(connect, cause)
    assert str(error).endswith(f": the exchange is incomplete or not valid HTTP ({type(cause).__name__})")
    assert "s3cret" not in "".join(traceback.format_exception(error))
    assert error.__cause__ is None


@copies
def test_a_connection_error_survives_a_process_boundary(connect, copied):
    error = error_of(connect, httpx.ReadTimeout("timed out"))
    error.add_note("seen in CI")
    again = copied(error)
    assert type(again) is APITimeoutError
    assert str(again) == str(error)
    assert vars(again) == vars(error)


HOSTILE = "\x1b[2J\r\nINFO forged\u202e\u2028\x85\ud800" + "x" * 90_000


def is_safe(text):
    """Whether it is one bounded line that any terminal and any file takes."""
    return text.isprintable() and len(text) < 1_000


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize(
    "body",
    [
        {"message": HOSTILE},
        {"errors": [{"message": HOSTILE}]},
        {"message": "no", "errors": [{"field": HOSTILE, "code": HOSTILE, "value": HOSTILE}] * 9},
        {"message": "no", "errors": [HOSTILE, [HOSTILE], None, {"field": [HOSTILE], "code": {}}]},
        HOSTILE,
        f"<title>{HOSTILE[:90]}</title>",
    ],
    ids=["message", "errors", "fields", "no-fields", "text", "title"],
)
def test_hostile_text_is_shown_in_one_bounded_line(connect, status, body):
    content = body.encode(errors="replace") if isinstance(body, str) else json.dumps(body).encode()
    error = error_of(connect, httpx.Response(status, content=content))
    shown = [str(error), repr(error), error.message]
    assert all(map(is_safe, shown)), [text[:300] for text in shown]
    assert all(repr(each).isprintable() for each in getattr(error, "errors", ()))
    assert error.content == content


LIMITS = {
    f"{prefix}-{name}": value
    for prefix, values in (("RateLimit", ("rest", "50", "9")), ("RateLimit-User", ("rest_user", "20", "17")))
    for name, value in zip(("Scope", "Limit", "Reset"), values, strict=True)
}


@pytest.mark.parametrize(
    ("remaining", "body", "details"),
    [
        (("0", "0"), None, ("rest_user", 20, 17)),
        (("0", "0"), {"scope": "rest"}, ("rest", 50, 9)),
        (("0", "0"), {"scope": "rest", "limit": 60, "reset": 30}, ("rest", 60, 9)),
        (("3", "0"), {"scope": "rest", "reset": 30}, ("rest", 50, 9)),
        (("0", "3"), {"scope": "graphql", "reset": 30}, ("graphql", 50, 30)),
        (("3", "3"), None, (None, None, None)),
        (("9", None), None, ("rest_user", 20, 17)),
    ],
)
def test_the_details_are_those_of_the_limit_that_is_waited_for(connect, remaining, body, details):
    left = dict(zip(("RateLimit-Remaining", "RateLimit-User-Remaining"), remaining, strict=True))
    headers = LIMITS | {name: value for name, value in left.items() if value is not None}
    error = error_of(connect, httpx.Response(429, headers=headers, json=body))
    assert (error.scope, error.limit, error.reset) == details
    if "0" in remaining:
        assert requested_pause(429, error.headers, error.body) == error.reset


BUILD = f"{API}/v2/organizations/acme/pipelines/web/builds/1"
STORED = "https://storage.example/file"
COPIES = [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))]


def request_of(error):
    return error.operation_id, error.method, error.url, error.request_id, error.attempts


def failure_of(client, kind=APIError, **arguments):
    with pytest.raises(kind) as caught:
        client.builds.get("acme", "web", 1, **arguments)
    return caught.value


def test_an_error_status_has_its_request(connect):
    error = failure_of(connect(Script(response({}, 404, X_Request_Id="r-1"))), NotFoundError)
    assert request_of(error) == ("getBuild", "GET", BUILD, "r-1", 1)


def test_attempts_include_retries(connect):
    responses = [response({}, 503, X_Request_Id=f"r-{number}") for number in range(3)]
    error = failure_of(connect(Script(*responses), retries=RetryPolicy(max_retries=2)), ServerError)
    assert request_of(error) == ("getBuild", "GET", BUILD, "r-2", 3)


def test_a_body_that_is_cut_off_has_the_id_of_its_response(connect):
    def cut(_):
        return httpx.Response(200, headers={"X-Request-Id": "r-1"}, stream=Chunks(b"{", httpx.ReadError("reset")))

    error = failure_of(connect(cut, retries=RetryPolicy(max_retries=0)), APIConnectionError)
    assert request_of(error) == ("getBuild", "GET", BUILD, "r-1", 1)


@pytest.mark.parametrize("redirects", [0, 1])
def test_a_download_has_the_request_to_the_storage(connect, tmp_path, redirects):
    def respond(request):
        if request.url.host == "api.buildkite.com":
            artifact = {"id": "a", "filename": "f", "path": "f", "file_size": 1, "url": f"{STORED}?sig=s3cret"}
            return response(artifact)
        if redirects and request.url.path == "/file":
            return httpx.Response(302, headers={"Location": f"{STORED}/moved?sig=s3cret"})
        return httpx.Response(200, headers={"X-Request-Id": "s-1"}, stream=Chunks(httpx.ReadError("reset")))

    with pytest.raises(APIConnectionError) as caught:
        connect(respond).artifacts.download("acme", "job", "a", to=tmp_path / "f")
    url = f"{STORED}/moved?…" if redirects else f"{STORED}?…"
    assert request_of(caught.value) == ("getArtifactDownload", "GET", url, "s-1", 3)
    assert caught.value.host == "storage.example"


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.builds.get("acme", "web", 1),
        lambda client: list(client.pipelines.list("acme")),
        lambda client: list(client.paginate("/v2/things")),
        lambda client: client.graphql("{ x }"),
    ],
    ids=["single", "list", "paginate", "graphql"],
)
@pytest.mark.parametrize("coding", [None, "br"])
def test_a_decode_error_has_its_response(connect, call, coding):
    headers = {"X-Request-Id": "r-1"} | ({} if coding is None else {"Content-Encoding": coding})
    client = connect(lambda _: httpx.Response(201, headers=headers, stream=Chunks(b"<html>")))
    with pytest.raises(DecodeError) as caught:
        call(client)
    for error in (caught.value, *(copied(caught.value) for copied in COPIES)):
        assert (error.status, error.request_id) == (201, "r-1")
        assert error.url.startswith("https://")
