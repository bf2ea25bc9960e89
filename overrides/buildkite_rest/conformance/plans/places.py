"""Lists whose parameters are tried: their results with one query are compared with those with another one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode, urlsplit

from attrs import field, frozen

from ..api import Operation
from ..exchange import Pages, PathValues, Query
from ..executor import Executor, Finding
from ..objects import identifier_of
from ..selections import ListFilter, Related, at
from ..values import item_difference, key_of

CHECK: Final = "filter_mismatch"

Value: TypeAlias = tuple[ListFilter, Any]
"""A filter with a value, or with several ones of an array."""


@frozen(eq=False)
class Place:
    """A list or an object, and the headers of requests for it."""

    executor: Executor
    operation: Operation
    values: PathValues
    headers: Mapping[str, str] = field(factory=dict[str, str])

    def read(self, query: Query) -> Pages:
        """Read the first page of the list with a query, which is large enough for a comparison."""
        return self.executor.read_pages(self.operation, self.values, query, self.headers, most=1)

    def compare(self, base: Query, query: Query, values: Sequence[Value] = (), but: Collection[str] = ()) -> None:
        """Report how the list with a query differs from what values of filters select of the list with another one.

        Properties of items may differ if they are in `but`.
        """
        text = urlencode(query, doseq=True, safe=":/*[],!^~% ") or "without the parameter"

        def judge() -> Iterator[Finding]:
            whole, found = self.read(base), self.read(query)
            shown, before = found.exchanges[-1], whole.exchanges[:1]
            is_refused = shown.status == 404 or (self.executor.is_local and shown.status in {400, 422})
            if whole.ok and is_refused:
                yield Finding(CHECK, f"{text} gets {shown.status}", shown, before)
            for message in self._problems(whole, found, values, but) if whole.ok and found.ok else ():
                yield Finding(CHECK, f"{text}: {message}", found.exchanges[0], before)

        self.executor.count(CHECK)
        self.executor.check(judge)

    def _problems(self, base: Pages, found: Pages, values: Sequence[Value], but: Collection[str]) -> Iterator[str]:
        nested = values[0][0] if values else None
        tests = [partial(each.matches, value, related=self.related(each)) for each, value in values]
        whole, listed = elements(nested, base), elements(nested, found)
        verdicts = {key: {test(each) for test in tests} for key, each in {**listed, **whole}.items()}
        wrong = [key for key in listed if False in verdicts[key]]
        missing = [key for key in whole if verdicts[key] <= {True} and key not in listed and found.is_whole]
        strange = [key for key in listed if key not in whole and base.is_whole]
        for keys, text in ((wrong, "do not match"), (missing, "are missing"), (strange, "are not in the whole list")):
            if keys:
                yield f"{len(keys)} items {text}, such as {keys[0]}"
        common = [key for key in whole if key in listed]
        if values and self.executor.is_local and common != [key for key in listed if key in whole]:
            yield "the order is not that of the whole list"
        known = {key_of(each): each for each in base.objects}
        changed = {*but}.union(*(each.changed for each, _ in values))
        for each in found.objects:
            if (text := item_difference(each, known.get(key_of(each), each), changed) or "") != "":
                yield f"{key_of(each)}: {text}"
                return

    def add_up(self, left: Sequence[Query], right: Sequence[Query], counts: str | None, *, exact: bool = True) -> None:
        """Report an item that counts more, or also less, in the lists of some queries than in those of others."""

        def judge() -> Iterator[Finding]:
            lists = [[self.read(query) for query in queries] for queries in (left, right)]
            one, other = (sum((_counts(pages, counts) for pages in side), Counter[str]()) for side in lists)
            wrong = [key for key in one | other if one[key] > other[key] or (exact and one[key] < other[key])]
            if wrong and all(pages.is_whole for side in lists for pages in side):
                numbers = f"{one[wrong[0]]} in the results of {left}, and {other[wrong[0]]} in those of {right}"
                yield Finding(CHECK, f"{wrong[0]} counts {numbers}", lists[0][0].exchanges[0])

        self.executor.count(CHECK)
        self.executor.check(judge)

    def related(self, each: ListFilter) -> Related | None:
        """Return a function that reads the values of an element that are in another response."""
        return partial(self._related, each) if each.behaviour.related else None

    def _related(self, each: ListFilter, element: Any) -> Sequence[Any] | None:
        related = each.behaviour.related
        assert related is not None  # noqa: S101 - for the type checker
        operation = self.executor.api.by_id[related.operation]
        known: PathValues | None = self.values
        if related.url is not None:
            known = operation.values_in(urlsplit(str(at(element, related.url))).path)
        elif related.items is None:
            key = identifier_of(operation.parameters[-1], element)
            known = None if key is None else {**self.values, operation.parameters[-1]: key}
        if known is None:
            return []
        pages = self.executor.read_pages(operation, known, related.query)
        objects = pages.objects
        if related.items is not None and objects:
            objects = [one for one in at(objects[0], related.items) or () if key_of(one) == key_of(element)]
        found = [at(one, related.property or "") for one in objects]
        is_known = pages.is_whole and (objects or related.items is None)
        return [value for value in found if value is not None] if is_known else None


def elements(each: ListFilter | None, pages: Pages) -> Mapping[str, Any]:
    """Return what a filter selects in a list, by key."""
    if each is None or not each.parent:
        return {key_of(item): item for item in pages.objects}
    return {f"{key_of(item)}/{key_of(one)}": one for item in pages.objects for one in each.elements(item)}


def _counts(pages: Pages, counts: str | None) -> Counter[str]:
    """Return how often each item is in a list: once, or as often as it counts."""
    found = Counter[str]()
    for item in pages.objects:
        number = at(item, counts) if counts else 1
        found[key_of(item)] += number if isinstance(number, int) else 0
    return found
