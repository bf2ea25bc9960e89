"""Error statuses in every dress, rate limits, and credentials that are refused."""

from __future__ import annotations

import json
from email.utils import formatdate
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from buildkite_rest import JWTAuth, TokenAuth

from ..case import SECRET, Case, create, get, good, head, response, say, then_close

_HTML = b"<html><h1>502 Bad Gateway</h1></html>"
_HUGE = b"x" * (8 << 20)
_REFUSED = b'{"message": "Authentication required. Please supply a valid API Access Token"}'


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


def refused(*headers: bytes) -> bytes:
    return response(_REFUSED, "401 Unauthorized", *headers)


def _date(seconds: float) -> bytes:
    return b"Date: " + formatdate(seconds, usegmt=True).encode()


_RESETS = (
    ("rest", limited("rest", b"RateLimit-Reset: 0", b"RateLimit-User-Reset: 999")),
    ("rest_user", limited("rest_user", b"RateLimit-Reset: 999", b"RateLimit-User-Reset: 0")),
    ("no scope, reset in the body", limited(reset=0)),
    ("no scope, exhausted header", limited(None, b"RateLimit-Remaining: 0", b"RateLimit-Reset: 0", b"RateLimit-User-Remaining: 9", b"RateLimit-User-Reset: 999")),
    ("nothing said", response(b"", "429 Too Many Requests")),
    ("HTML", response(_HTML, "429 Too Many Requests")),
    ("garbage numbers", limited("rest", b"RateLimit-Reset: soon", b"RateLimit-User-Reset: -1", reset="later")),
    *((f"reset of {value!a}", limited("rest", b"RateLimit-Reset: " + value)) for value in (b"1e300", b"1_000", b"nan", b"inf", b"0x10", "\u0663".encode())),
    *((f"Retry-After of {value!a}", response(b"", "429 Too Many Requests", b"Retry-After: " + value)) for value in (b"1e300", b"1_000", b"-1", b"nan", b"\xb2")),
    ("negative reset", limited("rest", b"RateLimit-Reset: -5", reset=-5)),
)  # fmt: skip

CASES = (
    *(
        Case(name=f"{verb}: {name}", actions=[action], call=call, outcome="ServerError", sent=sent)
        for verb, call, sent in (("GET", get, 4), ("POST", create, 1))
        for name, action in (
            ("500 with JSON", say(response(b'{"message": "no"}', "500 Internal Server Error"))),
            ("502 with HTML", say(response(_HTML, "502 Bad Gateway"))),
            ("503 with Retry-After", say(response(b"", "503 Service Unavailable", b"Retry-After: 0"))),
            ("503 with a garbled Retry-After", say(response(b"", "503 Service Unavailable", b"Retry-After: \xff"))),
            ("504 empty", say(response(b"", "504 Gateway Time-out"))),
            ("520 of a proxy", say(response(b"error code: 520", "520 Origin Error"))),
            ("599", say(response(b"", "599 Made Up"))),
            ("500 of 8 MB", then_close(response(_HUGE, "500 Internal Server Error"))),
        )
    ),
    Case(name="503 that asks to come tomorrow", actions=[say(response(b"", "503 Later", b"Retry-After: 86400"))], outcome="ServerError", sent=1),
    Case(name="500 without end", actions=[say(head(b"Transfer-Encoding: chunked", status="500 No"), *[b"100000\r\n" + b"x" * (1 << 20) + b"\r\n"] * 40)], outcome="ServerError"),
    Case(name="500 once, then good", actions=[say(response(_HTML, "500 No")), good], outcome="result", sent=2),
    Case(name="404 with HTML", actions=[say(response(_HTML, "404 Not Found"))], outcome="NotFoundError", sent=1),
    Case(name="422 with garbled errors", actions=[say(response(b'{"message": 7, "errors": {"a": [null]}}', "422 No"))], call=create, outcome="UnprocessableEntityError", sent=1),
    Case(name="418", actions=[say(response(b"", "418 I'm a teapot"))], outcome="APIStatusError", sent=1),
    Case(name="status 999", actions=[say(response(b"", "999 Unknown"))], outcome="ServerError"),
    *(
        Case(name=f"{verb}: 429 once, {name}", actions=[say(failure), good], call=call, outcome="result", sent=2)
        for verb, call in (("GET", get), ("POST", create))
        for name, failure in _RESETS
    ),
    *(
        Case(name=f"429 storm, {name}", actions=[say(failure)], outcome="RateLimitError")
        for name, failure in _RESETS
    ),
    *(
        Case(name=f"{status[:3]}: wait of {value!a}", actions=[say(response(b"", status, b"Retry-After: " + value))], outcome=outcome, sent=1)
        for status, outcome in (("429 Too Many Requests", "RateLimitError"), ("503 Service Unavailable", "ServerError"))
        for value in (b"99999999999999999999", b"9999999999.5", b"Fri, 31 Dec 9999 23:59:59 GMT")
    ),
    *(Case(name=f"422 with an error nested {depth} deep", actions=[say(response(b'{"message": "no", "errors": [%s%s]}' % (b"[" * depth, b"]" * depth), "422 No"))], outcome="UnprocessableEntityError", sent=1) for depth in (101, *range(900, 1000, 4), 5000)),
    Case(name="429 until tomorrow", actions=[say(limited("rest", b"RateLimit-Reset: 86400"))], outcome="RateLimitError", sent=1),
    Case(name="429 for 1e400 seconds", actions=[say(limited("rest", b"RateLimit-Reset: 1e400"))], outcome="RateLimitError"),
    Case(name="401 of a token", actions=[say(refused())], outcome="AuthenticationError", sent=1),
    Case(name="401 once of a rotating token", actions=[say(refused()), good], auth=_rotating, outcome="result", sent=2),
    Case(name="401 once of a JWT", actions=[say(refused()), good], auth=_jwt, outcome="result", sent=2),
    Case(name="POST: 401 once of a JWT", actions=[say(refused()), good], auth=_jwt, call=create, outcome="result", sent=2),
    Case(name="401 for ever of a JWT", actions=[say(refused())], auth=_jwt, outcome="AuthenticationError", sent=2),
    Case(name="401 of a clock in 1970", actions=[say(refused(_date(0))), good], auth=_jwt, outcome="result", sent=2),
    Case(name="401 of a clock in 2100", actions=[say(refused(_date(4102444800))), good], auth=_jwt, outcome="result", sent=2),
    Case(name="401 of a garbled clock", actions=[say(refused(b"Date: half past \xe9")), good], auth=_jwt, outcome="result", sent=2),
    Case(name="401 of a clock out of range", actions=[say(refused(b"Date: Mon, 02 Mar 99999 09:00:00 GMT")), good], auth=_jwt, outcome="result", sent=2),
    Case(name="401 whose body breaks off", actions=[then_close(head(b"Content-Length: 99999", status="401 No"))], auth=_jwt, outcome="AuthenticationError"),
)  # fmt: skip
