"""HAR 1.2 files, as browsers, proxies and HTTP libraries write them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeGuard
from urllib.parse import urlencode

from attrs import frozen

from ..._base.json_values import as_array, as_object, is_array, is_object
from ...traffic._exchange import Exchange, headers_of
from ...traffic._shapes import media_type
from .bodies import UnreadableBodyError, from_base64, without_coding
from .errors import RecordingError

_FORM: Final = "application/x-www-form-urlencoded"


@frozen
class Entry:
    """An entry of a recording: an exchange, or the reason why it has none."""

    number: int
    exchange: Exchange | None = None
    problem: str | None = None
    """Reason why there is no exchange."""


def entries_of(document: object) -> Iterator[Entry]:
    """Return the entries of a HAR.

    Raises:
        RecordingError: It is not a HAR.
    """
    log = as_object(document).get("log")
    if not is_object(log) or not is_array(log.get("entries")):
        raise RecordingError("is not a HAR: it has no log.entries")
    return (_entry(entry, number) for number, entry in enumerate(log["entries"], 1))


def _entry(node: object, number: int) -> Entry:
    request, response = as_object(as_object(node).get("request")), as_object(as_object(node).get("response"))
    method, url, status = request.get("method"), request.get("url"), response.get("status")
    if not isinstance(method, str) or not isinstance(url, str):
        return Entry(number, problem="the entry has no request")
    if not is_status(status):
        return Entry(number, problem="the entry has no response")
    headers = headers_of(_pairs(response.get("headers")))
    content = as_object(response.get("content"))
    if "content-type" not in headers and headers and isinstance(content.get("mimeType"), str) and content["mimeType"]:
        headers["content-type"] = content["mimeType"]
    body, problem = None, None
    try:
        body = _body(content, headers.get("content-encoding", ""))
    except UnreadableBodyError as error:
        problem = f"the body {error}"
    request_body, request_problem = None, None
    try:
        request_body = _request_body(request)
    except UnreadableBodyError as error:
        request_problem = f"the request body {error}"
    exchange = Exchange(
        method=method,
        url=url,
        status=status,
        headers=headers,
        body=body,
        request_headers=_request_headers(request),
        request_body=request_body,
        problem=problem,
        request_problem=request_problem,
    )
    return Entry(number, exchange)


def is_status(value: object) -> TypeGuard[int]:
    """Whether a value is the status of a response. Browsers record 0 for a request without one."""
    return isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 999


def _body(content: Any, coding: str) -> bytes | None:
    """Return the body of a response, or None if it was not recorded."""
    text, size = content.get("text"), content.get("size")
    if not isinstance(text, str):
        if text is not None:
            raise UnreadableBodyError("is not text in the recording")
        return b"" if size == 0 else None
    if encoding := content.get("encoding"):
        if not isinstance(encoding, str) or encoding.lower() != "base64":
            raise UnreadableBodyError("has an encoding that is not supported")
        return without_coding(from_base64(text), coding)
    body = text.encode("utf-8", "surrogatepass")
    is_size = isinstance(size, int) and not isinstance(size, bool)
    if is_size and size > len(body) and size > len(text) and not text:
        return None
    if is_size and len(body) < size and text[-1:] not in '}]"\n':
        raise UnreadableBodyError("is incomplete in the recording")
    return body


def _request_body(request: Any) -> bytes | None:
    """Return the body of a request, or None if it has none."""
    data = as_object(request.get("postData"))
    text, params, mime_type = data.get("text"), as_array(data.get("params")), data.get("mimeType")
    if isinstance(text, str):
        return text.encode("utf-8", "surrogatepass")
    if text is not None:
        raise UnreadableBodyError("is not text in the recording")
    if params and isinstance(mime_type, str) and media_type(mime_type) == _FORM:
        return urlencode(list(_pairs(params)), errors="replace").encode()
    if params or mime_type:
        raise UnreadableBodyError("was not recorded")
    return None


def _request_headers(request: Any) -> dict[str, str]:
    headers = headers_of(_pairs(request.get("headers")))
    mime_type = as_object(request.get("postData")).get("mimeType")
    if "content-type" not in headers and isinstance(mime_type, str):
        headers["content-type"] = mime_type
    return headers


def _pairs(headers: object) -> Iterator[tuple[str, str]]:
    for header in as_array(headers):
        name, value = as_object(header).get("name"), as_object(header).get("value")
        if isinstance(name, str) and isinstance(value, str):
            yield name, value
