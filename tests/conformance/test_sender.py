"""Requests on the wire."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tests.conformance.runner_support import serving

from buildkite_rest import TokenAuth
from buildkite_rest.conformance import pacing
from buildkite_rest.conformance import sender as sender_module
from buildkite_rest.conformance.credentials import Secrets
from buildkite_rest.conformance.pacing import RequestSchedule
from buildkite_rest.conformance.sender import BudgetSpentError, Sender, reason_of

TOKEN = "bkua_0123456789"
LIMIT = 1 << 20


def sender(url: str, budget: int | None = None) -> Sender:
    return Sender(url, TokenAuth(TOKEN), Secrets(), RequestSchedule(), budget)


@contextmanager
def responding(respond: Callable[[Request], Response]) -> Iterator[str]:
    def endpoint(request: Request) -> Response:
        return respond(request)

    with serving(Starlette(routes=[Route("/{path:path}", endpoint, methods=["GET", "POST"])])) as url:
        yield url


def headers_of(request: Request) -> Response:
    return Response(json.dumps(dict(request.headers)))


def test_a_request_is_signed_when_it_is_sent() -> None:
    with responding(headers_of) as url:
        sending = sender(url)
        signed = sending.send("GET", "/v2/user", headers={"Accept": "x/y"}, params={"page": 2})
        unsigned = sending.send("POST", "/v2/user", is_signed=False, json={"a": 1})
    assert (signed.status, signed.url, signed.is_complete) == (200, f"{url}/v2/user?page=2", True)
    assert json.loads(signed.content).items() >= {"authorization": f"Bearer {TOKEN}", "accept": "x/y"}.items()
    assert signed.sent["Authorization"] == f"Bearer {TOKEN}"
    assert "authorization" not in json.loads(unsigned.content)
    assert unsigned.sent_content == b'{"a": 1}'


def test_the_environment_adds_no_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ada password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with responding(headers_of) as url:
        assert b"authorization" not in sender(url).send("GET", "/v2/user", is_signed=False).content


@pytest.mark.parametrize("location", ["/v2/other", "https://elsewhere.example/", "http://[", "//[x"])
def test_no_redirect_is_followed(location: str) -> None:
    with responding(lambda _: Response(status_code=302, headers={"Location": location})) as url:
        assert sender(url).send("GET", "/v2/user").status == 302


@pytest.mark.parametrize("refusals", [2, 100])
def test_a_request_is_sent_again_after_429(refusals: int, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(pacing, "sleep", pauses.append)
    statuses = iter([429] * refusals + [200])
    with responding(lambda _: Response(status_code=next(statuses), headers={"RateLimit-Reset": "7"})) as url:
        reply = sender(url).send("GET", "/v2/user")
    retries = min(refusals, 5)
    assert (reply.status, [each.status for each in reply.limited]) == (200 if refusals == 2 else 429, [429] * retries)
    assert len(pauses) == retries
    assert min(pauses) >= 7


@pytest.mark.parametrize(("size", "is_complete"), [(LIMIT // 2, True), (20 * LIMIT, False)])
def test_a_body_is_read_up_to_a_limit(size: int, is_complete: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender_module, "MAX_BYTES", LIMIT)
    bomb = Response(gzip.compress(b"a" * size), headers={"Content-Encoding": "gzip"})
    with responding(lambda _: bomb) as url:
        reply = sender(url).send("GET", "/v2/user")
    assert (reply.is_complete, len(reply.content)) == (is_complete, size if is_complete else 1 << 16)


def test_the_environment_decides_about_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    with responding(headers_of) as url:
        with pytest.raises(requests.exceptions.ProxyError):
            sender(url).send("GET", "/v2/user")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert sender(url).send("GET", "/v2/user").status == 200


def test_each_request_counts_but_those_of_a_cleanup_have_no_budget() -> None:
    with responding(lambda _: Response(status_code=404)) as url:
        sending = sender(url, 2)
        sending.send("POST", "/v2/user")
    with pytest.raises(requests.ConnectionError):
        sending.send("GET", "/v2/user")
    with pytest.raises(BudgetSpentError):
        sending.send("GET", "/v2/user")
    assert sending.count == 2
    sending.begin_cleanup(1)
    with pytest.raises(requests.ConnectionError):
        sending.send("GET", "/v2/user")


def test_the_reason_of_a_connection_error_is_that_of_the_system() -> None:
    """A server that closes connections, and one that has ended."""
    reasons: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def close() -> None:
            connection = listening.accept()[0]
            connection.recv(1 << 16)  # Unread bytes would reset it.
            connection.close()

        closing = threading.Thread(target=close)
        closing.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        for _ in range(2):
            with pytest.raises(requests.ConnectionError) as raised:
                requests.get(url, timeout=5)
            reasons.append(reason_of(raised.value))
            closing.join()
            listening.close()
    assert reasons == ["RemoteDisconnected", "ConnectionRefusedError"]
