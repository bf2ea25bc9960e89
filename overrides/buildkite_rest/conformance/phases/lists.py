"""The phase *lists*: whoever walks a list sees each item once, whatever the size of the pages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from attrs import frozen

from ..._base.json_values import as_object, is_object
from ..checks import parse_link
from ..objects import Choice, Values
from ..spec import Operation
from ..traffic import Answer, Wire, items_of

#: The size of a page that is read whole, and how many pages of that size at most.
_WHOLE: Final = 100


_WHOLE_PAGES: Final = 3


#: Into so many pages the same items are divided.
_PARTS: Final = 4


#: How often a list is walked until it is the same from beginning to end.
_TRIES: Final = 3


#: Lists of the same kind that are tried until one has more than one item.
_LISTS: Final = 6


@frozen
class Walk:
    """The pages of a list, from the first on."""

    pages: Sequence[Answer]
    complete: bool
    """Whether the last of them is the last of the list."""

    @property
    def items(self) -> list[Any]:
        """The items of all pages."""
        return [item for page in self.pages for item in items_of(page.body) or ()]


def check_lists(wire: Wire, choice: Choice, chosen: Sequence[Operation]) -> Iterator[Operation]:
    """Walk the chosen lists, and yield each before it is walked."""
    for operation in chosen:
        if operation.method == "GET" and operation.pagination != "none" and "per_page" in operation.query:
            yield operation
            _check(wire, operation, choice.objects(operation) if operation.parameters else [{}])


def _check(wire: Wire, operation: Operation, objects: Sequence[Values]) -> None:
    whole, values = Walk((), complete=False), None
    for candidate in objects[:_LISTS]:
        found = walk(wire, operation, candidate, _WHOLE, _WHOLE_PAGES)
        if values is None or len(found.items) > len(whole.items):
            whole, values = found, candidate
        if len(whole.items) > _PARTS:
            break
    if values is None or len(whole.items) < 2:
        return
    size = min(_WHOLE - 1, max(1, len(whole.items) // _PARTS))
    for left in reversed(range(_TRIES)):
        parts = walk(wire, operation, values, size, _PARTS + 2)
        problems = list(walk_problems(whole, parts, size))
        if not problems or not parts.pages:
            return
        if left:
            # Something may have come in between.
            whole = walk(wire, operation, values, _WHOLE, _WHOLE_PAGES)
            continue
        for problem in problems:
            wire.fail("list_is_whole", "BK101", problem, parts.pages[-1], [*whole.pages[:1], *parts.pages[:-1]])


def walk(wire: Wire, operation: Operation, values: Values, size: int, most: int) -> Walk:
    """Read a list page by page."""
    pages: list[Answer] = []
    query: Mapping[str, Any] | None = {"per_page": size}
    asked: list[Mapping[str, Any]] = []
    while query is not None and query not in asked and len(pages) < most:
        asked.append(query)
        pages.append(wire.send(operation, values, query=query))
        if not pages[-1].ok:
            return Walk(pages[:-1], complete=False)
        query = _next(pages[-1], size)
    return Walk(pages, complete=query is None)


def walk_problems(whole: Walk, parts: Walk, size: int) -> Iterator[str]:
    """Compare a list that was read in large pages with the same list in pages of `size` items."""
    expected, seen = _keys(whole.items), _keys(parts.items)
    if len(set(seen)) < len(seen) and len(set(expected)) == len(expected):
        yield f"{len(seen) - len(set(seen))} of {len(seen)} items come twice in pages of {size}"
    elif seen[: len(expected)] != expected[: len(seen)]:
        yield f"pages of {size} have other items, or in another order, than a page of {_WHOLE}"
    elif whole.complete and parts.complete and len(seen) != len(expected):
        yield f"pages of {size} have {len(seen)} items all in all, a page of {_WHOLE} has {len(expected)}"
    for number, page in enumerate(parts.pages[:-1], 1):
        if (count := len(items_of(page.body) or ())) != size:
            yield f"page {number} of {size} items has {count}, and is not the last"
            return


def _next(page: Answer, size: int) -> Mapping[str, Any] | None:
    """Return the query of the next page. That it leads to the same list is checked elsewhere."""
    if page.operation.pagination == "cursor":
        url = as_object(as_object(page.body).get("links")).get("next")
    else:
        url = parse_link(page.headers.get("Link", ""))[0].get("next")
    return {"per_page": str(size), **dict(parse_qsl(urlsplit(url).query))} if isinstance(url, str) else None


def _keys(items: Sequence[Any]) -> list[str]:
    return [str(item["id"]) if is_object(item) and "id" in item else json.dumps(item, sort_keys=True) for item in items]
