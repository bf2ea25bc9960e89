"""Operators within the value of a filter whose property is not in the items: `!x`, `x*`, `x,y`, `key:~x`, `key:^x`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from ..._base.json_values import as_object
from ..filters import Filter, at
from ..objects import PathValues
from ..page_items import key_of, keys_of
from ..pages import PageSequence
from .filtered_list import FilteredList

#: Statuses of a value that the server does not support.
_REJECTED: Final = frozenset({400, 404, 422})
#: Characters of a value with a beginning and an end.
_SHORTEST: Final = 4


@frozen
class Operators:
    """The operators of a filter, with a value of it."""

    where: FilteredList
    filter: Filter
    values: PathValues
    value: str
    others: Sequence[str]
    """Other values."""

    def problems(self, base: PageSequence, found: PageSequence) -> Iterator[str]:
        """Compare the results of a value, of all items and of values with operators."""
        yield from self._negation_problems(base, found)
        yield from self._wildcard_problems(found)
        yield from self._prefix_problems(base)
        yield from self._list_problems()
        yield from self._group_problems(base, found)

    def _read(self, value: str) -> PageSequence | None:
        """Return the results of another value, or None if it is rejected for a reason that is checked elsewhere."""
        found = self.where.read(self.values, {self.filter.name: value}, self.filter)
        return None if found.error is not None and found.error.status not in _REJECTED else found

    def _negation_problems(self, base: PageSequence, found: PageSequence) -> Iterator[str]:
        name, negation = self.filter.name, self.filter.negation
        if negation is None:
            return
        negated = with_operator(negation, self.value)
        if (rest := self._read(negated)) is None:
            return
        if self.filter.counts is None:
            lists = {self.value: keys_of(found.items), negated: keys_of(rest.items)}
            yield from partition_problems(name, lists, keys_of(base.items))
        else:
            text, parts = f"{name}={self.value} and {negated}", (found.items, rest.items)
            yield from sum_problems(text, self.filter.counts, parts, base.items)

    def _wildcard_problems(self, found: PageSequence) -> Iterator[str]:
        """Check that `x*` has all results of the values that begin with `x`, and that `x` has only its own."""
        if self.filter.wildcard is None or len(self.value.rpartition(":")[2]) < 2:
            return
        start = self.value[:-1]
        exact, wide = self._read(start), self._read(f"{start}{self.filter.wildcard}")
        if exact is None or wide is None:
            return
        parts = (found.items, exact.items)
        text = f"{self.filter.name}={start}{self.filter.wildcard}"
        yield from cover_problems(text, self.filter.counts, parts, wide.items)

    def _prefix_problems(self, base: PageSequence) -> Iterator[str]:
        """Check that `x*` has nothing of values that do not begin with `x`, be it the beginning or the end of one."""
        key, colon, rest = self.value.rpartition(":")
        counts, wildcard = self.filter.counts, self.filter.wildcard
        if counts is None or wildcard is None or len(rest) < _SHORTEST:
            return
        known = [each for each in (self.value, *self.others) if each.rpartition(":")[0] == key]
        for start in (rest[:-1], rest[len(rest) // 2 :]):
            prefix = f"{key}{colon}{start}"
            others = [each for each in known if not each.startswith(prefix)]
            parts = [each.items for each in map(self._read, (f"{prefix}{wildcard}", *others)) if each is not None]
            text = f"{self.filter.name}={prefix}{wildcard} and values that begin otherwise"
            yield from excess_problems(text, counts, parts, base.items)

    def _list_problems(self) -> Iterator[str]:
        """Check that the order of the values in a list does not matter."""
        separator, key = self.filter.separator, self.value.rpartition(":")[0]
        other = next((each for each in self.others if not key or each.rpartition(":")[0] != key), None)
        if separator is None or other is None:
            return
        texts = (f"{self.value}{separator}{other}", f"{other}{separator}{self.value}")
        lists = [self._read(text) for text in texts]
        if lists[0] is None or lists[1] is None:
            return
        one, two = ({key_of(item): self._count(item) for item in each.items} for each in (lists[0], lists[1]))
        if one != two:
            key = min(one.items() ^ two.items())[0]
            yield f"{self.filter.name}={texts[0]} and {texts[1]} differ in {key[:80]}"

    def _group_problems(self, base: PageSequence, found: PageSequence) -> Iterator[str]:
        """Check the operators that select items by all of their counts."""
        groups, (key, _, value) = self.filter.groups, self.value.rpartition(":")
        if groups.get("key") != key:
            return
        numbers = {key_of(item): self._numbers(item, value) for item in base.items}
        some = {each for each, (count, _) in numbers.items() if count}
        only = {each for each, (count, total) in numbers.items() if count and count == total}
        texts = {self.value: some, with_operator(groups["some"], self.value): some}
        texts[with_operator(groups["only"], self.value)] = only
        for text, expected in texts.items():
            listed = found if text == self.value else self._read(text)
            if listed is None:
                continue
            yield from set_problems(f"{self.filter.name}={text}", set(keys_of(listed.items)), expected)
            for item in listed.items:
                count, total = numbers.get(key_of(item), (0, 0))
                counted = sum(numbers_of(self.filter, item).values())
                wanted = count if text == self.value else total
                if counted != wanted:
                    yield f"{self.filter.name}={text}: {key_of(item)[:80]} counts {counted} instead of {wanted}"
                    return

    def _count(self, item: Any) -> Any:
        return None if self.filter.counts is None else at(item, self.filter.counts)

    def _numbers(self, item: Any, value: str) -> tuple[int, int]:
        """Return the count of a value, and the sum of all counts."""
        numbers = numbers_of(self.filter, item)
        return numbers.get(value, 0), sum(numbers.values())


def numbers_of(each: Filter, item: Any) -> dict[str, int]:
    """Return the counts of an item by value."""
    counts = as_object(at(item, str(each.groups.get("property"))))
    return {name: number for name, number in counts.items() if isinstance(number, int) and number}


def with_operator(operator: str, value: str) -> str:
    """Return a value with an operator, which is before the value of a `key:value`."""
    key, colon, rest = value.rpartition(":")
    return f"{key}{colon}{operator}{rest}"


def partition_problems(name: str, lists: Mapping[str, Sequence[str]], base: Sequence[str]) -> Iterator[str]:
    """Check that each key of a list is in exactly one of several lists."""
    for key in base:
        texts = [value for value, keys in lists.items() if key in keys]
        if len(texts) != 1:
            shown = " and ".join(f"{name}={text}" for text in texts) or f"no value of {name}"
            yield f"{key[:80]} is listed for {shown}"
            return


def sum_problems(text: str, counts: str, parts: Sequence[Sequence[Any]], base: Sequence[Any]) -> Iterator[str]:
    """Check that the counts of each item in several lists add up to its count in the whole list."""
    for item in base:
        whole, found = at(item, counts), _counts_of(item, counts, parts)
        if isinstance(whole, int) and sum(found) != whole:
            yield f"{text}: {counts} of {key_of(item)[:80]} is {' + '.join(map(str, found))} instead of {whole}"
            return


def excess_problems(text: str, counts: str, parts: Sequence[Sequence[Any]], base: Sequence[Any]) -> Iterator[str]:
    """Check that the counts of each item in lists of disjoint parts are at most its count in the whole list."""
    for item in base:
        whole, found = at(item, counts), _counts_of(item, counts, parts)
        if isinstance(whole, int) and sum(found) > whole:
            yield f"{text}: {counts} of {key_of(item)[:80]} is {' + '.join(map(str, found))} instead of at most {whole}"
            return


def cover_problems(text: str, counts: str | None, parts: Sequence[Sequence[Any]], wide: Sequence[Any]) -> Iterator[str]:
    """Check that a list has all items of disjoint parts of it, and counts at least the sum of them."""
    known = {key_of(item): item for item in wide}
    for item in (item for part in parts for item in part):
        key = key_of(item)
        if key not in known:
            yield f"{text}: {key[:80]} is missing"
            return
        if counts is not None and isinstance(whole := at(known[key], counts), int):
            found = _counts_of(item, counts, parts)
            if sum(found) > whole:
                yield f"{text}: {counts} of {key[:80]} is {whole} instead of at least {' + '.join(map(str, found))}"
                return


def set_problems(text: str, found: set[str], expected: set[str]) -> Iterator[str]:
    """Check that a list has the expected keys."""
    if extra := found - expected:
        yield f"{text}: {len(extra)} items do not match, such as {min(extra)[:80]}"
    if missing := expected - found:
        yield f"{text}: {len(missing)} matching items are missing, such as {min(missing)[:80]}"


def _counts_of(item: Any, counts: str, parts: Sequence[Sequence[Any]]) -> list[int]:
    """Return the counts of an item in several lists, in which it may be missing."""
    key = key_of(item)
    numbers = ({key_of(each): at(each, counts) for each in part} for part in parts)
    return [number if isinstance(number := part.get(key), int) else 0 for part in numbers]
