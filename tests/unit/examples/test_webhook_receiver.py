"""The webhook receiver prints finished builds, and refuses forged deliveries."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys

import httpx
import pytest
from tests.unit.client.test_webhooks import webhook
from tests.unit.examples.scripts import EXAMPLES, load

from buildkite_rest import webhooks

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


def test_a_forged_delivery_is_refused_in_one_line(app, capsys, caplog):
    response = send(app, **delivery(FINISHED, secret="guessed"))
    assert response.status_code == 400
    assert (capsys.readouterr().out, caplog.messages) == ("", [f"refused: {response.text.strip()}"])


def run(secret):
    """Start the receiver on a free port, and return the process and the URL."""
    environment = {**os.environ, "BUILDKITE_WEBHOOK_SECRET": secret}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, EXAMPLES / "webhook_receiver.py", "--port", str(port)]
    piped = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    process = subprocess.Popen(command, env=environment, **piped)
    return process, f"http://127.0.0.1:{port}/"


def test_it_runs_on_a_real_server():
    process, url = run(f"{OLD_SECRET} {SECRET}")
    # Connecting is retried for over a minute.
    with httpx.Client(transport=httpx.HTTPTransport(retries=8), trust_env=False) as sender:
        assert sender.post(url, **delivery(FINISHED)).status_code == 204
        assert sender.post(url, **delivery(FINISHED, secret="guessed")).status_code == 400
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    refused = "refused: the signature in X-Buildkite-Signature is wrong\n"
    assert (process.returncode, out, err) == (0, f"{LINE}\n", refused)
