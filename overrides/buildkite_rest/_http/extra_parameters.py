"""Headers that the caller adds to requests of the API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from .._base.arguments import is_mapping, type_name
from .._base.safe_text import safe_repr
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
