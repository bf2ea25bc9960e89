"""Rules about the pages of a list. They yield a message for each violation."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from .._base.json_values import as_object
from .._base.plurals import plural
from .agreement.differences import difference
from .page_items import items_of, key_of, keys_of
from .pages import PageSequence, links_of, query_of
from .spec import Operation, Spec
from .traffic import Response
from .urls import url_parts

#: Characters of a value in a message.
_SHOWN = 80


def pagination_problems(large: PageSequence, small: PageSequence, size: int, large_size: int) -> Iterator[str]:
    """Compare a list in large pages with the same list in pages of `size` items."""
    expected, seen = keys_of(large.items), keys_of(small.items)
    if len(set(seen)) < len(seen) and len(set(expected)) == len(expected):
        yield f"pages of {size} repeat {len(seen) - len(set(seen))} of {plural(len(seen), 'item')}"
    elif seen[: len(expected)] != expected[: len(seen)]:
        yield f"pages of {size} have other items or another order than a page of {large_size}"
    elif large.is_complete and small.is_complete and len(seen) != len(expected):
        yield f"pages of {size} have {plural(len(seen), 'item')}, a page of {large_size} has {len(expected)}"
    yield from item_problems(large.items, small.items, f"pages of {size}")
    for number, page in enumerate(small.pages[:-1], 1):
        if (count := len(items_of(page.body) or ())) != size:
            yield f"page {number} has {count} of {size} items and is not the last"
            return


def item_problems(items: Sequence[Any], others: Sequence[Any], where: str, but: Collection[str] = ()) -> Iterator[str]:
    """Check that items are the same in another response, except for the properties `but`."""
    known = {key_of(item): item for item in items}
    for other in others:
        own, found = as_object(known.get(key_of(other))), as_object(other)
        if own == found:
            continue
        shared = {name: found[name] for name in found if name in own and name not in but}
        if (message := difference(shared, own)) is not None:
            yield f"{where}: {key_of(other)[:_SHOWN]}: {message}"
            return


def size_problems(page: Response, wanted: int | None, expected: int) -> Iterator[str]:
    """Check the number of items of the first page with a `per_page`, or without one."""
    count = len(items_of(page.body) or ())
    if page.ok and count != expected:
        query = "without per_page" if wanted is None else f"with per_page={wanted}"
        yield f"{query}, the first page has {plural(count, 'item')} instead of {expected}"


def last_number_problems(page: Response, size: int, count: int) -> Iterator[str]:
    """Check the number of the last page of `count` items in pages of `size`."""
    number = query_of(links_of(page).get("last", "")).get("page")
    expected = -(-count // size)
    if page.ok and isinstance(number, str) and number != str(expected):
        yield f"the last page is {number}, although {plural(count, 'item')} fill {plural(expected, 'page')} of {size}"


def _parents(spec: Spec, operation: Operation, item: object) -> Iterator[tuple[str, str]]:
    """Yield the path parameters that the properties and the URL of an item contain."""
    properties = as_object(item)
    for name in operation.parameters:
        for value in (properties.get(name), as_object(properties.get(name)).get("slug")):
            if isinstance(value, str | int):
                yield name, str(value)
    if isinstance(url := properties.get("url"), str):
        path = url_parts(url).path
        own = spec.find("GET", path)
        if own is not None and own.path.startswith(f"{operation.path}/"):
            yield from spec.values(own, path).items()
