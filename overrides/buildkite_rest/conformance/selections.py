"""Filters of lists: which items a value of a query parameter selects, and which values are worth trying.

A filter selects an item, does not select it, or leaves that open (None): then the item is in no comparison.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from fnmatch import fnmatchcase
from glob import escape
from typing import Any, Final, TypeAlias
from uuid import uuid4

from attrs import frozen

from .._base.json_values import as_object, is_array, is_object
from .api import Operation, Parameter, types_of
from .behaviour import Filter
from .exchange import Query
from .values import MISSING, get, moment

Related: TypeAlias = Callable[[Any], Sequence[Any] | None]
"""Returns the values of an element that the element itself does not have, or None if they are unknown."""

#: Values to choose from.
_CANDIDATES: Final = 30
_UNKNOWN: Final = "no-such-value-5f0c8e"
_SEPARATORS: Final = re.compile(r"[/:.-]")
#: An offset from UTC with minutes.
_OFFSET: Final = timezone(timedelta(hours=5, minutes=30))
#: The time around the beginning of a period in which a filter may match or not.
_MARGIN: Final = timedelta(minutes=10)


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
    now: datetime
    is_local: bool
    """Whether the server has data like that of the examples, so that likely matches are certain."""

    @classmethod
    def of(
        cls, operation: Operation, parameter: Parameter, behaviour: Filter, now: datetime, *, is_local: bool
    ) -> ListFilter:
        """Return the filter of a query parameter."""
        item = as_object(parameter.schema.get("items")) or parameter.schema
        choices = tuple(map(str, parameter.choices)) or tuple(as_object(item.get("properties")))
        paths = (behaviour.property,) if isinstance(behaviour.property, str) else behaviour.property
        parent, star, rest = paths[0].partition("/*") if paths else ("", "", "")
        return cls(
            parameter.name,
            behaviour,
            ("true", "false") if "boolean" in types_of(item) else choices,
            "array" in types_of(parameter.schema),
            item.get("format") == "uuid",
            parent if star else "",
            tuple(filter(None, (rest.strip("/"),))) if star else paths,
            {name: value for name, value in behaviour.header.items() if name in operation.headers},
            now,
            is_local,
        )

    @property
    def roots(self) -> frozenset[str]:
        """Properties of an item that the filter compares, or whose elements it selects."""
        return frozenset(path.partition("/")[0] for path in ((self.parent,) if self.parent else self.paths))

    @property
    def changed(self) -> frozenset[str]:
        """Properties of an item that depend on the value."""
        return frozenset({self.parent.partition("/")[0], *self.behaviour.changes})

    @property
    def widest(self) -> Query:
        """The query without the effect of the filter. Empty if it has none by default."""
        if self.behaviour.operator == "period":
            return {self.name: self.choices[-1]}
        everything = [value for value, matched in self.behaviour.values.items() if matched is None]
        has_effect = self.behaviour.default is not None and self.behaviour.default not in everything
        return {self.name: everything[0]} if has_effect else {}

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
        found = self.values_in(element) if related is None else related(element)
        if texts is None or found is None:
            return True if texts is None else None
        is_equal = self._any(texts, found)
        if flags := {name for name in self.behaviour.flags if as_object(element).get(name) is True}:
            return True if flags & {*texts} else None if is_equal else False
        if is_equal is not False:
            return is_equal
        for path in self.behaviour.perhaps:
            value = at(element, path)
            if value is not None and (self.behaviour.operator == "equals" or self._any(texts, [value])):
                pattern = self.behaviour.likely.get(path)
                return True if self.is_local and pattern and re.search(pattern, str(value)) else None
        return False

    def values_in(self, element: Any) -> list[Any]:
        """Return the values of an element that the filter compares."""
        values: list[Any] = []
        for path in self.paths:
            found = at(element, path)
            values += found if is_array(found) else [found]
        return [str(each).rpartition("/")[2] for each in values if each] if self.behaviour.in_url else values

    def _any(self, texts: Sequence[Any], found: Sequence[Any]) -> bool | None:
        if self.behaviour.operator == "labels":
            words = [word for word in str(texts[0]).split(",") if word]
            return all((word[1:] not in found) if word.startswith("!") else (word in found) for word in words)
        verdicts = {self._compare(text, value) for text in texts for value in found or [None]}
        return True if True in verdicts else None if None in verdicts else False

    def _compare(self, wanted: Any, value: Any) -> bool | None:
        time = moment(value)
        match self.behaviour.operator:
            case _ if wanted is None or value is None:
                return wanted is value
            case "from" | "before" as operator:
                limit = moment(wanted)
                return (
                    limit is not None and time is not None and (time >= limit if operator == "from" else time < limit)
                )
            case "period":
                since = None if time is None else time - self.now + duration(wanted)
                return None if since is None or abs(since) < _MARGIN else since > timedelta()
            case _:
                pass
        text, pattern = as_text(value) or "", str(wanted)
        if self.behaviour.ignore_case:
            text, pattern = text.casefold(), pattern.casefold()
        if self.behaviour.operator == "contains":
            return pattern in text
        is_glob = self.behaviour.operator == "glob"
        return fnmatchcase(text, "*".join(map(escape, pattern.split("*")))) if is_glob else text == pattern

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
            likely = [at(element, path) for path in self.behaviour.likely]
            found += [text for value in (*values, *likely) if (text := as_text(value))]
        if self.choices and self.behaviour.operator != "entries":
            known = {*self.choices, *self.behaviour.values}
            return [value for value in dict.fromkeys((*found, *self.behaviour.values, *self.choices)) if value in known]
        return [*{repr(value): value for value in found}.values()][:_CANDIDATES]

    def forms(self, value: Any, others: Sequence[Any]) -> Iterator[Any]:
        """Yield values that follow from one: parts, patterns, other cases, negations, several ones, unknown ones."""
        unknown = self._unknown
        if self.is_array and others:
            yield from ([value, others[0]], [others[0], value])
            for name, known in self.behaviour.values.items():
                yield from [[other, name] for other in others if other not in (name, *(known or (other,)))][:1]
        if unknown is not None and not self.parent:
            yield unknown
            yield from [[value, unknown]] if self.is_array else ()
        if is_object(value) and not self.choices:
            other = as_object(unknown)
            key, text = next(iter(value.items()))
            yield from (
                {**value, **other},
                {**other, **value},
                *({key: each} for each in (*_patterns(text), text[:-1])),
            )
        if not isinstance(value, str) or self.choices:
            return
        time = moment(value)
        if self.behaviour.operator in {"from", "before"} and time is not None:
            yield time.astimezone(_OFFSET).isoformat(timespec="milliseconds" if time.microsecond else "seconds")
            yield (time + timedelta(milliseconds=1)).isoformat(timespec="milliseconds")
            return
        yield from () if self.is_uuid else _patterns(value)
        yield from (value.swapcase(),) if self.behaviour.ignore_case else ()
        half, words = max(1, len(value) // 2), _SEPARATORS.split(value)
        start, end, inside = value[:half], value[half:], value[1:-1] or value
        if self.behaviour.exact or self.behaviour.operator in {"glob", "contains"}:
            yield from {start, end, inside, words[0], words[-1], value[: -len(words[-1]) - 1]} - {"", value}
        if self.behaviour.operator == "glob":
            yield from (f"{start}*", f"*{end}", f"*{inside}*", f"{value[:1]}*{end}", f"{end}*", f"*{start}")
            yield from (f"{value[:-1]}?", f"{value[:-1]}[{value[-1:]}]", f"{value[:-1]}{{{value[-1:]},~}}")
            yield from [[other, f"{start}*"] for other in others[:1] if self.is_array]
        if self.behaviour.operator == "labels":
            yield f"!{value}"
            yield from (form for other in others[:1] for form in (f"{value},{other}", f"{value},!{other}"))

    @property
    def _unknown(self) -> Any:
        """A value that no item has, or None if there is none to try."""
        times = {"from": "2999-01-01T00:00:00Z", "before": "1999-01-01T00:00:00Z"}
        if self.behaviour.operator == "entries":
            return {self.choices[0]: str(uuid4())} if self.choices else {"no-such-key": _UNKNOWN}
        text = None if self.choices else str(uuid4()) if self.is_uuid else _UNKNOWN
        return times.get(self.behaviour.operator, text)


def at(value: Any, path: str) -> Any:
    """Return the value at a path of property names, or None."""
    found = get(path, value)
    return None if found is MISSING else found


def as_text(value: object) -> str | None:
    """Return a value as a query contains it, or None for null."""
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def duration(text: str) -> timedelta:
    """Return a duration such as `4hours`."""
    number = "".join(filter(str.isdecimal, text))
    return timedelta(hours=int(number)) if "hour" in text else timedelta(days=int(number))


def _patterns(text: str) -> Iterator[str]:
    """Yield patterns of SQL and of regular expressions that match a text."""
    middle = next((index for index in range(len(text) // 2, len(text)) if text[index].isalpha()), None)
    if middle is not None:
        start, end = text[:middle], text[middle + 1 :]
        yield from (f"{start}_{end}", f"{start}.{end}", f"{start}%")
