"""Pagination: numbered pages with a `Link` header, and cursors with `items` and `links`."""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from .call import Call, Reply, json
from .errors import BadRequestError
from .query import Query, parse_integer

DEFAULT_PER_PAGE = 30
#: Larger values are clamped. Audit events, invitations and jobs reject them, as documented.
MOST_PER_PAGE = 100
#: Depth of build lists. The documentation has the error message, but not the number.
DEEPEST_BUILD = 10_000
_TOO_DEEP = (
    "Listing builds this deep is not supported. Please narrow your query using filters such as branch or created_from."
)
T = TypeVar("T")


def page(call: Call, items: Sequence[T], render: Callable[[T], object], *, deepest: int | None = None) -> Reply:
    """Return one page of a list, with links to the neighbouring pages."""
    number = _positive(call.query, "page", 1)
    size = _page_size(call.query)
    if deepest is not None and number * size > deepest:
        raise BadRequestError(_TOO_DEEP)
    begin = (number - 1) * size
    last = max(1, -(-len(items) // size))
    headers = _page_links(call, number, last, deepest is not None and last * size > deepest)
    return json([render(item) for item in items[begin : begin + size]], headers=headers)


def _page_links(call: Call, number: int, last: int, last_is_too_deep: bool) -> dict[str, str]:
    pages: dict[str, int] = {}
    if number > 1:
        pages |= {"first": 1, "prev": min(number - 1, last)}
    if number < last:
        pages |= {"next": number + 1}
        if not last_is_too_deep:
            pages |= {"last": last}
    url = f"{call.base_url}{call.path}"
    return _link_header([(rel, f"{url}?{call.query.replaced(page=page)}") for rel, page in pages.items()])


def _link_header(links: Sequence[tuple[str, str]]) -> dict[str, str]:
    return {"Link": ", ".join(f'<{url}>; rel="{rel}"' for rel, url in links)} if links else {}


def cursor_page(
    call: Call,
    items: Sequence[T],
    key: Callable[[T], str],
    render: Callable[[T], object],
    *,
    all_items: Sequence[T] | None = None,
    bounded: bool = False,
) -> Reply:
    """Return the part of a list after or before a cursor.

    A cursor may name any of `all_items`, which are in the same order: those in the list when it was created. With
    them the links are in the header too. With `bounded` a `per_page` out of range is a 400.
    """
    after, before = call.query.scalar("after"), call.query.scalar("before")
    if after is not None and before is not None:
        raise BadRequestError("after and before cannot be used together")
    size = _page_size(call.query, bounded=bounded)
    keys = [key(item) for item in items]
    order = {key(item): number for number, item in enumerate(items if all_items is None else all_items)}
    numbers = [order[known] for known in keys]
    if before is not None:
        end = bisect_left(numbers, _cursor_position(order, before))
        begin = max(0, end - size)
    else:
        begin = 0 if after is None else bisect_right(numbers, _cursor_position(order, after))
        end = min(len(items), begin + size)
    links = {"self": _url(call)}
    if 0 < begin < len(keys):
        links["first"] = _url(call, after=None, before=None)
        links["prev"] = _url(call, after=None, before=_cursor(keys[begin]))
    if end < len(keys):
        links["next"] = _url(call, before=None, after=_cursor(keys[end - 1]) if end else None)
    others = [(rel, url) for rel, url in links.items() if rel != "self"] if all_items is not None else []
    return json({"items": [render(item) for item in items[begin:end]], "links": links}, headers=_link_header(others))


def _url(call: Call, **changes: str | None) -> str:
    query = call.query.replaced(**changes)
    return f"{call.base_url}{call.path}{'?' if query else ''}{query}"


def _cursor(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _cursor_position(order: Mapping[str, int], cursor: str) -> int:
    try:
        key = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        return order[key]
    except (binascii.Error, ValueError, KeyError) as error:
        raise BadRequestError("The cursor is not valid") from error


def _page_size(query: Query, *, bounded: bool = False) -> int:
    if bounded:
        text = query.text("per_page")
        size = DEFAULT_PER_PAGE if text is None else parse_integer(text)
        if size is None or not 1 <= size <= MOST_PER_PAGE:
            raise BadRequestError(f"per_page must be between 1 and {MOST_PER_PAGE}")
        return size
    return min(_positive(query, "per_page", DEFAULT_PER_PAGE), MOST_PER_PAGE)


def _positive(query: Query, name: str, default: int) -> int:
    """Parse a page number or size. As in the API, 0, which pybuildkite sends, means the default."""
    number = parse_integer(query.text(name) or "")
    return number if number is not None and number >= 1 else default
