"""Requests of operations that the spec lacks: their operation, URL, headers and body. Nothing is sent here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Generic, Literal, TypeVar
from urllib.parse import quote, urlsplit

from msgspec.structs import replace

from _buildkite_rest.operations import NOT_IDEMPOTENT
from _buildkite_rest.types import UNSET

from .._base.arguments import check_int, check_type
from .._base.records import Record
from .._base.safe_text import safe_excerpt, safe_repr
from .._base.urls import BaseURL, add_query, is_path_of, query_of, replace_query, without_names, without_query
from .._decoding.ad_hoc import AdHocOperation, check_result_type, page_of, result_of
from .._decoding.encoding import encode_json
from .._pagination.page import chooses_page, next_page_query, page_size
from .options import Settings
from .request import COMPRESSED, WireRequest, check_headers, merge_headers, query_pairs

_STRAY_PERCENT: Final = re.compile("%(?![0-9A-Fa-f]{2})")
_ORIGIN: Final = re.compile("https?://[^/?]*", re.IGNORECASE)
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
    full, reason = _ORIGIN.match(path), "is not a path or a URL of the API"
    is_path = path.startswith("/") and not path.startswith("//")
    if (full or is_path) and path.isprintable() and not any(mark in path for mark in "\\#"):
        before, mark, query = (path[full.end() :] if full else path).partition("?")
        url = f"{full[0] if full else base_url.url}{_encode(before, _PATH_MARKS)}{mark}{_encode(query, _QUERY_MARKS)}"
        try:
            return base_url.checked(url, rewrite=rewrite and full is not None)
        except ValueError as error:
            reason = str(error)
    hint = "Write /v2/…, and escapes such as %23 in names."
    raise ValueError(f"path {reason}: {without_query(path)}. {hint}")


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
    expected: Any,
    query: Mapping[str, object] | None = None,
    json: object = UNSET,
    headers: Mapping[str, str] | None = None,
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
        check_result_type("response_type", expected)
    url = _url(settings, path, query)
    settings = replace(settings, query=without_names(settings.query, query_of(url)))
    return _request(settings, name, url, headers, expected, json=json)


def list_request(
    settings: Settings,
    path: str,
    *,
    expected: Any,
    query: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
    max_items: int | None = None,
) -> AdHocRequest[Any]:
    """Return the request of the first page of a call of `paginate`. See `single_request`."""
    if expected is not None:
        check_result_type("item_type", expected)
    url = _url(settings, path, query)
    start = add_query(url, settings.query)
    given = query_of(start)
    for name, value in given:
        if name in ("page", "per_page") and _NUMBER.fullmatch(value):
            check_int(name, int(value), minimum=1)
    size = page_size(max_items, starts_elsewhere=chooses_page(given))
    start = add_query(start, [("per_page", str(size))])
    settings = replace(settings, query=next_page_query(settings.query, url))
    return _request(settings, "GET", start, headers, expected, is_list=True)


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
        idempotent=_IDEMPOTENT[method]
        and not any(method == known and is_path_of(path, template) for known, template in NOT_IDEMPOTENT),
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


def _url(settings: Settings, path: str, query: Mapping[str, object] | None) -> str:
    url = endpoint_url(path, settings.base_url, rewrite=settings.rewrite_next_urls)
    return replace_query(url, query_pairs(query))


def _request(
    settings: Settings,
    method: str,
    url: str,
    headers: Mapping[str, str] | None,
    expected: Any,
    *,
    json: object = UNSET,
    is_list: bool = False,
) -> AdHocRequest[Any]:
    """Return the request. The headers of the call replace those of the client's options."""
    base, (before, _, query) = settings.base_url.url, url.partition("?")
    path = before.removeprefix(base) if before.startswith(f"{base}/") else urlsplit(before).path or "/"
    operation = ad_hoc_operation(method, path, expected, has_body=json is not UNSET, is_list=is_list)
    settings = replace(settings, headers=merge_headers(settings.headers, check_headers(headers)))
    wire = WireRequest(method, f"{path}?{query}" if query else path, {"Accept": operation.accept})
    if operation.accept != COMPRESSED:
        wire.headers["Accept-Encoding"] = "identity"
    if json is not UNSET:
        wire.headers["Content-Type"] = operation.body_media
        wire = replace(wire, content=encode_json(json))
    return AdHocRequest(operation, url, wire, settings)
