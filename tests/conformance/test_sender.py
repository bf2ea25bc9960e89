"""Requests on the wire."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tests.conformance.runner_support import serving

from buildkite_rest import TokenAuth
from buildkite_rest.conformance import pacing
from buildkite_rest.conformance import sender as sender_module
from buildkite_rest.conformance.credentials import Credentials, Secrets
from buildkite_rest.conformance.pacing import RequestSchedule
from buildkite_rest.conformance.request_log import BudgetSpentError, RequestLog
from buildkite_rest.conformance.sender import Sender

TOKEN = "bkua_0123456789"
LIMIT = 1 << 20


def sender(url: str, log: RequestLog | None = None) -> Sender:
    secrets = Secrets()
    return Sender(url, Credentials(TokenAuth(TOKEN), secrets), RequestSchedule(), log or RequestLog(secrets))


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
        with pytest.raises(sender_module.requests.exceptions.ProxyError):
            sender(url).send("GET", "/v2/user")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert sender(url).send("GET", "/v2/user").status == 200


def test_each_request_is_counted_and_logged(tmp_path: Path) -> None:
    secrets = Secrets()
    secrets.add(f"Bearer {TOKEN}")
    log = RequestLog(secrets, tmp_path / "log", budget=2)
    log.open()
    with responding(lambda _: Response(status_code=404)) as url:
        sender(url, log).send("POST", f"/v2/{TOKEN}", params={"q": "a b"})
    with pytest.raises(sender_module.requests.ConnectionError):
        sender(url, log).send("GET", "/v2/user")
    with pytest.raises(BudgetSpentError):
        sender(url, log).send("GET", "/v2/user")
    log.close()
    lines: list[dict[str, Any]] = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [(each["method"], each["path"], each["status"]) for each in lines] == [
        ("POST", "/v2/$TOKEN?q=a+b", 404),
        ("GET", "/v2/user", None),
    ]
    assert log.count == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_log_that_cannot_be_written_ends_a_run_but_not_its_cleanup() -> None:
    log = RequestLog(Secrets())
    with Path("/dev/full").open("w", buffering=1) as file, responding(headers_of) as url:
        log._file = file
        sending = sender(url, log)
        sending.send("GET", "/v2/user")
        with pytest.raises(KeyboardInterrupt):
            sending.send("GET", "/v2/user")
        log.finish()
        assert sending.send("GET", "/v2/user").status == 200
    assert str(log.error).endswith("cannot be written: No space left on device")
