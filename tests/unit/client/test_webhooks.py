"""What Buildkite sends to a webhook is verified and read; whatever else comes is refused with one clear line."""

import hashlib
import hmac
import json
import logging
import os
from datetime import datetime
from email.message import Message
from math import inf, nan

import msgspec
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from starlette.datastructures import Headers
from tests.unit.client.openapi_document import document
from tests.unit.client.test_exports import modules_after

from buildkite_rest import ConfigurationError, WebhookError, models, webhooks
from buildkite_rest.webhooks import _events


def webhook(event):
    """Return the request body of a webhook in the spec."""
    return document()["webhooks"][event]["post"]["requestBody"]["content"]["application/json"]


SECRET = "6d1f0a92c7b84e35a1d9f3c20b7e4a58"
OTHER = "0c5d8e7f6a1b4923b7d0e1f2a3c4b5d6"
SENT = 1_772_442_900
BODY = json.dumps(next(iter(webhook("build.finished")["examples"].values()))["value"]).encode()


def at(seconds):
    return lambda: float(seconds)


def signed(body=BODY, *, event="build.finished", secret=SECRET, sent=SENT):
    return {"X-Buildkite-Event": event, **webhooks.sign(body, secret=secret, now=at(sent))}


def examples():
    for event in document()["webhooks"]:
        for name, found in webhook(event)["examples"].items():
            yield pytest.param(event, found["value"], id=f"{event}-{name}")


@pytest.fixture(autouse=True)
def _nothing_reported_yet(monkeypatch):
    monkeypatch.setattr(_events, "_reported", set())


@pytest.mark.parametrize(("event", "value"), list(examples()))
def test_each_event_of_the_spec_is_received_with_its_type(event, value):
    body = json.dumps(value).encode()
    read = webhooks.receive(signed(body, event=event), body, secret=SECRET, now=at(SENT), strict=True)
    assert isinstance(read, msgspec.Struct)
    assert read.event == event
    assert type(read).__name__ == "".join(word.title() for word in event.replace(".", "_").split("_")) + "Event"


def test_the_signature_is_that_of_the_documentation():
    digest = hmac.new(SECRET.encode(), f"{SENT}.".encode() + BODY, hashlib.sha256).hexdigest()
    value = f"timestamp={SENT},signature={digest}"
    assert webhooks.sign(BODY, secret=SECRET, now=at(SENT + 0.9)) == {"X-Buildkite-Signature": value}
    webhooks.verify({"X-Buildkite-Signature": value}, BODY, secret=SECRET, now=at(SENT))


@pytest.mark.parametrize("late", [-300, 0, 300])
def test_a_signature_is_good_within_the_tolerance(late):
    webhooks.verify(signed(), BODY, secret=SECRET, now=at(SENT + late))


def test_of_several_secrets_each_is_good_while_they_change():
    for secrets in ([SECRET, OTHER], (OTHER, SECRET)):
        webhooks.verify(signed(), BODY, secret=secrets, now=at(SENT))
        webhooks.verify({"X-Buildkite-Token": SECRET}, BODY, token=secrets)
    with pytest.raises(WebhookError, match="is wrong"):
        webhooks.verify(signed(), BODY, secret=[OTHER], now=at(SENT))


def as_message(headers):
    message = Message()
    for name, value in headers.items():
        message[name] = value
    return message


FORMS = {
    "lowercase": lambda headers: {name.lower(): value for name, value in headers.items()},
    "bytes": lambda headers: {name.lower().encode(): value.encode() for name, value in headers.items()},
    "wsgi": lambda headers: {
        "wsgi.input": object(),
        "CONTENT_LENGTH": "5",
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
    },
    "starlette": Headers,
    "http.server": as_message,
    "with others": lambda headers: {**headers, 5: "a number", "X-Other": ["a"], "Host": "hooks.acme.example"},
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_headers_may_have_the_form_that_a_server_gives_them(form):
    assert webhooks.receive(form(signed()), BODY, secret=SECRET, now=at(SENT)).event == "build.finished"


@pytest.mark.parametrize("event", ["build.started", "workflow.alarm", None])
def test_an_unknown_event_keeps_name_and_data(event, caplog):
    data = {"event": event, "build": {"token": "hidden"}} if event else {"type": "passed_on_retry", "score": "hidden"}
    read = webhooks.parse(json.dumps(data).encode(), strict=True)
    assert isinstance(read, webhooks.UnknownEvent)
    assert (read.event, read.name, read.data) == (None, event, data)
    assert "hidden" not in repr(read)
    assert caplog.records == []


def test_a_known_event_that_does_not_match_is_read_leniently_and_reported_once(caplog):
    value = json.loads(BODY)
    value["build"] |= {"number": "forty-two", "created_at": "2026-02-30T00:00:00Z", "state": "exploded"}
    value["pipeline"] = None
    body = json.dumps(value).encode()
    with caplog.at_level(logging.WARNING, "buildkite_rest"):
        read = [webhooks.parse(body) for _ in range(2)][1]
    assert isinstance(read, models.BuildFinishedEvent)
    assert (read.build.number, read.build.state, read.pipeline) == ("forty-two", "exploded", None)
    assert read.build.created_at == "2026-02-30T00:00:00Z"
    assert isinstance(read.build.scheduled_at, datetime)
    [record] = caplog.records
    assert record.getMessage().startswith("build.finished: the webhook does not match the spec, decoded leniently")
    with pytest.raises(WebhookError, match=r"^build\.finished: the body does not match the spec: "):
        webhooks.parse(body, strict=True)


@pytest.mark.parametrize("value", ["", " ", [], [SECRET, ""], f"{SECRET}\n", "\ud800" + SECRET])
@pytest.mark.parametrize("argument", ["secret", "token"])
def test_an_invalid_secret_is_an_error_of_the_receiver(argument, value):
    with pytest.raises(ConfigurationError, match=f"^{argument} ") as caught:
        webhooks.receive(signed(), BODY, **{argument: value})
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(("tolerance", "now"), [(nan, SENT), (-1, SENT), (300, nan), (300, inf), (300, -1)])
def test_a_time_that_makes_no_sense_verifies_nothing(tolerance, now):
    with pytest.raises(WebhookError, match="the timestamp in X-Buildkite-Signature is"):
        webhooks.verify(signed(), BODY, secret=SECRET, tolerance=tolerance, now=at(now))


def test_importing_webhooks_needs_no_http_library_and_no_model():
    modules = modules_after("from buildkite_rest import webhooks")
    loaded = {name for name in modules if name.startswith(("httpx", "_buildkite_rest.models"))}
    assert loaded == set(), os.linesep.join(loaded)


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
    "an event that is not text": (b'{"event": 5}', "event in the body is not the name of an event"),
    "an event with a very long name": (json.dumps({"event": "x" * 101}).encode(), "event in the body is not the name"),
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
@given(body=bodies, strict=st.booleans())
@example(body=b'{"event": "build.finished"}', strict=False)
def test_random_bodies_are_parsed_or_refused(body, strict):
    try:
        event = webhooks.parse(body, strict=strict)
    except WebhookError:
        refused(webhooks.parse, body, strict=strict)
        return
    name = event.name if event.event is None else event.event
    assert json.loads(body).get("event") == name


@quickly
@given(place=st.integers(0, len(BODY) - 1), flip=st.integers(1, 255))
def test_a_body_with_one_other_byte_is_refused(place, flip):
    body = bytearray(BODY)
    body[place] ^= flip
    assert "is wrong" in refused(webhooks.verify, signed(), bytes(body), secret=SECRET, now=at(SENT))
