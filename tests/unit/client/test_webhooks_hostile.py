"""Whatever comes to a webhook, it is refused with one clear line and nothing else."""

import json
import string

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from tests.unit.client.test_webhooks import BODY, OTHER, SECRET, SENT, at, signed

from buildkite_rest import WebhookError, webhooks

EVENT, SIGNATURE, TOKEN = "X-Buildkite-Event", "X-Buildkite-Signature", "X-Buildkite-Token"
GOOD = signed()[SIGNATURE]
STAMP, HEX = (part.partition("=")[2] for part in GOOD.split(","))

SIGNATURES = {
    "missing": ({}, "is missing"),
    "a token instead": ({TOKEN: SECRET}, "is missing. There is X-Buildkite-Token, so pass token="),
    "two": ({SIGNATURE: GOOD, SIGNATURE.lower(): GOOD}, "is in the request 2 times"),
    "empty": ({SIGNATURE: ""}, "is not of the form timestamp=…,signature=…"),
    "not ASCII": ({SIGNATURE: GOOD.replace("=", "\uff1d")}, "not ASCII"),
    "uppercase": (
        {SIGNATURE: f"timestamp={STAMP},signature={HEX.upper()}"},
        "is not of the form timestamp=…,signature=…",
    ),
    "another secret": (signed(secret=OTHER), "the signature in X-Buildkite-Signature is wrong"),
    "another body": (signed(BODY + b" "), "the signature in X-Buildkite-Signature is wrong"),
    "old": (signed(sent=SENT - 301), "is 301 seconds old; 300 are allowed"),
    "early": (signed(sent=SENT + 301), "is 301 seconds in the future; 300 are allowed"),
}

TOKENS = {
    "missing": ({}, "X-Buildkite-Token is missing"),
    "a signature instead": ({SIGNATURE: GOOD}, "is missing. There is X-Buildkite-Signature, so pass secret="),
    "another": ({TOKEN: OTHER}, "X-Buildkite-Token is wrong"),
    "two": ({TOKEN: SECRET, TOKEN.upper(): SECRET}, "X-Buildkite-Token is in the request 2 times"),
    "not ASCII": ({TOKEN: SECRET + "é"}, "not ASCII"),
}

BODIES = {
    "empty": (b"", "the body is not JSON"),
    "not UTF-8": (BODY[:-1] + b', "\xff": 1}', "the body is not UTF-8"),
    "101 levels": (b'{"event": "x", "y":' + b"[" * 100 + b"]" * 100 + b"}", "the body is nested too deeply"),
    "deep in a known event": (b'{"event": "ping", "y":' + b"[" * 200_000, "the body is nested too deeply"),
    "too large": (b" " * (webhooks.MAX_BYTES + 1), "the body has 10000001 bytes, more than the maximum of 10000000"),
    "an event that is no text": (b'{"event": 5}', "event in the body is not the name of an event"),
    "an event with a very long name": (json.dumps({"event": "x" * 101}).encode(), "event in the body is not the name"),
}

OTHER_EVENT = "X-Buildkite-Event does not name the event of the body, which has build.finished"
EVENTS = {
    "missing": ({}, "X-Buildkite-Event is missing"),
    "the secret": ({EVENT: SECRET}, OTHER_EVENT),
    "two": ({EVENT: "build.finished", EVENT.lower(): "build.finished"}, "X-Buildkite-Event is in the request 2 times"),
    "not ASCII": ({EVENT: "build.finished\xa0"}, "X-Buildkite-Event has a character that is not ASCII"),
}


def refused(function, *arguments, **options):
    """Return the line with which something is refused."""
    with pytest.raises(WebhookError) as caught:
        function(*arguments, **options)
    assert caught.value.__cause__ is None
    line = str(caught.value)
    assert line.isprintable()
    assert len(line) < 400
    assert not any(secret in line for secret in (SECRET, OTHER, HEX))
    return line


@pytest.mark.parametrize(("headers", "says"), SIGNATURES.values(), ids=SIGNATURES)
def test_a_bad_signature_is_refused(headers, says):
    assert says in refused(webhooks.verify, headers, BODY, secret=SECRET, now=at(SENT))
    assert says in refused(webhooks.receive, {**headers, EVENT: "ping"}, BODY, secret=SECRET, now=at(SENT))


def test_a_body_is_not_read_before_it_is_known_to_be_genuine():
    assert "is wrong" in refused(webhooks.receive, signed(), b"no JSON", secret=SECRET, now=at(SENT))


@pytest.mark.parametrize(("headers", "says"), TOKENS.values(), ids=TOKENS)
def test_a_bad_token_is_refused(headers, says):
    assert says in refused(webhooks.verify, headers, BODY, token=[SECRET])
    assert says in refused(webhooks.receive, headers, b"no JSON", token=[SECRET])


@pytest.mark.parametrize(("body", "says"), BODIES.values(), ids=BODIES)
def test_a_bad_body_is_refused_even_when_it_is_signed(body, says):
    assert says in refused(webhooks.parse, body)
    headers = {EVENT: "ping", **webhooks.sign(body, secret=SECRET, now=at(SENT))}
    assert says in refused(webhooks.receive, headers, body, secret=SECRET, now=at(SENT))


@pytest.mark.parametrize(("headers", "says"), EVENTS.values(), ids=EVENTS)
def test_headers_that_do_not_name_the_event_are_refused(headers, says):
    assert says in refused(webhooks.parse, BODY, headers=headers)


names = (
    st.sampled_from([EVENT, SIGNATURE, TOKEN, SIGNATURE.lower(), "HTTP_X_BUILDKITE_TOKEN"]) | st.text() | st.binary()
)
values = (
    st.text()
    | st.binary()
    | st.none()
    | st.integers()
    | st.lists(st.text())
    | st.sampled_from([GOOD, SECRET, "ping", GOOD + ",", HEX])
    | st.text("timestampgnur=,0123456789abcdef ", max_size=150)
    | st.builds("timestamp={},signature={}".format, st.text(string.digits), st.text(string.hexdigits))
)
parts = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["ping", "job.started"])
data = st.recursive(
    parts,
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["event", "build", "job", "sender"]) | st.text(), inner)
    ),
)
bodies = st.binary() | st.text().map(str.encode) | data.map(lambda value: json.dumps(value).encode())
# Without shrinking, which may take minutes where a made-up body is large.
quickly = settings(
    max_examples=300, deadline=None, database=None, derandomize=True, phases=(Phase.explicit, Phase.generate)
)


@quickly
@given(headers=st.dictionaries(names, values), body=bodies, with_token=st.booleans())
def test_random_deliveries_are_refused(headers, body, with_token):
    if with_token:
        headers = {name: value for name, value in headers.items() if value != SECRET}
    refused(
        webhooks.receive, headers, body, **({"token": SECRET} if with_token else {"secret": SECRET, "now": at(SENT)})
    )


@quickly
@given(body=bodies, headers=st.none() | st.dictionaries(names, values), strict=st.booleans())
@example(body=b'{"event": "build.finished"}', headers=None, strict=False)
def test_random_bodies_are_parsed_or_refused(body, headers, strict):
    try:
        event = webhooks.parse(body, headers=headers, strict=strict)
    except WebhookError:
        refused(webhooks.parse, body, headers=headers, strict=strict)
        return
    name = event.name if event.event is None else event.event
    assert json.loads(body).get("event") == name


@quickly
@given(place=st.integers(0, len(BODY) - 1), flip=st.integers(1, 255))
def test_a_body_with_one_other_byte_is_refused(place, flip):
    body = bytearray(BODY)
    body[place] ^= flip
    assert "is wrong" in refused(webhooks.verify, signed(), bytes(body), secret=SECRET, now=at(SENT))
