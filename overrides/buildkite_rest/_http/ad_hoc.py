"""Requests of operations that the spec lacks: their operation, URL, headers and body. Nothing is sent here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Generic, Literal, TypeVar
from urllib.parse import unquote

from msgspec.structs import replace

from _buildkite_rest.operations import NOT_IDEMPOTENT
from _buildkite_rest.types import UNSET

from .._base.arguments import check_int, check_type
from .._base.records import Record
from .._base.safe_text import safe_excerpt, safe_repr
from .._decoding.ad_hoc import AdHocOperation, check_result_type, check_single_type, page_of, result_of
from .._pagination.page import page_size, starts_elsewhere
from .endpoint_urls import endpoint_url, path_of
from .extra_parameters import (
    add_query,
    check_headers,
    merge_headers,
    next_page_query,
    query_of,
    replace_query,
    without_names,
)
from .json_body import encode_json
from .options import Settings
from .request import WireRequest, query_pairs

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
