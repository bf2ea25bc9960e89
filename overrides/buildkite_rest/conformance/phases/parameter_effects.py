"""Parameters that include, leave out or sort something have their effect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..filter_effects import Effect, ParameterEffect
from ..filters import Filter
from ..list_rules import property_problems
from ..objects import PathValues
from ..page_items import keys_of
from ..pages import PageSequence, read_pages
from .filtered_list import ATTEMPTS, CHECK, FilteredList

#: Objects without a property that is always there, after which it is missed.
_FEW: Final = 3
#: Further lists with the effect to look in for one that has a second page.
_MORE_PARENTS: Final = 10
#: Values of a parameter with which the second page is compared.
_PAGED: Final = 2
#: Statuses of a value that the server does not support.
_INVALID: Final = frozenset({400, 404, 422})


def check_effect(where: FilteredList, effect: ParameterEffect) -> None:
    """Check a parameter that includes, leaves out or sorts something."""
    seen = checked = 0
    for values in where.parents:
        pages = _read(where, effect, values)
        if any(one.error is not None or not one.pages for one in pages.values()):
            if _report_rejections(where, effect, pages):
                return
            continue
        items = {text: one.items_or_object for text, one in pages.items()}
        if effect.is_decisive(items):
            if not checked:
                where.session.count(CHECK)
                _settle(where, effect, values, pages)
            checked += 1
            if _check_second_pages(where, effect, values, pages) or checked > _MORE_PARENTS:
                return
        seen += len(next(iter(items.values())))
    if checked:
        return
    if seen and isinstance(effect, Effect) and (effect.is_always_there or not effect.includes) and seen >= _FEW:
        problem = f"{effect.name}: {effect.path} is in none of {seen} objects, whatever the value"
        where.report(problem, where.read(where.parents[0], {effect.name: "true"}).pages[0])
    else:
        where.session.skip(CHECK, where.operation, f"{effect.name}: no object on which it has an effect")


def _check_second_pages(
    where: FilteredList, effect: ParameterEffect, values: PathValues, pages: Mapping[str, PageSequence]
) -> bool:
    """Check the second page with the last values. Returns whether no other list need be read for it."""
    if where.operation.pagination == "none":
        return True
    requests = list(effect.requests.items())[-_PAGED:]
    longer = {text: request for text, request in requests if request[0] and len(pages[text].items) > 1}
    for text, request in longer.items():
        _check_second_page(where, values, request, text)
    return bool(longer)


def _check_second_page(
    where: FilteredList, values: PathValues, request: tuple[Mapping[str, str], Filter | None], text: str
) -> None:
    """Check that the second page has the second item of the list with the same parameters."""
    query, source = request
    headers = None if source is None else where.declared(source.headers)
    problems: list[str] = []
    pages = PageSequence((), is_complete=False)
    for again in (False, *[True] * (ATTEMPTS - 1)):
        expected = where.read(values, query, source, again=again).items[:2]
        pages = read_pages(where.session, where.operation, values, 1, 2, query=query, headers=headers, again=again)
        problems = list(property_problems(expected, pages.items, f"{text}, second page"))
        if keys_of(pages.items) != keys_of(expected):
            problems.append(f"{text}: the second page has another item than the list")
        if not problems or len(pages.pages) < 2:
            where.session.count(CHECK)
            return
    for problem in problems:
        where.report(problem, pages.pages[-1], pages.pages[:1])


def _report_rejections(where: FilteredList, effect: ParameterEffect, pages: Mapping[str, PageSequence]) -> bool:
    """Report the documented values that are rejected, although the request without them is not."""
    first, *others = pages.items()
    if first[1].error is not None:
        return False
    rejected = [(text, one.error) for text, one in others if one.error is not None and one.error.status in _INVALID]
    for text, response in rejected:
        where.report(f"{effect.name} ({text}) is rejected with {response.status}", response, first[1].pages[:1])
    return bool(rejected)


def _read(
    where: FilteredList, effect: ParameterEffect, values: PathValues, *, again: bool = False
) -> Mapping[str, PageSequence]:
    requests = effect.requests.items()
    return {text: where.read(values, query, source, again=again) for text, (query, source) in requests}


def _settle(
    where: FilteredList, effect: ParameterEffect, values: PathValues, pages: Mapping[str, PageSequence]
) -> None:
    """Report the problems that remain when the list is read again, because objects may change between requests."""
    problems: list[tuple[str, str]] = []
    for attempt in range(ATTEMPTS):
        if attempt:
            pages = _read(where, effect, values, again=True)
        if any(not one.pages for one in pages.values()):
            return
        problems = list(effect.problems({text: one.items_or_object for text, one in pages.items()}))
        if not problems:
            return
    for text, problem in problems:
        where.report(problem, pages[text].pages[0])
