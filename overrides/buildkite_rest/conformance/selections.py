"""Filters of lists: which items a value of a query parameter selects, and which values are worth trying.

A filter selects an item, does not select it, or leaves that open (None): then the item is in no comparison.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta, timezone
from fnmatch import fnmatchcase
from glob import escape
from typing import Any, Final, TypeAlias

from attrs import frozen

from .._base.json_values import as_object, is_array, is_object
from .api import Operation, Parameter, types_of
from .behaviour import Filter
from .exchange import Query
from .values import MISSING, get, moment, new_uuid

Related: TypeAlias = Callable[[Any], Sequence[Any] | None]
"""Returns the values of an element that the element itself does not have, or None if they are unknown."""

#: Operators that compare no property. Their results are compared with each other.
_INDIRECT: Final = frozenset({"unseen", "partition", "period"})
#: Operators that compare texts.
_TEXTS: Final = frozenset({"equals", "contains", "glob", "labels"})
#: Values to choose from.
_CANDIDATES: Final = 30
_UNKNOWN: Final = "no-such-value-5f0c8e"
_SEPARATORS: Final = re.compile(r"[/:]")
#: Offsets from UTC, the first with minutes.
_OFFSETS: Final = (timedelta(hours=5, minutes=30), timedelta(hours=-3))


@frozen(eq=False)
class ListFilter:
    """A query parameter that selects items of a list, or elements of an array in each of its items."""

    name: str
    behaviour: Filter
    choices: tuple[str, ...]
    """All values, if they are documented; the keys for the operator `entries`."""
    is_array: bool
    is_uuid: bool
    parent: str
    """Path of the array whose elements are selected, or empty if it is items that are."""
    paths: tuple[str, ...]
    """Paths of the compared properties, any of which may match."""
    headers: Mapping[str, str]
    """Headers without which the filter has no effect."""
    likely: bool
    """Whether values that match only on a server with data like that of the examples match."""

    @classmethod
    def of(cls, operation: Operation, parameter: Parameter, filters: Filter, *, likely: bool) -> ListFilter:
        """Return the filter of a query parameter."""
        item = as_object(parameter.schema.get("items")) or parameter.schema
        choices = tuple(map(str, parameter.choices)) or tuple(as_object(item.get("properties")))
        declared = (filters.property,) if isinstance(filters.property, str) else filters.property
        parent, star, rest = declared[0].partition("/*") if declared else ("", "", "")
        return cls(
            parameter.name,
            filters,
            ("true", "false") if "boolean" in types_of(item) else choices,
            "array" in types_of(parameter.schema),
            item.get("format") == "uuid",
            parent if star else "",
            tuple(filter(None, (rest.strip("/"),))) if star else declared,
            {name: value for name, value in filters.header.items() if name in operation.headers},
            likely,
        )

    @property
    def is_direct(self) -> bool:
        """Whether the filter compares a property that can be read."""
        is_entries = self.behaviour.operator == "entries"
        return self.behaviour.operator not in _INDIRECT and bool(self.paths or self.behaviour.related or is_entries)

    @property
    def roots(self) -> frozenset[str]:
        """Properties of an item that the filter compares, or whose elements it selects."""
        return frozenset(path.partition("/")[0] for path in ((self.parent,) if self.parent else self.paths))

    @property
    def widest(self) -> Query:
        """The query without the effect of the filter. Empty if it has none by default."""
        if self.behaviour.operator == "period":
            return {self.name: self.choices[-1]}
        everything = [value for value, matched in self.behaviour.values.items() if matched is None]
        return {self.name: everything[0]} if self.behaviour.default and self.behaviour.default not in everything else {}

    def query(self, value: Any) -> Query:
        """Return the query with a value, or with several ones of an array."""
        if is_object(value):
            return {f"{self.name}[{key}]": text for key, text in value.items()}
        return {self.name: [value] if self.is_array and not is_array(value) else value}

    def elements(self, item: Any) -> Sequence[Any]:
        """Return what the filter selects or not: an item, or the elements of an array in it."""
        found = at(item, self.parent) if self.parent else [item]
        return found if is_array(found) else []

    def matches(self, wanted: Any, element: Any, related: Related | None = None) -> bool | None:
        """Return whether a value, or one of several, selects an element, or None if that cannot be told."""
        verdicts = {self._matches(each, element, related) for each in (wanted if is_array(wanted) else [wanted])}
        return True if True in verdicts else None if None in verdicts else False

    def _matches(self, wanted: Any, element: Any, related: Related | None) -> bool | None:
        if is_object(wanted):
            root = as_object(at(element, self.paths[0]) if self.paths else element)
            return all(as_text(root.get(key)) == value for key, value in wanted.items())
        texts = self.behaviour.values.get(wanted, [wanted])
        if texts is None:
            return True
        found = self.values_in(element) if related is None else related(element)
        if found is None:
            return None
        is_equal = self._any(texts, found)
        if flags := {name for name in self.behaviour.flags if as_object(element).get(name) is True}:
            return True if flags & {*texts} else None if is_equal else False
        if is_equal:
            return True
        for path in self.behaviour.perhaps:
            value = at(element, path)
            if value is not None and (self.behaviour.operator == "equals" or self._any(texts, [value])):
                is_likely = self.likely and re.search(self.behaviour.likely.get(path, "$^"), str(value)) is not None
                return True if is_likely else None
        return False

    def values_in(self, element: Any) -> list[Any]:
        """Return the values of an element that the filter compares."""
        values: list[Any] = []
        for path in self.paths:
            found = at(element, path)
            values += found if is_array(found) else [found]
        return [str(each).rpartition("/")[2] for each in values if each] if self.behaviour.in_url else values

    def _any(self, texts: Sequence[Any], found: Sequence[Any]) -> bool:
        if self.behaviour.operator == "labels":
            words = [word for word in str(texts[0]).split(",") if word]
            return all((word[1:] not in found) if word.startswith("!") else (word in found) for word in words)
        return any(self._compare(text, value) for text in texts for value in found or [None])

    def _compare(self, wanted: Any, value: Any) -> bool:
        if wanted is None or value is None:
            return wanted is value
        operator = self.behaviour.operator
        if operator in {"from", "before"}:
            limit, time = moment(wanted), moment(value)
            return limit is not None and time is not None and (time >= limit if operator == "from" else time < limit)
        text, pattern = as_text(value) or "", str(wanted)
        if self.behaviour.ignore_case:
            text, pattern = text.casefold(), pattern.casefold()
        if operator == "contains":
            return pattern in text
        return fnmatchcase(text, "*".join(map(escape, pattern.split("*")))) if operator == "glob" else text == pattern

    def candidates(self, elements: Sequence[Any], related: Related | None = None) -> list[Any]:
        """Return values to try, from elements of a list."""
        found: list[Any] = []
        for element in elements:
            if self.behaviour.operator == "entries":
                root = as_object(at(element, self.paths[0]) if self.paths else element)
                names = self.choices or tuple(root)
                found += [{key: root[key]} for key in names if isinstance(root.get(key), str)]
                continue
            values = self.values_in(element) if related is None else related(element) or ()
            likely = [at(element, path) for path in self.behaviour.likely] if self.likely else []
            found += [text for value in (*values, *likely) if (text := as_text(value))]
        if self.choices and self.behaviour.operator != "entries":
            found = [*dict.fromkeys((*found, *self.behaviour.values, *self.choices))]
            return [value for value in found if value in self.choices or value in self.behaviour.values]
        distinct = [*{repr(value): value for value in found}.values()]
        return distinct[:: len(distinct) // _CANDIDATES + 1]

    def forms(self, value: Any, others: Sequence[Any]) -> Iterator[Any]:
        """Yield values that follow from one: parts, patterns, other cases, negations and times close to it."""
        if is_object(value) and not self.choices:
            yield from ({**value, "no-such-key": _UNKNOWN}, {"no-such-first-key": _UNKNOWN, **value})
        if not isinstance(value, str) or self.choices:
            return
        half = max(1, len(value) // 2)
        start, end, inside = value[:half], value[half:], value[1:-1] or value
        match self.behaviour.operator:
            case "glob":
                yield from (f"{start}*", f"*{end}", f"*{inside}*", start, end)
                yield from (f"{value[:1]}*{end}", f"{end}*", f"*{start}")
            case "contains":
                yield inside
            case "labels":
                yield f"!{value}"
                yield from (form for other in others[:1] for form in (f"{value},{other}", f"{value},!{other}"))
            case "equals" if self.behaviour.exact and len(value) > 1:
                words = _SEPARATORS.split(value)
                yield from {start, end, words[0], words[-1]} - {"", value}
            case "from" | "before" if (time := moment(value)) is not None:
                precision = "milliseconds" if time.microsecond else "seconds"
                yield from (time.astimezone(timezone(offset)).isoformat(timespec=precision) for offset in _OFFSETS)
                yield (time + timedelta(milliseconds=1)).isoformat(timespec="milliseconds")
            case _:
                pass
        if self.behaviour.ignore_case and value.swapcase() != value:
            yield value.swapcase()

    def literals(self, value: Any) -> Iterator[Any]:
        """Yield values with characters that are patterns elsewhere. They match nothing but themselves."""
        if is_object(value) and not self.choices:
            last = next(reversed(value), "")
            yield from ({**value, last: text} for text in (*_patterns(value[last]), value[last][:-1]) if text)
        elif isinstance(value, str) and self.behaviour.operator in _TEXTS and not (self.choices or self.is_uuid):
            patterns = [*_patterns(value), *(_globs(value) if self.behaviour.operator == "glob" else ())]
            yield from [patterns] if self.is_array and patterns else patterns

    def arrays(self, value: Any, others: Sequence[Any]) -> Iterator[Sequence[Any]]:
        """Yield several values, the last of which may have a meaning of its own: a pattern, or several values."""
        for other in others[:1]:
            yield [value, other]
            yield (
                [other, f"{value[: max(1, len(value) // 2)]}*"] if self.behaviour.operator == "glob" else [other, value]
            )
        if not self.choices:
            yield [value, self.unknown]
        for name, matched in self.behaviour.values.items():
            single = [other for other in others if matched and other != name and other not in matched]
            yield from ([other, name] for other in single[:1])

    @property
    def unknown(self) -> Any:
        """A value that no item has, or None if there is none to try."""
        match self.behaviour.operator:
            case "from":
                return "2999-01-01T00:00:00Z"
            case "before":
                return "1999-01-01T00:00:00Z"
            case "entries":
                return {self.choices[0]: new_uuid()} if self.choices else {"no-such-key": _UNKNOWN}
            case _:
                return None if self.choices else new_uuid() if self.is_uuid else _UNKNOWN


def at(value: Any, path: str) -> Any:
    """Return the value at a path of property names, or None."""
    found = get(path, value)
    return None if found is MISSING else found


def as_text(value: object) -> str | None:
    """Return a value as a query contains it, or None for null."""
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _around_letter(text: str) -> tuple[str, str, str] | None:
    """Return a letter in the middle of a text, or after it, with what is before and after it."""
    middle = next((index for index in range(len(text) // 2, len(text)) if text[index].isalpha()), None)
    return None if middle is None else (text[:middle], text[middle], text[middle + 1 :])


def _patterns(text: str) -> Iterator[str]:
    """Yield patterns of SQL and of regular expressions that match a text."""
    if (parts := _around_letter(text)) is not None:
        yield from (f"{parts[0]}_{parts[2]}", f"{parts[0]}.{parts[2]}", f"{parts[0]}%")


def _globs(text: str) -> Iterator[str]:
    """Yield patterns of shells that match a text, without the only documented one, `*`."""
    if (parts := _around_letter(text)) is not None:
        start, letter, end = parts
        yield from (f"{start}{one}{end}" for one in ("?", f"[{letter}]", f"{{{letter},~}}", f"\\{letter}"))
