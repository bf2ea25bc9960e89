"""What Buildkite sends to a webhook is verified and read."""

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
from starlette.datastructures import Headers
from tests.unit.client.openapi_document import document
from tests.unit.client.test_exports import modules_after

from buildkite_rest import ConfigurationError, WebhookError, models, webhooks
from buildkite_rest.webhooks import _events

EVENTS = {
    "ping",
    *(f"build.{name}" for name in ("scheduled", "running", "failing", "finished", "skipped")),
    *(f"job.{name}" for name in ("scheduled", "started", "finished", "activated", "promised_exit_status")),
    *(f"agent.{name}" for name in ("connected", "lost", "disconnected", "stopping", "stopped", "blocked")),
    "cluster_token.registration_blocked",
    "package.created",
}


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
    for event in sorted(EVENTS):
        for name, example in webhook(event)["examples"].items():
            yield pytest.param(event, example["value"], id=f"{event}-{name}")


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
