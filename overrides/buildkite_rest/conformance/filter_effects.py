"""Parameters that include, leave out or sort something: `x-includes`, `x-excludes` and `x-sorts`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, Protocol

from attrs import frozen

from .._base.json_values import as_array, as_object, is_object
from .filter_trials import query_text
from .filters import Filter, at
from .list_rules import item_problems, property_problems
from .order import order_problems
from .page_items import key_of
from .spec import Operation, Spec

Items = Mapping[str, Sequence[Any]]
"""Items of the same list by request."""
Requests = Mapping[str, tuple[Mapping[str, str], Filter | None]]
"""Queries, each with the filter that has the headers of the request, if it has any."""
_PLAIN: Final[tuple[Mapping[str, str], Filter | None]] = ({}, None)


class ParameterEffect(Protocol):
    """The effect of parameters, as differences between the responses to several requests."""

    @property
    def name(self) -> str:
        """The parameter."""
        ...

    @property
    def requests(self) -> Requests:
        """The requests to compare."""
        ...

    def is_decisive(self, items: Items) -> bool:
        """Return whether the items show the effect."""
        ...

    def problems(self, items: Items) -> Iterator[tuple[str, str]]:
        """Yield the request and a message for each violation."""
        ...


@frozen
class Effect:
    """A parameter and its effect on properties."""

    name: str
    path: str
    includes: bool
    is_always_there: bool = True
    """Whether every object has the property if it is included."""
    leaves_rest: bool = False
    """Whether only details of the property are left out, so that a part of it may remain."""

    @property
    def requests(self) -> Requests:
        """The requests to compare."""
        return {"": _PLAIN, "true": ({self.name: "true"}, None), "false": ({self.name: "false"}, None)}

    def is_decisive(self, items: Items) -> bool:
        """Return whether the property is anywhere."""
        return any(self._has(item) for found in items.values() for item in found)

    def problems(self, items: Items) -> Iterator[tuple[str, str]]:
        """Yield the request and a message for each difference."""
        for text, found in items.items():
            wanted = self.includes == (text == "true")
            shown = f"{self.name}={text}" if text else f"without {self.name}"
            full = [item for item in found if self._has(item, items)]
            if wanted and found and not full:
                yield text, f"{shown}: no item has {self.path}"
            if not wanted and full:
                yield text, f"{shown}: {key_of(full[0])[:80]} has {self.path}"
            elif not wanted and not self.includes and not self.leaves_rest and any(map(self._is_present, found)):
                yield text, f"{shown}: {self.path} is empty instead of missing"
        base = items.get("", ())
        for text in ("true", "false"):
            found, where = items.get(text, ()), f"{self.name}={text}"
            for problem in (
                *item_problems(base, found, where, self._root),
                *property_problems(base, found, where, self._root),
            ):
                yield text, problem

    def _is_present(self, item: Any) -> bool:
        parent, _, name = self.path.rpartition("/")
        return name in as_object(at(item, parent))

    @property
    def _root(self) -> set[str]:
        return {self.path.partition("/")[0]}

    def _has(self, item: Any, items: Items | None = None) -> bool:
        """Return whether an item has the property, with all that it has in other responses."""
        value = at(item, self.path)
        if self.includes:
            return value is not None
        if not value or not is_object(value) or items is None:
            return bool(value)
        key = key_of(item)
        sizes = [len(as_object(at(one, self.path))) for each in items.values() for one in each if key_of(one) == key]
        return len(value) == max(sizes, default=0)


@frozen
class Sorting:
    """Parameters that sort a list by a property."""

    name: str
    by: tuple[str, ...]
    """Values of the parameter that names the property."""
    direction: str | None
    """The parameter with `asc` and `desc`."""
    source: Filter | None = None
    default: str | None = None
    """The property that the list is sorted by without the parameter."""
    default_direction: str = "desc"

    @property
    def _orders(self) -> Mapping[str, tuple[str, Mapping[str, str]]]:
        """The expected order and the query of each request."""
        orders: dict[str, tuple[str, Mapping[str, str]]] = {}
        pairs: list[tuple[str, dict[str, str]]] = [(each, {self.name: each}) for each in self.by]
        if self.default is not None:
            pairs.append((self.default, {}))
        for each, query in pairs:
            for direction in ("asc", "desc") if self.direction is not None else (self.default_direction,):
                order = each if direction == "asc" else f"-{each}"
                if direction == self.default_direction:
                    orders[query_text(query) or f"without {self.name}"] = (order, query)
                elif self.direction is not None:
                    full = {**query, self.direction: direction}
                    orders[query_text(full)] = (order, full)
        return orders

    @property
    def requests(self) -> Requests:
        """The requests to compare."""
        return {text: (query, self.source) for text, (_, query) in self._orders.items()}

    def is_decisive(self, items: Items) -> bool:
        """Return whether there is something to sort."""
        paths = {text: order.lstrip("-") for text, (order, _) in self._orders.items()}
        return any(len({str(at(item, paths[text])) for item in found}) > 1 for text, found in items.items())

    def problems(self, items: Items) -> Iterator[tuple[str, str]]:
        """Yield the request and a message for each list in another order."""
        for text, found in items.items():
            for problem in order_problems(self._orders[text][0], found):
                yield text, f"{text}: {problem}"


@frozen
class Version:
    """A header with a date, from which on the responses have further properties."""

    name: str
    since: str
    properties: frozenset[str]

    @property
    def requests(self) -> Requests:
        """The requests to compare: without the header, with a blank one, and with earlier and later dates."""
        first = date.fromisoformat(self.since)
        dates = {"blank": "", "old": "2020-01-01", "before": str(first - timedelta(days=1)), "since": self.since}
        dates["later"] = str(first + timedelta(days=400))
        requests: dict[str, tuple[Mapping[str, str], Filter | None]] = {"none": _PLAIN}
        for text, value in dates.items():
            requests[text] = {}, Filter(self.name, headers={self.name: value})
        return requests

    def is_decisive(self, items: Items) -> bool:
        """Return whether there is an object that has both forms."""
        return any(items.get("since", ())) and any(items.get("none", ()))

    def problems(self, items: Items) -> Iterator[tuple[str, str]]:
        """Yield the request and a message for each property that is there or missing against the version."""
        new, old = ({key_of(item): set(as_object(item)) for item in items.get(text, ())} for text in ("since", "none"))
        for text, found in items.items():
            is_new = text in ("since", "later")
            for item in found:
                key, names = key_of(item), set(as_object(item))
                expected = self.properties | old.get(key, set()) if is_new else new.get(key, set()) - self.properties
                if lacking := expected - names:
                    yield text, f"{self._shown(text)}: {key[:80]} has no {min(lacking)}"
                if not is_new and (extra := self.properties & names):
                    yield text, f"{self._shown(text)}: {key[:80]} has {min(extra)}"
            for problem in item_problems(items.get("none", ()), found, self._shown(text), self.properties):
                yield text, problem

    def _shown(self, text: str) -> str:
        source = self.requests[text][1]
        return f"without {self.name}" if source is None else f"{self.name}: {source.headers[self.name]}"


def brief_query(spec: Spec, operation: Operation, needed: Collection[str] = ()) -> Mapping[str, str]:
    """Return the query that leaves out what makes the objects of a list large, but for the needed properties."""
    effects = [each for each in effects_of(spec, operation) if isinstance(each, Effect) and not each.includes]
    return {each.name: "true" for each in effects if each.path.partition("/")[0] not in needed}


def effects_of(spec: Spec, operation: Operation) -> Iterator[ParameterEffect]:
    """Return the parameters of an operation that include, leave out or sort something."""
    by: tuple[str, tuple[str, ...], Mapping[str, Any]] | None = None
    direction: tuple[str, Mapping[str, Any]] | None = None
    for name, parameter in spec.query_parameters(operation).items():
        included = parameter.get("x-includes")
        if isinstance(path := as_object(included).get("property", included), str):
            always = not is_object(included) or included.get("optional") is not True
            yield Effect(name, path, includes=True, is_always_there=always)
        excluded = parameter.get("x-excludes")
        if isinstance(path := as_object(excluded).get("property", excluded), str):
            yield Effect(name, path, includes=False, leaves_rest=as_object(excluded).get("details") is True)
        sorts = as_object(parameter.get("x-sorts"))
        if sorts.get("by") == "property":
            enum = tuple(map(str, as_array(spec.resolve(parameter.get("schema")).get("enum"))))
            by = name, enum, sorts
        if sorts.get("by") == "direction":
            direction = name, sorts
    if by is not None:
        name, enum, sorts = by
        yield Sorting(
            name,
            enum,
            None if direction is None else direction[0],
            Filter(name, headers=as_object(sorts.get("header"))),
            sorts.get("default"),
            "desc" if direction is None else str(direction[1].get("default", "desc")),
        )
    for name, parameter in spec.header_parameters(operation).items():
        version = as_object(parameter.get("x-includes"))
        if "since" in version:
            yield Version(name, str(version["since"]), frozenset(map(str, as_array(version.get("properties")))))
