"""A request and its response, from a recording or from a client."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from attrs import field, frozen

_SENSITIVE: Final = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization"})


def headers_of(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers by name in lower case, without credentials and the pseudo-headers of HTTP/2."""
    headers: dict[str, str] = {}
    for name, value in pairs:
        key = name.lower()
        if key not in _SENSITIVE and not key.startswith(":"):
            headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return headers


@frozen
class Exchange:
    """A request and its response. Bodies are decoded."""

    method: str
    url: str = field(repr=False)
    status: int
    headers: Mapping[str, str] = field(repr=False)
    """Response headers by name in lower case."""
    body: bytes | None = field(default=None, repr=False)
    """Response body, or None if it was not recorded."""
    request_headers: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    request_body: bytes | None = field(default=None, repr=False)
    problem: str | None = None
    """Reason why the response body cannot be compared: `the body …`."""
    base_url: str | None = field(default=None, repr=False)
    """URL of the API. All requests below it are of the API, also with an unknown path."""
    request_problem: str | None = None
    """Reason why the request body cannot be compared."""
