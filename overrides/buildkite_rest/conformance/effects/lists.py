"""Checks of the lists of an object and of its parents: a new object is in them once, a deleted one in none."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import evolve

from ..filters import filters_of
from ..list_rules import last_number_problems
from ..loopback import is_local
from ..objects import identifier_of
from ..order import order_of
from ..page_items import items_of
from ..pages import read_pages
from ..spec import Operation
from ..traffic import Response
from .bench import Bench, Subject
from .bodies import values_of
from .checks import LIST, OTHER_OBJECT, RECORD
from .comparison import lost_values, shown
from .values import BodyRules, request_schema

#: Pages of a list, and their size.
_PAGES: Final = 10
_PAGE_SIZE: Final = 100


def other_lists(bench: Bench, subject: Subject) -> Iterator[Operation]:
    """Yield the operations that list objects of the same kind, and whose path parameters are known."""
    listing = subject.kind.list
    schema = None if listing is None else bench.spec.response_schema(listing)
    for operation in bench.spec.operations:
        is_list = operation.method == "GET" and operation is not listing and not operation.path.endswith("}")
        is_same = is_list and schema and bench.spec.response_schema(operation) == schema
        if is_same and set(operation.parameters) <= subject.values.keys():
            yield operation


def lists_with(bench: Bench, subject: Subject) -> Mapping[Operation, frozenset[str]]:
    """Return the other lists that an object is in, with the other ids in each on this machine."""
    found = [each for each in other_lists(bench, subject) if _find(bench, each, subject)[0] is not None]
    is_on_this_machine = is_local(bench.session.options.base_url)
    own = str(subject.values[subject.kind.parameter])
    return {each: _keys(bench, each, subject) - {own} if is_on_this_machine else frozenset() for each in found}


def check_gone(bench: Bench, subject: Subject, lists: Mapping[Operation, frozenset[str]], cause: Response) -> None:
    """Check that a deleted object is no longer in lists that it was in, and that all others still are."""
    for operation, others in lists.items():
        item, page = _find(bench, operation, subject)
        if page is None:
            continue
        messages = [] if item is None else [f"the deleted object is in the list of {operation.id}"]
        bench.report(LIST, messages, page, cause)
        gone = others - _keys(bench, operation, subject) if others else ()
        messages = [f"a deletion removed another object from the list, {each[:80]}" for each in sorted(gone)[:1]]
        bench.report(OTHER_OBJECT, messages, page, cause)


def _keys(bench: Bench, operation: Operation, subject: Subject) -> frozenset[str]:
    return frozenset(key for key, _ in _items(bench, operation, subject))


def _find(bench: Bench, operation: Operation, subject: Subject) -> tuple[Any, Response | None]:
    """Return an object in another list, without the effect of filters that apply by default, and the last page."""
    widest: Mapping[str, Any] = {}
    for each in filters_of(bench.spec, operation):
        widest = {**widest, **each.widest}
    return bench.find(evolve(subject, kind=evolve(subject.kind, list=operation)), widest)


def listed(bench: Bench, subject: Subject) -> Collection[str] | None:
    """Return the ids in the list that a new object would be in, or None if they are not known."""
    operation = subject.kind.list
    if operation is None or not set(operation.parameters) <= subject.values.keys():
        return None
    _last_page(bench, subject, ())  # a new object changes it
    return [key for key, _ in _items(bench, operation, subject)]


def check_added(bench: Bench, before: Collection[str] | None, subjects: Sequence[Subject]) -> None:
    """Check that requests have added their objects to the list, and no further object with the same values."""
    operation = subjects[0].kind.list
    if before is None or operation is None or subjects[0].created is None:
        return
    own = {str(each.values[each.kind.parameter]) for each in subjects}
    listed_now = [*_items(bench, operation, subjects[0])]
    added = [item for key, item in listed_now if key not in own and key not in before]
    _last_page(bench, subjects[0], [key for key, _ in listed_now])
    for subject in subjects:
        create, cause = subject.kind.create, subject.created
        assert create is not None and cause is not None  # noqa: S101, PT018 - for the type checker
        pointers = BodyRules.of(request_schema(bench.spec, create)).pointers
        copies = [item for item in added if not any(lost_values(subject.sent, item, pointers))]
        messages = ["the request has created two objects"] if copies and subject.sent else []
        bench.report(RECORD, messages, cause, cause)


def _last_page(bench: Bench, subject: Subject, keys: Sequence[str]) -> None:
    """Read a page of one item, and check the number of the last one if the items of the list are known."""
    operation = subject.kind.list
    is_numbered = operation is not None and operation.pagination == "link" and "per_page" in operation.query
    if operation is not None and is_numbered and is_local(bench.session.options.base_url):
        page = bench.session.read(operation, values_of(operation, subject.values), query={"per_page": 1})
        problems = last_number_problems(page, 1, len(keys)) if 1 < len(keys) < _PAGES * _PAGE_SIZE else ()
        bench.report(LIST, problems, page, subject.created or page)


def check_listed(bench: Bench, subject: Subject, name: str, value: object, cause: Response) -> None:
    """Check that an object is in its list whatever the value of a property, on a server on this machine."""
    item, page = bench.find(subject) if is_local(bench.session.options.base_url) else (None, None)
    if page is not None:
        messages = [f"an object with {name} {shown(value)} is not in the list"] if item is None else []
        bench.report(LIST, messages, page, cause)


def listed_keys(bench: Bench, subject: Subject) -> Sequence[str]:
    """Return the ids on the page with an object, unless the list is ordered by the time of the last update."""
    operation = subject.kind.list
    if operation is None or "updated" in (order_of(bench.spec, operation) or ""):
        return ()
    item, page = bench.find(subject)
    items = (items_of(page.body) or []) if page is not None and item is not None else []
    return [str(identifier_of(subject.kind.parameter, each)) for each in items]


def _items(bench: Bench, operation: Operation, subject: Subject) -> Iterator[tuple[str, Any]]:
    values = values_of(operation, subject.values)
    if "per_page" in operation.query:
        items = read_pages(bench.session, operation, values, _PAGE_SIZE, _PAGES).items
    else:
        response = bench.session.read(operation, values)
        items = (items_of(response.body) or []) if response.ok else []
    for item in items:
        yield str(identifier_of(subject.kind.parameter, item)), item
