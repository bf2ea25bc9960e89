"""Rules about the pages of a list. They yield a message for each violation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from .._base.json_values import as_object
from .._base.plurals import plural
from .agreement.differences import difference
from .objects import PathValues
from .page_items import items_of, key_of, keys_of
from .pages import PageSequence, links_of, query_of
from .spec import Operation, Spec
from .traffic import Response
from .urls import url_parts

#: Characters of a value in a message.
_SHOWN = 80


def default_size(spec: Spec, operation: Operation) -> int | None:
    """Return the documented size of a page without `per_page`."""
    declared = as_object(spec.query_parameters(operation).get("per_page", {}).get("x-page-size"))
    return default if isinstance(default := declared.get("default"), int) else None


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


def property_problems(
    items: Sequence[Any], others: Sequence[Any], where: str, but: Collection[str] = ()
) -> Iterator[str]:
    """Check that items have the same properties in another response, except for those in `but`."""
    known = {key_of(item): as_object(item) for item in items}
    for other in others:
        own, found = known.get(key_of(other)), as_object(other)
        if own is not None and (names := (own.keys() ^ found.keys()) - set(but)):
            verb = "lacks" if min(names) in own else "has"
            yield f"{where}: {key_of(other)[:_SHOWN]} {verb} {min(names)}"
            return


def repetition_problems(sequence: PageSequence) -> Iterator[str]:
    """Check that no item is on two pages, or twice on one."""
    seen: dict[str, int] = {}
    for number, page in enumerate(sequence.pages, 1):
        for key in keys_of(items_of(page.body) or ()):
            if key in seen:
                yield f"{key[:_SHOWN]} is on page {seen[key]} and again on page {number}"
                return
            seen[key] = number


def distinct_problems(names: Sequence[str], items: Sequence[object]) -> Iterator[str]:
    """Check that no two items have the same value of a property that identifies them."""
    for name in names:
        values = Counter(str(as_object(item).get(name)) for item in items if as_object(item).get(name) is not None)
        for value, count in values.most_common(1):
            if count > 1:
                yield f"{plural(count, 'item')} have the {name} {value[:_SHOWN]}, which only one may have"


def endless_problems(sequence: PageSequence) -> Iterator[str]:
    """Check that each page with a next page has new items."""
    seen = set[str]()
    for number, page in enumerate(sequence.pages, 1):
        keys = set(keys_of(items_of(page.body) or ()))
        if "next" in links_of(page) and keys <= seen:
            yield f"page {number} has no new item and a next page: the list has no end"
            return
        seen |= keys


def beyond_problems(page: Response, number: int) -> Iterator[str]:
    """Check a page after the last one."""
    if not page.ok:
        return
    if items := items_of(page.body):
        found = plural(len(items), "item")
        yield f"page {number} is after the last one and has {found}, such as {key_of(items[0])[:_SHOWN]}"
    elif "next" in links_of(page):
        yield f"page {number} is after the last one and has a next page"


def size_problems(page: Response, wanted: int | None, expected: int) -> Iterator[str]:
    """Check the number of items of the first page with a `per_page`, or without one."""
    count = len(items_of(page.body) or ())
    if page.ok and count != expected:
        query = "without per_page" if wanted is None else f"with per_page={wanted}"
        yield f"{query}, the first page has {plural(count, 'item')} instead of {expected}"


def whole_problems(page: Response, expected: Sequence[Any]) -> Iterator[str]:
    """Check that the parameters of a page have no effect on a list without pages."""
    items = items_of(page.body) or ()
    if page.ok and keys_of(items) != keys_of(expected):
        yield f"page=2 and per_page=1 change a list without pages: {len(items)} instead of {len(expected)} items"


def same_page_problems(relation: str, page: Response, expected: Sequence[Any]) -> Iterator[str]:
    """Check that a link leads to the page with the expected items."""
    if page.ok and keys_of(items_of(page.body) or ()) != keys_of(expected):
        yield f"{relation} leads to other items than the page that was read before"


def before_problems(page: Response, key: str, size: int, sequence: PageSequence) -> Iterator[str]:
    """Check a page of `size` items before the cursor of the item with a key."""
    keys = keys_of(sequence.items)
    expected = keys[: keys.index(key)][-size:]
    if not page.ok:
        yield f"the cursor of a next page gets {page.status} as `before`"
    elif keys_of(items_of(page.body) or ()) != expected:
        yield f"`before` leads to other items than the {plural(len(expected), 'item')} before its cursor"


def last_number_problems(page: Response, size: int, count: int) -> Iterator[str]:
    """Check the number of the last page of `count` items in pages of `size`."""
    number = query_of(links_of(page).get("last", "")).get("page")
    expected = -(-count // size)
    if page.ok and isinstance(number, str) and number != str(expected):
        yield f"the last page is {number}, although {plural(count, 'item')} fill {plural(expected, 'page')} of {size}"


def last_page_problems(page: Response, number: int, size: int, large: PageSequence) -> Iterator[str]:
    """Check the page that `last` leads to."""
    if not page.ok:
        return
    items = items_of(page.body) or []
    if not items:
        yield f"the last page, {number}, is empty"
    elif "next" in links_of(page):
        yield f"the last page, {number}, has a next page"
    elif large.is_complete and keys_of(items) != keys_of(large.items)[(number - 1) * size :]:
        total = len(large.items)
        yield f"the last page, {number}, does not have the items from {(number - 1) * size + 1} to {total}"


def parent_problems(spec: Spec, operation: Operation, values: PathValues, items: Sequence[Any]) -> Iterator[str]:
    """Check that the items belong to the objects in the path of their list."""
    for item in items:
        found = dict(_parents(spec, operation, item))
        for name, value in found.items():
            if name in values and value.casefold() != str(values[name]).casefold():
                yield f"{key_of(item)[:_SHOWN]} belongs to {name} {value[:_SHOWN]} instead of {values[name]}"
                return


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
