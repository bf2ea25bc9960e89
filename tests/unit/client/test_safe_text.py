"""A server that returns the credential does not get it into messages and logs."""

import logging
import traceback
from contextvars import Context, copy_context
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.pretty import pretty_repr
from tests.unit.client.support import Script, reproducible, response

from buildkite_rest import BuildkiteError, RetryPolicy
from buildkite_rest._base.safe_text import hide_credential, safe_excerpt, safe_repr

TOKEN = "bkua_0123456789s3cret"

RESPONSES = {
    "message": response({"message": f"bad header Bearer {TOKEN}"}, 401),
    "fields": response({"message": "no", "errors": [{"field": TOKEN, "code": TOKEN}]}, 422),
    "page": httpx.Response(500, content=f"<html>Authorization: Bearer {TOKEN}"),
    "not-json": httpx.Response(200, content=f"x {'y' * 50}{TOKEN}"),
    "location": httpx.Response(302, headers={"Location": f"/login/{TOKEN}"}),
    "link": response([], Link=f'<https://evil.example/{TOKEN}>; rel="next"'),
    "connection": httpx.LocalProtocolError(f"illegal header {TOKEN}"),
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


@pytest.mark.parametrize(
    ("credential", "echoed"), [(TOKEN, TOKEN * 2), ("bkua+0123/456=789", "bkua%2B0123%2F456%3D789")]
)
def test_the_credential_is_hidden_in_each_form_in_which_it_is_sent(credential, echoed):
    hide_credential(f"Bearer {credential}")
    shown = safe_excerpt(f"100% wrong: <{echoed}> ğ %zz")
    assert shown.startswith("100% wrong: <")
    assert shown.endswith("> ğ %zz")
    assert set(shown.partition("<")[2].partition(">")[0]) <= set("*")


def test_the_credential_is_hidden_in_the_text_of_pages(connect):
    headers = {"Link": f'<https://api.buildkite.com/v2/{TOKEN}?page=2>; rel="next"'}
    client = connect(Script(httpx.Response(200, json=[{"message": TOKEN}], headers=headers)), auth=TOKEN)
    page = copy_context().run(lambda: next(iter(client.builds.list("acme", "web").pages())))
    shown = Context().run(repr, page)
    assert shown.count("***") == 1
    assert "0123" not in shown + Context().run(pretty_repr, page)


@reproducible
@given(before=st.text("a <%é", max_size=99))
def test_the_credential_is_hidden_wherever_it_is_cut(before):
    hide_credential(f"Bearer {TOKEN}")
    for longest in (5, 60, 200):
        assert "0123" not in unquote(safe_excerpt(f"{before}{TOKEN} b", longest))
    assert "0123" not in unquote(safe_repr(before + TOKEN))
