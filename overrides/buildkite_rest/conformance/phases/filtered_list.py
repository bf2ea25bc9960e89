"""A list, or an object, that is read with and without filters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from attrs import frozen

from ..._base.json_values import as_array, is_array
from ..filter_effects import brief_query
from ..filter_trials import query_text
from ..filters import Filter, Related, at, values_at
from ..objects import ObjectSelector, PathValues, identifier_of
from ..page_items import items_of, key_of
from ..pages import PageSequence, read_pages
from ..spec import Operation
from ..traffic import Response, Session
from ..urls import url_parts

CHECK: Final = "filter_mismatch"
CODE: Final = "BK110"
#: Items of a page.
_PAGE: Final = 100
#: Pages of a list.
_PAGES: Final = 2
#: Items to read where nested objects in them are filtered, or where all of their properties matter.
_NESTING_ITEMS: Final = 60
_WHOLE_ITEMS: Final = 30
#: Attempts to compare two lists while they do not change.
ATTEMPTS: Final = 3

Values = Callable[[Any], Sequence[Any] | None]
"""Returns the values of an item that are not in the item, or None if they are unknown."""


@frozen
class FilteredList:
    """A list or object with parameters."""

    session: Session
    selector: ObjectSelector
    operation: Operation
    parents: Sequence[PathValues]
    """Path parameters of lists of the same kind."""
    brief: Mapping[str, str]
    """The query that leaves out what no filter needs."""

    def read(
        self,
        values: PathValues,
        query: Mapping[str, Any],
        each: Filter | None = None,
        *,
        again: bool = False,
    ) -> PageSequence:
        """Read the list, or the object as a list of one."""
        size, most = _WHOLE_ITEMS, 1
        brief: Mapping[str, str] = {}
        if each is not None and each.parent is not None:
            size, brief = (
                _NESTING_ITEMS,
                brief_query(self.selector.spec, self.operation, {each.parent.partition("/")[0]}),
            )
        elif each is not None:
            size, most, brief = _PAGE, _PAGES, self.brief
        return read_pages(
            self.session,
            self.operation,
            values,
            size,
            most,
            query={**brief, **query},
            headers=None if each is None else self.declared(each.headers),
            again=again,
        )

    def settle(
        self,
        values: PathValues,
        base_query: Mapping[str, Any],
        query: Mapping[str, Any],
        each: Filter,
        compare: Callable[[PageSequence, PageSequence], Iterator[str]],
        *,
        may_refuse: bool = False,
    ) -> None:
        """Compare the list with its results for a query, more than once if they differ, and report what persists.

        With `may_refuse`, the query has a value that the server may reject.
        """
        problems: list[str] = []
        pages: list[Response] = []
        for again in (False, *[True] * (ATTEMPTS - 1)):
            base = self.read(values, base_query, each, again=again)
            found = self.read(values, query, each, again=again)
            if base.error is not None or not base.pages:
                return
            if found.error is not None:
                rejections = () if may_refuse else _rejections(found.error, query)
                problems, pages = list(rejections), [*base.pages[:1], found.error]
            else:
                problems, pages = list(compare(base, found)), [*base.pages[:1], *found.pages[:1]]
            if not problems:
                self.session.count(CHECK)
                return
        for problem in problems:
            self.report(problem, pages[-1], pages[:-1])

    def report(self, problem: str, response: Response, before: Sequence[Response] = ()) -> None:
        """Report a problem."""
        self.session.record_failure(CHECK, CODE, problem, response, before)

    def skip(self, each: Filter, reason: str) -> None:
        """Record that a filter could not be checked."""
        self.session.skip(CHECK, self.operation, f"{each.name}: {reason}")

    def declared(self, headers: Mapping[str, str]) -> Mapping[str, str] | None:
        """Return those of the headers that the operation declares."""
        names = self.selector.spec.header_parameters(self.operation)
        return {name: value for name, value in headers.items() if name in names} or None

    def related(self, each: Filter, values: PathValues) -> Values | None:
        """Return where the values of a filter are, if they are not in the items."""
        if each.related is None:
            return None
        operation = next((one for one in self.selector.spec.operations if one.id == each.related.operation_id), None)
        if operation is None:
            return lambda _: None
        read = self._related_values if each.related.items is None else self._related_element
        return _remembered(partial(read, each.related, operation, values), each.related.url)

    def _related_element(
        self, related: Related, operation: Operation, values: PathValues, item: Any
    ) -> Sequence[Any] | None:
        response = self.session.read(operation, values, query=related.query)
        elements = as_array(at(response.body, related.items or ""))
        found = next((element for element in elements if key_of(element) == key_of(item)), None)
        return None if found is None else [value for value in values_at(found, related.path) if value is not None]

    def _related_values(
        self, related: Related, operation: Operation, values: PathValues, item: Any
    ) -> Sequence[Any] | None:
        known = self._related_path(related, operation, values, item)
        if known is None:
            return []
        pages = read_pages(self.session, operation, known, _PAGE, _PAGES)
        if pages.error is not None or not pages.is_complete:
            return None
        objects = pages.items if any(is_array(items_of(page.body)) for page in pages.pages) else [pages.pages[0].body]
        return [value for each in objects for value in values_at(each, related.path) if value is not None]

    def _related_path(self, related: Related, operation: Operation, values: PathValues, item: Any) -> PathValues | None:
        """Return the path parameters of the object or list that belongs to an item."""
        if related.url is not None:
            path = url_parts(str(at(item, related.url))).path
            return self.selector.spec.values(operation, path) if operation.matches(path) else None
        key = identifier_of(operation.parameters[-1], item)
        return None if key is None else {**values, operation.parameters[-1]: key}


def _remembered(read: Values, url: str | None) -> Values:
    """Return a function that calls `read` once for each item, or for each URL in items."""
    known: dict[str, Sequence[Any] | None] = {}

    def find(item: Any) -> Sequence[Any] | None:
        key = key_of(item) if url is None else str(at(item, url))
        if key not in known:
            known[key] = read(item)
        return known[key]

    return find


def _rejections(response: Response, query: Mapping[str, Any]) -> Iterator[str]:
    """Report the rejection of a value that an item has. Other statuses are checked elsewhere."""
    if response.status in {400, 404, 422}:
        yield f"{query_text(query)}: rejected with {response.status}, although an item has this value"
