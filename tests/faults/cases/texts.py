"""Texts of a server that do harm where they are shown: in errors, in logs and on terminals."""

from __future__ import annotations

import json

from ..case import BUILD, SECRET, Case, create, get, listed, response, say, then_close
from .downloads import stored
from .origins import _next, page

_FORGED = "no\r\n2026-01-01 INFO forged\x1b[2J\x1b]0;x\x07\u202e\u2028\u2029\x85\ud800\x00"
_LONG = _FORGED + "x" * 100_000
_SECRET_URL = b"https://storage.example/f?Signature=" + SECRET.encode()
_HEADERS = (
    b"it's; " + _SECRET_URL,
    b'"it\'s" ' + _SECRET_URL,
    b"\\" + _SECRET_URL + b"\\",
    b"), " + _SECRET_URL,
    b"(b'link', b'" + _SECRET_URL + b"')",
    b"')]) exception=" + _SECRET_URL,
)
_OF_A_NEW_TYPE = json.dumps({**json.loads(BUILD), "jobs": [{"type": _LONG.replace("\ud800", "")}]}).encode()


def _json(status: str, **body: object) -> bytes:
    return response(json.dumps(body).encode(), status)


CASES = (
    Case(name="502 of titles that are not closed", actions=[say(response(b"<title" * 10 + b">" + b" " * 4_000, "502 No"))], call=create, outcome="ServerError", sent=1),
    Case(name="502 of a title that is not closed", actions=[say(response(b"<title>" + b" " * 4_000, "502 No"))], call=create, outcome="ServerError", sent=1),
    Case(name="message that forges a record", actions=[say(_json("404 No", message=_FORGED))], outcome="NotFoundError", sent=1),
    Case(name="message of 900 kB", actions=[say(_json("404 No", message=_FORGED + "x" * 900_000))], outcome="NotFoundError", sent=1),
    Case(name="message that forges a record of a retry", actions=[say(_json("500 No", message=_LONG))], outcome="ServerError", sent=4),
    Case(name="fields that forge a record", actions=[say(_json("422 No", message=_LONG, errors=[{"field": _LONG, "code": _FORGED}] * 3))], call=create, outcome="UnprocessableEntityError", sent=1),
    Case(name="fields nested 900 deep", actions=[say(response(b'{"errors": [%s%s]}' % (b"[" * 900, b"]" * 900), "422 No"))], call=create, outcome="UnprocessableEntityError", sent=1),
    Case(name="page that forges a record", actions=[say(response(_FORGED.encode(errors="replace"), "404 No"))], outcome="NotFoundError", sent=1),
    Case(name="title that forges a record", actions=[say(response(b"<title>%s</title>" % _FORGED.encode(errors="replace"), "404 No"))], outcome="NotFoundError", sent=1),
    Case(name="location that forges a record", actions=[say(response(b"", "302 No", b"Location: https://x.example/\xe2\x80\xae\xc2\x85" + b"x" * 60_000))], outcome="APIStatusError", sent=1),
    Case(name="next page that forges a record", actions=[say(page(_next(b"https://x.example/\xe2\x80\xae" + b"x" * 60_000)))], call=listed, outcome="PaginationError", sent=1),
    Case(name="page with status 200 that forges a record", actions=[say(response(_FORGED.encode(errors="replace")))], outcome="DecodeError", sent=1),
    Case(name="mismatch that forges a record", actions=[say(response(_OF_A_NEW_TYPE))], outcome="result", sent=1),
    Case(name="mismatch that forges a record, strictly", actions=[say(response(_OF_A_NEW_TYPE))], options=lambda: {"strict": True}, outcome="DecodeError", sent=1),
    Case(name="header line with a secret that is refused", actions=[then_close(response(BUILD, "200 OK", b"Location : " + _SECRET_URL))], outcome="APIConnectionError"),
    *(Case(name=f"{header.decode()} with a secret, {index}", actions=[say(response(BUILD, "200 OK", header + b": " + value))], call=get, outcome="result", sent=1) for header in (b"Link", b"Location", b"Set-Cookie", b"X-Other") for index, value in enumerate(_HEADERS)),
    stored("refused by a page that forges a record", say(response(_FORGED.encode(errors="replace"), "403 No")), outcome="DownloadError"),
)  # fmt: skip
