"""Check of the URLs of next pages, which must be on the origin of the API. `page.py` reads them from responses."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from .._base.errors import PaginationError
from .._base.records import Record
from .._base.urls import BaseURL, has_dot_segments, is_path_of, origin_of, without_query


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
            PaginationError: It is not a URL, is on another origin than the API, or is that of another operation.
            TypeError: It is not a str.
            ValueError: It is None, as `Page.next_url` is on the last page.
        """
        name = "the URL to resume from"
        if url is None:
            raise ValueError(f"{self.operation_id}: {name} is None: there was no further page")
        if not isinstance(url, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"{self.operation_id}: {name} must be a str, not {type(url).__name__}")
        checked = self._check(name, url)
        if not is_path_of(urlsplit(checked).path, self.path):
            raise self._error(f"{name} is that of another operation: {without_query(checked)}. The path is {self.path}")
        return checked

    def _check(self, name: str, url: str) -> str:
        try:
            return self.base_url.checked(url.partition("#")[0], rewrite=self.rewrite)
        except ValueError as error:
            reason = f"{name} {error}: {without_query(url)}"
        raise self._error(reason)

    def _error(self, reason: str) -> PaginationError:
        return PaginationError(reason, self.operation_id)
