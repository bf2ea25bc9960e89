"""Filters have the same results on a page of the default size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..filter_trials import Trial
from ..filters import Filter
from ..list_rules import default_size
from ..objects import PathValues
from ..page_items import items_of, keys_of
from ..pages import links_of
from .filtered_list import ATTEMPTS, CHECK, FilteredList


def check_default_page(
    where: FilteredList, each: Filter, values: PathValues, trials: Iterable[Trial], items: Sequence[Any]
) -> None:
    """Check the first page of the results without `per_page`, if possible with a match after that of the list."""
    default = default_size(where.selector.spec, where.operation)
    useful = [one for one in trials if any(one.matches(item) for item in items)]
    if default is None or not useful:
        return
    one = next((one for one in useful if any(one.matches(item) for item in items[default:])), useful[0])
    session, operation, headers = where.session, where.operation, where.declared(each.headers)
    for attempt in range(ATTEMPTS):
        whole = where.read(values, one.query, each, again=attempt > 0)
        page = session.send(operation, values, query={**where.brief, **one.query}, headers=headers)
        if whole.error is not None or not page.ok:
            return
        problem = _problem(
            keys_of(whole.items), keys_of(items_of(page.body) or ()), default, has_next="next" in links_of(page)
        )
        if problem is None:
            session.count(CHECK)
            return
        if attempt == ATTEMPTS - 1:
            where.report(f"{one.text}, without per_page: {problem}", page, whole.pages[:1])


def _problem(expected: Sequence[str], found: Sequence[str], default: int, *, has_next: bool) -> str | None:
    if found != expected[:default]:
        return f"other items than with per_page, {len(found)} instead of {len(expected[:default])}"
    if has_next != (len(expected) > default):
        return f"{'a' if has_next else 'no'} next page, although {len(expected)} items match"
    return None
