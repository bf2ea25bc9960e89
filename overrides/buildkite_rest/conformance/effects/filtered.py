"""Checks of filters after a change: they select an object by the values that it has now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..._base.json_values import as_object
from ..filters import Filter, filters_of
from ..objects import PathValues, identifier_of
from ..pages import PageSequence, read_pages
from ..spec import Operation, object_path
from ..traffic import Response
from .bench import Bench, Subject
from .bodies import values_of
from .checks import LIST
from .comparison import shown
from .expectations import Scenario
from .pointers import MISSING, resolve

#: Items of a page, and pages to read.
_PAGE: Final = 100
_PAGES: Final = 10


def check_filters(bench: Bench, subject: Subject, scenario: Scenario, cause: Response) -> None:
    """Check that the filters of the list of an object select it if it has their value after a request."""
    listing = subject.kind.list
    if listing is None or not bench.wants(listing):
        return
    for each in filters_of(bench.spec, listing):
        for value, is_wanted in _selections(each, scenario):
            query, key = {each.name: value}, subject.values[subject.kind.parameter]
            found = _read(bench, listing, subject.values, query, each.headers)
            if found is None or _contains(found, subject.kind.parameter, key) == is_wanted:
                continue
            everything = _read(bench, listing, subject.values, {}, each.headers) if is_wanted else found
            if everything is not None and _contains(everything, subject.kind.parameter, key):
                verb = "is not" if is_wanted else "is still"
                message = f"the object {verb} in the list with {each.name}={value}"
                bench.report(LIST, [message], found.pages[-1], cause)


def _selections(each: Filter, scenario: Scenario) -> Iterator[tuple[str, bool]]:
    """Yield values of a filter, and whether they select an object after a request."""
    for value, operation in each.listed_by.items():
        if operation in scenario.is_in or operation in scenario.not_in:
            yield value, operation in scenario.is_in
    if each.operator != "equals" or each.headers or len(each.properties) != 1:
        return
    expected = as_object(scenario.sets.get(each.properties[0]))
    yield from ((str(value), True) for value in expected.get("contains", ())[:1])
    yield from ((str(value), False) for value in expected.get("lacks", ())[:1])


def check_related_filters(bench: Bench, subject: Subject, cause: Response, *, is_listed: bool) -> None:
    """Check that filters of the parents select that of an object, or no longer if the object was deleted."""
    listing = subject.kind.list
    path = object_path(subject.kind.path.rpartition("/")[0].rpartition("/")[0])
    parents = bench.spec.find("GET", path.rpartition("/")[0])
    if listing is None or parents is None or not {*parents.parameters} < subject.values.keys():
        return
    name = path.rpartition("{")[2].rstrip("}")
    for each in filters_of(bench.spec, parents):
        related = each.related
        if related is None or related.operation_id != listing.id or related.items is not None:
            continue
        value = resolve(related.path, subject.body)
        if value is MISSING or name not in subject.values:
            continue
        found = _read(bench, parents, subject.values, {each.name: value}, each.headers)
        if found is None or _contains(found, name, subject.values[name]) == is_listed:
            continue
        if not is_listed and bench.items_with(subject, related.path, value):
            continue  # another object has the same value
        text = "does not contain the parent of a new object" if is_listed else "contains the parent of a deleted object"
        bench.report(LIST, [f"the list with {each.name}={shown(value)} {text}"], found.pages[-1], cause)


def _read(
    bench: Bench, operation: Operation, values: PathValues, query: Mapping[str, Any], headers: Mapping[str, str]
) -> PageSequence | None:
    """Return all pages of a list, or None if there is an error or there are too many."""
    known = values_of(operation, values)
    found = read_pages(bench.session, operation, known, _PAGE, _PAGES, query=query or None, headers=headers or None)
    return found if found.is_complete and found.pages else None


def _contains(pages: PageSequence, parameter: str, key: str | int) -> bool:
    return any(str(identifier_of(parameter, item)) == str(key) for item in pages.items)
