"""Pages of a list, and how they are read from responses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

from attrs import field, frozen

from _buildkite_rest.ports import Arguments, Operation
from _buildkite_rest.types import UNSET

from .._base.arguments import check_int
from .._base.errors import DecodeError, PaginationError
from .._base.json_values import is_array
from .._base.urls import without_query
from .._decoding.json_text import decode_json, loads_text
from .links import parse_links

T = TypeVar("T")

MAX_PAGE_SIZE: Final = 100
"""The largest `per_page` of the API, which treats a larger value as this one."""
_OTHER_PAGE: Final = frozenset({"page", "after", "before"})
"""Parameters that choose another page than the first."""


@frozen
class HTTPPage(Generic[T]):
    """One page of a list, with the headers of its response."""

    items: Sequence[T] = field(repr=lambda items: f"[{len(items)} items]")
    headers: Mapping[str, str] = field(repr=False)
    next_url: str | None = field(repr=lambda url: "None" if url is None else repr(without_query(url)))
    last_page: int | None
    content: bytes = field(default=b"", repr=False)
    """The response body. Only pages of `pages()` have it, which saves memory while items are iterated."""

    def json(self) -> Any:
        """Return the decoded JSON of the response body."""
        return decode_json(self.content, "the page")


def first_arguments(arguments: Arguments, max_items: int | None) -> Arguments:
    """Request the largest useful page unless the caller chose a size."""
    size = page_size(max_items)
    if arguments.query.get("per_page", UNSET) not in (None, UNSET):
        return arguments
    return Arguments(
        path=arguments.path, query={**arguments.query, "per_page": size}, headers=arguments.headers, body=arguments.body
    )


def page_size(max_items: int | None) -> int:
    """Return the largest useful `per_page`.

    Raises:
        TypeError: `max_items` is not an int.
        ValueError: `max_items` is negative.
    """
    if max_items is None:
        return MAX_PAGE_SIZE
    check_int("max_items", max_items, minimum=0)
    return max(1, min(MAX_PAGE_SIZE, max_items))


def with_one_item(url: str) -> str:
    """Return the URL of a list with a page size of one, or `url` if it is that of another page than the first."""
    before, _, query = url.partition("?")
    parameters = parse_qsl(query, keep_blank_values=True)
    if not _OTHER_PAGE.isdisjoint(name for name, _ in parameters):
        return url
    kept = [(name, value) for name, value in parameters if name != "per_page"]
    return f"{before}?{urlencode([*kept, ('per_page', 1)], quote_via=quote, safe='')}"


def make_page(
    operation: Operation[Any],
    body: Any,
    content: bytes,
    headers: Mapping[str, str],
    resolve: Callable[[str], str],
) -> HTTPPage[Any]:
    """Return the page in a response: an array, whose links are in the `Link` header, or an object of items and links.

    Args:
        operation: The operation.
        body: The decoded `content`.
        content: The response body.
        headers: The headers of the response.
        resolve: Returns the full URL of a next page, or raises `PaginationError`.

    Raises:
        DecodeError: There is no list of items.
        PaginationError: The URL of the next page is not a string, or `resolve` raised it.
    """
    if operation.pagination == "link" or is_array(body):
        links = parse_links(headers.get("Link", ""))
        next_url, last_page = links.get("next"), number_in("page", links.get("last"))
        resolved = None if next_url is None else resolve(next_url)
        return HTTPPage(_items(operation, body), headers, resolved, last_page, content)
    items = getattr(body, "items", body)
    if items is None and body is not None and "items" in loads_text(content):
        items = list[Any]()  # null, which was logged as a mismatch; pages may follow
    next_url = getattr(getattr(body, "links", None), "next", None)
    if next_url is not None and not isinstance(next_url, str):
        raise PaginationError(f"{operation.id}: the URL of the next page is not a string")
    return HTTPPage(_items(operation, items), headers, None if next_url is None else resolve(next_url), None, content)


def _items(operation: Operation[Any], value: object) -> Sequence[Any]:
    """Return the items. Reading another type as an empty list would lose items silently."""
    if not is_array(value):
        raise DecodeError("the response has no list of items", operation.id)
    return value


def number_in(name: str, url: str | None) -> int | None:
    """Return the value of the query parameter `name` of `url` as a number, or None."""
    try:
        values = parse_qs(urlsplit(url).query).get(name, []) if url is not None else []
        return int(values[0]) if values and values[0].isdecimal() else None
    except ValueError:
        return None
