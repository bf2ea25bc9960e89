"""Rules of headers and errors: CORS, rate limits, `ETag`, media types, messages, and no secrets."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from attrs import frozen

from ..._base.json_values import is_object
from ..exchange import Exchange
from ..values import get
from . import Context, rule

#: Prefixes of the headers of the two limits.
RATE_LIMIT_PREFIXES: Final = ("RateLimit", "RateLimit-User")
_CHARSET: Final = re.compile(r"charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)
#: Seconds by which a clock of whole seconds may differ.
_TOLERANCE: Final = 2
#: Requests after which a limit must have fallen. Other servers may count a bit later.
_COUNTED: Final = 10
#: Statuses of errors that the API itself sends, so that their bodies have its shape. Others may come from a proxy.
_ERRORS: Final = frozenset({400, 401, 403, 404, 405, 409, 410, 415, 416, 422, 429})
#: Parts of messages that only the inside of a server has.
_INTERNALS: Final = re.compile(
    r"Traceback \(most recent call last\)"
    r"|\.(?:rb|py|go|java|js|erb):\d+"
    r"|\b(?:ActiveRecord|ActionController|ActionView|ActionDispatch|PG|Mysql2|Redis)::\w"
    r"|\bundefined method\b|\bNoMethodError\b|\bNameError\b|\bKeyError\b|\bTypeError\b|\bAttributeError\b"
    r"|\bSQLSTATE\b|\bSELECT (?:\*|count\b|\w+\.)|\bINSERT INTO\b|\bsyntax error at or near\b"
    r"|\bpanic: |\bgoroutine \d|/(?:usr|app|home|var|srv|gems)/\w"
)
_MARKUP: Final = re.compile(r"<(?:!doctype|html|head|body|h1|p|div|pre|title)\b", re.IGNORECASE)
#: Characters that are escaped for a page. Messages are plain text.
_ENTITY: Final = re.compile(r"&(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-f]+);", re.IGNORECASE)
#: Shorter values may be in other texts.
_SECRET: Final = 8
_TEXTS: Final = frozenset({"message", "error", "exception", "detail", "details"})


@rule("cors_conformance")
def cors(exchange: Exchange, context: Context) -> Iterator[str]:
    """Web pages of any origin may read the response and the URL of the next page."""
    if not 200 <= exchange.status < 500 or exchange.request.method:
        return
    if exchange.headers.get("Access-Control-Allow-Origin") != "*":
        yield "Access-Control-Allow-Origin is not *"
    exposed = exchange.headers.get("Access-Control-Expose-Headers", "").lower().split(",")
    if not {"link", "*"} & {name.strip() for name in exposed}:
        yield "Access-Control-Expose-Headers does not list Link"
    if exchange.headers.get("Access-Control-Allow-Credentials", "").lower() == "true":
        yield "Access-Control-Allow-Credentials is true, which no browser accepts for any origin"


@frozen
class Limit:
    """The state of a rate limit after a request."""

    limit: int
    remaining: int
    reset: int

    @classmethod
    def read(cls, headers: Mapping[str, str], prefix: str) -> Limit | None:
        """Return the state in the headers of a response, or None if they have none."""
        numbers = [_number(headers.get(f"{prefix}-{name}")) for name in ("Limit", "Remaining", "Reset")]
        limit, remaining, reset = numbers
        return None if limit is None or remaining is None or reset is None else cls(limit, remaining, reset)


@rule("rate_limit_conformance")
def rate_limits(exchange: Exchange, context: Context) -> Iterator[str]:
    """The values of each limit agree, and change from request to request as those of a window do."""
    windows = context.remembered("rate_limit_conformance")
    url, signature, organization = (
        urlsplit(exchange.url),
        exchange.sent.get("Authorization"),
        exchange.values.get("org"),
    )
    if exchange.ok:
        windows[signature, organization] = True
    for prefix in RATE_LIMIT_PREFIXES:
        found = Limit.read(exchange.headers, prefix)
        if found is None:
            continue
        if found.limit == 0 or found.remaining > found.limit:
            yield f"{prefix}-Remaining is {found.remaining} with a limit of {found.limit}"
        if found.remaining > 0 and f"{prefix}-Warning" in exchange.headers:
            yield f"{prefix}-Warning is sent while {found.remaining} requests remain"
        # All users of an organization share its limit; the limit of a user is the same in all organizations.
        # A token without access to an organization gets the limit of its own one.
        owner = organization if prefix == RATE_LIMIT_PREFIXES[0] else signature
        has_access = prefix != RATE_LIMIT_PREFIXES[0] or (signature, organization) in windows
        if exchange.time is not None and signature and owner and has_access:
            yield from _window_problems(windows, (url.netloc, prefix, owner), found, exchange.time, prefix)


def _window_problems(
    windows: dict[Any, Any], key: Hashable, found: Limit, time: datetime, prefix: str
) -> Iterator[str]:
    """Compare the state of a limit with those of earlier requests in the same window."""
    first, began, last, count = windows.get(key, (found, time, found, 0))
    if not 0 <= (time - began).total_seconds() < first.reset - _TOLERANCE or found.limit != first.limit:
        first, began, last, count = found, time, found, 0
    windows[key] = (first, began, found, count + 1)
    if found.remaining > last.remaining:
        yield f"{prefix}-Remaining rises from {last.remaining} to {found.remaining} before the reset"
    elif count >= _COUNTED and first.remaining - found.remaining < count // 2 and found.remaining:
        yield f"{prefix}-Remaining is {found.remaining} after {count} requests, and was {first.remaining} before"


@rule("media_type_conformance")
def body_type(exchange: Exchange, context: Context) -> Iterator[str]:
    """The body has the type of its header, and a request for one type got it."""
    if exchange.request.sent_method == "HEAD" or not 200 <= exchange.status < 300 or not exchange.content:
        return
    header = exchange.headers.get("Content-Type", "")
    media, accept = exchange.media_type, exchange.sent.get("Accept", "")
    wanted = "" if "," in accept else accept.partition(";")[0].strip().lower()
    if charset := other_charset(header):
        yield f"the charset is {charset} instead of utf-8"
    elif media.endswith("json") and exchange.body is None and exchange.content.strip() != b"null":
        yield f"the body is not JSON, although its Content-Type is {media}"
    elif (
        exchange.request.is_plain
        and media
        and media != wanted
        and wanted in context.api.media_types(exchange.operation)
    ):
        yield f"the Content-Type is {media}, although Accept is {wanted}"


def other_charset(content_type: str) -> str | None:
    """Return the character set of a body that is not UTF-8."""
    charset = _CHARSET.search(content_type)
    return None if charset is None or charset[1].lower().replace("_", "-") in {"utf-8", "utf8"} else charset[1]


@rule("header_value")
def related(exchange: Exchange, context: Context) -> Iterator[str]:
    """A header has the value of the property that it repeats, and an ETag is that of one body only."""
    if (tag := exchange.headers.get("ETag")) is not None and exchange.status == 200:
        key = (exchange.url, exchange.sent.get("Accept"), exchange.request.credential, tag)
        if context.remembered("ETag").setdefault(key, hash(exchange.content)) != hash(exchange.content):
            yield f"the ETag {tag} is that of another body, too"
    for name, pointer in exchange.operation.behaviour.response_headers.items() if exchange.ok else ():
        expected, value = get(pointer, exchange.body), exchange.headers.get(name)
        if isinstance(expected, str | int) and str(expected) != value:
            yield f"{name} is {value!r}, but {pointer} is {str(expected)!r}"


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdecimal() and len(text) < 19 else None


@rule("error_conformance")
def errors(exchange: Exchange, context: Context) -> Iterator[str]:
    """An error is JSON with a message, which shows nothing of the inside of the server, but may quote the request."""
    if exchange.status not in _ERRORS or exchange.request.sent_method in {"HEAD", "OPTIONS"}:
        return
    if exchange.status == 405 and "Allow" not in exchange.headers:
        yield "the error has no header Allow with the methods of the path"
    content_type, body = exchange.headers.get("Content-Type", ""), exchange.body
    if not exchange.text.strip():
        yield "the error has no body"
        return
    if exchange.media_type != "application/json":
        yield f"the error has the Content-Type {content_type or '(none)'} instead of application/json"
    if charset := other_charset(content_type):
        yield f"the charset of the error is {charset} instead of utf-8"
    if not is_object(body):
        yield "the error is not a JSON object"
        return
    sent, message = f"{unquote(exchange.url)}\n{exchange.sent_content.decode(errors='replace')}", body.get("message")
    if not isinstance(message, str) or not message.strip():
        yield "the error has no message"
    elif _found(_MARKUP, message, sent) is not None:
        yield "the message of the error is HTML"
    elif (entity := _found(_ENTITY, message, sent)) is not None:
        yield f"the message of the error is escaped as HTML: {entity}"
    for name in _TEXTS & body.keys():
        if isinstance(body[name], str) and (found := _found(_INTERNALS, body[name], sent)) is not None:
            yield f"{name} shows the inside of the server: {found}"


def _found(pattern: re.Pattern[str], text: str, sent: str) -> str | None:
    """Return the first match that does not come from the request."""
    return next((match[0] for match in pattern.finditer(text) if match[0] not in sent), None)


@rule("secret_conformance")
def secrets(exchange: Exchange, context: Context) -> Iterator[str]:
    """No response contains the token of the run."""
    shown = "\n".join([*exchange.headers.values(), exchange.text])
    if any(len(value) >= _SECRET and value in shown for value in context.secrets()):
        yield "the response contains the token of the run"
