"""Requests of operations that the spec lacks: their operation, URL, headers and body. Nothing is sent here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Generic, Literal, TypeVar
from urllib.parse import quote, unquote, urlsplit

from msgspec.structs import replace

from _buildkite_rest.operations import NOT_IDEMPOTENT
from _buildkite_rest.types import UNSET

from .._base.arguments import check_int, check_type
from .._base.records import Record
from .._base.safe_text import safe_excerpt, safe_repr
from .._base.urls import BaseURL, has_dot_segments, rewritten, without_query
from .._decoding.ad_hoc import AdHocOperation, check_result_type, check_single_type, page_of, result_of
from .._decoding.encoding import encode_json
from .._pagination.page import page_size, starts_elsewhere
from .extra_parameters import (
    add_query,
    check_headers,
    merge_headers,
    next_page_query,
    query_of,
    replace_query,
    without_names,
)
from .options import Settings
from .request import WireRequest, query_pairs

_STRAY_PERCENT: Final = re.compile("%(?![0-9A-Fa-f]{2})")
_TAIL: Final = re.compile("([?#])")
_PATH_MARKS: Final = "%/:@!$&'()*+,;=~"
_QUERY_MARKS: Final = f"{_PATH_MARKS}?"
"""Characters that are not encoded, besides letters, digits, `-`, `.` and `_`."""
T = TypeVar("T")
_NUMBER: Final = re.compile("-?[0-9]{1,19}")
_MAX_PATH_LENGTH: Final = 200
"""Characters of a path in messages."""
_IDEMPOTENT: Final = {
    "GET": True,
    "HEAD": True,
    "OPTIONS": True,
    "PUT": True,
    "DELETE": True,
    "POST": False,
    "PATCH": False,
}
"""The methods of requests, and whether a request is idempotent, unless the spec has the operation."""


def endpoint_url(path: str, base_url: BaseURL, *, rewrite: bool) -> str:
    """Return the full URL of the argument `path`, percent-encoded. Escapes in it are preserved.

    Args:
        path: A path with or without a query, or a full URL.
        base_url: The URL that a path is appended to, and on whose origin a full URL must be.
        rewrite: Whether the origin of a full URL is replaced by that of `base_url`.

    Raises:
        TypeError: `path` is not a str.
        ValueError: It is neither a path nor a URL of the API, has a fragment, or has segments that change the path.
    """
    check_type("path", path, str, "a str")
    _check_characters(path)
    if path.startswith("/") and not path.startswith("//"):
        origin, path_and_query = base_url.url, path
    elif path.lower().startswith(("http://", "https://")):
        origin, path_and_query = _split(path, base_url, rewrite)
    else:
        raise ValueError(f"path must be a path or a URL of the API: {_shown(path)}. Write /v2/…")
    before, mark, query = path_and_query.partition("?")
    _check_segments(before)
    return f"{origin}{_encode(before, _PATH_MARKS)}{mark}{_encode(query, _QUERY_MARKS)}"


def _shown(path: str) -> str:
    """Return the argument for a message, without parts that may contain credentials: a user, query and fragment."""
    before, mark, after = _TAIL.split(path, maxsplit=1) if _TAIL.search(path) else (path, "", "")
    rest = f"{mark}…" if after else mark
    if "@" in before and not before.startswith("/v2/"):
        return f"{without_query(before)}{rest}"
    return safe_repr(f"{before}{rest}")


def path_of(url: str, base_url: BaseURL) -> str:
    """Return the path of an encoded URL, without that of `base_url`."""
    if url.startswith(f"{base_url.url}/"):
        return url.removeprefix(base_url.url).partition("?")[0]
    return urlsplit(url).path


def _check_characters(path: str) -> None:
    if not path.isprintable():
        raise ValueError(f"path contains a character that cannot be printed: {_shown(path)}")
    for mark, name in (("\\", "a backslash"), ("#", "a fragment")):
        if mark in path:
            encoded = quote(mark)
            raise ValueError(f"path contains {name}: {_shown(path)}. Write {encoded} if {mark} is part of a name.")


def _check_segments(path: str) -> None:
    if has_dot_segments(path):
        raise ValueError(f"path has a segment . or .., which would change the path: {safe_repr(path)}")


def _split(url: str, base_url: BaseURL, rewrite: bool) -> tuple[str, str]:
    """Return the origin of a full URL, and its path and query."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError(f"path has an invalid host or port: {without_query(url)}") from None
    if "@" in parts.netloc:
        raise ValueError(f"path has a user, which is not sent: {without_query(url)}. Pass auth=… to the client.")
    _check_segments(parts.path)
    try:
        if rewrite:
            url = rewritten(url, base_url.url)
        parts = urlsplit(url)
    except ValueError:
        raise ValueError(f"path is not a URL of the API: {without_query(url)}. Write /v2/…") from None
    if not base_url.has_same_origin(url):
        raise ValueError(
            f"path is on another origin than {base_url.argument}: {without_query(url)}. "
            "The credentials are not sent there."
        )
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}", f"{parts.path or '/'}{query}"


def _encode(text: str, marks: str) -> str:
    return quote(_STRAY_PERCENT.sub("%25", text), safe=marks)


class AdHocRequest(Record, Generic[T], frozen=True):
    """A request of an operation that the spec lacks."""

    operation: AdHocOperation[T]
    url: str
    wire: WireRequest
    settings: Settings
    """Settings of this call: those of the client, with the headers of the call."""


def single_request(
    settings: Settings,
    method: str,
    path: str,
    *,
    query: Mapping[str, object] | None,
    json: object,
    headers: Mapping[str, str] | None,
    expected: Any,
) -> AdHocRequest[Any]:
    """Return the request of a call of `request`.

    Raises:
        TypeError: An argument has a wrong type.
        ValueError: An argument cannot be sent.
    """
    check_type("method", method, str, "a str")
    name = method.upper()
    if name not in _IDEMPOTENT:
        raise ValueError(f"method must be {', '.join(_IDEMPOTENT)}, not {safe_repr(method)}")
    if expected not in (None, bytes, str):
        check_single_type(expected)
    url = _url(settings, path, query)
    operation = ad_hoc_operation(name, path_of(url, settings.base_url), expected, has_body=json is not UNSET)
    settings = replace(settings, query=without_names(settings.query, query_of(url)))
    return _request(operation, url, settings, headers, json)


def list_request(
    settings: Settings,
    path: str,
    *,
    query: Mapping[str, object] | None,
    headers: Mapping[str, str] | None,
    expected: Any,
    max_items: int | None,
) -> AdHocRequest[Any]:
    """Return the request of the first page of a call of `paginate`. See `single_request`."""
    page_size(max_items)  # checks it
    if expected is not None:
        check_result_type(expected)
    url = _url(settings, path, query)
    start = add_query(url, settings.query)
    _check_page(start)
    size = page_size(max_items, starts_elsewhere=starts_elsewhere(start))
    start = add_query(start, [("per_page", str(size))])
    settings = replace(settings, query=next_page_query(settings.query, url))
    operation = ad_hoc_operation("GET", path_of(url, settings.base_url), expected, is_list=True)
    return _request(operation, start, settings, headers, UNSET)


def ad_hoc_operation(
    method: str, path: str, expected: Any, *, has_body: bool = False, is_list: bool = False
) -> AdHocOperation[Any]:
    """Return an operation that the spec lacks, with a token and a body of JSON.

    Args:
        method: The HTTP method.
        path: The path, without the query, which the `id` contains.
        expected: The type of the result or of the items of a list: None for decoded JSON, `bytes` for the body of a
            single response and `str` for its text.
        has_body: Whether a body is sent.
        is_list: Whether the response is a page of a list, an array or an object of items and links.
    """
    returns: Literal["json", "text", "bytes"] = "json"
    if not is_list and expected in (bytes, str):
        returns = "bytes" if expected is bytes else "text"
    return AdHocOperation[Any](
        id=f"{method} {safe_excerpt(path, _MAX_PATH_LENGTH)}",
        method=method,
        path=path,
        scopes=(),
        needs_token=True,
        idempotent=_is_idempotent(method, path),
        success=(),
        pagination="cursor" if is_list else "none",
        query_styles={},
        body="required" if has_body else "none",
        body_media="application/json" if has_body else "",
        accept="application/json" if returns == "json" else "*/*",
        returns=returns,
        result=lambda: page_of(expected) if is_list else result_of(expected),
        expected=expected,
    )


def _is_idempotent(method: str, path: str) -> bool:
    """Whether a request may be repeated. Operations that are not idempotent are recognized by their path."""
    segments = [unquote(segment) for segment in path.split("/") if segment]
    return _IDEMPOTENT[method] and not any(
        method == known_method and _matches(segments, known_path) for known_method, known_path in NOT_IDEMPOTENT
    )


def _matches(segments: list[str], known_path: str) -> bool:
    """Whether a path ends as a path of the spec. A gateway may put a prefix before it, and the API ignores `.json`."""
    known = known_path.strip("/").split("/")
    return len(segments) >= len(known) and all(
        name.startswith("{") or segment.partition(".")[0] == name
        for segment, name in zip(segments[-len(known) :], known, strict=True)
    )


def _check_page(url: str) -> None:
    """Raise `ValueError` if the number or the size of a page is less than one, as methods that list do."""
    for name, value in query_of(url):
        if name in ("page", "per_page") and _NUMBER.fullmatch(value):
            check_int(name, int(value), minimum=1)


def _url(settings: Settings, path: str, query: Mapping[str, object] | None) -> str:
    url = endpoint_url(path, settings.base_url, rewrite=settings.rewrite_next_urls)
    return replace_query(url, query_pairs(query))


def _request(
    operation: AdHocOperation[Any], url: str, settings: Settings, headers: Mapping[str, str] | None, json: object
) -> AdHocRequest[Any]:
    """Return the request. The headers of the call replace those of the client's options."""
    query = url.partition("?")[2]
    settings = replace(settings, headers=merge_headers(settings.headers, check_headers(headers)))
    target = f"{operation.path}?{query}" if query else operation.path
    wire = WireRequest(operation.method, target, {"Accept": operation.accept})
    if json is not UNSET:
        wire.headers["Content-Type"] = operation.body_media
        wire = replace(wire, content=encode_json(json))
    return AdHocRequest(operation, url, wire, settings)
