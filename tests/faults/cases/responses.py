"""Bodies, statuses and texts that are wrong: too long, not JSON, rate limits of a year, and forged records."""

from __future__ import annotations

import gzip
import json
import zlib
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from buildkite_rest import JWTAuth, TokenAuth

from ..server import Peer
from . import BUILD, SECRET, Case, create, get, good, head, listed, response, say, say_bomb, then_close
from .origins import _next, page
from .transfers import stored

_GZIP = b"Content-Encoding: gzip"


def _endless(peer: Peer) -> None:
    peer.say(head(b"Transfer-Encoding: chunked"))
    chunk = b"100000\r\n" + b" " * (1 << 20) + b"\r\n"
    while True:
        peer.say(chunk)


def chunked(*lines: bytes) -> bytes:
    return head(b"Transfer-Encoding: chunked") + b"\r\n".join(lines)


_SIZE = b"%x" % len(BUILD)
_DEEP = b"[" * 100_000


_HTML = b"<html><h1>502 Bad Gateway</h1></html>"
_HUGE = b"x" * (8 << 20)
_REFUSED = response(
    b'{"message": "Authentication required. Please supply a valid API Access Token"}', "401 Unauthorized"
)


def limited(scope: str | None = None, *headers: bytes, **body: Any) -> bytes:
    """Return a 429."""
    fields = {"message": "Slow down", **({"scope": scope} if scope else {}), **body}
    return response(json.dumps(fields).encode(), "429 Too Many Requests", *headers)


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def _jwt() -> JWTAuth:
    return JWTAuth("01920000-0000-7000-8000-000000000021", _key())


def _rotating() -> TokenAuth:
    return TokenAuth(lambda: SECRET)


_RESETS = (
    ("rest", limited("rest", b"RateLimit-Reset: 0", b"RateLimit-User-Reset: 999")),
    ("rest_user", limited("rest_user", b"RateLimit-Reset: 999", b"RateLimit-User-Reset: 0")),
    ("no scope, reset in the body", limited(reset=0)),
    ("no scope, exhausted header", limited(None, b"RateLimit-Remaining: 0", b"RateLimit-Reset: 0", b"RateLimit-User-Remaining: 9", b"RateLimit-User-Reset: 999")),
    ("nothing said", response(b"", "429 Too Many Requests")),
    *((f"reset of {value!a}", limited("rest", b"RateLimit-Reset: " + value)) for value in (b"1e300", b"nan", b"0x10")),
    *((f"Retry-After of {value!a}", response(b"", "429 Too Many Requests", b"Retry-After: " + value)) for value in (b"1e300", b"-1", b"\xb2")),
)  # fmt: skip


_FORGED = "no\r\n2026-01-01 INFO forged\x1b[2J\x1b]0;x\x07\u202e\u2028\u2029\x85\ud800\x00"
_LONG = _FORGED + "x" * 100_000
_SECRET_URL = b"https://storage.example/f?Signature=" + SECRET.encode()
_OF_A_NEW_TYPE = json.dumps({**json.loads(BUILD), "jobs": [{"type": _LONG.replace("\ud800", "")}]}).encode()


def _json(status: str, **body: object) -> bytes:
    return response(json.dumps(body).encode(), status)


def _waited(client: Any) -> Any:
    return client.builds.wait("acme", "web", 1, timeout=1, interval=0.05)


def _followed(client: Any) -> Any:
    return list(client.builds.follow("acme", "web", 1, timeout=1, interval=0.05))


def _log_followed(client: Any) -> Any:
    return list(client.jobs.follow_log("acme", "j", timeout=1, interval=0.05))


_NO_OBJECTS = (("null", b"null"), ("a list", b"[1]"), ("a number", b"7"), ("a text", b'"x"'))

CASES = (
    Case(name="JSON cut off, length right", actions=[say(response(BUILD[:-9]))], outcome="DecodeError", sent=1),
    Case(name="POST: JSON cut off, length right", actions=[say(response(BUILD[:-9]))], call=create, outcome="DecodeError", sent=1),
    Case(name="body shorter than its length", actions=[then_close(head(b"Content-Length: 9999") + BUILD)], outcome="APIConnectionError"),
    Case(name="body longer than its length", actions=[then_close(response() + b"garbage")], outcome="result", sent=1),
    Case(name="length shorter than the JSON", actions=[then_close(head(b"Content-Length: 20") + BUILD)], outcome="DecodeError", sent=1),
    Case(name="no length, closed at the end", actions=[then_close(head() + BUILD)], outcome="result", sent=1),
    Case(name="chunks", actions=[say(chunked(_SIZE, BUILD, b"0", b"", b""))], outcome="result", sent=1),
    Case(name="chunks end early", actions=[then_close(chunked(_SIZE, BUILD[:40]))], outcome="APIConnectionError"),
    Case(name="chunks without an end", actions=[then_close(chunked(_SIZE, BUILD, b""))], outcome="APIConnectionError"),
    Case(name="body without end", actions=[_endless], outcome="DecodeError", sent=1),
    Case(name="empty", actions=[say(response(b""))], outcome="DecodeError", sent=1),
    Case(name="bytes that are not UTF-8", actions=[say(response(b'{"id": "\xff\xfe"}'))], outcome="result", sent=1),
    Case(name="object for a list", actions=[say(response(b'{"a": 1}'))], call=listed, outcome="DecodeError", sent=1),
    Case(name="nested 100 000 deep", actions=[say(response(_DEEP + b"]" * 100_000))], outcome="DecodeError", sent=1),
    Case(name="gzip", actions=[say(response(gzip.compress(BUILD), "200 OK", _GZIP))], outcome="result", sent=1),
    Case(name="gzip cut off", actions=[say(response(gzip.compress(BUILD)[:-20], "200 OK", _GZIP))], outcome="DecodeError", sent=1),
    Case(name="POST: gzip cut off", actions=[say(response(gzip.compress(BUILD)[:-20], "201 Created", _GZIP))], call=create, outcome="DecodeError", sent=1),
    Case(name="gzip of 512 MB", actions=[say_bomb(1 << 29)], outcome="DecodeError", sent=1),
    Case(name="deflate, which nobody requested", actions=[say(response(zlib.compress(BUILD), "200 OK", b"Content-Encoding: deflate"))], outcome="DecodeError", sent=1),
    Case(name="good after a response cut off", actions=[then_close(head(b"Content-Length: 9999") + BUILD), good], outcome="result", sent=2),
    *(
        Case(name=f"{verb}: {name}", actions=[action], call=call, outcome="ServerError", sent=sent)
        for verb, call, sent in (("GET", get, 4), ("POST", create, 1))
        for name, action in (
            ("500 with JSON", say(response(b'{"message": "no"}', "500 Internal Server Error"))),
            ("502 with HTML", say(response(_HTML, "502 Bad Gateway"))),
            ("503 with Retry-After", say(response(b"", "503 Service Unavailable", b"Retry-After: 0"))),
            ("504 empty", say(response(b"", "504 Gateway Time-out"))),
            ("500 of 8 MB", then_close(response(_HUGE, "500 Internal Server Error"))),
        )
    ),
    Case(name="503 that asks to come tomorrow", actions=[say(response(b"", "503 Later", b"Retry-After: 86400"))], outcome="ServerError", sent=1),
    Case(name="500 without end", actions=[say(head(b"Transfer-Encoding: chunked", status="500 No"), *[b"100000\r\n" + b"x" * (1 << 20) + b"\r\n"] * 40)], outcome="ServerError"),
    *(
        Case(name=f"{verb}: 429 once, {name}", actions=[say(failure), good], call=call, outcome="result", sent=2)
        for verb, call in (("GET", get), ("POST", create))
        for name, failure in _RESETS
    ),
    *(
        Case(name=f"{status[:3]}: wait of {value!a}", actions=[say(response(b"", status, b"Retry-After: " + value))], outcome=outcome, sent=1 if b"GMT" in value else 4)
        for status, outcome in (("429 Too Many Requests", "RateLimitError"), ("503 Service Unavailable", "ServerError"))
        for value in (b"99999999999999999999", b"9999999999.5", b"Fri, 31 Dec 9999 23:59:59 GMT")
    ),
    Case(name="429 until tomorrow", actions=[say(limited("rest", b"RateLimit-Reset: 86400"))], outcome="RateLimitError", sent=1),
    Case(name="401 of a token", actions=[say(_REFUSED)], outcome="AuthenticationError", sent=1),
    Case(name="401 once of a rotating token", actions=[say(_REFUSED), good], auth=_rotating, outcome="result", sent=2),
    Case(name="401 once of a JWT", actions=[say(_REFUSED), good], auth=_jwt, outcome="result", sent=2),
    Case(name="401 for ever of a JWT", actions=[say(_REFUSED)], auth=_jwt, outcome="AuthenticationError", sent=2),
    Case(name="401 whose body breaks off", actions=[then_close(head(b"Content-Length: 99999", status="401 No"))], auth=_jwt, outcome="AuthenticationError"),
    Case(name="502 of a title that is not closed", actions=[say(response(b"<title>" + b" " * 4_000, "502 No"))], call=create, outcome="ServerError", sent=1),
    Case(name="message that forges a record", actions=[say(_json("404 No", message=_FORGED))], outcome="NotFoundError", sent=1),
    Case(name="message that forges a record of a retry", actions=[say(_json("500 No", message=_LONG))], outcome="ServerError", sent=4),
    Case(name="fields that forge a record", actions=[say(_json("422 No", message=_LONG, errors=[{"field": _LONG, "code": _FORGED}] * 3))], call=create, outcome="UnprocessableEntityError", sent=1),
    Case(name="location that forges a record", actions=[say(response(b"", "302 No", b"Location: https://x.example/\xe2\x80\xae\xc2\x85" + b"x" * 60_000))], outcome="APIStatusError", sent=1),
    Case(name="next page that forges a record", actions=[say(page(_next(b"https://x.example/\xe2\x80\xae" + b"x" * 60_000)))], call=listed, outcome="PaginationError", sent=1),
    Case(name="page with status 200 that forges a record", actions=[say(response(_FORGED.encode(errors="replace")))], outcome="DecodeError", sent=1),
    Case(name="mismatch that forges a record", actions=[say(response(_OF_A_NEW_TYPE))], outcome="result", sent=1),
    Case(name="header line with a secret that is refused", actions=[then_close(response(BUILD, "200 OK", b"Location : " + _SECRET_URL))], outcome="APIConnectionError"),
    stored("refused by a page that forges a record", say(response(_FORGED.encode(errors="replace"), "403 No")), outcome="DownloadError"),
    Case(name="429 for 10**400 seconds in the body", actions=[say(limited(reset=10**400)), good], outcome="result", sent=2),
    Case(name="gzip of gzip of 256 MB", actions=[say_bomb(1 << 28, layers=2)], outcome="DecodeError", sent=1),
    *(Case(name=f"wait: the build is {name}", actions=[say(response(body))], call=_waited, outcome="DecodeError", sent=1) for name, body in _NO_OBJECTS),
    *(Case(name=f"follow: the build is {name}", actions=[say(response(body))], call=_followed, outcome="DecodeError", sent=1) for name, body in _NO_OBJECTS[:2]),
    *(Case(name=f"log: the job is {name}", actions=[say(response(body))], call=_log_followed, outcome="DecodeError") for name, body in _NO_OBJECTS[:2]),
)  # fmt: skip
