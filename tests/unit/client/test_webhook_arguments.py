"""Arguments of the functions for webhooks are checked, and an error names the argument in one line."""

import json
from datetime import timedelta
from math import inf, nan

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.unit.client.test_webhooks import BODY, SECRET, SENT, at, signed
from tests.unit.client.test_webhooks_hostile import quickly

from buildkite_rest import webhooks

KINDS = [bytes, bytearray, memoryview, lambda body: memoryview(body).cast("b")]


def wrong(*, types, values):
    """Parametrize a test with values that are of a wrong type or out of range, and the class of the error."""
    cases = [*((value, TypeError) for value in types), *((value, ValueError) for value in values)]
    return pytest.mark.parametrize(("value", "error"), cases)


def sign(body=BODY, **changes):
    return webhooks.sign(body, **{"secret": SECRET, "now": at(SENT), **changes})


def verify(body=BODY, **changes):
    webhooks.verify(signed(), body, **{"secret": SECRET, "now": at(SENT), **changes})


def receive(body=BODY, **changes):
    return webhooks.receive(signed(), body, **{"secret": SECRET, "now": at(SENT), **changes})


def parse(body=BODY, **changes):
    return webhooks.parse(body, **changes)


@pytest.mark.parametrize("kind", KINDS, ids=["bytes", "bytearray", "memoryview", "memoryview of chars"])
def test_all_functions_accept_the_same_types_of_body(kind):
    assert sign(kind(BODY)) == sign()
    verify(kind(BODY))
    assert receive(kind(BODY)) == parse(kind(BODY)) == parse()


@pytest.mark.parametrize("function", [sign, verify, receive, parse])
@pytest.mark.parametrize("body", ["text", None, 5, [1], {"event": "ping"}], ids=lambda body: type(body).__name__)
def test_a_body_of_another_type_is_named(function, body):
    with pytest.raises(TypeError, match=rf"^body must be .*, in bytes, not {type(body).__name__}$"):
        function(body)


@pytest.mark.parametrize("function", [verify, receive, parse])
@wrong(types=[nan, inf, 1e7, None, "5", True], values=[0, -1])
def test_the_limit_of_bytes_is_an_int(function, value, error):
    with pytest.raises(error, match=r"^max_bytes must be .*$"):
        function(max_bytes=value)


@pytest.mark.parametrize("function", [verify, receive])
@wrong(types=[None, "300", True, timedelta(seconds=300)], values=[nan, inf, -1, 10**400])
def test_the_tolerance_is_a_finite_time(function, value, error):
    with pytest.raises(error, match=r"^tolerance must be .*$"):
        function(tolerance=value)


@pytest.mark.parametrize("function", [sign, verify, receive])
@wrong(types=[], values=[nan, inf, -1, 10**12, 10**400])
def test_a_clock_returns_a_time(function, value, error):
    with pytest.raises(error, match=r"^now must return seconds since 1970.*$"):
        function(now=lambda: value)


@quickly
@given(text=st.text(st.sampled_from('\\"u\ud800\udc00\ud83d\ude00dD8cC0/né')))
@example(text="\\\ud800")
def test_every_parsed_text_can_be_encoded(text):
    event = webhooks.parse(json.dumps({"x": text}).encode())
    paired = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert event.data == {"x": paired}
    assert json.loads(msgspec.json.encode(event)) == event.data
