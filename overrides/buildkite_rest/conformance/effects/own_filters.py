"""Filters of a list by the values of an object, which are used before and after a change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import evolve, frozen

from ..._base.json_values import as_object
from ..filter_trials import is_direct, query_text
from ..filters import Filter, as_text, filters_of
from ..objects import identifier_of
from ..page_items import items_of
from ..traffic import Response
from .bench import Bench, Subject
from .bodies import values_of
from .checks import LIST
from .expectations import Scenario

#: Items of a page.
_PAGE: Final = 100


@frozen
class OwnFilters:
    """The filters that find an object by its values, as they were used before a change."""

    bench: Bench
    queries: Sequence[tuple[Filter, Mapping[str, Any]]]

    @classmethod
    def of(cls, bench: Bench, subject: Subject, state: object) -> OwnFilters:
        """Filter the list of an object by each of its values."""
        listing = subject.kind.list
        if listing is None or "per_page" not in listing.query or not bench.wants(listing):
            return cls(bench, ())
        filters = [each for each in filters_of(bench.spec, listing) if not each.headers and not each.is_array]
        queries = [(each, query) for each in filters if (query := _query(each, state)) is not None]
        return cls(bench, [(each, query) for each, query in queries if _finds(bench, subject, query)[0]])

    def with_values(self, state: object) -> OwnFilters:
        """Return those of the filters that find another object too."""
        return evolve(self, queries=[(each, query) for each, query in self.queries if _query(each, state) == query])

    def check(self, subject: Subject, cause: Response, *, is_listed: bool) -> None:
        """Check that the same queries find an object with the same values, or no longer if it is deleted."""
        for _, query in self.queries:
            found, page = _finds(self.bench, subject, query)
            verb = "does not find a new object" if is_listed else "still finds the deleted object"
            messages = [f"{query_text(query)} {verb}"] if found is not None and found != is_listed else []
            self.bench.report(LIST, messages, page, cause)


def use_filters(bench: Bench, subject: Subject, before: object, scenario: Scenario) -> None:
    """Filter the list of an object by what a request changes: the results must be other ones afterwards."""
    listing = subject.kind.list
    for name in () if listing is None else sorted(listing.query & scenario.sets.keys()):
        for value in (as_object(before).get(name), scenario.constants.get(name)):
            if isinstance(value, str):
                bench.find(subject, {name: value, "per_page": _PAGE})


def _query(each: Filter, state: object) -> Mapping[str, Any] | None:
    """Return the query for the value of an object, if it shows that."""
    if not is_direct(each) or each.parent is not None or each.related is not None or each.operator == "entries":
        return None
    text = next((text for value in each.found(state) if (text := as_text(value))), None)
    return None if text is None or each.matches(text, state) is not True else {**each.widest, each.name: text}


def _finds(bench: Bench, subject: Subject, query: Mapping[str, Any]) -> tuple[bool | None, Response]:
    """Return whether a list has an object, or None if that is not known, and its first page."""
    listing = subject.kind.list
    assert listing is not None  # noqa: S101 - for the type checker
    page = bench.session.read(listing, values_of(listing, subject.values), query={**query, "per_page": _PAGE})
    name = subject.kind.parameter
    keys = [str(identifier_of(name, item)) for item in items_of(page.body) or ()]
    is_found = str(subject.values[name]) in keys
    return (is_found if page.ok and (is_found or len(keys) < _PAGE) else None), page
