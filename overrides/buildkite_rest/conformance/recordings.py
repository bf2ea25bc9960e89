"""Recordings in files: HAR 1.2, as browsers and proxies write it."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from json import JSONDecodeError
from pathlib import Path
from typing import Any, Final, TypeAlias

from attrs import field, frozen
from requests.structures import CaseInsensitiveDict

from .._base.json_values import DepthError, as_array, as_object, is_array, loads
from .cli import MAX_RECORDING
from .files import InputFileError, read_file

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_SENSITIVE: Final = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization"})


class RecordingError(Exception):
    """A file cannot be used. The message is a predicate on one line: `is not JSON`."""


@frozen
class Recorded:
    """A request and its response, from a recording or from a client."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    """Headers of the request."""
    body: bytes | None = field(repr=False)
    """Body of the request."""
    status: int
    response_headers: Mapping[str, str] = field(repr=False)
    content: bytes | None = field(repr=False)
    """Body of the response, without a content coding, or None if it is not known."""
    problem: str = "the body was not recorded"
    """Reason why it is not known."""
    base_url: str | None = field(default=None, repr=False)
    """URL of the API. All requests below it are of the API, also with an unknown path."""


def headers_of(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Return headers of any case, without credentials and the pseudo-headers of HTTP/2."""
    headers: CaseInsensitiveDict[str] = CaseInsensitiveDict()
    for name, value in pairs:
        if name.lower() not in _SENSITIVE and not name.startswith(":"):
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


Entry: TypeAlias = Recorded | str
"""An exchange, or the reason why there is none."""


def read_entries(path: Path) -> Iterator[Entry]:
    """Return the entries of a HAR.

    Raises:
        RecordingError: The file cannot be used.
    """
    try:
        document = loads(read_file(path, limit=MAX_RECORDING).removeprefix(_BYTE_ORDER_MARK))
    except InputFileError as error:
        raise RecordingError(str(error)) from None
    except DepthError:
        raise RecordingError("is nested too deeply") from None
    except UnicodeDecodeError:
        raise RecordingError("is not a text file in UTF-8") from None
    except JSONDecodeError as error:
        problem = f"line {error.lineno}, column {error.colno}: {error.msg}"
        raise RecordingError(f"is not JSON: {problem}. Record it again") from None
    entries = as_object(as_object(document).get("log")).get("entries")
    if not is_array(entries):
        raise RecordingError("is not a HAR: it has no log.entries")
    return map(entry_of, entries)


def entry_of(node: object) -> Entry:
    """Return an entry of a HAR as an exchange, or the reason why there is none."""
    request, response = (as_object(as_object(node).get(name)) for name in ("request", "response"))
    content, data = as_object(response.get("content")), as_object(request.get("postData"))
    method, url, status = request.get("method"), request.get("url"), response.get("status")
    if not isinstance(method, str) or not isinstance(url, str):
        return "the entry has no request"
    if not isinstance(status, int) or isinstance(status, bool) or not 100 <= status <= 999:
        return "the entry has no response"  # for which browsers record 0
    headers = headers_of(_headers(response))
    # Without a text, only its size shows whether the body was empty or not recorded.
    text = content.get("text", "" if content.get("size") == 0 else None)
    decoded, problem = None, "the body was not recorded"
    try:
        decoded = _bytes(text, content.get("encoding"), headers.get("Content-Encoding", ""))
    except (ValueError, TypeError, AttributeError):  # also of base64 and of UTF-8
        problem = "the body cannot be decoded"
    sent = data.get("text")
    body = sent.encode("utf-8", "surrogatepass") if isinstance(sent, str) else None
    return Recorded(method, url, headers_of(_headers(request)), body, status, headers, decoded, problem)


def _headers(message: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    pairs = [(as_object(each).get("name"), as_object(each).get("value")) for each in as_array(message.get("headers"))]
    yield from ((name, value) for name, value in pairs if isinstance(name, str) and isinstance(value, str))


def _bytes(text: Any, encoding: object, coding: str) -> bytes | None:
    """Return a body, which may be in base64. A recorder decompresses it, and leaves the header with the coding."""
    if text is None:
        return None
    if not encoding:
        return bytes(text.encode("utf-8", "surrogatepass"))
    if str(encoding).lower() != "base64":
        raise ValueError(encoding)
    content = base64.b64decode("".join(text.split()), validate=True)
    if coding:
        content.decode()  # fails if the body is still compressed
    return content
