import copy
import pickle

import httpx
import pytest
from tests.unit.client.support import Script, answer

import buildkite_rest
from buildkite_rest import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    BuildkiteError,
    ConflictError,
    DecodeError,
    FieldError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RetryPolicy,
    ServerError,
    UnprocessableEntityError,
)

CLASSES = {
    300: APIStatusError,
    304: APIStatusError,
    400: BadRequestError,
    401: AuthenticationError,
    402: APIStatusError,
    403: PermissionDeniedError,
    404: NotFoundError,
    405: APIStatusError,
    409: ConflictError,
    410: APIStatusError,
    418: APIStatusError,
    422: UnprocessableEntityError,
    429: RateLimitError,
    500: ServerError,
    501: ServerError,
    502: ServerError,
    503: ServerError,
    520: ServerError,
    599: ServerError,
}
NO_MESSAGE = {
    "empty": b"",
    "array": b"[]",
    "text": b'"broken"',
    "number": b"5",
    "no-message": b'{"code": "broken"}',
    "empty-message": b'{"message": ""}',
    "odd-message": b'{"message": ["broken"]}',
    "not-utf-8": b'{"message": "\xff"}',
    "too-deep": b"[" * 100_000,
    "too-long": b'{"n": ' + b"9" * 5_000 + b"}",
}


def error_of(connect, *answers, **options):
    """Return what a call raises that gets `answers`."""
    with pytest.raises(BuildkiteError) as caught:
        connect(Script(*answers), retries=RetryPolicy(max_retries=0), **options).builds.get("acme", "web", 1)
    return caught.value


@pytest.mark.parametrize(("status", "expected"), CLASSES.items())
def test_the_class_follows_the_status(connect, status, expected):
    error = error_of(connect, answer({"message": "No build found"}, status, X_Request_Id="r-1"))
    assert type(error) is expected
    assert (error.status, error.operation_id, error.message) == (status, "getBuild", "No build found")
    assert error.body == {"message": "No build found"}
    assert error.headers["x-request-id"] == "r-1"
    assert str(error) == f"getBuild: {status}: No build found"


@pytest.mark.parametrize("status", [404, 502, 520])
@pytest.mark.parametrize("content", NO_MESSAGE.values(), ids=NO_MESSAGE)
def test_a_body_that_says_nothing_is_kept(connect, status, content):
    error = error_of(connect, httpx.Response(status, content=content))
    assert type(error) is CLASSES[status]
    assert error.message == f"HTTP status {status}"
    assert error.content == content


@pytest.mark.parametrize(
    ("content", "body"),
    [(b"<html>", None), (b"[1]", [1]), (b'{"error": 1}', {"error": 1})],
    ids=["html", "array", "object"],
)
def test_the_body_is_decoded_where_it_is_json(connect, content, body):
    assert error_of(connect, httpx.Response(500, content=content)).body == body


SAID = {
    "of a token": (b'{"error": "token revoked"}', "token revoked"),
    "of each error": (b'{"errors": [{"code": 1}, {"message": "no such team"}]}', "no such team"),
    "before anything else": (b'{"message": "No", "error": "no"}', "No"),
    "by a proxy": (
        b"<!DOCTYPE html>\n<html><head><TITLE>\n403 Forbidden\n</title></head>...",
        "HTTP status 403: the answer is a page called '403 Forbidden'",
    ),
    "without a title": (
        b"<html><h1>No</h1></html>",
        "HTTP status 403: the answer starts with '<html><h1>No</h1></html>'",
    ),
    "as text": (b"\nblocked\nby " + b"x" * 5000, f"HTTP status 403: the answer starts with 'blocked\\nby {'x' * 49}'"),
}


@pytest.mark.parametrize(("content", "message"), SAID.values(), ids=SAID)
def test_what_an_answer_says_is_told(connect, content, message):
    error = error_of(connect, httpx.Response(403, content=content))
    assert error.message == message
    assert str(error) == f"getBuild: 403: {message}"


def test_a_redirect_tells_where_to_without_what_that_may_hold(connect):
    error = error_of(connect, httpx.Response(301, headers={"Location": "https://u:p@api.example/v2/?token=geheim"}))
    assert error.message == "HTTP status 301: redirected to https://api.example/v2/?…; check base_url"


def test_fields_that_are_wrong_are_named_without_their_values(connect):
    errors = [{"field": "value", "code": "too_long", "value": "geheim"}, {"field": "key", "code": "taken"}, "odd"]
    error = error_of(connect, answer({"message": "Validation Failed", "errors": errors}, 422))
    assert str(error) == "getBuild: 422: Validation Failed (value too_long, key taken)"
    assert error.message == "Validation Failed"


def test_another_success_than_the_described_one_is_no_error(connect):
    """The API may come to answer 201 where it answered 200."""
    client = connect(lambda _: httpx.Response(201, json={"uuid": "u", "scopes": []}))
    assert client.access_token.get().uuid == "u"


def test_an_empty_success_is_an_error_where_a_body_is_promised(connect):
    """None is not what `get` is typed to return."""
    with pytest.raises(DecodeError, match="no JSON"):
        connect(lambda _: httpx.Response(204)).access_token.get()


def test_a_redirect_is_an_error(connect):
    assert type(error_of(connect, httpx.Response(302, headers={"Location": "/"}))) is APIStatusError


def test_fields_that_are_wrong(connect):
    errors = [
        {"field": "branch", "code": "invalid", "value": "a b"},
        {"field": "commit", "code": "missing_field"},
        {"odd": 1},
        "message is too long",
        None,
    ]
    error = error_of(connect, answer({"message": "Validation Failed", "errors": errors}, 422))
    assert error.errors == (
        FieldError("branch", "invalid", "a b"),
        FieldError("commit", "missing_field"),
        FieldError(None, None),
        FieldError(None, "message is too long"),
        FieldError(None, "None"),
    )


@pytest.mark.parametrize("errors", [None, "invalid", {"branch": "invalid"}, 5, []], ids=repr)
def test_fields_in_another_form_are_none(connect, errors):
    error = error_of(connect, answer({"message": "Validation Failed", "errors": errors}, 422))
    assert error.errors == ()
    assert error.body["errors"] == errors


def test_what_a_rate_limit_says(connect):
    body = {"message": "Wait 42 seconds", "scope": "rest_user", "limit": 200, "current": 201, "reset": 42}
    error = error_of(connect, answer(body, 429))
    assert (error.scope, error.limit, error.reset) == ("rest_user", 200, 42)


@pytest.mark.parametrize("body", [{}, {"scope": 1, "limit": "200", "reset": None}, [], None], ids=repr)
def test_what_a_rate_limit_does_not_say(connect, body):
    error = error_of(connect, answer(body, 429))
    assert (error.scope, error.limit, error.reset) == (None, None, None)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
@pytest.mark.parametrize("status", [404, 422, 429, 502])
def test_an_error_survives_a_process_boundary(connect, copied, status):
    body = {"message": "Validation Failed", "errors": [{"field": "a", "code": "b"}], "reset": 5}
    error = error_of(connect, answer(body, status, X_Request_Id="r-1"))
    again = copied(error)
    assert type(again) is type(error)
    assert (str(again), again.status, again.body, again.content) == (str(error), status, body, error.content)
    assert again.headers["X-Request-Id"] == "r-1"


BROKEN = {
    "no-route": (httpx.ConnectError("no route to host"), APIConnectionError),
    "read": (httpx.ReadError("connection reset"), APIConnectionError),
    "closed": (httpx.RemoteProtocolError("server disconnected"), APIConnectionError),
    "bad-gzip": (httpx.DecodingError("incorrect header check"), APIConnectionError),
    "connect-timeout": (httpx.ConnectTimeout("timed out"), APITimeoutError),
    "read-timeout": (httpx.ReadTimeout("timed out"), APITimeoutError),
    "write-timeout": (httpx.WriteTimeout("timed out"), APITimeoutError),
    "pool-timeout": (httpx.PoolTimeout("timed out"), APITimeoutError),
}


@pytest.mark.parametrize(("trouble", "expected"), BROKEN.values(), ids=BROKEN)
def test_no_answer(connect, trouble, expected):
    error = error_of(connect, trouble)
    assert type(error) is expected
    assert str(error) == f"getBuild: {trouble}"


def test_a_failure_without_words_is_named(connect):
    assert str(error_of(connect, httpx.ReadTimeout(""))) == "getBuild: ReadTimeout"


def test_all_errors_have_one_base():
    exported = [getattr(buildkite_rest, name) for name in buildkite_rest.__all__ if name.endswith("Error")]
    errors = [kind for kind in exported if issubclass(kind, Exception)]
    assert len(errors) > 10
    assert all(issubclass(kind, BuildkiteError) for kind in errors)


def test_one_clause_catches_all_statuses():
    assert all(issubclass(kind, APIStatusError) for kind in CLASSES.values())


@pytest.mark.parametrize(("exhausted", "scope"), [("RateLimit", "rest"), ("RateLimit-User", "rest_user")])
def test_a_limit_is_told_by_headers_where_the_body_does_not(connect, exhausted, scope):
    headers = {
        f"{prefix}-{name}": value
        for prefix, own in (("RateLimit", "rest"), ("RateLimit-User", "rest_user"))
        for name, value in {"Scope": own, "Limit": "50", "Remaining": "0" if prefix == exhausted else "9"}.items()
    }
    refusal = httpx.Response(429, text="<html>Too many</html>", headers={**headers, f"{exhausted}-Reset": "17"})
    with pytest.raises(RateLimitError) as caught:
        connect(Script(refusal), retries=RetryPolicy(max_retries=0)).user.get()
    assert (caught.value.scope, caught.value.limit, caught.value.reset) == (scope, 50, 17)


def test_nothing_is_made_up_about_a_limit(connect):
    with pytest.raises(RateLimitError) as caught:
        connect(Script(httpx.Response(429)), retries=RetryPolicy(max_retries=0)).user.get()
    assert (caught.value.scope, caught.value.limit, caught.value.reset) == (None, None, None)
