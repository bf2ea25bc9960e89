"""Objects that a request names in its body, and that only a list returns."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Any

from attrs import frozen

from ..objects import PathValues, object_from_item
from ..page_items import items_of, key_of
from ..spec import Operation, object_path
from ..traffic import Response
from .bench import Bench, Subject
from .bodies import values_of
from .checks import OTHER_OBJECT
from .comparison import unexpected_changes
from .kinds import Kind

#: Lists to read until one has enough items.
_LISTS = 60
#: Items that a list needs: one to change, and another one.
_ITEMS = 2


def listed_subjects(bench: Bench, name: str) -> list[Subject]:
    """Return the items of the first list of an operation that has enough of them, or else of the longest."""
    listing = next((each for each in bench.spec.operations if each.id == name), None)
    if listing is None:
        return []
    path = f"{listing.path}/{{item}}"
    read = next((each for each in bench.spec.operations if each.method == "GET" and _is_item(each.path, path)), None)
    kind = Kind(path if read is None else read.path, None, listing, read, None, None, (), ())
    found: list[Subject] = []
    for values in islice(_parents(bench, listing), _LISTS):
        response = bench.read(listing, values)
        items = (items_of(response.body) or []) if response.ok else []
        if len(items) > len(found):
            found = [Subject(kind, {**values, kind.parameter: key_of(item)}, item, is_own=False) for item in items]
        if len(found) >= _ITEMS:
            break
    return found


def _parents(bench: Bench, listing: Operation) -> Iterator[PathValues]:
    """Yield the path parameters of lists, also of those whose parents were not read because they are not tested."""
    if known := bench.selector.usable(listing):
        yield from known
        return
    path = object_path(listing.path)
    above = bench.spec.find("GET", path.rpartition("/")[0])
    if above is None:
        return
    for values in bench.selector.usable(above):
        for item in items_of(bench.read(above, values).body) or ():
            if (found := object_from_item(path, values, item)) is not None:
                yield found.values


def _is_item(path: str, template: str) -> bool:
    return path.endswith("}") and object_path(path).rpartition("/")[0] == template.rpartition("/")[0]


@frozen
class Neighbours:
    """The items of a list that a request body does not name."""

    subject: Subject
    items: Mapping[str, Any]
    known: Collection[str]
    """All items of the list."""

    @classmethod
    def of(cls, bench: Bench, subject: Subject, body: Any) -> Neighbours:
        """Read the list before a request."""
        named = json.dumps(body)
        known = dict(_items(_read(bench, subject)))
        items = {key: item for key, item in known.items() if key not in named and key != key_of(subject.body)}
        return cls(subject, items, known.keys())

    def check(self, bench: Bench, cause: Response, what: str) -> None:
        """Check that the items are the same after the request."""
        response = _read(bench, self.subject)
        if response is None or not response.ok:
            return
        found = dict(_items(response))
        is_whole = "per_page" not in response.operation.query
        if is_whole and (gone := [key for key in self.items if key not in found]):
            bench.report(
                OTHER_OBJECT, [f"{what} removed another object from the list, {gone[0][:80]}"], response, cause
            )
        is_deletion = cause.operation.method == "DELETE"
        if is_whole and is_deletion and (added := [key for key in found if key not in self.known]):
            bench.report(OTHER_OBJECT, [f"{what} added an object to the list, {added[0][:80]}"], response, cause)
        for key, before in self.items.items():
            messages = list(unexpected_changes(before, found.get(key, before), ()))
            text = f"{what} had an effect on another object, {key[:80]}"
            bench.report(OTHER_OBJECT, [f"{text}: {each}" for each in messages[:1]], response, cause)


def _read(bench: Bench, subject: Subject) -> Response | None:
    listing = subject.kind.list
    return None if listing is None else bench.read(listing, values_of(listing, subject.values))


def _items(response: Response | None) -> Iterator[tuple[str, Any]]:
    for item in (items_of(response.body) or []) if response is not None else []:
        yield key_of(item), item
