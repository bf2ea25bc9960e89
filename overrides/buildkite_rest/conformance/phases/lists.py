"""The phase *lists*: pages contain each item once, in the documented order, and end, at any page size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from ..._base.json_values import as_object
from ..effects.values import BodyRules, request_schema
from ..filter_effects import brief_query
from ..list_rules import (
    before_problems,
    beyond_problems,
    default_size,
    distinct_problems,
    endless_problems,
    last_number_problems,
    last_page_problems,
    pagination_problems,
    parent_problems,
    repetition_problems,
    same_page_problems,
    size_problems,
    whole_problems,
)
from ..loopback import is_local
from ..objects import ObjectSelector, PathValues
from ..order import order_of, order_problems
from ..page_items import items_of, keys_of
from ..pages import PageSequence, links_of, next_cursor, query_of, read_pages
from ..spec import Operation, Spec
from ..traffic import Response, Session

#: Items of a large page.
_LARGE_PAGE: Final = 100
#: Large pages to read.
_LARGE_PAGES: Final = 3
#: Small pages that the same items are divided into.
_SMALL_PAGES: Final = 4
#: Attempts to read a list while it does not change.
_ATTEMPTS: Final = 3
#: Lists of a kind to try until one has enough items.
_LISTS: Final = 20
#: Items of a page of the default size, and lists to try until one has more. Others may show a smaller size too.
_DEFAULT_PAGE: Final = 30
_LONG_LISTS: Final = 6
#: Pages of the default size to read.
_DEFAULT_PAGES: Final = 4
#: Lists of a kind to look for more items in than a page has, after a run has added some.
_GROWN_LISTS: Final = 2
#: Pages before the cursor whose previous page is read.
_BEFORE: Final = 3
#: A page that no list reaches.
_FAR_PAGE: Final = 1_000_000
_TOO_SHORT: Final = "no list has two items"
#: Codes by check.
_CODES: Final = {"list_inconsistent": "BK101", "list_unsorted": "BK108", "list_endless": "BK109"}


@frozen
class Problem:
    """A violation, and the responses that show it."""

    check: str
    message: str
    responses: Sequence[Response]


def check_lists(session: Session, selector: ObjectSelector, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Read lists in pages of several sizes. Yields each operation before its requests are sent."""
    for operation in operations:
        if operation.method != "GET":
            continue
        is_paged = operation.pagination != "none" and "per_page" in operation.query
        if is_paged or order_of(selector.spec, operation) is not None or distinct_of(selector.spec, operation):
            yield operation
            candidates = selector.usable(operation) if operation.parameters else [dict[str, str | int]()]
            if not candidates:
                session.skip("list_inconsistent", operation, "no object whose list could be read")
            _check(session, selector.spec, operation, candidates)
        if operation.pagination == "none" and selector.spec.response_schema(operation).get("type") == "array":
            yield operation
            _check_whole(session, operation, selector.usable(operation) if operation.parameters else [{}])


def _check_whole(session: Session, operation: Operation, candidates: Sequence[PathValues]) -> None:
    """Check that a list that is documented to be returned whole has no pages."""
    for values in candidates[:_LISTS]:
        if len(items_of(session.read(operation, values).body) or ()) < 2:
            continue
        session.count("list_inconsistent")
        for attempt in range(_ATTEMPTS):
            whole = session.send(operation, values)
            page = session.send(operation, values, query={"page": 2, "per_page": 1})
            problems = list(whole_problems(page, items_of(whole.body) or ()))
            for problem in problems if attempt == _ATTEMPTS - 1 else ():
                session.record_failure("list_inconsistent", _CODES["list_inconsistent"], problem, page, [whole])
            if not problems:
                return
        return


def check_grown_lists(
    session: Session, selector: ObjectSelector, operations: Sequence[Operation]
) -> Iterator[Operation]:
    """Check the lists that had too few items at the beginning of a run that has added some.

    With two items there is an order, and with more than a page the default size of pages shows.
    """
    short = [each for each in session.results.skipped if (each.check, each.reason) == ("list_inconsistent", _TOO_SHORT)]
    ids = {each.operation_id for each in short}
    session.results.skipped = [each for each in session.results.skipped if each not in short]
    yield from check_lists(session, selector, [each for each in operations if each.id in ids])
    for operation in operations:
        default = default_size(selector.spec, operation) if operation.method == "GET" else None
        if default is not None and operation.id not in ids:
            yield operation
            lists = selector.usable(operation) if operation.parameters else [dict[str, str | int]()]
            for values in lists[:_GROWN_LISTS]:
                _check_default_size(session, selector.spec, operation, values, default)


def _check_default_size(session: Session, spec: Spec, operation: Operation, values: PathValues, default: int) -> None:
    """Read a list that may have more items than a page now."""
    brief = brief_query(spec, operation)
    for attempt in range(_ATTEMPTS):
        page = session.send(operation, values, query=brief)
        if len(items_of(page.body) or ()) == default:
            return
        large = session.send(operation, values, query={**brief, "per_page": _LARGE_PAGE})
        count = len(items_of(large.body) or ())
        problems = list(size_problems(page, None, min(default, count))) if large.ok else []
        if not problems:
            return
        for problem in problems if attempt == _ATTEMPTS - 1 else ():
            session.record_failure("list_inconsistent", _CODES["list_inconsistent"], problem, page, [large])


def distinct_of(spec: Spec, operation: Operation) -> Sequence[str]:
    """Return the properties that no two items share: as documented, or as no two objects can be created with."""
    create = spec.find("POST", operation.path) if operation.path.count("{") == len(operation.parameters) else None
    unique = () if create is None else BodyRules.of(request_schema(spec, create)).unique
    return sorted({*unique, *spec.node(operation).get("x-distinct", ())})


def _check(session: Session, spec: Spec, operation: Operation, candidates: Sequence[PathValues]) -> None:
    large, values = PageSequence((), is_complete=False), None
    brief = brief_query(spec, operation)
    long_enough = 0
    for candidate in candidates[:_LISTS]:
        sequence = read_pages(session, operation, candidate, _LARGE_PAGE, _LARGE_PAGES, query=brief)
        if values is None or len(sequence.items) > len(large.items):
            large, values = sequence, candidate
        long_enough += len(large.items) > _SMALL_PAGES
        if len(large.items) > _DEFAULT_PAGE or long_enough >= _LONG_LISTS:
            break
    if values is None:
        return
    if not large.pages:
        session.skip("list_inconsistent", operation, "the list cannot be read")
        return
    if len(large.items) < 2:
        session.skip("list_inconsistent", operation, _TOO_SHORT)
    reader = _Reader(session, spec, operation, values, brief)
    problems: list[Problem] = []
    for attempt in range(_ATTEMPTS):
        if attempt:  # the list may have changed between the requests
            large = read_pages(session, operation, values, _LARGE_PAGE, _LARGE_PAGES, query=brief, again=True)
        problems = list(reader.problems(large, again=attempt > 0)) if large.pages else []
        if not problems:
            session.count("list_inconsistent")
            return
    for problem in problems:
        *before, last = problem.responses
        session.record_failure(problem.check, _CODES[problem.check], problem.message, last, before)


def _uneven_size(count: int) -> int | None:
    """Return a size of pages, the last of which is not full, or None for short lists."""
    return next((size for size in range(max(2, count // _SMALL_PAGES), count) if count % size), None)


@frozen
class _Reader:
    """Reads one list in several ways."""

    session: Session
    spec: Spec
    operation: Operation
    values: PathValues
    brief: Mapping[str, str]
    """The query that leaves out what makes the items large."""

    def problems(self, large: PageSequence, *, again: bool) -> Iterator[Problem]:
        """Compare the list in large pages with what other requests return."""
        first = large.pages[0]
        for message in endless_problems(large):
            yield Problem("list_endless", message, large.pages)
        for message in (
            *repetition_problems(large),
            *parent_problems(self.spec, self.operation, self.values, large.items),
            *distinct_problems(distinct_of(self.spec, self.operation), large.items),
        ):
            yield Problem("list_inconsistent", message, large.pages)
        order = order_of(self.spec, self.operation)
        for message in () if order is None else order_problems(order, large.items):
            yield Problem("list_unsorted", message, large.pages)
        if self.operation.pagination == "none":
            return
        yield from self._ends(large, again=again)
        if large.items:
            yield from self._sizes(large, again=again)
        if len(large.items) < 2:
            return
        size = min(_LARGE_PAGE - 1, max(1, len(large.items) // _SMALL_PAGES))
        small = self._pages(size, _SMALL_PAGES + 2, again=again)
        if small.pages:
            for message in endless_problems(small):
                yield Problem("list_endless", message, small.pages)
            for message in pagination_problems(large, small, size, _LARGE_PAGE):
                yield Problem("list_inconsistent", message, [first, *small.pages])
            yield from self._relations(large, small, size, again=again)

    def _ends(self, large: PageSequence, *, again: bool) -> Iterator[Problem]:
        """Read a page after the last one."""
        if self.operation.pagination != "link" or "page" not in self.operation.query:
            return
        number = len(large.pages) + 1 if large.is_complete else _FAR_PAGE
        page = self._page({**self.brief, "per_page": _LARGE_PAGE, "page": number}, again=again)
        for message in beyond_problems(page, number):
            check = "list_inconsistent" if large.is_complete else "list_endless"
            yield Problem(check, message, [large.pages[-1], page])

    def _sizes(self, large: PageSequence, *, again: bool) -> Iterator[Problem]:
        """Read the first page in the smallest, the default and too large a size, and in one that divides no list."""
        count = len(large.items)
        sizes: list[tuple[int | None, int]] = [(1, 1)]
        if (uneven := _uneven_size(count)) is not None and uneven < _LARGE_PAGE and large.is_complete:
            sizes.append((uneven, uneven))
        declared = as_object(self.spec.query_parameters(self.operation)["per_page"].get("x-page-size"))
        if (default := default_size(self.spec, self.operation)) is not None:
            sizes.append((None, min(default, count)))
        if isinstance(maximum := declared.get("maximum"), int) and count > maximum:
            sizes.append((maximum * 2, maximum))
        for wanted, expected in sizes:
            page = self._page({} if wanted is None else {"per_page": wanted}, again=again)
            for message in size_problems(page, wanted, expected):
                yield Problem("list_inconsistent", message, [large.pages[0], page])
            if wanted is None and count > expected:
                yield from self._following(large, page, expected)
            if self.operation.pagination == "link" and large.is_complete:
                for message in last_number_problems(page, expected, count):
                    yield Problem("list_inconsistent", message, [large.pages[0], page])

    def _following(self, large: PageSequence, page: Response, size: int) -> Iterator[Problem]:
        """Read the pages of the default size after the first one."""
        pages = [page]
        for start in range(size, min(len(large.items), _DEFAULT_PAGES * size), size):
            if (url := links_of(pages[-1]).get("next")) is None:
                message = f"without per_page, page {len(pages)} of several has no link next"
                yield Problem("list_inconsistent", message, pages)
                return
            pages.append(self._page(query_of(url), again=True))
            if not pages[-1].ok:
                return
            for message in same_page_problems("next, without per_page,", pages[-1], large.items[start : start + size]):
                yield Problem("list_inconsistent", message, [*large.pages[:1], *pages])

    def _relations(self, large: PageSequence, small: PageSequence, size: int, *, again: bool) -> Iterator[Problem]:
        """Follow the links to other pages than the next."""
        first = small.pages[0]
        last = links_of(first).get("last")
        number = query_of(last).get("page", "") if last is not None and self.operation.pagination == "link" else ""
        if last is not None and str(number).isdecimal():
            page = self._page(query_of(last), again=again)
            for message in last_page_problems(page, int(number), size, large):
                yield Problem("list_inconsistent", message, [first, page])
        if len(small.pages) < 2:
            return
        second = small.pages[1]
        yield from self._before(small, size, again=again)
        if self._has_numbers and "last" not in links_of(first):
            yield Problem("list_inconsistent", "the first of several pages has no link last", [first])
        for relation in self._expected_relations():
            if relation not in links_of(second):
                yield Problem("list_inconsistent", f"the second page has no link {relation}", [first, second])
        for relation in ("prev", "first"):
            if (url := links_of(second).get(relation)) is not None:
                page = self._page(query_of(url), again=again)
                for message in same_page_problems(relation, page, items_of(first.body) or ()):
                    yield Problem("list_inconsistent", message, [first, second, page])
        if (url := links_of(first).get("next")) is not None:
            page = self._page({**self.brief, "per_page": str(size), **query_of(url)}, again=True)
            for message in same_page_problems("next, when followed again,", page, items_of(second.body) or ()):
                yield Problem("list_inconsistent", message, [first, second, page])

    @property
    def _has_numbers(self) -> bool:
        """Whether pages have numbers, on this machine, so that they are all known."""
        return self.operation.pagination == "link" and is_local(self.session.options.base_url)

    def _expected_relations(self) -> Sequence[str]:
        """Return the relations that each page but the first has."""
        return ("first", "prev") if self._has_numbers else self.spec.node(self.operation).get("x-page-links", ())

    def _before(self, small: PageSequence, size: int, *, again: bool) -> Iterator[Problem]:
        """Read the page before a cursor that is as far from the first page as possible."""
        page = [each for each in small.pages[:_BEFORE] if "next" in links_of(each)][-1]
        cursor = next_cursor(page) if "before" in self.operation.query else None
        key = keys_of(items_of(page.body) or ())[-1:]
        if cursor is None or not key:
            return
        found = self._page({"per_page": size, "before": cursor}, again=again)
        for message in before_problems(found, key[0], size, small):
            yield Problem("list_inconsistent", message, [page, found])

    def _pages(self, size: int, most: int, *, again: bool) -> PageSequence:
        return read_pages(self.session, self.operation, self.values, size, most, query=self.brief, again=again)

    def _page(self, query: Mapping[str, Any], *, again: bool) -> Response:
        send = self.session.send if again else self.session.read
        return send(self.operation, self.values, query=query)
