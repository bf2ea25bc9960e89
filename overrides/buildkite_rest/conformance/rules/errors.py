"""Rules of error responses: their shape, and that they show nothing of the inside of the server."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final
from urllib.parse import unquote

from ..._base.json_values import as_array, as_object, is_object, loads_or_none
from ..exchange import Exchange
from . import Context, rule
from .headers import other_charset

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
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_TEXTS: Final = frozenset({"message", "error", "exception", "detail", "details"})


@rule("error_conformance")
def shape(exchange: Exchange, context: Context) -> Iterator[str]:
    """An error is JSON with a message, and a list of errors in the documented shape if there is one."""
    if exchange.status in _ERRORS and exchange.request.sent_method not in {"HEAD", "OPTIONS"}:
        sent = f"{unquote(exchange.url)}\n{exchange.sent_content.decode(errors='replace')}"
        yield from error_problems(exchange.headers.get("Content-Type", ""), exchange.text, sent)


def error_problems(content_type: str, text: str, sent: str = "") -> Iterator[str]:
    """Check the body of an error. A message may quote the request, whose text is `sent`."""
    if not text.strip():
        yield "the error has no body"
        return
    if content_type.partition(";")[0].strip().lower() != "application/json":
        yield f"the error has the Content-Type {content_type or '(none)'} instead of application/json"
    if charset := other_charset(content_type):
        yield f"the charset of the error is {charset} instead of utf-8"
    body = loads_or_none(text.encode())
    if not is_object(body):
        yield "the error is not a JSON object"
        return
    yield from _message_problems(body.get("message"), sent)
    for name in _TEXTS & body.keys():
        if isinstance(body[name], str) and (found := _found(_INTERNALS, body[name], sent)) is not None:
            yield f"{name} shows the inside of the server: {found}"


def _message_problems(message: object, sent: str) -> Iterator[str]:
    if not isinstance(message, str) or not message.strip():
        yield "the error has no message"
    elif _found(_MARKUP, message, sent) is not None:
        yield "the message of the error is HTML"
    elif (entity := _found(_ENTITY, message, sent)) is not None:
        yield f"the message of the error is escaped as HTML: {entity}"


@rule("method_not_allowed")
def allow(exchange: Exchange, context: Context) -> Iterator[str]:
    """A 405 lists the methods of the path, and not the one that was sent."""
    if exchange.status == 405:
        documented = [each.method for each in context.api.operations if each.path == exchange.operation.path]
        yield from allow_problems(exchange.headers.get("Allow", ""), exchange.request.sent_method, documented)


def allow_problems(allow: str, method: str, documented: Collection[str]) -> Iterator[str]:
    """Check the `Allow` of a 405 to `method` on a path whose `documented` methods are known."""
    allowed = {name.strip().upper() for name in allow.split(",") if name.strip()}
    if not allowed:
        yield "a 405 has no Allow"
    if method in allowed:
        yield f"a 405 to {method} lists {method} in Allow"
    if allowed and (missing := sorted(set(documented) - allowed)):
        yield f"Allow does not list {', '.join(missing)}"


def _found(pattern: re.Pattern[str], text: str, sent: str) -> str | None:
    """Return the first match that does not come from the request."""
    return next((match[0] for match in pattern.finditer(text) if match[0] not in sent), None)


def field_problems(body: object, field: str, names: Collection[str]) -> Iterator[str]:
    """Check that the error of a request with one invalid field names it and no other one.

    A body without `errors` need not name a field, but must not name others only.

    Args:
        body: The parsed body.
        field: Path of the invalid field, such as `steps.0.command`.
        names: Names of all properties of the request.
    """
    own = _names(field)
    errors = as_array(as_object(body).get("errors"))
    if errors:
        found = [str(as_object(each).get("field")) for each in errors]
        if not any(own & _names(each) or each in {"base", ""} for each in found):
            yield f"the errors name {', '.join(found)} instead of {field}"
        elif others := [each for each in found if not own & _names(each) and each in names]:
            yield f"the errors name {', '.join(others)} too, but only {field} is invalid"
        return
    message = as_object(body).get("message")
    words = {word.lower() for word in _WORD.findall(message)} if isinstance(message, str) else set[str]()
    named = {name for name in names if "_" in name and name.lower() in words}
    if named and not named & own and not words & {name.lower() for name in own}:
        yield f"the message names {', '.join(sorted(named))} instead of {field}"


def text_problems(body: object, beginning: str, field: str, code: str) -> Iterator[str]:
    """Check the documented texts of an error: the beginning of its message, and the code of the invalid field."""
    message = as_object(body).get("message")
    if isinstance(message, str) and not message.startswith(beginning):
        yield f"the message is {message!r} and does not begin with the documented {beginning!r}"
    elif isinstance(message, str) and beginning.endswith(": ") and message.strip() == beginning.strip():
        yield f"the message is {message!r} without a reason"
    codes = [as_object(each).get("code") for each in as_array(as_object(body).get("errors"))]
    if code and code not in codes:
        yield f"the errors do not have the documented code {code!r} for {field}"


def _names(field: str) -> set[str]:
    """Return the names in the path of a field, such as `steps[0].command`."""
    parts = {part for part in re.split(r"[.\[\]/]", field) if part and not part.isdecimal()}
    return parts | {part.removesuffix("_id") for part in parts}
