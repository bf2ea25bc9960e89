"""The webhook receiver prints finished builds, and refuses forged deliveries."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest
from tests.unit.client.test_webhooks import webhook
from tests.unit.examples.scripts import EXAMPLES, load

from buildkite_rest import webhooks

EXAMPLE = EXAMPLES / "webhook_receiver.py"
SECRET, OLD_SECRET = "6d1f0a92c7b84e35a1d9f3c20b7e4a58", "0c5d8e7f6a1b4923b7d0e1f2a3c4b5d6"


def payload(event):
    return next(iter(webhook(event)["examples"].values()))["value"]


def delivery(value, *, secret=SECRET, **options):
    """Return the body and headers of a delivery as Buildkite sends it."""
    body = json.dumps(value).encode()
    event = {"X-Buildkite-Event": value["event"], "Content-Type": "application/json"}
    return {"content": body, "headers": {**event, **webhooks.sign(body, secret=secret, **options)}}


FINISHED = payload("build.finished")
LINE = f"web 42: {FINISHED['build']['state']} https://buildkite.com/acme/web/builds/42"


@pytest.fixture(scope="module")
def app():
    return load("webhook_receiver").make_app([SECRET, OLD_SECRET], pytest.fail)


def send(app, method="POST", **request):
    async def exchange():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://hooks.acme.example") as client:
            return await client.request(method, "/", **request)

    return asyncio.run(exchange())


@pytest.mark.parametrize("secret", [SECRET, OLD_SECRET])
def test_a_finished_build_is_printed(app, capsys, secret):
    assert send(app, **delivery(FINISHED, secret=secret)).status_code == 204
    assert capsys.readouterr() == (f"{LINE}\n", "")


@pytest.mark.parametrize(
    "value",
    [payload("ping"), payload("build.running"), {"event": "new.event"}, {**FINISHED, "build": None}],
    ids=["ping", "running", "unknown", "without a build"],
)
def test_other_genuine_events_are_accepted_silently(app, capsys, value):
    assert send(app, **delivery(value)).status_code == 204
    assert capsys.readouterr() == ("", "")


def changed(value, **headers):
    request = delivery(value)
    return {**request, "headers": {**request["headers"], **headers}}


# Functions, because a signature expires.
HOSTILE = {
    "another secret": (lambda: delivery(FINISHED, secret="guessed"), "the signature in X-Buildkite-Signature is wrong"),
    "another body": (
        lambda: {**delivery(FINISHED), "content": b"{}"},
        "the signature in X-Buildkite-Signature is wrong",
    ),
    "old": (lambda: delivery(FINISHED, now=lambda: time.time() - 1000), "seconds old; 300 are allowed"),
    "another event": (
        lambda: changed(FINISHED, **{"X-Buildkite-Event": "ping"}),
        "does not name the event of the body",
    ),
    "a token": (
        lambda: {"content": b"{}", "headers": {"X-Buildkite-Token": SECRET}},
        "X-Buildkite-Signature is missing",
    ),
    "nothing": (dict, "X-Buildkite-Signature is missing"),
    "very large": (lambda: {"content": b"x" * 30_000_000}, "more than the maximum of 10000000"),
}


@pytest.mark.parametrize(("make", "message"), HOSTILE.values(), ids=HOSTILE)
def test_a_forged_delivery_is_refused_in_one_line(app, capsys, caplog, make, message):
    response = send(app, **make())
    assert response.status_code == 400
    assert message in response.text
    [line] = caplog.messages
    assert (capsys.readouterr().out, f"{line}\n") == ("", f"refused: {response.text}")
    assert len(line.splitlines()) == 1
    assert SECRET not in line


def run(*options, stdout=subprocess.PIPE, stderr=subprocess.PIPE, secret=SECRET, **environment):
    """Start the receiver on a free port, and return the process and the URL."""
    plain = {name: value for name, value in os.environ.items() if name != "BUILDKITE_WEBHOOK_SECRET"}
    if secret is not None:
        environment["BUILDKITE_WEBHOOK_SECRET"] = secret
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, *(options or (EXAMPLE,)), "--port", str(port)]
    process = subprocess.Popen(command, stdout=stdout, stderr=stderr, encoding="utf-8", env={**plain, **environment})
    return process, f"http://127.0.0.1:{port}/"


INVALID = (
    "BUILDKITE_WEBHOOK_SECRET: secret is empty or has a character that no token has. Pass the token of the webhook"
)


@pytest.mark.parametrize(
    ("secret", "message"),
    [
        (None, "BUILDKITE_WEBHOOK_SECRET is not set. Set it to the token of the webhook."),
        (f"{SECRET} \udcff", INVALID),
        ("\udcff", INVALID),
    ],
    ids=["none", "one of two", "the only one"],
)
def test_it_does_not_start_without_a_valid_secret(secret, message):
    process, _ = run(secret=secret)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (2, "", f"{message}\n")


def test_it_runs_on_a_real_server():
    process, url = run(secret=f"{OLD_SECRET} {SECRET}")
    with client() as sender:
        assert sender.post(url, **delivery(FINISHED)).status_code == 204
        assert sender.post(url, **delivery(FINISHED, secret="guessed")).status_code == 400
    assert interrupt(process) == (0, f"{LINE}\n", "refused: the signature in X-Buildkite-Signature is wrong\n")


def client():
    """Return a client that retries to connect, for over a minute."""
    return httpx.Client(transport=httpx.HTTPTransport(retries=8), trust_env=False)


def interrupt(process):
    """Interrupt a receiver, unless it has ended, and return its status and output."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err
