"""Responds that are right on the outside, made by somebody who has read how the client works."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

from buildkite_rest import RetryPolicy

from ..case import BUILD, Case, create, get, good, head, listed, response, say, say_bomb, then_close, then_stall
from ..server import Peer
from .downloads import _FILE, _FOUND, _GIVEN, _WHOLE, _download, _rest, _streamed, stored
from .origins import _next, page
from .statuses import _jwt, limited, refused

_BILLION = 10**400
_GZIP = b"Content-Encoding: gzip"


def _nothing_dripping(peer: Peer) -> None:
    """Send compressed blocks that hold nothing, so that a reader of what is in them hears nothing, ever."""
    pack = zlib.compressobj(9, zlib.DEFLATED, 31)
    peer.say(head(_GZIP, b"Transfer-Encoding: chunked"))
    for _ in range(140):
        chunk = pack.compress(b"") + pack.flush(zlib.Z_SYNC_FLUSH)
        peer.say(b"%x\r\n%s\r\n" % (len(chunk), chunk), pause=0.05)


def _endless_redirect(peer: Peer) -> None:
    peer.say(head(b"Location: /f", b"Transfer-Encoding: chunked", status="302 Found"))
    for _ in range(1000):
        peer.say(b"1\r\nx\r\n", pause=0.05)


def _slowly_no(peer: Peer) -> None:
    peer.wait(1.0)
    peer.say(response(b"", "500 No"))


def _same_twice(client: Any) -> Any:
    found = get(client), get(client)
    assert found == (1, 1), found
    return found


def _get_then_create(client: Any) -> Any:
    return get(client), create(client)


def _waited(client: Any) -> Any:
    return client.builds.wait("acme", "web", 1, timeout=1, interval=0.05)


def _followed(client: Any) -> Any:
    return list(client.builds.follow("acme", "web", 1, timeout=1, interval=0.05))


def _log_followed(client: Any) -> Any:
    return list(client.jobs.follow_log("acme", "j", timeout=1, interval=0.05))


def _build_downloaded(client: Any) -> Any:
    return client.artifacts.download_build("acme", "web", 1, to="/nonexistent/never-written")


def _exhausted(client: Any) -> Any:
    """Hold the only connection while another is wanted."""
    with client.jobs.stream_log("acme", "j") as stream:
        try:
            return get(client)
        finally:
            assert stream.read() == BUILD


def _unsigned(peer: Peer) -> None:
    """Respond, unless the request has credentials."""
    signed = b"authorization" in peer.server.heard[-1].head.lower()
    peer.say(response(b"a credential came along", "500 No") if signed else response(_FILE))


def _stored_at(name: str, location: bytes) -> Case:
    """The storage redirects to the API itself, by a name or another, where no credentials may come along."""
    return Case(
        name=f"download: redirected to {name}",
        actions=[_FOUND, _GIVEN, _unsigned],
        elsewhere=[say(response(b"", "307 Temporary", b"Location: " + location))],
        call=_download,
        outcome="result",
        sent=3,
    )


def _late() -> dict[str, object]:
    return {"retries": RetryPolicy(max_retries=3, backoff=0.01, deadline=3.5, random=lambda: 0.0)}


_NO_OBJECTS = (("null", b"null"), ("a list", b"[1]"), ("a number", b"7"), ("a text", b'"x"'))

CASES = (
    Case(name="429 for 10**400 seconds in the body", actions=[say(limited(reset=_BILLION)), good], outcome="RateLimitError", sent=1),
    Case(name="429 for 10**400 seconds in a header", actions=[say(limited("rest", b"RateLimit-Reset: " + b"9" * 400)), good], outcome="RateLimitError", sent=1),
    Case(name="429 for an hour in two headers", actions=[say(response(b"", "429 No", b"Retry-After: 3600", b"Retry-After: 3600")), good], outcome="RateLimitError", sent=1),
    Case(name="429 for true seconds in the body", actions=[say(limited(reset=True)), good], outcome="result", sent=2),
    Case(name="429 with a number that is too long", actions=[say(response(b'{"reset": 1%s}' % (b"0" * 9000), "429 No")), good], outcome="RateLimitError", sent=1),
    Case(name="error with a lone surrogate", actions=[say(response(b'{"message": "\\ud800"}', "404 No"))], outcome="NotFoundError", sent=1),
    Case(name="error nested 100 000 deep", actions=[say(response(b"[" * 100_000, "404 No"))], outcome="NotFoundError", sent=1),
    Case(name="JSON with a number that is too long", actions=[say(response(BUILD.replace(b'"number": 1,', b'"number": 1%s,' % (b"0" * 9000))))], outcome="result", sent=1),
    Case(name="JSON with NaN", actions=[say(response(BUILD.replace(b'"number": 1,', b'"number": NaN,')))], outcome="result", sent=1),
    Case(name="JSON in UTF-16", actions=[say(response(BUILD.decode().encode("utf-16")))], outcome="result", sent=1),
    Case(name="401 of a clock 10**20 hours ahead", actions=[say(refused(b"Date: Mon, 02 Mar 2026 09:00:00 +99999999999999999999")), good], auth=_jwt, outcome="result", sent=2),
    Case(name="401 of a clock in year 10**30", actions=[say(refused(b"Date: Jan 999999999999999999999999999999 01 00:00:00")), good], auth=_jwt, outcome="result", sent=2),



    Case(name="gzip of gzip of 256 MB", actions=[say_bomb(1 << 28, layers=2)], outcome="DecodeError", sent=1),
    Case(name="gzip of nothing past the deadline", actions=[_nothing_dripping], outcome="APITimeoutError", sent=1, why="The library does not give what is empty to a blocking client, which notices the deadline when the server ends, after 7 s here."),
    Case(name="gzip of a log cut off", actions=[say(response(gzip.compress(BUILD)[:-20], "200 OK", _GZIP))], call=_streamed, outcome="APIConnectionError", sent=1),



    Case(name="GET: closed at the second request", actions=[good, then_close(), good], call=_same_twice, outcome="result", sent=3),
    Case(name="POST: closed at the second request", actions=[good, then_close(), good], call=_get_then_create, outcome="APIConnectionError", sent=2),
    Case(name="304 to a question without condition", actions=[say(b"HTTP/1.1 304 Not Modified\r\n\r\n")], outcome="APIStatusError", sent=1),
    Case(name="next page with a user in its address", actions=[say(page(_next(b"http://mallory:x@127.0.0.1:{apiport}/v2/x"))), say(response(b"[]"))], call=listed, outcome="PaginationError", sent=1, why="The user would take the place of the token."),
    Case(name="pool exhausted", actions=[say(response()), good], call=_exhausted, outcome="APITimeoutError", sent=1),
    Case(name="stream that begins late", actions=[_slowly_no, _slowly_no, say(head(b"Content-Length: 3"), b"abc", pause=1.6)], call=_streamed, options=_late, outcome="result", sent=3, why="The deadline ends when a stream begins, and must not shorten the reads after that."),
    *(Case(name=f"wait: the build is {name}", actions=[say(response(body))], call=_waited, outcome="DecodeError", sent=1) for name, body in _NO_OBJECTS),
    *(Case(name=f"follow: the build is {name}", actions=[say(response(body))], call=_followed, outcome="DecodeError", sent=1) for name, body in _NO_OBJECTS[:2]),
    *(Case(name=f"log: the job is {name}", actions=[say(response(body))], call=_log_followed, outcome="DecodeError") for name, body in _NO_OBJECTS[:2]),
    *(Case(name=f"download: the artifact is {name}", actions=[say(response(body))], call=_download, outcome="DecodeError", sent=1) for name, body in _NO_OBJECTS),
    *(Case(name=f"download: the address is in {name}", actions=[_FOUND, say(response(body, "302 Found"))], call=_download, outcome="DecodeError", sent=2) for name, body in _NO_OBJECTS),
    *(Case(name=f"download: an artifact of the build is {name}", actions=[say(response(b"[%s]" % body))], call=_build_downloaded, outcome="DecodeError", sent=1) for name, body in _NO_OBJECTS),
    Case(name="download: an artifact of the build has no job", actions=[say(response(b'[{"id": "a", "path": "f.txt"}]'))], call=_build_downloaded, outcome="DecodeError", sent=1),
    stored("redirect without end", _endless_redirect, _WHOLE),
    stored("redirect that stalls", then_stall(head(b"Location: /f", b"Content-Length: 9", status="302 Found")), _WHOLE),
    stored("resumed by an address that redirects", then_close(head(b"Accept-Ranges: bytes", b"Content-Length: %d" % len(_FILE)) + _FILE[:700]), say(response(b"", "302 Found", b"Location: /g")), _rest(700, 700, _FILE[700:])),
    stored("gzip of gzip of 256 MB", say_bomb(1 << 28, layers=2), outcome="DownloadError"),
    _stored_at("the API", b"{api}/v2/stolen"),
    _stored_at("the API by another name", b"http://localhost:{apiport}/v2/stolen"),
)  # fmt: skip
