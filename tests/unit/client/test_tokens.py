"""Access tokens, functions that return them, and credentials of the caller's own kind."""

import httpx
import pytest
from tests.unit.client.support import Script, build, response

from buildkite_rest import AsyncBuildkite, AuthenticationError, Buildkite, ConfigurationError, TokenAuth
from buildkite_rest._auth.tokens import authorization_of

BAD_TOKENS = {
    "empty": "",
    "blank": "   ",
    "space": "bkua one",
    "trailing-newline": "bkua-one\n",
    "header-injection": "bkua-one\r\nX-Evil: 1",
    "nul": "bkua\0one",
    "not-ascii": "bkua-öne",
}


def sent_tokens(script):
    return [request.headers.get("Authorization") for request in script.requests]


@pytest.mark.parametrize("token", BAD_TOKENS.values(), ids=BAD_TOKENS)
def test_a_bad_token_is_refused_and_not_shown(token):
    for call in (lambda: TokenAuth(token), TokenAuth(lambda: token).authorization):
        with pytest.raises(ConfigurationError) as caught:
            call()
        assert not token.strip() or token.strip() not in str(caught.value)


def test_a_function_is_called_for_every_request(connect):
    tokens = iter(["one", "two"])
    script = Script(response(build()))
    client = connect(script, auth=TokenAuth(lambda: next(tokens)))
    client.builds.get("acme", "web", 1)
    client.builds.get("acme", "web", 2)
    assert sent_tokens(script) == ["Bearer one", "Bearer two"]


def test_a_refused_token_is_not_tried_again(connect):
    script = Script(response({"message": "Authentication required"}, 401))
    with pytest.raises(AuthenticationError):
        connect(script).builds.get("acme", "web", 1)
    assert len(script.requests) == 1


def test_a_function_gets_one_more_chance_after_a_401(connect, clock):
    tokens = iter(["old", "new"])
    script = Script(response({"message": "Authentication required"}, 401), response(build()))
    found = connect(script, auth=TokenAuth(lambda: next(tokens))).builds.get("acme", "web", 1)
    assert found.number == 1
    assert sent_tokens(script) == ["Bearer old", "Bearer new"]
    assert clock.sleeps == [0.0]


def test_a_renewal_does_not_count_as_a_retry(connect):
    """The signature failed, not the request: the four retries of the policy are still there."""
    script = Script(
        response({}, 401), response({}, 503), response({}, 503), response({}, 503), response({}, 503), response(build())
    )
    assert connect(script, auth=TokenAuth(lambda: "token")).builds.get("acme", "web", 1).number == 1
    assert len(script.requests) == 6


def test_any_object_with_the_two_methods_is_auth(connect):
    dates = []

    class Basic:
        def authorization(self):
            return "Basic abc"

        def renew(self, date):
            dates.append(date)
            return False

    script = Script(response({}, 401, Date="Mon, 02 Mar 2026 09:15:00 GMT"))
    with pytest.raises(AuthenticationError):
        connect(script, auth=Basic()).builds.get("acme", "web", 1)
    assert sent_tokens(script) == ["Basic abc"]
    assert dates == ["Mon, 02 Mar 2026 09:15:00 GMT"]


@pytest.mark.parametrize("method", ["get_root", "get"])
def test_a_public_operation_gets_no_token(connect, method):
    script = Script(httpx.Response(200, json={"message": "ok", "timestamp": 1, "webhook_ips": []}))
    getattr(connect(script).meta, method)()
    assert sent_tokens(script) == [None]


@pytest.mark.parametrize("kind", [Buildkite, AsyncBuildkite])
def test_a_key_log_that_cannot_be_opened_is_named(kind, monkeypatch, tmp_path):
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "s3cret" / "keys"))
    with pytest.raises(ConfigurationError, match=r"No such file or directory\. Check .*\$SSLKEYLOGFILE") as caught:
        kind("token")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", ["", " Bearer x", "Bearer x ", "Bearer \n", 5])
def test_invalid_credentials_are_refused_and_not_shown(value):
    class Own:
        def authorization(self):
            return value

    with pytest.raises(ConfigurationError) as caught:
        authorization_of(Own())
    assert "Bearer" not in str(caught.value)


@pytest.mark.parametrize("auth", [TokenAuth("bkua-one"), TokenAuth(lambda: "bkua-one")], ids=["text", "function"])
def test_repr_hides_the_token(auth):
    assert repr(auth) == "TokenAuth(_token=***)"
