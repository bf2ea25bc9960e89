"""A server that returns the credential does not get it into messages and logs."""

import logging
import traceback

import httpx
import pytest
from tests.unit.client.support import Script, answer

from buildkite_rest import BuildkiteError, RetryPolicy
from buildkite_rest._safe_text import hide_credential, safe_excerpt, safe_repr

TOKEN = "bkua_0123456789geheim"

RESPONSES = {
    "message": answer({"message": f"bad header Bearer {TOKEN}"}, 401),
    "fields": answer({"message": "no", "errors": [{"field": TOKEN, "code": TOKEN}]}, 422),
    "page": httpx.Response(500, content=f"<html>Authorization: Bearer {TOKEN}"),
    "page-with-spaces": httpx.Response(500, content=" " * 4_090 + TOKEN),
    "title": httpx.Response(500, content=f"<html><title>{TOKEN}</title>"),
    "not-json": httpx.Response(200, content=f"x {'y' * 50}{TOKEN}"),
    "location": httpx.Response(302, headers={"Location": f"/login/{TOKEN}"}),
    "link": answer([], Link=f'<https://evil.example/{TOKEN}>; rel="next"'),
    "reason": httpx.Response(599, extensions={"reason_phrase": TOKEN.encode()}),
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


@pytest.mark.parametrize("longest", range(1, 40))
def test_a_cut_leaves_no_part_of_the_credential(longest):
    hide_credential(f"Bearer {TOKEN}")
    assert "bkua" not in safe_excerpt(f"a {TOKEN} b", longest)
    assert "bkua" not in safe_repr("x" * (200 - longest) + TOKEN)


def test_a_short_credential_is_a_word_like_any_other():
    hide_credential("Bearer token")
    assert safe_excerpt("the token is invalid") == "the token is invalid"
