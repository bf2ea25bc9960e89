"""URLs of next pages, which must be on the origin of the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import unquote, urlsplit

from .._base.errors import PaginationError
from .._base.records import Record
from .._base.urls import BaseURL, has_dot_segments, origin_of, rewritten, without_query

_MAX_LENGTH: Final = 65_536
"""Characters of a URL that the HTTP libraries accept."""


class NextURLs(Record, frozen=True):
    """The rule for the URLs of next pages: they are on the origin of the API, since they are sent the credentials."""

    operation_id: str
    path: str
    """The path of the operation, with `{parameters}`."""
    base_url: BaseURL
    rewrite: bool
    """Whether the origin of these URLs is replaced by that of `base_url`."""

    def resolve(self, url: str, join: Callable[[str], str]) -> str:
        """Return the full URL that a page has as its `next`, without its fragment.

        Args:
            url: A URL, or a reference relative to that of the page.
            join: Joins it with the URL of the page. Joining also normalizes, so `url` is checked before.

        Raises:
            PaginationError: It is not a URL, or is on another origin than the API.
        """
        name = "the URL of the next page"
        # The library encodes spaces and backslashes, which others read as slashes, and removes an empty user and dot
        # segments.
        try:
            origin_of(url)
            is_plain = not any(mark in url for mark in "\\ ") and not has_dot_segments(urlsplit(url).path)
            joined = join(url) if is_plain else ""
        except ValueError:
            joined = ""
        return self._check(name, joined)

    def resume(self, url: str | None) -> str:
        """Return the URL to request when a list is resumed from `url`, a `Page.next_url` that may have been changed.

        Raises:
            PaginationError: It is not a URL, is on another origin than the API, or is that of another list.
            TypeError: It is not a str.
            ValueError: It is None, as `Page.next_url` is on the last page.
        """
        name = "the URL to resume from"
        if url is None:
            raise ValueError(f"{self.operation_id}: {name} is None: there was no further page")
        if not isinstance(url, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"{self.operation_id}: {name} must be a str, not {type(url).__name__}")
        checked = self._check(name, url)
        if not self._has_path(checked):
            raise self._error(f"{name} is that of another list: {without_query(checked)}. The path is {self.path}")
        return checked

    def _has_path(self, url: str) -> bool:
        """Whether `url` is that of the operation. Its parameters may differ: the API may return an id for a slug."""
        expected, found = self.path.strip("/").split("/"), urlsplit(url).path.strip("/").split("/")
        return len(found) >= len(expected) and all(
            _is_value(segment) if name.startswith("{") else unquote(name) == unquote(segment)
            for name, segment in zip(expected, found[-len(expected) :], strict=True)
        )

    def _check(self, name: str, url: str) -> str:
        url = url.partition("#")[0]
        is_valid = len(url) <= _MAX_LENGTH and url.isascii() and url.isprintable()
        is_valid = is_valid and " " not in url and "\\" not in url
        try:
            if is_valid and self.rewrite:
                url = rewritten(url, self.base_url.url)
            is_valid = is_valid and bool(origin_of(url)[1]) and not has_dot_segments(urlsplit(url).path)
        except ValueError:
            is_valid = False
        if not is_valid:
            raise self._error(f"{name} is invalid")
        if not self.base_url.has_same_origin(url):
            raise self._error(
                f"{name} is on another origin: {without_query(url)}."
                " If base_url is a proxy, pass rewrite_next_urls=True."
            )
        return url

    def _error(self, reason: str) -> PaginationError:
        return PaginationError(reason, self.operation_id)


def _is_value(segment: str) -> bool:
    """Whether a segment may be a parameter: servers merge empty ones, and may read an encoded slash as a slash."""
    return bool(segment) and "/" not in (decoded := unquote(segment)) and "\\" not in decoded
