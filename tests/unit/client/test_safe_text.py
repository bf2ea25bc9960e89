"""A server that returns the credential does not get it into messages and logs."""

import base64
import logging
import traceback
from contextvars import Context, copy_context
from urllib.parse import quote, unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.pretty import pretty_repr
from tests.faults.server import Server
from tests.unit.client.support import Script, reproducible, response

from buildkite_rest import Buildkite, BuildkiteError, RetryPolicy
from buildkite_rest._base import safe_text
from buildkite_rest._base.safe_text import hide_credential, safe_excerpt, safe_repr

TOKEN = "bkua_0123456789s3cret"

RESPONSES = {
    "message": response({"message": f"bad header Bearer {TOKEN}"}, 401),
    "fields": response({"message": "no", "errors": [{"field": TOKEN, "code": TOKEN}]}, 422),
    "page": httpx.Response(500, content=f"<html>Authorization: Bearer {TOKEN}"),
    "not-json": httpx.Response(200, content=f"x {'y' * 50}{TOKEN}"),
    "location": httpx.Response(302, headers={"Location": f"/login/{TOKEN}"}),
    "link": response([], Link=f'<https://evil.example/{TOKEN}>; rel="next"'),
    "connection": httpx.ReadError(f"illegal header {TOKEN}"),
}


@pytest.mark.parametrize("response", RESPONSES.values(), ids=RESPONSES)
def test_the_credential_is_hidden(connect, caplog, response):
    caplog.set_level(logging.DEBUG)
    client = connect(Script(response), auth=TOKEN, retries=RetryPolicy(max_retries=0))
    with pytest.raises(BuildkiteError) as caught:
        list(client.builds.list("acme", "web"))
    error = caught.value
    shown = "".join(traceback.format_exception(error)) + repr(error.__cause__) + repr(getattr(error, "errors", ""))
    assert "0123" not in shown
    assert "0123" not in caplog.text


ERRORS = {
    "fields": (
        response({"errors": [{"field": f"a {TOKEN}", "code": TOKEN}, TOKEN]}, 422),
        lambda client: client.user.get(),
    ),
    "graphql": (
        response({"errors": [{"message": f"a {TOKEN}", "path": [TOKEN, 1]}, TOKEN]}),
        lambda client: client.graphql("{ id }"),
    ),
}


@pytest.mark.parametrize(("response", "call"), ERRORS.values(), ids=ERRORS)
def test_the_credential_is_hidden_in_errors_that_are_read_elsewhere(connect, response, call):
    """In another task or thread, or after other credentials, it is not known."""
    client = connect(Script(response), auth=TOKEN)
    with pytest.raises(BuildkiteError) as caught:
        copy_context().run(call, client)
    shown = Context().run(repr, caught.value.errors)
    assert "a ***" in shown
    assert "0123" not in shown


SIGNED = "eyJhbGciOiJSUzI1NiJ9aaa.eyJpc3MiOiIwMTkyMDAwMCJ9bbb.c2lnbmF0dXJlLXNpZ25hdHVyZQ-_~x"

SPELLINGS = {
    "lower case": (TOKEN, TOKEN.lower()),
    "upper case": (TOKEN, TOKEN.upper()),
    "percent-encoded": (TOKEN, "".join(f"%{ord(each):02x}" for each in TOKEN)),
    "percent-encoded several times": (TOKEN, "".join(f"%2525{ord(each):02x}" for each in TOKEN)),
    "percent-encoded in part": ("bkua+0123/456=789", "bkua%2B0123%2f456%3D789"),
    "with a percent sign": ("bkua%410123456789", "bkua%410123456789"),
    "twice": (TOKEN, TOKEN * 2),
    "signed": (SIGNED, SIGNED),
    "signature": (SIGNED, SIGNED.rpartition(".")[2]),
    "claims": (SIGNED, SIGNED.split(".")[1]),
    "without its signature": (SIGNED, SIGNED.rpartition(".")[0]),
}


@pytest.mark.parametrize(("credential", "echoed"), SPELLINGS.values(), ids=SPELLINGS)
def test_the_credential_is_hidden_in_each_documented_spelling(credential, echoed):
    hide_credential(f"Bearer {credential}")
    shown = safe_excerpt(f"100% wrong: <{echoed}> ğ %zz")
    assert shown.startswith("100% wrong: <")
    assert shown.endswith("> ğ %zz")
    assert set(shown.partition("<")[2].partition(">")[0]) <= set("*.")


def test_the_credential_is_hidden_in_the_text_of_rate_limits_and_pages(connect):
    headers = {"RateLimit-Scope": TOKEN, "Link": f'<https://api.buildkite.com/v2/{TOKEN}?page=2>; rel="next"'}
    client = connect(Script(httpx.Response(200, json=[{"message": TOKEN}], headers=headers)), auth=TOKEN)
    page = copy_context().run(lambda: next(iter(client.builds.list("acme", "web").pages())))
    shown = Context().run(lambda: f"{page!r} {client.rate_limits!r}")
    assert shown.count("***") == 2
    assert "0123" not in shown + Context().run(lambda: pretty_repr(page) + pretty_repr(client.rate_limits))


PASSWORD = "p@ss/0123456789"
BASIC = base64.b64encode(f"user:{PASSWORD}".encode()).decode()


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("echoed", [PASSWORD, quote(PASSWORD, safe=""), BASIC, f"user:{PASSWORD}"])
def test_the_password_of_a_proxy_in_the_environment_is_hidden(monkeypatch, caplog, own, echoed):
    monkeypatch.setattr(safe_text, "_secrets", set())
    for name in ("ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    caplog.set_level(logging.INFO)
    refusal = f"HTTP/1.1 407 no {echoed}\r\nContent-Length: 0\r\n\r\n".encode()

    def refuse(peer):
        peer.hear()
        peer.say(refusal)

    with Server(refuse) as proxy:
        monkeypatch.setenv("http_proxy", f"http://user:{quote(PASSWORD, safe='')}@{proxy.url.removeprefix('http://')}")
        options = {"http_client": httpx.Client()} if own else {}
        with (
            Buildkite(TOKEN, base_url="http://api.invalid", retries=RetryPolicy(max_retries=0), **options) as client,
            pytest.raises(BuildkiteError) as caught,
        ):
            client.user.get()
    assert "0123456789" not in caplog.text + str(caught.value)
    assert echoed not in caplog.text
    assert "no ***" in caplog.text or "no user:***" in caplog.text


@reproducible
@given(before=st.text("a <%é", max_size=99), flips=st.lists(st.booleans(), min_size=len(TOKEN), max_size=len(TOKEN)))
def test_the_credential_is_hidden_wherever_it_is_cut_and_however_it_is_encoded(before, flips):
    hide_credential(f"Bearer {TOKEN}")
    echoed = "".join(f"%{ord(each):02x}" if flip else each for each, flip in zip(TOKEN, flips, strict=True))
    for longest in (5, 60, 200):
        assert "0123" not in unquote(safe_excerpt(f"{before}{echoed} b", longest))
    assert "0123" not in unquote(safe_repr(before + echoed))
