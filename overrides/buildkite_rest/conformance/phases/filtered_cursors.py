"""Cursors to the page before another one keep the filters of a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

from ..filter_trials import Trial, candidates, trial
from ..filters import Filter
from ..list_rules import same_page_problems
from ..objects import PathValues
from ..page_items import items_of
from ..pages import links_of, query_of, read_pages
from ..traffic import Response
from .filtered_list import ATTEMPTS, CHECK, FilteredList

#: Matching items before the second page.
_LARGEST_PAGE: Final = 50


def check_page_before(where: FilteredList, each: Filter) -> None:
    """Read the page before the second one where the item before it in the whole list does not match."""
    for values in where.parents:
        items = where.read(values, each.widest, each).items
        for one in (trial(each, value) for value in candidates(each, items, None)):
            if (size := _size(one, items)) is not None:
                _check(where, each, values, one, size)
                return


def _size(one: Trial, items: Sequence[Any]) -> int | None:
    """Return the size of a page of matching items, after which an item does not match before the next one does."""
    count = 0
    for item, following in pairwise(items):
        count += one.matches(item) is True
        if 0 < count <= _LARGEST_PAGE and one.matches(item) is False and one.matches(following) is True:
            return count
    return None


def _check(where: FilteredList, each: Filter, values: PathValues, one: Trial, size: int) -> None:
    problems: list[str] = []
    pages: Sequence[Response] = list[Response]()
    for again in (False, *[True] * (ATTEMPTS - 1)):
        pages = _pages(where, each, values, one, size, again=again)
        problems = list(_problems(one, pages))
        if not problems:
            where.session.count(CHECK)
            return
    for problem in problems:
        where.report(problem, pages[-1], pages[:-1])


def _pages(
    where: FilteredList, each: Filter, values: PathValues, one: Trial, size: int, *, again: bool
) -> Sequence[Response]:
    """Return the first two pages, and the one before the second."""
    query, headers = {**where.brief, **one.query}, where.declared(each.headers)
    found = read_pages(where.session, where.operation, values, size, 2, query=query, headers=headers, again=again).pages
    url = links_of(found[-1]).get("prev") if len(found) > 1 else None
    if url is None:
        return found
    return [*found, where.session.send(where.operation, values, query=query_of(url), headers=headers)]


def _problems(one: Trial, pages: Sequence[Response]) -> Iterator[str]:
    if len(pages) > 2:
        yield from same_page_problems(f"{one.text}: prev", pages[2], items_of(pages[0].body) or ())
