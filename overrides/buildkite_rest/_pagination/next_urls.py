"""URLs of next pages: from where a list may continue."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from .._base.errors import PaginationError
from .._http.attempts import origin_of
from .pages import without_query

if TYPE_CHECKING:
    from .._http.attempts import Settings

_DOTS: Final = frozenset({".", ".."})


def checked_next_url(operation_id: str, settings: Settings, url: str, join: Callable[[str], str]) -> str:
    """Return the full URL that a page gave as its `next`, without its fragment and, if the client is to, rewritten.

    Args:
        operation_id: The operation that returned the page.
        settings: What all calls of the client have in common.
        url: The URL or a reference relative to that of the page, as the page has it.
        join: Joins it with the URL of the page. This also normalizes it, so it is checked before.

    Raises:
        PaginationError: It is not a URL, or is on another origin than the API and would be sent the credentials.
    """
    name = f"{operation_id}: the URL of the next page"
    # The library encodes backslashes, which others read as slashes, and removes an empty user and dot segments.
    try:
        origin_of(url)
        is_plain = "\\" not in url and not (settings.rewrite_next_urls and _has_dots(urlsplit(url).path))
        joined = join(url) if is_plain else ""
    except ValueError:
        joined = ""
    return _checked(name, settings, joined)


def checked_resume_url(operation_id: str, settings: Settings, url: str | None) -> str:
    """Return the URL to request when a list is resumed from `url`, a `Page.next_url` that may have been changed.

    Raises:
        PaginationError: It is not a URL, or is on another origin than the API and would be sent the credentials.
        TypeError: It is not a str.
        ValueError: It is None, as `Page.next_url` is on the last page.
    """
    name = f"{operation_id}: the URL to resume from"
    if url is None:
        raise ValueError(f"{name} is None: there was no further page")
    if not isinstance(url, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"{name} must be a str, not {type(url).__name__}")
    return _checked(name, settings, url)


def _checked(name: str, settings: Settings, url: str) -> str:
    url = url.partition("#")[0]
    has_valid_characters = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    try:
        if has_valid_characters and settings.rewrite_next_urls:
            url = _rewritten(url, settings.base_url)
        origin = origin_of(url) if has_valid_characters else None
    except ValueError:
        origin = None
    if origin is None or not origin[1]:
        raise PaginationError(f"{name} is invalid")
    if origin != settings.origin:
        raise PaginationError(
            f"{name} is on another origin: {without_query(url)}. If base_url is a proxy, pass rewrite_next_urls=True."
        )
    return url


def _rewritten(url: str, base_url: str) -> str:
    """Return `base_url` with the path and query of `url`. Raises `ValueError` when `url` is not a plain HTTP URL."""
    scheme, host, _ = origin_of(url)
    parts = urlsplit(url)
    prefix = urlsplit(base_url).path
    path = parts.path.removeprefix(prefix) if parts.path.startswith(f"{prefix}/") else parts.path
    if scheme not in ("http", "https") or not host or not path.startswith("/"):
        raise ValueError("not an HTTP URL")
    if _has_dots(path):
        raise ValueError("a path that would leave that of base_url")
    return f"{base_url}{path}?{parts.query}" if parts.query else f"{base_url}{path}"


def _has_dots(path: str) -> bool:
    return any(segment.lower().replace("%2e", ".") in _DOTS for segment in path.split("/"))
