"""Headers and query parameters that the caller adds to requests of the API."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

from .._base.arguments import is_mapping, type_name
from .._base.safe_text import safe_repr
from .._pagination.page import OTHER_PAGE
from .request import header_text

_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_REFUSED: Final = {
    "accept-encoding": "The client only requests codings whose truncation it detects",
    "authorization": "Pass auth=… to the client",
    "content-length": "The client computes it from the body",
    "host": "Pass base_url=… to the client",
    "transfer-encoding": "The client computes it from the body",
}
"""Headers that the client sets, and what to do instead."""
_REPLACEABLE: Final = ("accept", "accept-encoding", "content-type", "user-agent")
"""Headers that the client sets, unless an option does. All others are arguments of the call."""


def check_headers(headers: Mapping[str, str] | None) -> Mapping[str, str]:
    """Return the argument `headers`. Messages do not show its values.

    Raises:
        TypeError: It is not a mapping, or a name or a value is not a str.
        ValueError: A header is one that the client sets, or cannot be sent.
    """
    if headers is None:
        return {}
    if not is_mapping(headers):
        raise TypeError(f"headers must be a mapping, not {type_name(headers)}")
    checked: dict[str, str] = {}
    for name, value in headers.items():
        if not isinstance(name, str):
            raise TypeError(f"the names of headers must be str, not {type_name(name)}")
        if _NAME.fullmatch(name) is None:
            raise ValueError(f"headers has the name {safe_repr(name)}, which is not valid in HTTP")
        if (instead := _REFUSED.get(name.lower())) is not None:
            raise ValueError(f"headers must not contain {name}. {instead}.")
        if not isinstance(value, str):
            raise TypeError(f"the header {name} must be a str, not {type_name(value)}")
        checked = merge_headers(checked, {name: header_text(name, value)})
    return checked


def merge_headers(headers: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
    """Return `headers` with those of `added`, which replace those with the same name in any case."""
    names = {name.lower() for name in added}
    return {**{name: value for name, value in headers.items() if name.lower() not in names}, **added}


def add_headers(headers: Mapping[str, str], options: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a request with those of the client's options.

    They replace those that the client sets by default, and are replaced by those that are arguments of the call.
    """
    arguments = {name: value for name, value in headers.items() if name.lower() not in _REPLACEABLE}
    merged = merge_headers(merge_headers(headers, options), arguments)
    has_range = "range" in map(str.lower, merged)
    return {**merged, "Accept-Encoding": "identity" if has_range else headers["Accept-Encoding"]}


def replace_query(url: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Return `url` with the encoded parameters `pairs` in place of those with the same name."""
    pairs = tuple(pairs)
    path, _, query = url.partition("?")
    names = {base_name(name) for name, _ in pairs}
    rest = [part for part in query.split("&") if part and not _has_name(part, names)]
    return _with_query(path, [*rest, _encode(pairs)])


def add_query(url: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Return `url` with those of `pairs` whose name it does not have."""
    path, _, query = url.partition("?")
    return _with_query(path, [query, _encode(without_names(pairs, query_of(url)))])


def has_page_size(pairs: Iterable[tuple[str, str]]) -> bool:
    """Whether the parameters `pairs` set the size of a page."""
    return any(base_name(name) == "per_page" for name, _ in pairs)


def chooses_page(pairs: Iterable[tuple[str, str]]) -> bool:
    """Whether the parameters `pairs` choose another page than the first."""
    return any(base_name(name) in OTHER_PAGE for name, _ in pairs)


def next_page_query(options: Iterable[tuple[str, str]], target: str) -> tuple[tuple[str, str], ...]:
    """Return those of `options` that are added to the URLs of next pages.

    The others choose a page, or have the name of an argument, and so a parameter of `target`, the first page's request
    without options.
    """
    return without_names(options, [*query_of(target), *((name, "") for name in OTHER_PAGE)])


def query_of(url: str) -> list[tuple[str, str]]:
    """Return the names and values in the query of `url`."""
    return parse_qsl(url.partition("?")[2], keep_blank_values=True)


def without_names(pairs: Iterable[tuple[str, str]], others: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return those of `pairs` that have the name of none of the `others`."""
    names = {base_name(name) for name, _ in others}
    return tuple(pair for pair in pairs if base_name(pair[0]) not in names)


def base_name(name: str) -> str:
    """Return the name of a parameter without the brackets of a list or a mapping."""
    return name.partition("[")[0]


def _has_name(part: str, names: set[str]) -> bool:
    return any(base_name(name) in names for name, _ in parse_qsl(part, keep_blank_values=True))


def _encode(pairs: Iterable[tuple[str, str]]) -> str:
    return urlencode(tuple(pairs), quote_via=quote, safe="")


def _with_query(path: str, parts: Iterable[str]) -> str:
    query = "&".join(filter(None, parts))
    return f"{path}?{query}" if query else path
