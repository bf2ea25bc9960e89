"""Pages of a list: how they are requested, read from responses, and traversed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar

from msgspec.structs import replace

from _buildkite_rest.ports import Arguments, Operation
from _buildkite_rest.text import Shown
from _buildkite_rest.types import UNSET

from .._base.arguments import check_int
from .._base.errors import DecodeError, PaginationError
from .._base.json_values import is_array
from .._base.records import Record
from .._base.safe_text import plural
from .._base.urls import query_of, replace_query, without_names, without_query
from .._decoding.json_text import decode_json, loads_text

T = TypeVar("T")

MAX_PAGE_SIZE: Final = 100
"""The largest `per_page` of the API, which treats a larger value as this one."""
_OTHER_PAGE: Final = frozenset({"page", "after", "before"})
"""Parameters that choose another page than the first. Its size decides which items such a page has."""
_MAX_DIGITS: Final = 9
_MAX_EMPTY_PAGES: Final = 100
"""Empty pages in a row. The API may filter items after dividing a list into pages, but not leave so many empty."""


class HTTPPage(Record, Generic[T], frozen=True):
    """One page of a list, with the headers of its response."""

    items: Sequence[T]
    headers: Mapping[str, str]
    next: str | PaginationError | None
    """URL of the next page, or the error that is raised when it is needed: the items of this page are valid."""
    last_page: int | None
    content: bytes = b""
    """The response body. Only pages of `pages()` have it, which saves memory while items are iterated."""

    @property
    def next_url(self) -> str | None:
        """URL of the next page, or None. Raises `PaginationError` if it is invalid."""
        if isinstance(self.next, PaginationError):
            raise self.next.with_traceback(None)
        return self.next

    @property
    def valid_next_url(self) -> str | None:
        """URL of the next page, or None if there is none or it is invalid."""
        return self.next if isinstance(self.next, str) else None

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        url = Shown("invalid") if isinstance(self.next, PaginationError) else self.next and without_query(self.next)
        items = Shown(f"[{plural(len(self.items), 'item')}]")
        return [("items", items), ("next_url", url), ("last_page", self.last_page)]

    def json(self) -> Any:
        """Return the decoded JSON of the response body."""
        return decode_json(self.content, "the page")


class Traversal:
    """One iteration of a list: how many items it has returned and which pages it has fetched.

    Args:
        max_items: Number of items after which it ends.
        start: The URL of the first page.
        operation_id: The operation that returns a page.
        keep_content: Whether pages keep their response body.
    """

    def __init__(self, max_items: int | None, start: str, operation_id: str, *, keep_content: bool = True) -> None:
        self._max_items = max_items
        self._operation_id = operation_id
        self._keep_content = keep_content
        self._count = 0
        self._empty = 0
        """Empty pages in a row."""
        self._seen = {start}

    def accept(self, page: HTTPPage[T], url: str) -> HTTPPage[T]:
        """Count the items of `page`, which is at `url`, and drop those beyond `max_items`.

        The next URL of a page without some of its items is its own, so that a list that is resumed has all of them.
        """
        if not self._keep_content:
            page = replace(page, content=b"")
        self._empty = 0 if page.items else self._empty + 1
        if self._max_items is not None and self._count + len(page.items) > self._max_items:
            page = replace(page, items=page.items[: self._max_items - self._count], next=url)
        self._count += len(page.items)
        return page

    def next_url(self, page: HTTPPage[Any]) -> str | None:
        """Return the URL of the page after `page`, or None after the last page or `max_items` items.

        Raises:
            PaginationError: The URL is invalid or was already fetched, or too many pages in a row are empty.
        """
        if self._max_items is not None and self._count >= self._max_items:
            return None
        url = page.next_url
        if url is None:
            return None
        if self._empty >= _MAX_EMPTY_PAGES:
            raise PaginationError(f"{self._empty} pages in a row are empty: {_shown(url)}", self._operation_id)
        if url in self._seen:
            raise PaginationError(f"the pages form a cycle: {_shown(url)} was already fetched", self._operation_id)
        self._seen.add(url)
        return url

    def pages_left(self, page: HTTPPage[Any], limit: int) -> int:
        """Return how many of the `limit` pages after `page` are needed for `max_items` items if all are full."""
        url = page.valid_next_url
        if url is None or url in self._seen:
            return 0
        if self._max_items is None:
            return limit
        left = self._max_items - self._count
        per_page = min(number_in("per_page", url) or 0, MAX_PAGE_SIZE)
        size = max(len(page.items), per_page) or left
        return min(limit, -(-left // size)) if left else 0


def _shown(url: str) -> str:
    """Return `url` for a message: without its query, but with the numbers of its page."""
    numbers = [f"{name}={number}" for name in ("page", "per_page") if (number := number_in(name, url)) is not None]
    return f"{without_query(url)} ({', '.join(numbers)})" if numbers else without_query(url)


def first_arguments(arguments: Arguments, max_items: int | None, *, starts_elsewhere: bool = False) -> Arguments:
    """Request the largest useful page unless the caller chose a size.

    Args:
        arguments: The arguments of the call.
        max_items: Number of items that are needed.
        starts_elsewhere: Whether an option of the client chooses another page than the first.

    Raises:
        ValueError: The number or the size of the page is less than one, or `max_items` is negative.
        TypeError: `max_items` is not an int.
    """
    given = {name: value for name, value in arguments.query.items() if value is not None and value is not UNSET}
    for name in ("page", "per_page"):
        number = given.get(name)
        if isinstance(number, int) and not isinstance(number, bool):  # Other types are refused later.
            check_int(name, number, minimum=1)
    size = page_size(max_items, starts_elsewhere=starts_elsewhere or not _OTHER_PAGE.isdisjoint(given))
    if "per_page" in given:
        return arguments
    return Arguments(
        path=arguments.path, query={**arguments.query, "per_page": size}, headers=arguments.headers, body=arguments.body
    )


def page_size(max_items: int | None, *, starts_elsewhere: bool = False) -> int:
    """Return the largest useful `per_page`.

    Args:
        max_items: Number of items that are needed.
        starts_elsewhere: Whether the list starts at another page than the first, whose items a smaller page changes.

    Raises:
        TypeError: `max_items` is not an int.
        ValueError: `max_items` is negative.
    """
    if max_items is None:
        return MAX_PAGE_SIZE
    check_int("max_items", max_items, minimum=0)
    return MAX_PAGE_SIZE if starts_elsewhere else max(1, min(MAX_PAGE_SIZE, max_items))


def chooses_page(pairs: Iterable[tuple[str, str]]) -> bool:
    """Whether the parameters `pairs` choose another page than the first."""
    return any(name in _OTHER_PAGE for name, _ in pairs)


def with_one_item(url: str) -> str:
    """Return the URL of a list with a page size of one, or `url` if it is that of another page than the first."""
    return url if chooses_page(query_of(url)) else replace_query(url, [("per_page", "1")])


def next_page_query(options: Iterable[tuple[str, str]], url: str) -> tuple[tuple[str, str], ...]:
    """Return those of `options` that are added to the URLs of next pages.

    The others choose a page, or have the name of an argument, and so a parameter of `url`, that of the first page
    without options.
    """
    return without_names(options, [*query_of(url), *((name, "") for name in _OTHER_PAGE)])


def make_page(
    operation: Operation[Any],
    body: Any,
    content: bytes,
    headers: Mapping[str, str],
    resolve: Callable[[str], str],
) -> HTTPPage[Any]:
    """Return the page in a response: an array, whose links are in the `Link` header, or an object of items and links.

    An invalid next URL is an error of the next page, not of this one.

    Args:
        operation: The operation.
        body: The decoded `content`.
        content: The response body.
        headers: The headers of the response.
        resolve: Returns the full URL of a next page, or raises `PaginationError`.

    Raises:
        DecodeError: There is no list of items.
    """
    rows: Any = body
    if operation.pagination == "link" or isinstance(body, list):
        if not isinstance(body, list):
            raise _no_items(operation)
        if not (header := headers.get("Link", "")):
            return HTTPPage(rows, headers, None, None, content)
        next_url, last_url = _links(operation, header)
        resolved = _resolved(operation, next_url, resolve)
        return HTTPPage(rows, headers, resolved, number_in("page", last_url), content)
    items = getattr(body, "items", body)
    if items is None and body is not None and "items" in loads_text(content):
        items = list[Any]()  # null, which was logged as a mismatch; pages may follow
    links = getattr(body, "links", None)
    next_url = getattr(links, "next", None)
    if links is not None and links is not UNSET and not hasattr(links, "next"):
        next_url = PaginationError("the links of the page are not an object", operation.id)
    if not is_array(items):
        raise _no_items(operation)
    return HTTPPage(items, headers, _resolved(operation, next_url, resolve), None, content)


def _links(operation: Operation[Any], header: str) -> tuple[str | PaginationError | None, str | None]:
    """Return the URLs of the next and of the last page in a `Link` header."""
    from .links import has_unparsed_next, parse_links  # noqa: PLC0415 - most lists have a single page

    relations = parse_links(header)
    next_url: str | PaginationError | None = relations.get("next")
    if next_url is None and has_unparsed_next(header):
        next_url = PaginationError("the Link header with the next page is malformed", operation.id)
    return next_url, relations.get("last")


def _resolved(
    operation: Operation[Any], next_url: object, resolve: Callable[[str], str]
) -> str | PaginationError | None:
    if next_url is None or isinstance(next_url, PaginationError):
        return next_url
    if not isinstance(next_url, str):
        return PaginationError("the URL of the next page is not a string", operation.id)
    try:
        return resolve(next_url)
    except PaginationError as error:
        return error


def _no_items(operation: Operation[Any]) -> DecodeError:
    """Return the error for a body without a list. Reading another type as an empty list would lose items silently."""
    return DecodeError("the response has no list of items", operation.id)


def number_in(name: str, url: str | None) -> int | None:
    """Return the value of the query parameter `name` of `url` as a number, or None."""
    value = dict(reversed(query_of(url or ""))).get(name, "")
    return int(value) if value.isdecimal() and len(value) <= _MAX_DIGITS else None
