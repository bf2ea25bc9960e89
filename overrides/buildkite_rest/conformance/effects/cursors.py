"""Checks of cursors: they stay with their item when an object is created between two pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import frozen

from ..page_items import items_of, keys_of
from ..pages import links_of, query_of
from ..spec import Operation
from ..traffic import Response
from .bench import Bench, Subject
from .bodies import values_of
from .checks import LIST


@frozen
class _Cursor:
    """A list, its first page of one item, and the query of the next page."""

    listing: Operation
    first: Response
    query: dict[str, Any]


def check_cursors(bench: Bench, subject: Subject) -> None:
    """Read the page after a cursor once another object like one is there, and in lists that record all changes."""
    create = subject.kind.create
    cursors = list(_cursors(bench, subject))
    if create is None or not create.body_examples or not cursors:
        return
    body = bench.bodies.body(create, create.body_examples[-1], 1, subject.values)
    response = bench.send(create, subject.values, body)
    made = bench.created_all(subject, response) or bench.created_again(subject, response) if response.ok else None
    if not made:
        return
    for each in cursors:
        page = bench.session.send(each.listing, values_of(each.listing, subject.values), query=each.query)
        bench.session.count(LIST.name)
        keys = keys_of(items_of(each.first.body) or ())
        if page.ok and (repeated := set(keys) & set(keys_of(items_of(page.body) or ()))):
            message = f"the page after a cursor has {min(repeated)[:80]} again, which was before it, after a creation"
            bench.report(LIST, [message], page, response)


def _cursors(bench: Bench, subject: Subject) -> Iterator[_Cursor]:
    """Yield the lists that the creation of an object adds to, each with its first cursor."""
    for listing in bench.spec.operations:
        is_read = listing.method == "GET" and listing.pagination == "cursor" and bench.wants(listing)
        is_own = listing == subject.kind.list
        is_record = bench.spec.find("POST", listing.path) is None and listing.id not in bench.cursors
        if not is_read or not (is_own or is_record) or not set(listing.parameters) <= subject.values.keys():
            continue
        bench.cursors.add(listing.id)
        first = bench.session.send(listing, values_of(listing, subject.values), query={"per_page": 1})
        url = links_of(first).get("next") if first.ok else None
        if url is not None:
            yield _Cursor(listing, first, query_of(url))
