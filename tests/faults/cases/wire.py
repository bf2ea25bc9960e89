"""Responses that are not HTTP, or HTTP at its limits."""

from __future__ import annotations

from ..case import BUILD, Case, create, good, response, say, then_close

_ONE_MB = b"x" * (1 << 20)
_CONTINUE = b"HTTP/1.1 102 Processing\r\n\r\n"
_BROKEN = "APIConnectionError"


def _headers(*lines: bytes) -> bytes:
    return response(BUILD, "200 OK", *lines)


CASES = (
    Case(name="no HTTP at all", actions=[then_close(b"hello\r\n\r\n")], outcome=_BROKEN),
    Case(name="status line without status", actions=[then_close(b"HTTP/1.1\r\n\r\n")], outcome=_BROKEN),
    Case(name="status that is no number", actions=[then_close(b"HTTP/1.1 abc OK\r\n\r\n")], outcome=_BROKEN),
    Case(name="status of four digits", actions=[then_close(b"HTTP/1.1 2000 OK\r\n\r\n")], outcome=_BROKEN),
    Case(name="HTTP/0.9", actions=[then_close(BUILD)], outcome=_BROKEN),
    Case(name="HTTP/9.9", actions=[then_close(response().replace(b"HTTP/1.1", b"HTTP/9.9"))], outcome="result", sent=1),
    Case(name="preface of HTTP/2", actions=[then_close(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")], outcome=_BROKEN),
    Case(name="alert of TLS", actions=[then_close(b"\x15\x03\x01\x00\x02\x02\x46")], outcome=_BROKEN),
    Case(name="zeros", actions=[then_close(bytes(1000))], outcome=_BROKEN),
    Case(name="POST: no HTTP at all", actions=[then_close(b"hello\r\n\r\n")], call=create, outcome=_BROKEN, sent=1),
    Case(name="header without colon", actions=[then_close(_headers(b"Nonsense"))], outcome=_BROKEN),
    Case(name="header with a NUL", actions=[then_close(_headers(b"X-A: a\0b"))], outcome=_BROKEN),
    Case(name="header with a bare CR", actions=[then_close(_headers(b"X-A: a\rb"))], outcome=_BROKEN),
    Case(name="header name with a space", actions=[then_close(_headers(b"X A: b"))], outcome=_BROKEN),
    Case(name="header that is not ASCII", actions=[say(_headers(b"X-A: \xff\xfe\xe9"))], outcome="result", sent=1),
    Case(name="header on two lines", actions=[say(_headers(b"X-A: a\r\n b"))], outcome="result", sent=1),
    Case(name="header of 1 MB", actions=[then_close(_headers(b"X-A: " + _ONE_MB))], outcome=_BROKEN),
    Case(name="50 000 headers", actions=[then_close(_headers(*[b"X-%d: a" % n for n in range(50_000)]))], outcome=_BROKEN),
    Case(name="10 000 headers", actions=[say(_headers(*[b"X-%d: a" % n for n in range(10_000)]))], outcome="result", sent=1),
    Case(name="100 headers", actions=[say(_headers(*[b"X-%d: a" % n for n in range(100)]))], outcome="result", sent=1),
    Case(name="line feeds alone", actions=[say(response().replace(b"\r\n", b"\n"))], outcome="result", sent=1),
    Case(name="one 102 before the response", actions=[say(_CONTINUE + response())], outcome="result", sent=1),
    Case(name="1 000 times 102 before the response", actions=[say(_CONTINUE * 1_000 + response())], outcome="result", sent=1),
    Case(name="101 Switching Protocols", actions=[then_close(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")], outcome=_BROKEN),
    Case(name="two responses at once", actions=[say(response() + response(b"{}", "500 No")), good], outcome="result", sent=1),
    Case(name="rate limits that are no numbers", actions=[say(_headers(b"RateLimit-Remaining: \xff", b"RateLimit-Reset: x" * 9))], outcome="result", sent=1),
)  # fmt: skip
